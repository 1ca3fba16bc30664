import { compare, type Wh } from "../kernel/index.ts";
import type { Side } from "../messages/index.ts";
import type { Cut, NoTradeReason, OrderEntry, Outcome } from "./types.ts";

/** What became of each order and why, by rising order id. `why` is asked for those only that got less than they wanted. */
export function outcomesOf(orders: readonly OrderEntry[], filled: ArrayLike<number>, why: (place: number) => Cut): readonly Outcome[] {
  return orders.map((order, i) => outcomeOf(order, filled[i]! as Wh, i, why)).sort((a, b) => compare(a.order, b.order));
}

function outcomeOf({ id, body }: OrderEntry, energy: Wh, place: number, why: (place: number) => Cut): Outcome {
  const { home, side, limit, energy: wanted } = body;
  if (energy === wanted) return { order: id, home, side, limit, wanted, energy, kind: "filled", reason: null, edge: null, tradesAt: null };
  const { reason, edge, tradesAt } = why(place);
  return { order: id, home, side, limit, wanted, energy, kind: energy > 0 ? "partly-filled" : "refused", reason, edge, tradesAt };
}

/** Why orders of this street did not trade at all. */
export function whyNoTrade(buys: number, sells: number): NoTradeReason {
  if (buys === 0 && sells === 0) return "NO_ORDERS";
  if (buys === 0) return "NO_BUYERS";
  return sells === 0 ? "NO_SELLERS" : "PRICES_DO_NOT_MEET";
}

/** Energy of one side that was not traded. */
export function leftOver(outcomes: readonly Outcome[], side: Side): Wh {
  let left = 0;
  for (const outcome of outcomes) if (outcome.side === side) left += outcome.wanted - outcome.energy;
  return left as Wh;
}
