import type { Market } from "./market.ts";

/** The best price beyond one edge without room, for each node: what energy from there would cost, or bring, here. */
export interface Beyond {
  readonly prices: Float64Array;
  /** The child node of that edge; 0 where there is none. */
  readonly edges: Int32Array;
}

/**
 * `prices` are what one watt-hour more (`side` sell: less) costs at each node, +-Infinity where nobody has it (takes it). For
 * each node the cheapest (for sellers the dearest) that would reach it if one edge without room gave
 * way, with the fees of the edges between that have room. Ties go to the lower child node.
 */
export function beyond({ wires }: Market, flows: Float64Array, prices: Float64Array, side: "buy" | "sell"): Beyond {
  const { count, parents, importCapacities, exportCapacities, fees } = wires;
  const sign = side === "buy" ? 1 : -1;
  const offers = noOffers(count);
  const relax = (from: number, to: number, child: number): void => {
    const intoChild = (to === child) === (side === "buy");
    const hasRoom = intoChild ? flows[child]! < importCapacities[child]! : 0 - flows[child]! < exportCapacities[child]!;
    if (hasRoom) passOn(offers, from, to, fees[child]!);
    else take(offers, to, from, sign * prices[from]! + fees[child]!, child);
  };
  for (let node = count - 1; node > 0; node--) relax(node, parents[node]!, node);
  for (let node = 1; node < count; node++) relax(parents[node]!, node, node);
  for (let node = 0; node < count; node++) offers.costs[node]! *= sign;
  return { prices: offers.costs, edges: offers.edges };
}

/** The two best offers at each node and which neighbour the best came from: what came from a neighbour isn't told back to it. */
interface Offers {
  readonly costs: Float64Array;
  readonly edges: Int32Array;
  readonly from: Int32Array;
  readonly nextCosts: Float64Array;
  readonly nextEdges: Int32Array;
}

const noOffers = (nodes: number): Offers => ({
  costs: new Float64Array(nodes).fill(Number.POSITIVE_INFINITY),
  edges: new Int32Array(nodes),
  from: new Int32Array(nodes).fill(-1),
  nextCosts: new Float64Array(nodes).fill(Number.POSITIVE_INFINITY),
  nextEdges: new Int32Array(nodes),
});

function take({ costs, edges, from, nextCosts, nextEdges }: Offers, node: number, neighbour: number, cost: number, edge: number): void {
  if (!Number.isFinite(cost)) return;
  if (isBetter(cost, edge, costs[node]!, edges[node]!)) {
    nextCosts[node] = costs[node]!;
    nextEdges[node] = edges[node]!;
    costs[node] = cost;
    edges[node] = edge;
    from[node] = neighbour;
  } else if (isBetter(cost, edge, nextCosts[node]!, nextEdges[node]!)) {
    nextCosts[node] = cost;
    nextEdges[node] = edge;
  }
}

const isBetter = (cost: number, edge: number, than: number, thanEdge: number): boolean => cost < than || (cost === than && edge < thanEdge);

function passOn(offers: Offers, node: number, to: number, fee: number): void {
  const { costs, edges, from, nextCosts, nextEdges } = offers;
  if (from[node] === to) take(offers, to, node, nextCosts[node]! + fee, nextEdges[node]!);
  else take(offers, to, node, costs[node]! + fee, edges[node]!);
}
