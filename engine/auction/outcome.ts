import { compare, type MicroPerKwh, sub, sum, type Wh } from "../kernel/index.ts";
import type { Side } from "../messages/index.ts";
import type { Cut, NoTradeReason, OrderEntry, Outcome, RefusalReason } from "./types.ts";

/** What became of each order and why, by rising order id. */
export function outcomesOf(
  orders: readonly OrderEntry[],
  filled: (order: OrderEntry) => Wh,
  why: (order: OrderEntry) => Cut,
): readonly Outcome[] {
  return orders.map((order) => outcomeOf(order, filled(order), why)).sort((a, b) => compare(a.order, b.order));
}

function outcomeOf(order: OrderEntry, energy: Wh, why: (order: OrderEntry) => Cut): Outcome {
  const { home, side, limit, energy: wanted } = order.body;
  const judged = { order: order.id, home, side, limit, wanted, energy };
  if (energy === wanted) return { ...judged, kind: "filled", reason: null, edge: null, tradesAt: null };
  const { reason, edge, tradesAt } = why(order);
  return { ...judged, kind: energy > 0 ? "partly-filled" : "refused", reason, edge, tradesAt };
}

/** Why an order wants more than it got although others trade at this price. `shared` tells the levels that had to be rationed. */
export function whyLess(side: Side, limit: MicroPerKwh, price: MicroPerKwh, shared: boolean): RefusalReason {
  if (side === "buy" && limit < price) return "PRICE_TOO_HIGH";
  if (side === "sell" && limit > price) return "PRICE_TOO_LOW";
  return shared ? "RATIONED" : "NOTHING_LEFT";
}

/** Why orders of this street did not trade at all. */
export function whyNoTrade(buys: number, sells: number): NoTradeReason {
  if (buys === 0 && sells === 0) return "NO_ORDERS";
  if (buys === 0) return "NO_BUYERS";
  return sells === 0 ? "NO_SELLERS" : "PRICES_DO_NOT_MEET";
}

/** Energy of one side that was not traded. */
export function leftOver(outcomes: readonly Outcome[], side: Side): Wh {
  return sum(outcomes.filter((outcome) => outcome.side === side).map(({ wanted, energy }) => sub(wanted, energy)));
}
