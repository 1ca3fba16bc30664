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
  const prices = spread(market, bounds, support[end], node, end);
  const setters: PriceSetter[] = [];
  for (let i = 0; i < market.orders.length; i++) {
    if (market.limits[i] !== prices[market.nodeOf[i]!]) continue;
    const says = (market.buys[i] === 1) === (end === "high") ? filled[i]! > 0 : filled[i]! < market.energies[i]!;
    if (says) setters.push(setterOf(market.orders[i]!));
  }
  return setters;
}

/** The price at each node whose bound reaches the first one undiminished; NaN at others. Up to the root, then down from all that were met. */
function spread({ wires }: Market, { least, most }: Bounds, reached: Float64Array, first: number, end: "low" | "high"): Float64Array {
  const [toParent, toChild] = end === "low" ? [least, most] : [most, least];
  const prices = new Float64Array(wires.count).fill(Number.NaN);
  prices[first] = reached[first]!;
  for (let node = first; node > 0; node = wires.parents[node]!) {
    const parent = wires.parents[node]!;
    const price = parentPrice(toParent, node, prices[node]!);
    if (reached[parent] === price) prices[parent] = price;
  }
  for (let node = 1; node < wires.count; node++) {
    const price = childPrice(toChild, node, prices[wires.parents[node]!]!);
    if (Number.isNaN(prices[node]) && reached[node] === price) prices[node] = price;
  }
  return prices;
}
