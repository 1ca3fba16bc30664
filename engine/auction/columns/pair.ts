import { fail, ok, type Result } from "../../kernel/index.ts";
import type { ColumnSpace } from "./clear-columns.ts";
import { type ColumnRefusal, MOST_ORDERS, type OrderColumns, SELL } from "./types.ts";

/** Who delivers to whom, as columns; the next pairing writes over it. */
export interface PairSpace {
  readonly capacity: number;
  /** How many pairs there are. */
  count: number;
  /** Places in the order columns. */
  readonly buyers: Int32Array;
  readonly sellers: Int32Array;
  readonly energies: Int32Array;
  /** Filled orders and their energy: buyers from the front, sellers from the back. */
  readonly places: Int32Array;
  readonly amounts: Int32Array;
}

export function openPairSpace(capacity: number): Result<PairSpace, ColumnRefusal> {
  if (!Number.isSafeInteger(capacity) || capacity < 0 || capacity > MOST_ORDERS) return fail("COLUMNS_TOO_LONG");
  const column = (): Int32Array => new Int32Array(capacity + 2);
  return ok({ capacity, count: 0, buyers: column(), sellers: column(), energies: column(), places: column(), amounts: column() });
}

/**
 * Splits what the last `clearColumns` filled in this space into trades between two homes: buyers and sellers in the order of the columns, each
 * delivering to the next that still takes. Fewer pairs than filled orders. No branch depends on an order.
 */
export function pairColumns({ cleared, filled }: ColumnSpace, into: PairSpace): Result<PairSpace, ColumnRefusal> {
  if (cleared === null) return fail("COLUMNS_NOT_CLEARED");
  if (cleared.count > into.capacity) return fail("COLUMNS_TOO_LONG");
  const buyersEnd = split(cleared, filled, into);
  into.count = meet(into, buyersEnd);
  return ok(into);
}

/**
 * Filled orders, each side in the order of the columns. Answers how many buyers there are. Here and below, `| 0` says that a
 * sum stays within 32 bits, which an order's energy and its place do: the compiler then leaves out its checks.
 */
function split({ count, rungs }: OrderColumns, filled: Int32Array, { places, amounts }: PairSpace): number {
  let front = 0;
  let back = places.length - 1;
  for (let at = 0; at < count; at++) {
    const energy = filled[at]!;
    const isFilled = (0 - energy) >>> 31;
    const isSeller = rungs[at]! & SELL;
    const place = (front + ((back - front) & (0 - isSeller))) | 0;
    places[place] = at;
    amounts[place] = energy;
    front = (front + (isFilled & ~isSeller)) | 0;
    back = (back - (isFilled & isSeller)) | 0;
  }
  return front;
}

/** Both sides hold the same energy: when the buyers are through, so are the sellers. Columns changed since they were cleared end it early. */
function meet({ buyers, sellers, energies, places, amounts }: PairSpace, buyersEnd: number): number {
  let buyer = 0;
  let seller = places.length - 1;
  let wanted = amounts[buyer]!;
  let offered = amounts[seller]!;
  let count = 0;
  while (buyer < buyersEnd && seller >= buyersEnd) {
    const difference = (wanted - offered) | 0;
    const energy = (offered + (difference & (difference >> 31))) | 0;
    buyers[count] = places[buyer]!;
    sellers[count] = places[seller]!;
    energies[count] = energy;
    count = (count + 1) | 0;
    wanted = (wanted - energy) | 0;
    offered = (offered - energy) | 0;
    const isBuyerDone = (wanted - 1) >>> 31;
    const isSellerDone = (offered - 1) >>> 31;
    buyer = (buyer + isBuyerDone) | 0;
    seller = (seller - isSellerDone) | 0;
    wanted = (wanted + (amounts[buyer]! & (0 - isBuyerDone))) | 0;
    offered = (offered + (amounts[seller]! & (0 - isSellerDone))) | 0;
  }
  return count;
}
