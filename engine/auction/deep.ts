import { keyOf, type Market, WHOLE, type Wires } from "./market.ts";
import { Treaps } from "./treap.ts";

/** Nodes between an order and the root, on average, from which on treaps are quicker than lists. */
const DEEP = 1000;

/** Whether lists, which each node on the way to the root walks once more, would take too long. */
export function isDeep({ nodeOf, wires }: Market): boolean {
  if (wires.count <= DEEP) return false;
  const depths = new Int32Array(wires.count);
  for (let node = 1; node < wires.count; node++) depths[node] = depths[wires.parents[node]!]! + 1;
  let steps = 0;
  for (const node of nodeOf) steps += depths[node]!;
  return steps > DEEP * nodeOf.length;
}

/** What each order raises of what leaves the tree, as `allocate` says it, for trees of any shape: O(n log^2 n). */
export function raisedInDeepTree(market: Market): Float64Array {
  const { wires } = market;
  const raised = new Float64Array(market.orders.length);
  const curves = new Treaps(market.orders.length + 5 * wires.count);
  const roots = ownCurves(market, curves);
  const wanted = new Float64Array(wires.count);
  for (let i = 0; i < raised.length; i++) if (market.buys[i] === 1) wanted[market.nodeOf[i]!]! += market.energies[i]!;
  for (let node = wires.count - 1; node > 0; node--) {
    const parent = wires.parents[node]!;
    const { curve, imports } = beyondEdge(curves, wires, node, roots[node]!, wanted[node]!, raised);
    roots[parent] = curves.union(roots[parent]!, curve);
    wanted[parent]! += imports;
  }
  curves.addTo(curves.cut(roots[0]!, wanted[0]!).low, raised);
  return raised;
}

/** Each order as a curve of one, joined small to large. */
function ownCurves(market: Market, curves: Treaps): Int32Array {
  const roots = new Int32Array(market.wires.count);
  for (let order = 0; order < market.orders.length; order++) {
    curves.append(order, keyOf(market, order), market.energies[order]!);
    const node = market.nodeOf[order]!;
    roots[node] = curves.union(roots[node]!, curves.finish());
  }
  return roots;
}

/** A child's curve as its parent sees it. `imports` is what the child takes at the lowest price, in Wh that enter the edge. */
function beyondEdge(curves: Treaps, wires: Wires, node: number, curve: number, wanted: number, raised: Float64Array) {
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
