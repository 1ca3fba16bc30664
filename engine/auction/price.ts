import type { MicroPerKwh, Nano, Wh } from "../kernel/index.ts";
import type { Allocation } from "./allocate.ts";
import type { Market, Wires } from "./market.ts";
import type { Support } from "./support.ts";
import type { ClearingRules, EdgeFlow, NodePrice, PriceRange } from "./types.ts";

/** A price for each node from the prices that support the fills there. No limit is below 0: a bound below says 0. */
export function nodePrices(market: Market, { low, high }: Support, rules: ClearingRules): readonly NodePrice[] {
  const prices: NodePrice[] = [];
  for (let node = 0; node < market.wires.count; node++) {
    const lowest = bound(Math.max(low[node]!, low[node] === Number.NEGATIVE_INFINITY ? low[node]! : 0));
    const highest = bound(high[node]!);
    const price = lowest === null || highest === null ? (lowest ?? highest) : priceWithin({ low: lowest, high: highest }, rules);
    prices.push({ price, low: lowest, high: highest });
  }
  return prices;
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
  const told: EdgeFlow[] = [];
  for (let node = 1; node < wires.count; node++) {
    const imports = flows[node]! > 0;
    const entered = Math.abs(flows[node]!) as Wh;
    const left = arrived[node]! as Wh;
    if (entered === 0) {
      told.push({ node, direction: "idle", entered, left: 0 as Wh, full: false, fees: 0 as Nano, lossCost: 0 as Nano, rent: 0 as Nano });
      continue;
    }
    const [child, parent] = [prices[node]!.price!, prices[wires.parents[node]!]!.price!];
    const [source, sink] = imports ? [parent, child] : [child, parent];
    const fees = (entered * wires.fees[node]!) as Nano;
    const lossCost = ((entered - left) * source) as Nano;
    const rent = ((sink - source) * left - fees - lossCost) as Nano;
    const full = entered === (imports ? wires.importCapacities[node] : wires.exportCapacities[node]);
    told.push({ node, direction: imports ? "import" : "export", entered, left, full, fees, lossCost, rent });
  }
  return told;
}
