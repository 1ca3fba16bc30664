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
  readonly sides: readonly [FilledSide, FilledSide];
}

interface FilledSide {
  readonly orders: Int32Array;
  readonly energies: Int32Array;
}

export function openPairSpace(capacity: number): Result<PairSpace, ColumnRefusal> {
  if (!Number.isSafeInteger(capacity) || capacity < 0 || capacity > MOST_ORDERS) return fail("COLUMNS_TOO_LONG");
  const column = (): Int32Array => new Int32Array(capacity + 1);
  const side = (): FilledSide => ({ orders: column(), energies: column() });
  return ok({ capacity, count: 0, buyers: column(), sellers: column(), energies: column(), sides: [side(), side()] });
}

/**
 * Splits what `clearColumns` filled into trades between two homes: buyers and sellers in the order of the columns, each
 * delivering to the next that still takes. Fewer pairs than filled orders. No branch depends on an order.
 */
export function pairColumns(orders: OrderColumns, { filled }: ColumnSpace, into: PairSpace): Result<PairSpace, ColumnRefusal> {
  if (orders.count > into.capacity || orders.count > filled.length) return fail("COLUMNS_TOO_LONG");
  const buyersEnd = split(orders, filled, into);
  into.count = meet(into, buyersEnd);
  return ok(into);
}

/** Filled orders, side by side. Answers how many buyers there are. */
function split({ count, rungs }: OrderColumns, filled: Int32Array, { sides: [buy, sell] }: PairSpace): number {
  const [buyers, sellers, bought, sold] = [buy.orders, sell.orders, buy.energies, sell.energies];
  let buyersEnd = 0;
  let sellersEnd = 0;
  for (let at = 0; at < count; at++) {
    const energy = filled[at]!;
    const isFilled = -energy >>> 31;
    const isSeller = rungs[at]! & SELL;
    buyers[buyersEnd] = at;
    bought[buyersEnd] = energy;
    sellers[sellersEnd] = at;
    sold[sellersEnd] = energy;
    buyersEnd += isFilled & ~isSeller;
    sellersEnd += isFilled & isSeller;
  }
  return buyersEnd;
}

/** Both sides hold the same energy: when the buyers are through, so are the sellers, and what is read behind the last isn't used. */
function meet({ buyers, sellers, energies, sides: [buy, sell] }: PairSpace, buyersEnd: number): number {
  const [buyOrders, sellOrders, bought, sold] = [buy.orders, sell.orders, buy.energies, sell.energies];
  let buyer = 0;
  let seller = 0;
  let wanted = bought[0]!;
  let offered = sold[0]!;
  let count = 0;
  while (buyer < buyersEnd) {
    const difference = wanted - offered;
    const energy = offered + (difference & (difference >> 31));
    buyers[count] = buyOrders[buyer]!;
    sellers[count] = sellOrders[seller]!;
    energies[count] = energy;
    count++;
    wanted -= energy;
    offered -= energy;
    const isBuyerDone = (wanted - 1) >>> 31;
    const isSellerDone = (offered - 1) >>> 31;
    buyer += isBuyerDone;
    seller += isSellerDone;
    wanted += bought[buyer]! & -isBuyerDone;
    offered += sold[seller]! & -isSellerDone;
  }
  return count;
}
