import type { Allocation } from "./allocate.ts";
import { type Market, WHOLE, type Wires } from "./market.ts";

/** The lowest and the highest price at each node that support the same fills; +-Infinity where nothing bounds it. */
export interface Support {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** What the fills say of the price at a node, and what the flow on an edge says of the prices at its ends. */
export interface Bounds extends Support {
  /** price at the child >= price at the parent + rise; -Infinity: says nothing. */
  readonly leastRise: Float64Array;
  /** price at the child <= price at the parent + rise; Infinity: says nothing. */
  readonly mostRise: Float64Array;
}

/** `priceOf` is an order's limit, or its key; `perFee` 1, or 2 with keys. Edges with losses bound nothing here. */
export function boundsOf(
  market: Market,
  wires: Wires,
  { filled, flows }: Allocation,
  priceOf: (order: number) => number,
  perFee: number,
): Bounds {
  const low = new Float64Array(wires.count).fill(Number.NEGATIVE_INFINITY);
  const high = new Float64Array(wires.count).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < filled.length; i++) {
    const node = market.nodeOf[i]!;
    const price = priceOf(i);
    const trades = filled[i]! > 0;
    const wantsMore = filled[i]! < market.energies[i]!;
    if (market.buys[i] === 1 ? wantsMore : trades) low[node] = Math.max(low[node]!, price);
    if (market.buys[i] === 1 ? trades : wantsMore) high[node] = Math.min(high[node]!, price);
  }
  const leastRise = new Float64Array(wires.count).fill(Number.NEGATIVE_INFINITY);
  const mostRise = new Float64Array(wires.count).fill(Number.POSITIVE_INFINITY);
  for (let node = 1; node < wires.count; node++) {
    const flow = flows[node]!;
    const fee = perFee * wires.fees[node]!;
    if (flow > 0) leastRise[node] = fee;
    else if (0 - flow < wires.exportCapacities[node]!) leastRise[node] = 0 - fee;
    if (flow < 0) mostRise[node] = 0 - fee;
    else if (flow < wires.importCapacities[node]!) mostRise[node] = fee;
  }
  return { low, high, leastRise, mostRise };
}

/** Carries the bounds along the edges, to the root and back: on a tree two passes reach everybody. */
export function supportOf(wires: Wires, bounds: Bounds): Support {
  const low = bounds.low.slice();
  const high = bounds.high.slice();
  const { parents, arriving } = wires;
  const { leastRise, mostRise } = bounds;
  for (let node = wires.count - 1; node > 0; node--) {
    const parent = parents[node]!;
    if (arriving[node] !== WHOLE) continue;
    low[parent] = Math.max(low[parent]!, low[node]! - mostRise[node]!);
    high[parent] = Math.min(high[parent]!, high[node]! - leastRise[node]!);
  }
  for (let node = 1; node < wires.count; node++) {
    const parent = parents[node]!;
    if (arriving[node] !== WHOLE) continue;
    low[node] = Math.max(low[node]!, low[parent]! + leastRise[node]!);
    high[node] = Math.min(high[node]!, high[parent]! + mostRise[node]!);
  }
  return { low, high };
}
