import { assert } from "../kernel/index.ts";
import { Curves } from "./curve.ts";
import { type Market, WHOLE, type Wires } from "./market.ts";

/** Who gets how much, and what each edge carries; exact without losses. */
export interface Allocation {
  /** By order, Wh. */
  readonly filled: Float64Array;
  /** By child node, Wh that enter its edge: above 0 towards the child, below 0 towards the parent. */
  readonly flows: Float64Array;
  /** By child node, Wh that leave its edge at the other end. */
  readonly arrived: Float64Array;
}

/**
 * The fills of most welfare, and among those of most volume. From the leaves to the root each node's marginal curve is that
 * of its orders and of the edges below it. On its way through an edge a curve is cut where the capacities are, and the fee
 * parts it at zero: who imports sees lower prices beyond the edge, who exports higher ones. What a capacity cuts off is
 * decided at once; the rest is decided where imports and exports of the whole tree meet. O(n log^2 n).
 */
export function allocate(market: Market): Allocation {
  const { wires } = market;
  const raised = new Float64Array(market.orders.length);
  const curves = new Curves(market.orders.length + 5 * wires.count);
  const roots = ownCurves(market, wires.count, curves);
  const wanted = new Float64Array(wires.count);
  for (let i = 0; i < raised.length; i++) if (market.buys[i] === 1) wanted[market.nodeOf[i]!]! += market.energies[i]!;
  for (let node = wires.count - 1; node > 0; node--) {
    const parent = wires.parents[node]!;
    const { curve, imports } = beyondEdge(curves, wires, node, roots[node]!, wanted[node]!, raised);
    roots[parent] = curves.union(roots[parent]!, curve);
    wanted[parent]! += imports;
  }
  curves.addTo(curves.cut(roots[0]!, wanted[0]!).low, raised);
  const filled = raised.map((energy, i) => (market.buys[i] === 1 ? market.energies[i]! - energy : energy));
  const flows = flowsOf(market, wires, filled);
  return { filled, flows, arrived: flows.map((flow, node) => (Math.abs(flow) * wires.arriving[node]!) / WHOLE) };
}

/** Where equal prices trade as much as they can: limits doubled, and a buyer's one higher. */
export const keyOf = (market: Market, order: number): number => 2 * market.limits[order]! + market.buys[order]!;

function ownCurves(market: Market, nodes: number, curves: Curves): Int32Array {
  const keys = Float64Array.from(market.orders, (_, order) => keyOf(market, order));
  const { starts, members } = byNode(market, nodes);
  const roots = new Int32Array(nodes);
  for (let node = 0; node < nodes; node++) {
    const own = members.subarray(starts[node]!, starts[node + 1]!);
    if (own.length > 1) own.sort((a, b) => keys[a]! - keys[b]! || a - b);
    for (const order of own) curves.append(order, keys[order]!, market.energies[order]!);
    roots[node] = curves.finish();
  }
  return roots;
}

/** Orders of each node side by side: counted, then dealt out. */
function byNode({ nodeOf }: Market, nodes: number): { readonly starts: Int32Array; readonly members: Int32Array } {
  const starts = new Int32Array(nodes + 1);
  for (const node of nodeOf) starts[node + 1]! += 1;
  for (let node = 0; node < nodes; node++) starts[node + 1]! += starts[node]!;
  const next = starts.slice(0, nodes);
  const members = new Int32Array(nodeOf.length);
  for (let order = 0; order < nodeOf.length; order++) members[next[nodeOf[order]!]!++] = order;
  return { starts, members };
}

/** A child's curve as its parent sees it. `imports` is what the child takes at the lowest price, in Wh that enter the edge. */
function beyondEdge(curves: Curves, wires: Wires, node: number, curve: number, wanted: number, raised: Float64Array) {
  const arriving = wires.arriving[node]! / WHOLE;
  const fee = 2 * wires.fees[node]!;
  const mostIn = wires.importCapacities[node]! * arriving;
  const mostOut = wires.exportCapacities[node]!;
  let [rest, imports] = [curve, wanted];
  if (wires.lossy) {
    const { low, high } = curves.cutBelow(rest, 0);
    imports -= curves.energyOf(low);
    curves.addTo(low, raised);
    rest = high;
  }
  if (imports > mostIn) {
    const { low, high } = curves.cut(rest, imports - mostIn);
    curves.addTo(low, raised);
    rest = high;
    imports = mostIn;
  }
  if (curves.energyOf(rest) - imports > mostOut) rest = curves.cut(rest, imports + mostOut).low;
  if (fee === 0 && arriving === 1) return { curve: rest, imports };
  const { low, high } = curves.cut(rest, imports);
  curves.transform(low, arriving, 0 - fee, 1 / arriving);
  curves.transform(high, 1 / arriving, fee / arriving, arriving);
  return { curve: curves.join(low, high), imports: imports / arriving };
}

function flowsOf(market: Market, wires: Wires, filled: Float64Array): Float64Array {
  const net = new Float64Array(wires.count);
  for (let i = 0; i < filled.length; i++) net[market.nodeOf[i]!]! += market.buys[i] === 1 ? filled[i]! : 0 - filled[i]!;
  const flows = new Float64Array(wires.count);
  for (let node = wires.count - 1; node > 0; node--) {
    const arriving = wires.arriving[node]! / WHOLE;
    const flow = net[node]! > 0 ? net[node]! / arriving : net[node]!;
    flows[node] = flow;
    net[wires.parents[node]!]! += flow > 0 ? flow : flow * arriving;
  }
  return flows;
}

/** Welfare of whole fills, in nano. */
export function welfareOf(market: Market, { filled, flows }: Allocation): number {
  const { wires } = market;
  let [value, asked] = [0, 0];
  for (let i = 0; i < filled.length; i++) {
    if (market.buys[i] === 1) value += filled[i]! * market.limits[i]!;
    else asked += filled[i]! * market.limits[i]!;
  }
  for (let node = 1; node < wires.count; node++) asked += wires.fees[node]! * Math.abs(flows[node]!);
  assert(Number.isSafeInteger(value) && Number.isSafeInteger(asked), "beyond 2^53: welfare");
  return value - asked;
}
