import type { Market } from "./market.ts";
import { type Bounds, childPrice, parentPrice, type Support } from "./support.ts";
import type { OrderEntry, PriceSetter } from "./types.ts";

export const setterOf = ({ id, body }: OrderEntry): PriceSetter => ({ order: id, home: body.home, side: body.side, limit: body.limit });

/** Whose limits end the price range at a node, by rising id: the limits are carried along every edge that ties prices together. */
export function settersAt(
  market: Market,
  bounds: Bounds,
  support: Support,
  node: number,
  filled: Float64Array,
  end: "low" | "high",
): readonly PriceSetter[] {
  const price = support[end][node]!;
  if (!Number.isFinite(price)) return [];
  const prices = new Map<number, number>();
  spread(market, bounds, support[end], node, price, end, prices);
  const setters: PriceSetter[] = [];
  for (let i = 0; i < market.orders.length; i++) {
    if (market.limits[i] !== prices.get(market.nodeOf[i]!)) continue;
    const says = (market.buys[i] === 1) === (end === "high") ? filled[i]! > 0 : filled[i]! < market.energies[i]!;
    if (says) setters.push(setterOf(market.orders[i]!));
  }
  return setters;
}

/** The nodes whose bound reaches the first one undiminished, each with its own price. */
function spread(
  { wires }: Market,
  { least, most }: Bounds,
  reached: Float64Array,
  first: number,
  price: number,
  end: "low" | "high",
  prices: Map<number, number>,
): void {
  const [toParent, toChild] = end === "low" ? [least, most] : [most, least];
  const childrenOf = new Map<number, number[]>();
  for (let node = 1; node < wires.count; node++) {
    const siblings = childrenOf.get(wires.parents[node]!);
    if (siblings === undefined) childrenOf.set(wires.parents[node]!, [node]);
    else siblings.push(node);
  }
  const open: [number, number][] = [[first, price]];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const [node, at] = next;
    if (prices.has(node) || reached[node] !== at) continue;
    prices.set(node, at);
    if (node > 0) open.push([wires.parents[node]!, parentPrice(toParent, node, at)]);
    for (const child of childrenOf.get(node) ?? []) open.push([child, childPrice(toChild, child, at)]);
  }
}
