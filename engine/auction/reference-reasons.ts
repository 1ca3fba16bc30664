import { nodeOf } from "./reference-flow.ts";
import { type Happened, neighbours, stepCost, type Worth } from "./reference-prices.ts";
import type { Cut, NodePrice, NoTradeReason, OrderEntry } from "./types.ts";

/** Why an order got less than it wanted: a full wire first, then the street that did not trade, then its own node's price. */
export function whyLess(
  order: OrderEntry,
  happened: Happened,
  prices: readonly NodePrice[],
  worth: Worth,
  noTrade: NoTradeReason | null,
): Cut {
  const here = prices[nodeOf(happened.network, order)]!;
  const buys = order.body.side === "buy";
  const edge = fullEdge(order, happened, worth);
  const tradesAt = buys ? here.high : here.low;
  if (edge !== null) return { reason: "EDGE_FULL", edge, tradesAt };
  if (noTrade !== null) return { reason: noTrade === "NO_ORDERS" ? "PRICES_DO_NOT_MEET" : noTrade, edge: null, tradesAt };
  if (order.body.limit !== here.price) return { reason: buys ? "PRICE_TOO_HIGH" : "PRICE_TOO_LOW", edge: null, tradesAt };
  return { reason: equalsGot(order, happened) ? "RATIONED" : "NOTHING_LEFT", edge: null, tradesAt };
}

/** The one full edge that, giving way, would bring the best price; null if none brings one that this order would trade at. */
function fullEdge(order: OrderEntry, happened: Happened, worth: Worth): number | null {
  const buys = order.body.side === "buy";
  const offers: { readonly edge: number; readonly price: number }[] = [];
  const look = (node: number, from: number, fees: number): void => {
    for (const next of neighbours(happened.network, node).filter((other) => other !== from)) {
      const step = buys ? stepCost(happened, next, node) : stepCost(happened, node, next);
      const carried = fees + step.fee;
      const there = (buys ? worth.high : worth.low)[next]!;
      if (step.cost !== null) look(next, node, carried);
      else if (Number.isFinite(there)) offers.push({ edge: step.edge, price: buys ? there + carried : there - carried });
    }
  };
  look(nodeOf(happened.network, order), -1, 0);
  const { limit } = order.body;
  const good = offers.filter(({ price }) => (buys ? price <= limit : price >= limit));
  const best = buys ? Math.min(...good.map(({ price }) => price)) : Math.max(...good.map(({ price }) => price));
  const edges = good.filter(({ price }) => price === best).map(({ edge }) => edge);
  return edges.length === 0 ? null : Math.min(...edges);
}

/** Whether it got something itself, or an equal did that could have handed it a watt-hour at no loss of welfare. */
function equalsGot(order: OrderEntry, happened: Happened): boolean {
  const got = (node: number, costs: number): boolean =>
    [...happened.energy].some(
      ([other, energy]) =>
        energy > 0 &&
        other.body.side === order.body.side &&
        nodeOf(happened.network, other) === node &&
        order.body.limit - other.body.limit === (order.body.side === "buy" ? costs : -costs),
    );
  const look = (node: number, from: number, costs: number): boolean => {
    if (got(node, costs)) return true;
    return neighbours(happened.network, node)
      .filter((other) => other !== from)
      .some((next) => {
        const { cost } = order.body.side === "buy" ? stepCost(happened, next, node) : stepCost(happened, node, next);
        return cost !== null && look(next, node, costs + cost);
      });
  };
  return look(nodeOf(happened.network, order), -1, 0);
}
