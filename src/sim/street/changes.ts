import { type HomeId, homeId, type Interval } from "../../../engine/kernel/index.ts";
import type { DecidedRules, RegisteredHome, Registry, ValidatorSet } from "../../ports/index.ts";
import type { StreetKeys } from "./cheap-signer.ts";
import { registeredHome } from "./market.ts";

/** What is written on the chain about a home, by number, or about the rules, and the interval that it counts from. */
export type RegistryChange =
  | { readonly kind: "join"; readonly home: number; readonly since: Interval; readonly certifies: boolean }
  | { readonly kind: "leave"; readonly home: number; readonly since: Interval }
  /** `generation`: the home's how-manieth key it is, the first being 0. */
  | { readonly kind: "rotate"; readonly home: number; readonly since: Interval; readonly generation: number }
  | { readonly kind: "vote"; readonly rules: DecidedRules };

const GENERATION = 10_000;

/** The number of a home's key among all of the street's. */
export const keyNumber = (home: number, generation: number): number => home + GENERATION * generation;

/** The registry with one change more, as the contract has it. Who certifies no longer leaves the set of validators at once. */
export function changed(registry: Registry, change: RegistryChange, keys: StreetKeys): Registry {
  if (change.kind === "vote") return { ...registry, rules: [...(registry.rules ?? []), change.rules] };
  const id = homeId(change.home);
  if (change.kind === "join") {
    const joined = { ...registry, homes: [...registry.homes, registeredHome(change.home, change.since, keys)] };
    return change.certifies ? certifiedBy(joined, change.since, [...lastSet(registry).validators, { home: id, class: "home" }]) : joined;
  }
  if (change.kind === "leave") {
    const left = withHome(registry, id, (home) => ({ ...home, until: change.since }));
    const others = lastSet(registry).validators.filter(({ home }) => home !== id);
    return others.length === lastSet(registry).validators.length ? left : certifiedBy(left, change.since, others);
  }
  const { address: agent } = keys.signer(keyNumber(change.home, change.generation));
  return withHome(registry, id, (home) => ({ ...home, agent, keys: [...home.keys, { agent, since: change.since }] }));
}

const lastSet = ({ validatorSets }: Registry): ValidatorSet => validatorSets.at(-1)!;

const withHome = (registry: Registry, id: HomeId, change: (home: RegisteredHome) => RegisteredHome): Registry => ({
  ...registry,
  homes: registry.homes.map((home) => (home.home === id ? change(home) : home)),
});

function certifiedBy(registry: Registry, from: Interval, validators: ValidatorSet["validators"]): Registry {
  const { since, minimums } = lastSet(registry);
  return {
    ...registry,
    validatorSets: [...registry.validatorSets, { since: Math.max(from, since) as Interval, validators, minimums }],
    validators: validators.map(({ home }) => home),
    quorum: Math.floor((2 * validators.length) / 3) + 1,
  };
}
