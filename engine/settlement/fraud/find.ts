import { type FillLeaf, fillHash, homeHash } from "../../auction/index.ts";
import { type HomeId, toHex, ZERO_DIGEST } from "../../kernel/index.ts";
import { type MarketRules, type PeriodResult, rulesRest, settlementNumbers } from "../../messages/index.ts";
import { SETTLE_LAG } from "../ledger.ts";
import { accountHash } from "../merkle.ts";
import { checkFraud } from "./check.ts";
import { type Committed, type IntervalRecord, show, showHome } from "./record.ts";
import type { FraudContext, FraudProof } from "./types.ts";

/** A period as it was proposed, and what is known of the intervals that it binds, from its first to the one that `head` is of. */
export interface Proposed {
  readonly period: PeriodResult;
  readonly vector: Uint8Array;
  /** The period before; null in a street's first one, or if it isn't known. */
  readonly previous: PeriodResult | null;
  readonly intervals: readonly IntervalRecord[];
}

/**
 * The first fault of a proposed period that a contract can be shown, or null. `own`: the same intervals as this home worked them out;
 * only what differs is looked at; `rules`: those that the street began with. What the proposal binds and nobody shows can't be disputed with.
 */
export function findFraud(
  context: FraudContext,
  rules: MarketRules,
  own: readonly IntervalRecord[],
  proposed: Proposed,
): FraudProof | null {
  for (const proof of suspicions(rules, own, proposed)) if (checkFraud(context, proposed.period, proof) === "fraud") return proof;
  return null;
}

/** Every proof that can be formed against what differs, whether it shows a fault or not. */
export function* suspicions(rules: MarketRules, own: readonly IntervalRecord[], proposed: Proposed): Generator<FraudProof> {
  yield* accountSuspicions(proposed);
  const { intervals, period } = proposed;
  // What is ordered for the intervals behind is the next period's affair.
  const ordered = [...intervals.keys()].filter((at) => intervals[at]!.result.interval <= period.toInterval);
  for (const at of ordered) yield* orderSuspicions(proposed, at, own[at]);
  for (const at of ordered) yield* doubleFillSuspicions(proposed, at, own[at]);
  for (const at of intervals.keys()) yield* stepSuspicions(rules, proposed, at, own);
}

/** From the last one backwards to the one at `at`. */
const resultsTo = ({ intervals }: Proposed, at: number) =>
  intervals
    .slice(at)
    .map(({ result }) => result)
    .reverse();

/** The whole chain once, then every home with an account or a lane. */
function* accountSuspicions(proposed: Proposed): Generator<FraudProof> {
  const { intervals, vector, previous } = proposed;
  const { accounts } = intervals.at(-1)!;
  const proofOf = (home: HomeId, from: number): FraudProof => ({
    kind: "account",
    results: resultsTo(proposed, from),
    previous,
    home,
    account: showHome(accounts, home),
    vector,
  });
  // Behind a result that links to none nothing opens.
  yield proofOf(
    0 as HomeId,
    Math.max(
      0,
      intervals.findLastIndex(({ result }) => result.prevHead === ZERO_DIGEST),
    ),
  );
  yield proofOf(0 as HomeId, SETTLE_LAG);
  const homes = new Set([...accounts.leaves.map(({ home }) => home), ...Array(Math.floor(vector.length / 4)).keys()] as HomeId[]);
  for (const home of homes) yield proofOf(home, intervals.length - 1);
}

/** Leaves that aren't among one's own. */
function strange<Leaf>(theirs: readonly Leaf[], own: readonly Leaf[], hash: (leaf: Leaf) => Uint8Array): readonly Leaf[] {
  const known = new Set(own.map((leaf) => toHex(hash(leaf))));
  return theirs.filter((leaf) => !known.has(toHex(hash(leaf))));
}

function* orderSuspicions(proposed: Proposed, at: number, own: IntervalRecord | undefined): Generator<FraudProof> {
  const { fills, clearing, result } = proposed.intervals[at]!;
  const known = result.kind === own?.result.kind ? own.fills.leaves : [];
  const odd = new Set(strange(fills.leaves, known, fillHash));
  const results = resultsTo(proposed, at);
  for (const [i, fill] of fills.leaves.entries()) if (odd.has(fill)) yield { kind: "order", results, clearing, fill: show(fills, i) };
}

