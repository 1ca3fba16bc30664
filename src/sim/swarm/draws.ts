import { faulty } from "../../../engine/agreement/index.ts";
import { homeId } from "../../../engine/kernel/index.ts";
import { ADVERSARIES, type AdversaryName } from "../adversaries/index.ts";
import { type Dice, diceOf } from "../chance.ts";
import type { Faults } from "../seeded-network.ts";
import type { CrashStep } from "../street/home.ts";
import { INTERVAL_MS } from "../street/market.ts";
import { badMoments, changesOf } from "./changes.ts";
import type { Fault, Scenario, Wishes } from "./scenario.ts";

/** A seed's own scenario. Which kinds of faults it has at all is drawn first: all kinds at once hide what one alone would show. */
export function scenarioOf(seed: number, wishes: Wishes = {}): Scenario {
  const dice = diceOf(seed * 2_654_435_761 + 11);
  const homes = wishes.homes ?? dice.pick([4, 4, 5, 6, 7, 10]);
  const intervals = wishes.intervals ?? dice.pick([2, 3, 4, 6]);
  const hasFaults = wishes.hasFaults ?? true;
  const ambient: Faults = {
    loss: hasFaults ? dice.pick([0, 0, 0.02, 0.1, 0.3]) : 0,
    duplication: dice.pick([0, 0.1]),
    delayMs: { least: 1, most: hasFaults ? dice.pick([20, 90, 400]) : 20 },
  };
  const drawn: Scenario = {
    seed,
    homes,
    intervals,
    orders: dice.pick(["sealed", "sealed", "open"]),
    adversaries: liarsOf(dice, homes, wishes.adversaries),
    skewMs: hasFaults ? dice.pick([0, 5_000, 30_000]) : 0,
    driftPpm: hasFaults ? dice.pick([0, 100, 5_000]) : 0,
    ambient,
    faults: hasFaults ? faultsOf(dice, homes, intervals) : [],
  };
  return wishes.hasChanges === false ? drawn : withChanges(drawn, wishes);
}

/** From dice of their own, so that all else is as it was without them. */
function withChanges(scenario: Scenario, { intervals: wished, adversaries: wanted, hasFaults = true }: Wishes): Scenario {
  const { seed, homes } = scenario;
  const dice = diceOf(seed * 1_597_334_677 + 13);
  const isRobbed = scenario.adversaries.some(({ name }) => name === "stolen-key");
  if (!dice.happens(0.5) && !isRobbed) return scenario;
  const periodIntervals = dice.pick([2, 3, 4, 5, 6]);
  const thief = wanted !== undefined ? -1 : dice.below(3 * scenario.adversaries.length);
  const adversaries = scenario.adversaries.map((liar, place) => (place === thief ? { ...liar, name: "stolen-key" as const } : liar));
  const intervals = wished ?? Math.max(scenario.intervals, periodIntervals + 2);
  const changes = changesOf(dice, { homes, intervals, adversaries, periodIntervals, hasFaults });
  const bad = hasFaults ? badMoments(dice, homes, changes) : [];
  const faults = [...scenario.faults, ...bad].sort((a, b) => a.at - b.at);
  return { ...scenario, intervals, adversaries, faults, periodIntervals, changes };
}

/** A key is stolen where there are changes alone. */
const DRAWN = (Object.keys(ADVERSARIES) as AdversaryName[]).filter((name) => name !== "stolen-key");

function liarsOf(dice: Dice, homes: number, wanted: readonly AdversaryName[] | undefined): Scenario["adversaries"] {
  const most = faulty({ ids: Array.from({ length: homes }, (_, index) => homeId(index)) });
  const names = wanted ?? Array.from({ length: dice.below(most + 1) }, () => dice.pick(DRAWN));
  const places = dice.some(range(homes), Math.min(most, names.length));
  return places.map((home, place) => ({ home, name: names[place]! }));
}

const STEPS: readonly CrashStep[] = ["now", "written", "synced", "sending", "sent"];

type Draw = (dice: Dice, homes: number, at: number, until: number) => Fault;

const DRAWS: Readonly<Record<Fault["kind"], Draw>> = {
  weather: (dice, _homes, at, until) => ({
    kind: "weather",
    at,
    until,
    faults: { loss: dice.pick([0.3, 0.6, 1]), duplication: dice.pick([0, 0.5]), delayMs: { least: 1, most: dice.pick([50, 800, 3_000]) } },
  }),
  partition: (dice, homes, at, until) => {
    const drawn = dice.some(range(homes), homes);
    const cut = 1 + dice.below(homes - 1);
    return { kind: "partition", at, until, groups: [drawn.slice(0, cut), drawn.slice(cut)] };
  },
  deaf: (dice, homes, at, until) => ({
    kind: "deaf",
    at,
    until,
    from: dice.some(range(homes), 1 + dice.below(homes - 1)),
    to: dice.some(range(homes), 1 + dice.below(homes - 1)),
  }),
  crash: (dice, homes, at) => ({
    kind: "crash",
    at,
    home: dice.below(homes),
    step: dice.pick(STEPS),
    downMs: dice.pick([0, 50, 700, 4_000]),
  }),
  clock: (dice, homes, at, until) => ({
    kind: "clock",
    at,
    until,
    home: dice.below(homes),
    byMs: dice.pick([-900_000, -60_000, 60_000, 900_000]),
  }),
  "chain-away": (_dice, _homes, at, until) => ({ kind: "chain-away", at, until }),
};

function faultsOf(dice: Dice, homes: number, intervals: number): readonly Fault[] {
  const whole = intervals * INTERVAL_MS;
  const kinds = (Object.keys(DRAWS) as Fault["kind"][]).filter(() => dice.happens(0.5));
  const most = 1 + Math.ceil(intervals / 4);
  const faults = kinds.flatMap((kind) =>
    Array.from({ length: kind === "crash" ? dice.below(3 * most) : 1 + dice.below(most) }, () => {
      const at = dice.below(whole);
      return DRAWS[kind](dice, homes, at, at + 100 + dice.below(dice.pick([500, 3_000, whole])));
    }),
  );
  return [...faults].sort((a, b) => a.at - b.at);
}

const range = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index);
