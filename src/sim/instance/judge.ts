import { quorum } from "../../../engine/agreement/index.ts";
import type { Vote } from "../../../engine/messages/index.ts";
import type { SeedReport } from "../swarm/seed.ts";
import { GHOST } from "./liar.ts";
import { type InstanceOutcome, runNetwork, TIMELY } from "./network.ts";

/** What an agreement alone must keep to, and doesn't; one line each. */
export function faultsOf(outcome: InstanceOutcome): readonly string[] {
  const { decided, honest, culprits, ordersIn, isVoid, isTimely } = outcome;
  const values = new Set([...decided.values(), ...certifiable(outcome)]);
  const [value] = decided.values();
  const orders = value === undefined ? undefined : ordersIn(value);
  const faults = contradictions(outcome.votes).map((what) => `no vote twice: ${what}`);
  if (values.size > 1) faults.push(`one certificate: ${values.size} values can be certified`);
  if (decided.size < honest.length) faults.push(`honest homes certify: ${decided.size} of ${honest.length} have decided`);
  for (const home of culprits) if (honest.includes(home)) faults.push(`nobody honest is framed: evidence against home-${home}`);
  if (value !== undefined && isVoid(value) && isTimely) faults.push("void only after a deadline: no honest home's had come");
  if (value !== undefined && !isVoid(value) && orders?.includes(TIMELY) !== true) faults.push("timely orders count: one is left out");
  if (orders?.includes(GHOST) === true) faults.push("no order is slipped in: one is that no honest home held");
  return faults;
}

/** Values that could be certified if all Byzantine homes said yes to each. */
function certifiable({ votes, validators, honest }: InstanceOutcome): readonly string[] {
  const needed = quorum(validators) - (validators.ids.length - honest.length);
  const voters = new Map<string, Set<number>>();
  for (const { kind, view, value, validator } of votes) {
    if (kind !== "finalize") continue;
    const key = `${view}/${value}`;
    voters.set(key, (voters.get(key) ?? new Set()).add(validator));
  }
  return [...voters].flatMap(([key, by]) => (by.size >= needed ? [key.split("/")[1]!] : []));
}

/** What no honest home may ever have signed, over all its lives. */
function contradictions(votes: readonly Vote[]): readonly string[] {
  const said = new Map<string, string>();
  return votes.flatMap(({ kind, view, value, validator }) => {
    const key = `home-${validator} in view ${view}`;
    const place = `${kind === "notarize" ? "notarize" : "end"} ${key}`;
    const what = `${kind} ${value}`;
    const before = said.get(place);
    said.set(place, what);
    return before === undefined || before === what ? [] : [`${key}: ${before}, then ${what}`];
  });
}

const SIZES = [4, 4, 4, 5, 7, 10] as const;

/** One seed of the agreement alone; how many homes it has is the seed's, too. */
export function runInstanceSeed(seed: number): SeedReport {
  const homes = SIZES[seed % SIZES.length]!;
  const outcome = runNetwork(homes, seed);
  const [first] = faultsOf(outcome);
  const hash = outcome.votes.length.toString(16);
  if (first === undefined) return { seed, hash, intervals: 1, broken: null };
  const votes = outcome.votes.map(({ validator, kind, view, value }) => `  home-${validator}: ${kind} ${view} ${value.slice(-6)}`);
  const story = [`seed ${seed}: ${homes} homes, ${homes - outcome.honest.length} of them lie: ${first}`, ...votes];
  return { seed, hash, intervals: 1, broken: { law: first.split(":")[0]!, story } };
}