/** Of each home that something is odd with: all its fills, all in its range; and each odd pair of neighbours. */
function* doubleFillSuspicions(proposed: Proposed, at: number, own: IntervalRecord | undefined): Generator<FraudProof> {
  const { fills, homes, clearing } = proposed.intervals[at]!;
  const oddFills = new Set(strange(fills.leaves, own?.fills.leaves ?? [], fillHash));
  const oddHomes = strange(homes.leaves, own?.homes.leaves ?? [], homeHash);
  const gone = (own?.homes.leaves ?? []).filter(({ home }) => !homes.leaves.some((leaf) => leaf.home === home));
  const proofOf = (home: HomeId, places: readonly number[]): FraudProof => ({
    kind: "double-fill",
    results: resultsTo(proposed, at),
    clearing,
    home,
    traded: showHome(homes, home),
    fills: places.map((place) => show(fills, place)),
  });
  for (const home of new Set([...[...oddFills, ...oddHomes, ...gone].map((leaf) => leaf.home)])) {
    yield proofOf(
      home,
      placesOf(fills, (leaf) => leaf.home === home),
    );
    const { firstFill, fillCount } = homes.leaves.find((leaf) => leaf.home === home) ?? { firstFill: 0, fillCount: 0 };
    yield proofOf(
      home,
      placesOf(fills, ({ position }) => position >= firstFill && position < firstFill + fillCount),
    );
  }
  for (const [i, fill] of fills.leaves.entries())
    if (i > 0 && (oddFills.has(fill) || oddFills.has(fills.leaves[i - 1]!))) yield proofOf(fill.home, [i - 1, i]);
}

const placesOf = ({ leaves }: Committed<FillLeaf>, is: (leaf: FillLeaf) => boolean): readonly number[] =>
  leaves.flatMap((leaf, i) => (is(leaf) ? [i] : []));

/** The interval at `at` settles the one two before, which must be of the period too unless the street begins here. */
function* stepSuspicions(rules: MarketRules, proposed: Proposed, at: number, own: readonly IntervalRecord[]): Generator<FraudProof> {
  const [record, before, settled] = [at, at - 1, at - SETTLE_LAG].map((place) => proposed.intervals[place]) as [
    IntervalRecord,
    IntervalRecord?,
    IntervalRecord?,
  ];
  const results = resultsTo(proposed, Math.max(0, at - SETTLE_LAG));
  for (const home of new Set(oddSteps(proposed, at, own)))
    yield {
      kind: "ledger-step",
      results,
      step: proposed.intervals.length - 1 - at,
      clearing: (settled ?? record).clearing,
      home,
      traded: settled === undefined ? null : showHome(settled.homes, home),
      earlier: before === undefined ? null : showHome(before.accounts, home),
      later: showHome(record.accounts, home),
      numbers: settlementNumbers(rules),
      restOfRules: rulesRest(rules),
    };
}

/** Homes whose account is another than one's own, here or before, or gone, or whose trade in the settled interval is told otherwise. */
function oddSteps({ intervals }: Proposed, at: number, own: readonly IntervalRecord[]): readonly HomeId[] {
  const { accounts } = intervals[at]!;
  const ours = own[at]?.accounts.leaves ?? [];
  const before = strange(intervals[at - 1]?.accounts.leaves ?? [], own[at - 1]?.accounts.leaves ?? [], accountHash);
  const known = new Set(accounts.leaves.map(({ home }) => home));
  const gone = [...ours, ...(intervals[at - 1]?.accounts.leaves ?? [])].filter(({ home }) => !known.has(home));
  const [told, worked] = [intervals[at - SETTLE_LAG]?.homes.leaves ?? [], own[at - SETTLE_LAG]?.homes.leaves ?? []];
  const trades = [...strange(told, worked, homeHash), ...strange(worked, told, homeHash)];
  return [...strange(accounts.leaves, ours, accountHash), ...before, ...gone, ...trades].map(({ home }) => home);
}
