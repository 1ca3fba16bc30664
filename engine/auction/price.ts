import type { MicroPerKwh, Nano, Wh } from "../kernel/index.ts";
import type { Allocation } from "./allocate.ts";
import type { Market, Wires } from "./market.ts";
import type { Support } from "./support.ts";
import type { ClearingRules, EdgeFlow, NodePrice, PriceRange } from "./types.ts";

/** A price for each node from the prices that support the fills there. No limit is below 0: a bound below says 0. */
export function nodePrices(market: Market, { low, high }: Support, rules: ClearingRules): readonly NodePrice[] {
  return Array.from({ length: market.wires.count }, (_, node) => {
    const lowest = bound(Math.max(low[node]!, low[node] === Number.NEGATIVE_INFINITY ? low[node]! : 0));
    const highest = bound(high[node]!);
    if (lowest === null || highest === null) return { price: lowest ?? highest, low: lowest, high: highest };
    return { price: priceWithin({ low: lowest, high: highest }, rules), low: lowest, high: highest };
  });
}

const bound = (price: number): MicroPerKwh | null => (Number.isFinite(price) ? (price as MicroPerKwh) : null);

/** k of the way from low to high, rounded down to the tick. Both ends are on the tick, as limits and fees are: rounding can't leave the range. */
export function priceWithin({ low, high }: PriceRange, { tick, kPermille }: ClearingRules): MicroPerKwh {
  const ticks = (high - low) / tick;
  return (low + tick * Math.floor((ticks * kPermille) / 1000)) as MicroPerKwh;
}

export function hasEdgeWithoutRoom(wires: Wires, flows: Float64Array): boolean {
  for (let node = 1; node < wires.count; node++)
    if (flows[node]! >= wires.importCapacities[node]! || 0 - flows[node]! >= wires.exportCapacities[node]!) return true;
  return false;
}

/** What each edge carried and earned. */
export function flowsTold({ wires }: Market, { flows, arrived }: Allocation, prices: readonly NodePrice[]): readonly EdgeFlow[] {
  return Array.from({ length: wires.count - 1 }, (_, at) => {
    const node = at + 1;
    const flow = flows[node]!;
    if (flow === 0) return { node, direction: "idle", entered: 0, left: 0, full: false, fees: 0, lossCost: 0, rent: 0 } as EdgeFlow;
    const [child, parent] = [prices[node]!.price!, prices[wires.parents[node]!]!.price!];
    const [source, sink, most] = flow > 0 ? [parent, child, wires.importCapacities[node]!] : [child, parent, wires.exportCapacities[node]!];
    const entered = Math.abs(flow) as Wh;
    const left = arrived[node]! as Wh;
    const fees = (entered * wires.fees[node]!) as Nano;
    const lossCost = ((entered - left) * source) as Nano;
    const rent = ((sink - source) * left - fees - lossCost) as Nano;
    return { node, direction: flow > 0 ? "import" : "export", entered, left, full: entered === most, fees, lossCost, rent };
  });
}
