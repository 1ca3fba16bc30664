import { fail, ok, type Result } from "../../kernel/index.ts";
import { type CrossingSpace, cross, crossingSpace, type Totals } from "./crossing.ts";
import { type ShareSpace, shareCut, shareSpace } from "./shares.ts";
import { change, emptyTotals, fold, isLadder, isShare, mostEnergyOf } from "./tick-totals.ts";
import { BUY, type ColumnRefusal, type Crossing, type Ladder, MOST_ORDERS, type OrderColumns, SELL } from "./types.ts";

/** Buffers for clearing columns; one serves any number of clearings, one after the other. */
export interface ColumnSpace {
  readonly capacity: number;
  readonly mostEnergy: number;
  readonly totals: Totals;
  readonly crossing: CrossingSpace;
  readonly shares: ShareSpace;
  /** Wh for each order of the last clearing, 0 included. */
  readonly filled: Int32Array;
  /** The orders of the last clearing; null before the first and after a refusal. */
  cleared: OrderColumns | null;
}

/** Lives in its space: the next clearing writes over it. */
export interface ColumnClearing {
  readonly crossing: Crossing;
  readonly filled: Int32Array;
}

export function openColumnSpace(ladder: Ladder, capacity: number): Result<ColumnSpace, ColumnRefusal> {
  if (!isLadder(ladder)) return fail("LADDER_OUT_OF_RANGE");
  if (!Number.isSafeInteger(capacity) || capacity < 0 || capacity > MOST_ORDERS) return fail("COLUMNS_TOO_LONG");
  return ok({
    capacity,
    mostEnergy: mostEnergyOf(ladder),
    totals: emptyTotals(ladder.ticks),
    crossing: crossingSpace(),
    shares: shareSpace(capacity),
    filled: new Int32Array(capacity),
    cleared: null,
  });
}

/**
 * The auction's rule on one node for very many orders: counts energy by tick instead of sorting, finds the price from the
 * counts, and fills in one more pass; shares at the margin are pro rata. Same price, range and fills as `clear`.
 */
export function clearColumns(orders: OrderColumns, kPermille: number, space: ColumnSpace): Result<ColumnClearing, ColumnRefusal> {
  const { count, rungs, energies } = orders;
  space.cleared = null;
  if (!isShare(kPermille)) return fail("K_OUT_OF_RANGE");
  if (!Number.isSafeInteger(count) || count < 0 || count > Math.min(space.capacity, rungs.length, energies.length)) {
    return fail("COLUMNS_TOO_LONG");
  }
  const refused = countByTick(orders, space);
  if (refused === null) {
    cross(space.totals, kPermille, space.crossing);
    fill(orders, space);
  }
  empty(orders, space.totals);
  if (refused !== null) return fail(refused.code, refused.detail);
  space.cleared = orders;
  return ok(space);
}

/** Fills the totals, which are empty between clearings, or refuses the first order that can't be cleared. */
function countByTick(orders: OrderColumns, { totals, mostEnergy }: ColumnSpace) {
  const wrong = isFew(orders, totals) ? countFew(orders, totals) : countMany(orders, totals);
  if (wrong >= 0) {
    const code = orders.energies[wrong]! > 0 ? "TICK_OFF_LADDER" : "ENERGY_NOT_POSITIVE";
    return { code, detail: `order ${wrong}` } as const;
  }
  const { sides } = totals;
  return Math.max(sides[BUY]!, sides[SELL]!) > mostEnergy ? ({ code: "ENERGY_BEYOND_EXACT", detail: "" } as const) : null;
}

/** Then it is cheaper to walk through the orders than through the ladder. */
const isFew = ({ count }: OrderColumns, { ticks }: Totals): boolean => 4 * count < ticks;

/** The place of the first order that can't be counted; -1 if all are. */
function countFew({ count, rungs, energies }: OrderColumns, totals: Totals): number {
  for (let at = 0; at < count; at++) {
    if (rungs[at]! >>> 0 >= totals.rungs.length || energies[at]! <= 0) return at;
    change(totals, rungs[at]!, energies[at]!);
  }
  return -1;
}

function countMany({ count, rungs, energies }: OrderColumns, totals: Totals): number {
  const sums = totals.rungs;
  const ends = sums.length;
  for (let at = 0; at < count; at++) {
    const rung = rungs[at]!;
    const energy = energies[at]!;
    if (rung >>> 0 >= ends || energy <= 0) return at;
    sums[rung]! += energy;
  }
  fold(totals);
  return -1;
}

function empty(orders: OrderColumns, totals: Totals): void {
  const { rungs, blocks, shift, sides } = totals;
  sides.fill(0);
  if (!isFew(orders, totals)) {
    rungs.fill(0);
    blocks.fill(0);
    return;
  }
  for (let at = 0; at < orders.count; at++) {
    const rung = orders.rungs[at]!;
    if (rung >>> 0 >= rungs.length) continue;
    rungs[rung] = 0;
    blocks[2 * (rung >> (shift + 1)) + (rung & 1)] = 0;
  }
}

/**
 * A buyer gets all from tick `buyersFrom` up, a seller up to `sellersTo`; turning a seller's tick over (~tick) makes both one
 * comparison without a branch. Orders on the cut rung, few of all, are noted and share afterwards.
 */
function fill({ count, rungs, energies }: OrderColumns, { crossing, totals, shares, filled }: ColumnSpace): void {
  const fromBuyers = crossing.buyersFrom;
  const between = ~crossing.sellersTo - fromBuyers;
  const cut = crossing.cut ?? -1;
  const sharing = shares.sharing;
  let sharers = 0;
  for (let at = 0; at < count; at++) {
    const rung = rungs[at]!;
    const turn = 0 - (rung & SELL);
    const beyond = (((rung >> 1) ^ turn) - (fromBuyers + (between & turn))) | 0;
    filled[at] = energies[at]! & ~(beyond >> 31);
    if (rung === cut) sharing[sharers++] = at;
  }
  if (sharers > 0) shareCut(shares, { sharers, total: totals.rungs[cut]!, toShare: crossing.toShare }, energies, filled);
}
