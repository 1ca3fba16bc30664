import { type Beyond, beyond } from "./beyond.ts";
import type { Market } from "./market.ts";
import type { Shared } from "./share.ts";
import type { Support } from "./support.ts";
import type { Cut, NodePrice, NoTradeReason, RefusalReason } from "./types.ts";

/** Why an order got less than it wanted: an edge without room first, then a street without trade, then the price at its node. */
export function reasonsFor(
  market: Market,
  shared: Shared,
  support: Support,
  prices: readonly NodePrice[],
  noTrade: NoTradeReason | null,
): (order: number) => Cut {
  const blocked = blockedBy(market, shared, support);
  const shares = sharersOf(shared);
  return (order) => {
    const { price, low, high } = prices[market.nodeOf[order]!]!;
    const buys = market.buys[order] === 1;
    const tradesAt = buys ? high : low;
    const edge = blocked(order);
    if (edge !== null) return { reason: "EDGE_FULL", edge, tradesAt };
    if (noTrade !== null) return { reason: noTrade as RefusalReason, edge: null, tradesAt };
    if (market.limits[order] !== price) return { reason: buys ? "PRICE_TOO_HIGH" : "PRICE_TOO_LOW", edge: null, tradesAt };
    return { reason: shares(order) ? "RATIONED" : "NOTHING_LEFT", edge: null, tradesAt };
  };
}

/** The edge without room beyond which the order would have traded. */
function blockedBy(market: Market, { flows }: Shared, { low, high }: Support): (order: number) => number | null {
  if (market.wires.count === 1) return () => null;
  const cheapest = beyond(market, flows, high, "buy");
  const dearest = beyond(market, flows, low, "sell");
  return (order) => {
    const node = market.nodeOf[order]!;
    const limit = market.limits[order]!;
    const { prices: offers, edges }: Beyond = market.buys[order] === 1 ? cheapest : dearest;
    const trades = market.buys[order] === 1 ? offers[node]! <= limit : offers[node]! >= limit;
    return edges[node] !== 0 && trades ? edges[node]! : null;
  };
}

/** Orders that got something, or an equal did that could have handed them a watt-hour over edges with room. */
function sharersOf({ filled, zones }: Shared): (order: number) => boolean {
  const sharers = new Set<number>();
  for (const { nodes } of zones) {
    const got = nodes.map(({ orders }) => orders.some((order) => filled[order]! > 0));
    const held = nodes.map(({ orders }) => orders.reduce((total, order) => total + filled[order]!, 0));
    for (let at = nodes.length - 1; at > 0; at--) {
      const parent = nodes[at]!.parent!;
      held[parent]! += held[at]!;
      if (got[at] && held[at]! > nodes[at]!.least) got[parent] = true;
    }
    for (const [at, { parent, most, orders }] of nodes.entries()) {
      if (parent !== null && got[parent] && held[at]! < most) got[at] = true;
      if (got[at]) for (const order of orders) sharers.add(order);
    }
  }
  return (order) => filled[order]! > 0 || sharers.has(order);
}
