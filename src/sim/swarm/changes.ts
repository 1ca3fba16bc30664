import type { Interval } from "../../../engine/kernel/index.ts";
import { gateClosure, type MarketRules } from "../../../engine/messages/index.ts";
import type { Dice } from "../chance.ts";
import type { RegistryChange } from "../street/changes.ts";
import { FIRST, INTERVAL_MS } from "../street/market.ts";
import type { SimulatedStreet } from "../street/street.ts";
import type { Change, Fault, Scenario } from "./scenario.ts";

/** From the street's beginning to its first gate, real ms. */
export const LEAD_MS = 2_000;
/** From one gate to the next the home has read the chain at least once, and before that the chain had it. */
const ORDERLY_MS = 13_000;

const gateMs = (since: number): number => LEAD_MS + since * INTERVAL_MS;
/** The last interval that begins a period at or before this one, from the street's first; negative when the street began within it. */
export const edgeBefore = (since: number, periodIntervals: number): number => since - ((FIRST + since) % periodIntervals);

interface Wanted extends Pick<Scenario, "homes" | "intervals" | "adversaries"> {
  readonly periodIntervals: number;
  readonly hasFaults: boolean;
}

/** Changes that leave fewer than a third of any set to liars. */
export function changesOf(dice: Dice, wanted: Wanted): readonly Change[] {
  const { intervals, periodIntervals, hasFaults } = wanted;
  const edges = Array.from({ length: intervals }, (_, since) => since).filter(
    (since) => since > 0 && edgeBefore(since, periodIntervals) === since,
  );
  if (edges.length === 0) return [];
  const count = 1 + dice.below(1 + Math.ceil(intervals / 4));
  const since = Array.from({ length: count }, () => dice.pick(edges)).sort((a, b) => a - b);
  const leads = since.map(
    (edge) => (hasFaults ? dice.pick([ORDERLY_MS, ORDERLY_MS, 6_000, 3_500, 1_000, -2_000]) : ORDERLY_MS) - gateMs(edge),
  );
  const at = leads.map((lead) => Math.max(0, -lead)).sort((a, b) => a - b);
  const robbed = wanted.adversaries.filter(({ name }) => name === "stolen-key").map(({ home }) => home);
  const others = dice.some(without(wanted.homes, robbed), wanted.homes);
  const changes: Change[] = [];
  for (const [place, edge] of since.entries()) {
    const when = { at: at[place]!, since: edge };
    const stolen = robbed[place];
    const change = stolen === undefined ? drawn(dice, others[place] ?? 0, when, hasFaults) : rotated(dice, stolen, when, hasFaults);
    if (isBearable(wanted, [...changes, change])) changes.push(change);
  }
  return changes;
}

type When = Pick<Change, "at" | "since">;

function drawn(dice: Dice, home: number, when: When, hasFaults: boolean): Change {
  const kind = dice.pick(["join", "leave", "rotate", "rotate"] as const);
  if (kind === "join") return { kind, ...when, certifies: dice.happens(0.5) };
  return kind === "leave" ? { kind, ...when, home } : rotated(dice, home, when, hasFaults);
}

const rotated = (dice: Dice, home: number, when: When, hasFaults: boolean): Change => ({
  kind: "rotate",
  ...when,
  home,
  takenUpMs: hasFaults ? dice.pick([0, 0, -3_000, 800, 5_000]) : 0,
});

const without = (homes: number, some: readonly number[]): readonly number[] =>
  Array.from({ length: homes }, (_, home) => home).filter((home) => !some.includes(home));

/** Whether a street can bear these liars and changes: fewer than a third of the validators lie, however few they become. */
export function isBearable({ homes, adversaries }: Pick<Scenario, "homes" | "adversaries">, changes: readonly Change[]): boolean {
  const fewest = homes - changes.filter(({ kind }) => kind === "leave").length;
  const changing = changes.flatMap(homesOf);
  return adversaries.length <= Math.floor((fewest - 1) / 3) && new Set(changing).size === changing.length;
}

const homesOf = (change: Change): readonly number[] => ("home" in change ? [change.home] : []);

/** What makes a change's moment a bad one: the home is down for it, or a part of the street can't read the chain around it. */
export function badMoments(dice: Dice, homes: number, changes: readonly Change[]): readonly Fault[] {
  return changes.flatMap((change): readonly Fault[] => {
    const edge = gateMs(change.since);
    const crash = {
      kind: "crash",
      at: Math.max(0, edge - 2_500 + dice.below(3_000)),
      step: "now",
      downMs: dice.pick([700, 3_000, 8_000]),
    } as const;
    const from = Math.max(0, Math.min(change.at, edge) - dice.below(2_000));
    const hidden = { kind: "chain-away", at: from, until: edge + dice.pick([-1_000, 1_000, 6_000, 12_000]) } as const;
    const blind = dice.some(without(homes, []), 1 + dice.below(homes));
    return [
      ...("home" in change && dice.happens(0.4) ? [{ ...crash, home: change.home }] : []),
      ...(dice.happens(0.4) && hidden.until > from ? [{ ...hidden, homes: blind }] : []),
    ];
  });
}

/** Lets a scenario's changes happen. */
export function applyChanges(street: SimulatedStreet, { homes, changes = [] }: Scenario, tell: (what: string) => void): void {
  let joined = homes;
  for (const change of changes) {
    const since = (FIRST + change.since) as Interval;
    const home = change.kind === "join" ? joined++ : change.home;
    street.clock.after(change.at, () => {
      tell(describeChange(change));
      void street.change(registryChange(change, home, since));
    });
    if (change.kind !== "rotate") continue;
    const { clock } = street.homes[home]!;
    clock.at(takeUpTime(street.rules, since) + change.takenUpMs * clock.speed, () => street.homes[home]!.takeUpKey(1));
  }
}

const takeUpTime = (rules: MarketRules, since: Interval): number => (gateClosure(rules, since) - rules.intervalMinutes * 30) * 1000;

const registryChange = (change: Change, home: number, since: Interval): RegistryChange =>
  change.kind === "rotate" ? { kind: "rotate", home, since, generation: 1 } : { ...change, home, since };

/** One line for people. */
export function describeChange(change: Change): string {
  const from = `from interval ${FIRST + change.since} on`;
  if (change.kind === "join") return `a home joins ${from}${change.certifies ? " and certifies" : ""}`;
  return change.kind === "leave" ? `home-${change.home} leaves ${from}` : `home-${change.home} has another key ${from}`;
}
