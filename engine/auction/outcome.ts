import { add, type MicroPerKwh, type Nano, sub, type Wh } from "../kernel/index.ts";
import type { Side } from "../messages/index.ts";
import type { Cut, Fill, NoTradeReason, OrderEntry, Outcome } from "./types.ts";

/** What became of each order and why; orders come by rising id. `why` is asked for those only that got less than they wanted. */
export function outcomesOf(orders: readonly OrderEntry[], filled: ArrayLike<number>, why: (place: number) => Cut): readonly Outcome[] {
  return orders.map((order, i) => outcomeOf(order, filled[i]! as Wh, i, why));
}

function outcomeOf({ id, body }: OrderEntry, energy: Wh, place: number, why: (place: number) => Cut): Outcome {
  const { home, side, limit, energy: wanted } = body;
  if (energy === wanted) return { order: id, home, side, limit, wanted, energy, kind: "filled", reason: null, edge: null, tradesAt: null };
  const { reason, edge, tradesAt } = why(place);
  return { order: id, home, side, limit, wanted, energy, kind: energy > 0 ? "partly-filled" : "refused", reason, edge, tradesAt };
}

/** Why orders of this street did not trade at all; null where limits meet. */
export function whyNoTrade(bestBuy: MicroPerKwh | null, bestSell: MicroPerKwh | null): NoTradeReason | null {
  if (bestBuy === null) return bestSell === null ? "NO_ORDERS" : "NO_BUYERS";
  if (bestSell === null) return "NO_SELLERS";
  return bestBuy < bestSell ? "PRICES_DO_NOT_MEET" : null;
}

export function bestOf(orders: readonly OrderEntry[], side: Side): MicroPerKwh | null {
  const limits = orders.filter(({ body }) => body.side === side).map(({ body }) => body.limit);
  if (limits.length === 0) return null;
  return limits.reduce((best, limit) => ((side === "buy" ? limit > best : limit < best) ? limit : best));
}

/** Buyers' payments minus sellers' receipts. */
export function surplusOf(fills: readonly Fill[]): Nano {
  let paid = 0 as Nano;
  let received = 0 as Nano;
  for (const { side, amount } of fills) {
    if (side === "buy") paid = add(paid, amount);
    else received = add(received, amount);
  }
  return sub(paid, received);
}

/** Energy of one side that was not traded. */
export function leftOver(outcomes: readonly Outcome[], side: Side): Wh {
  let left = 0;
  for (const outcome of outcomes) if (outcome.side === side) left += outcome.wanted - outcome.energy;
  return left as Wh;
}
