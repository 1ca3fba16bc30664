import { type Beyond, beyond } from "./beyond.ts";
import type { Market } from "./market.ts";
import type { Shared } from "./share.ts";
import type { Cut, NodePrice, NoTradeReason, RefusalReason } from "./types.ts";
import type { Zone } from "./zone.ts";

/** Why an order got less than it wanted: an edge without room first, then a street without trade, then the price at its node. */
export function reasonsFor(
  market: Market,
  shared: Shared,
  prices: readonly NodePrice[],
  noTrade: NoTradeReason | null,
): (order: number) => Cut {
  const blocked = blockedBy(market, shared, prices);
  const sharers = new Sharers(market, shared);
  return (order) => {
    const { price, low, high } = prices[market.nodeOf[order]!]!;
    const buys = market.buys[order] === 1;
    const tradesAt = buys ? high : low;
    const edge = blocked(order);
    if (edge !== null) return { reason: "EDGE_FULL", edge, tradesAt };
    if (noTrade !== null) return { reason: noTrade as RefusalReason, edge: null, tradesAt };
    if (market.limits[order] !== price) return { reason: buys ? "PRICE_TOO_HIGH" : "PRICE_TOO_LOW", edge: null, tradesAt };
    return { reason: sharers.anyGot(order) ? "RATIONED" : "NOTHING_LEFT", edge: null, tradesAt };
  };
}

/** The edge without room beyond which the order would have traded. */
function blockedBy(market: Market, { flows }: Shared, prices: readonly NodePrice[]): (order: number) => number | null {
  if (market.wires.count === 1) return () => null;
  const there = prices.map(({ price }) => price);
  const cheapest = beyond(market, flows, there, "buy");
  const dearest = beyond(market, flows, there, "sell");
  return (order) => {
    const node = market.nodeOf[order]!;
    const limit = market.limits[order]!;
    const { prices: offers, edges }: Beyond = market.buys[order] === 1 ? cheapest : dearest;
    const trades = market.buys[order] === 1 ? offers[node]! <= limit : offers[node]! >= limit;
    return edges[node] !== 0 && trades ? edges[node]! : null;
  };
}

/** Who shares with whom: undecided orders of a zone between which edges have room. */
class Sharers {
  readonly #market: Market;
  readonly #shared: Shared;
  readonly #zones = new Map<number, Zone>();
  readonly #places = new Map<number, number>();
  readonly #answers = new Map<number, boolean>();

  constructor(market: Market, shared: Shared) {
    this.#market = market;
    this.#shared = shared;
    for (const zone of shared.zones)
      for (const [place, { node, orders }] of zone.nodes.entries()) {
        this.#places.set(node, place);
        for (const order of orders) this.#zones.set(order, zone);
      }
  }

  /** Whether the order got something, or an equal did that could have handed it a watt-hour. */
  anyGot(order: number): boolean {
    if (this.#shared.filled[order]! > 0) return true;
    const zone = this.#zones.get(order);
    if (zone === undefined) return false;
    const node = this.#market.nodeOf[order]!;
    const known = this.#answers.get(node);
    if (known !== undefined) return known;
    const answer = this.#reaches(zone, this.#places.get(node)!);
    this.#answers.set(node, answer);
    return answer;
  }

  #reaches(zone: Zone, from: number): boolean {
    const open: (readonly [place: number, cameFrom: number])[] = [[from, -1]];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const [place, cameFrom] = next;
      const { parent, orders } = zone.nodes[place]!;
      if (orders.some((order) => this.#shared.filled[order]! > 0)) return true;
      if (parent !== null && parent !== cameFrom && this.#canMove(zone, place, "up")) open.push([parent, place]);
      for (const [child, each] of zone.nodes.entries())
        if (each.parent === place && child !== cameFrom && this.#canMove(zone, child, "down")) open.push([child, place]);
    }
    return false;
  }

  /** Looking up, the part below would hold one more; looking down, one less. */
  #canMove(zone: Zone, place: number, towards: "up" | "down"): boolean {
    const { least, most } = zone.nodes[place]!;
    const held = this.#held(zone, place);
    return towards === "up" ? held < most : held > least;
  }

  #held(zone: Zone, top: number): number {
    const inside = zone.nodes.map((_, place) => place === top);
    let held = 0;
    for (const [place, { parent, orders }] of zone.nodes.entries()) {
      if (parent !== null && inside[parent]) inside[place] = true;
      if (inside[place]) for (const order of orders) held += this.#shared.filled[order]!;
    }
    return held;
  }
}
