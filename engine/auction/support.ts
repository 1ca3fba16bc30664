import type { Allocation } from "./allocate.ts";
import { keyOf, type Market, WHOLE, type Wires } from "./market.ts";

/** The lowest and the highest price at each node that support the same fills; +-Infinity where nothing bounds it. */
export interface Support {
  readonly low: Float64Array;
  readonly high: Float64Array;
}

/** What the fills say of the price at a node, and what the flow on an edge says of the prices at its ends. */
export interface Bounds extends Support {
  readonly least: Slopes;
  readonly most: Slopes;
}

/** price at the child >= (or <=) factor x price at the parent + rise; an infinite rise says nothing. */
export interface Slopes {
  readonly factor: Float64Array;
  readonly rise: Float64Array;
}

/** By the orders' limits, or by their keys, to which fees count twice. */
export function boundsOf(market: Market, { filled, flows }: Allocation, by: "limit" | "key"): Bounds {
  const { wires, nodeOf, buys, limits, energies } = market;
  const low = new Float64Array(wires.count).fill(Number.NEGATIVE_INFINITY);
  const high = new Float64Array(wires.count).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < filled.length; i++) {
    const node = nodeOf[i]!;
    const price = by === "limit" ? limits[i]! : keyOf(market, i);
    const below = buys[i] === 1 ? energies[i]! - filled[i]! : filled[i]!;
    if (below > 0 && price > low[node]!) low[node] = price;
    if (below < energies[i]! && price < high[node]!) high[node] = price;
  }
  return { low, high, ...slopesOf(wires, flows, by === "limit" ? 1 : 2) };
}

/** Energy that enters an edge at a price comes out at (price + fee) / arriving. */
function slopesOf(wires: Wires, flows: Float64Array, perFee: number): { readonly least: Slopes; readonly most: Slopes } {
  const least = noSlopes(wires.count, Number.NEGATIVE_INFINITY);
  const most = noSlopes(wires.count, Number.POSITIVE_INFINITY);
  for (let node = 1; node < wires.count; node++) {
    const flow = flows[node]!;
    const fee = perFee * wires.fees[node]!;
    const arriving = wires.arriving[node]! / WHOLE;
    if (flow > 0) asImport(least, node, fee, arriving);
    else if (0 - flow < wires.exportCapacities[node]!) asExport(least, node, fee, arriving);
    if (flow < 0) asExport(most, node, fee, arriving);
    else if (flow < wires.importCapacities[node]!) asImport(most, node, fee, arriving);
  }
  return { least, most };
}

const noSlopes = (nodes: number, rise: number): Slopes => ({
  factor: new Float64Array(nodes).fill(1),
  rise: new Float64Array(nodes).fill(rise),
});

function asImport({ factor, rise }: Slopes, node: number, fee: number, arriving: number): void {
  factor[node] = 1 / arriving;
  rise[node] = fee / arriving;
}

function asExport({ factor, rise }: Slopes, node: number, fee: number, arriving: number): void {
  factor[node] = arriving;
  rise[node] = 0 - fee;
}

/** Carries the bounds along the edges, to the root and back: on a tree two passes reach everybody. Edges with losses pass on nothing unless told. */
export function supportOf(wires: Wires, bounds: Bounds, acrossLosses = false): Support {
  const low = bounds.low.slice();
  const high = bounds.high.slice();
  const { least, most } = bounds;
  for (let node = wires.count - 1; node > 0; node--) {
    if (!acrossLosses && wires.arriving[node] !== WHOLE) continue;
    const parent = wires.parents[node]!;
    low[parent] = Math.max(low[parent]!, parentPrice(most, node, low[node]!));
    high[parent] = Math.min(high[parent]!, parentPrice(least, node, high[node]!));
  }
  for (let node = 1; node < wires.count; node++) {
    if (!acrossLosses && wires.arriving[node] !== WHOLE) continue;
    const parent = wires.parents[node]!;
    low[node] = Math.max(low[node]!, childPrice(least, node, low[parent]!));
    high[node] = Math.min(high[node]!, childPrice(most, node, high[parent]!));
  }
  return { low, high };
}

export const childPrice = ({ factor, rise }: Slopes, node: number, parent: number): number => factor[node]! * parent + rise[node]!;
export const parentPrice = ({ factor, rise }: Slopes, node: number, child: number): number => (child - rise[node]!) / factor[node]!;

/**
 * With losses prices are no whole numbers, and whole watt-hours may want a little more or less than the edges' relations
 * allow: what a part without losses says of itself holds, and within it what the edges with losses say, on the tick and inwards. No price is
 * below 0.
 */
export function wholeSupport(wires: Wires, bounds: Bounds, tick: number): Support {
  const own = supportOf(wires, bounds);
  if (!wires.lossy) return own;
  const wide = supportOf(wires, bounds, true);
  const low = wide.low.map((price, node) =>
    Math.min(Math.max(tick * Math.ceil(orNone(price, -1) / tick), own.low[node]!), own.high[node]!),
  );
  const high = wide.high.map((price, node) =>
    Math.max(Math.min(tick * Math.floor(orNone(price, 1) / tick), own.high[node]!), low[node]!, 0),
  );
  return { low, high };
}

/** Losses without end make prices without end; what k in thousandths can't divide exactly is no bound. */
const NO_PRICE = 2 ** 43;
const orNone = (price: number, end: -1 | 1): number => (Math.abs(price) < NO_PRICE ? price : end * Number.POSITIVE_INFINITY);
