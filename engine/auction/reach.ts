import { type MicroPerKwh, microPerKwh } from "../kernel/index.ts";
import { WHOLE } from "./market.ts";
import type { Network } from "./types.ts";

/** What energy that costs `price` at any one node can cost at most at any other, fees and losses of the way included; no more than any price. */
export const dearestAnywhere = (network: Network, price: MicroPerKwh): MicroPerKwh =>
  Math.min(dearestOf(network, price), microPerKwh.max) as MicroPerKwh;

/** The same, however much it is. */
export function dearestOf({ nodes }: Network, price: MicroPerKwh): number {
  const prices: number[] = nodes.map(() => price);
  const over = (from: number, node: number): number => {
    const { fee, lossPpm } = nodes[node]!.edge!;
    // Nothing arrives, so nobody is reached.
    if (lossPpm >= WHOLE) return 0;
    return Math.ceil(((prices[from]! + fee) * WHOLE) / (WHOLE - lossPpm));
  };
  for (let node = nodes.length - 1; node > 0; node--) {
    const { parent } = nodes[node]!.edge!;
    prices[parent] = Math.max(prices[parent]!, over(node, node));
  }
  for (let node = 1; node < nodes.length; node++) prices[node] = Math.max(prices[node]!, over(nodes[node]!.edge!.parent, node));
  return prices.reduce((most, each) => Math.max(most, each), price);
}
