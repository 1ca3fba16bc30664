import { assert } from "../kernel/index.ts";
import { addRun, addTo, balance, type Curves, cutAfter, emptyCurves, handOn, increment, transform } from "./curve.ts";
import { isDeep, raisedInDeepTree } from "./deep.ts";
import { keyOf, type Market, WHOLE, type Wires } from "./market.ts";

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
 * decided at once; the rest is decided where imports and exports of the whole tree meet. O(n log n) on one node, and each node
 * on the way to the root costs an order one step more; in deep trees treaps keep it at O(n log^2 n).
 */
export function allocate(market: Market): Allocation {
  const { buys, energies, wires } = market;
  const raised = isDeep(market) ? raisedInDeepTree(market) : raisedInTree(market);
  // A seller that is raised sells, a buyer that is raised goes without.
  const filled = raised;
  for (let i = 0; i < filled.length; i++) if (buys[i] === 1) filled[i] = energies[i]! - raised[i]!;
  const flows = flowsOf(market, wires, filled);
  return { filled, flows, arrived: arrivedOf(wires, flows) };
}

/** By order, the Wh by which it raises what leaves the tree. */
export function raisedInTree(market: Market): Float64Array {
  const { orders, wires } = market;
  const raised = new Float64Array(orders.length);
  const curves = ownCurves(market);
  for (let node = wires.count - 1; node >= 0; node--) {
    if (node === 0 || !isOpen(curves, wires, node)) balance(curves, node);
    if (node > 0) passEdge(curves, wires, node, raised);
  }
  addTo(curves, curves.low.first[0]!, raised);
  return raised;
}

/** Each order at its node. Before anybody trades all that buyers want lies low and all that sellers have lies high. */
function ownCurves(market: Market): Curves {
  const { orders, buys, energies, nodeOf, wires } = market;
  const curves = emptyCurves(wires.count, orders.length + 3 * wires.count, wires.lossy);
  const { low, high, feesToRoot } = curves;
  if (!wires.lossy)
    for (let node = 1; node < wires.count; node++) feesToRoot[node] = feesToRoot[wires.parents[node]!]! + 2 * wires.fees[node]!;
  for (let order = orders.length - 1; order >= 0; order--) {
    const node = nodeOf[order]!;
    const energy = energies[order]!;
    if (buys[order] === 1) {
      addRun(curves, low, node, increment(curves, order, keyOf(market, order) - feesToRoot[node]!, energy));
      low.energy[node]! += energy;
    } else {
      addRun(curves, high, node, increment(curves, order, keyOf(market, order) + feesToRoot[node]!, energy));
      high.energy[node]! += energy;
    }
  }
  return curves;
}

/** Whether an edge changes nothing: then the parent sorts what the child has, as if both were one node. */
function isOpen({ low, high }: Curves, wires: Wires, node: number): boolean {
  if (wires.lossy || wires.fees[node] !== 0) return false;
  return low.energy[node]! <= wires.importCapacities[node]! && high.energy[node]! <= wires.exportCapacities[node]!;
}

/** Hands a node's curve on to its parent. */
function passEdge(curves: Curves, wires: Wires, node: number, raised: Float64Array): void {
  const { low, high } = curves;
  const parent = wires.parents[node]!;
  const arriving = wires.arriving[node]! / WHOLE;
  const mostIn = wires.importCapacities[node]! * arriving;
  const mostOut = wires.exportCapacities[node]!;
  if (low.energy[node]! > mostIn) addTo(curves, cutAfter(curves, low, node, mostIn), raised);
  if (high.energy[node]! > mostOut) cutAfter(curves, high, node, mostOut);
  if (wires.lossy) {
    const fee = 2 * wires.fees[node]!;
    transform(curves, low.first[node]!, arriving, 0 - fee, 1 / arriving);
    transform(curves, high.first[node]!, 1 / arriving, fee / arriving, arriving);
  }
  handOn(curves, low, node, parent);
  handOn(curves, high, node, parent);
  low.energy[parent]! += low.energy[node]! / arriving;
  high.energy[parent]! += high.energy[node]! * arriving;
}

/** What leaves each edge. */
function arrivedOf({ arriving }: Wires, flows: Float64Array): Float64Array {
  const arrived = new Float64Array(flows.length);
  for (let node = 1; node < flows.length; node++) arrived[node] = (Math.abs(flows[node]!) * arriving[node]!) / WHOLE;
  return arrived;
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
  let value = 0;
  let asked = 0;
  for (let i = 0; i < filled.length; i++) {
    if (market.buys[i] === 1) value += filled[i]! * market.limits[i]!;
    else asked += filled[i]! * market.limits[i]!;
  }
  for (let node = 1; node < wires.count; node++) asked += wires.fees[node]! * Math.abs(flows[node]!);
  assert(Number.isSafeInteger(value) && Number.isSafeInteger(asked), "beyond 2^53: welfare");
  return value - asked;
}
