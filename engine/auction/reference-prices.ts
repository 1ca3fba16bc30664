import { compare, type MicroPerKwh } from "../kernel/index.ts";
import { edgesOf, nodeOf } from "./reference-flow.ts";
import type { ClearingRules, Network, NodePrice, OrderEntry, PriceSetter, Trade } from "./types.ts";

/** What fills demand of the prices, one line each: the price `to` lies at most `cost` above the price `from`. The market itself has price 0. */
export interface Demands {
  readonly nodes: number;
  readonly byOrders: readonly Demand[];
  readonly byEdges: readonly Demand[];
}

interface Demand {
  readonly from: number;
  readonly to: number;
  readonly cost: number;
  readonly order: OrderEntry | null;
}

/** What happened, as far as prices have to support it. */
export interface Happened {
  readonly network: Network;
  readonly energy: ReadonlyMap<OrderEntry, number>;
  readonly imported: readonly number[];
}

export function demandsOf({ network, energy, imported }: Happened): Demands {
  const market = network.nodes.length;
  const byOrders = [...energy].flatMap(([order, got]): Demand[] => {
    const { side, limit, energy: wanted } = order.body;
    const node = nodeOf(network, order);
    const atMost = { from: market, to: node, cost: limit, order };
    const atLeast = { from: node, to: market, cost: -limit, order };
    const [ifTrades, ifWantsMore] = side === "buy" ? [atMost, atLeast] : [atLeast, atMost];
    return [...(got > 0 ? [ifTrades] : []), ...(got < wanted ? [ifWantsMore] : [])];
  });
  const byEdges = edgesOf(network).flatMap(({ node, parent, importCapacity, exportCapacity, fee }): Demand[] => {
    const into = { from: parent, to: node, order: null };
    const out = { from: node, to: parent, order: null };
    const flow = imported[node]!;
    const moreInto = flow >= 0 && flow < importCapacity ? [{ ...into, cost: fee }] : [];
    const moreOut = flow <= 0 && -flow < exportCapacity ? [{ ...out, cost: fee }] : [];
    const lessInto = flow > 0 ? [{ ...out, cost: -fee }] : [];
    const lessOut = flow < 0 ? [{ ...into, cost: -fee }] : [];
    return [...moreInto, ...moreOut, ...lessInto, ...lessOut];
  });
  return { nodes: market, byOrders, byEdges };
}

/** Every node's lowest and highest price that meets all demands, below 0 too; what one watt-hour less or more would be worth there. */
export interface Worth {
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export function worthOf(demands: Demands): Worth {
  const all = [...demands.byOrders, ...demands.byEdges];
  const high = nearest(all, demands.nodes, demands.nodes).slice(0, -1);
  return { high, low: high.map((_, node) => -nearest(all, demands.nodes, node)[demands.nodes]!) };
}

/** k of the way between them. */
export const nodePrices = ({ low, high }: Worth, rules: ClearingRules): readonly NodePrice[] =>
  low.map((lowest, node) => priceBetween(lowestAt(lowest), Number.isFinite(high[node]!) ? (high[node] as MicroPerKwh) : null, rules));

/** No price lies below 0, and lifting all that do to 0 keeps every demand: limits are at least 0. */
const lowestAt = (low: number): MicroPerKwh | null => (Number.isFinite(low) ? (Math.max(low, 0) as MicroPerKwh) : null);

function priceBetween(low: MicroPerKwh | null, high: MicroPerKwh | null, { tick, kPermille }: ClearingRules): NodePrice {
  if (low === null || high === null) return { price: low ?? high, low, high };
  let price: number = low;
  while ((price + tick - low) * 1000 <= (high - low) * kPermille) price += tick;
  return { price: price as MicroPerKwh, low, high };
}

/** Bellman and Ford from one place; infinity where no demands lead. */
function nearest(demands: readonly Demand[], nodes: number, start: number): readonly number[] {
  const far = Array.from({ length: nodes + 1 }, (_, place) => (place === start ? 0 : Number.POSITIVE_INFINITY));
  for (let round = 0; round <= nodes; round++) {
    for (const { from, to, cost } of demands) far[to] = Math.min(far[to]!, far[from]! + cost);
  }
  return far;
}

/** The node whose price is the street's, and whose limits set it: carried along edges, they are what ends the range there. */
export function streetPrice(
  prices: readonly NodePrice[],
  demands: Demands,
  fills: readonly OrderEntry[],
  network: Network,
): Pick<Trade, "price" | "priceRange" | "priceSetBy"> {
  const trading = new Set(fills.map((order) => nodeOf(network, order)));
  const node = prices[0]!.price !== null ? 0 : prices.findIndex((_, at) => trading.has(at));
  const { price, low, high } = prices[node]!;
  const ends = { low: settersOf(demands, node, "low"), high: settersOf(demands, node, "high") };
  return {
    price: price!,
    priceRange: { low: (low ?? high)!, high: (high ?? low)! },
    priceSetBy: { low: low === null ? ends.high : ends.low, high: high === null ? ends.low : ends.high },
  };
}

function settersOf({ nodes, byOrders, byEdges }: Demands, node: number, end: "low" | "high"): readonly PriceSetter[] {
  const far = byOrders
    .filter(({ to }) => (end === "low" ? to === nodes : to !== nodes))
    .map(({ from, to, cost, order }) => ({
      order: order!,
      far: cost + (end === "low" ? nearest(byEdges, nodes, node)[from]! : nearest(byEdges, nodes, to)[node]!),
    }));
  const best = Math.min(...far.map((one) => one.far));
  return far
    .filter((one) => one.far === best && Number.isFinite(best))
    .map(({ order: { id, body } }) => ({ order: id, home: body.home, side: body.side, limit: body.limit }))
    .sort((a, b) => compare(a.order, b.order));
}

/** What one more watt-hour between neighbours would cost: a fee, or a fee saved where it only undoes a flow; null where the wire is full. */
export function stepCost(
  { network, imported }: Happened,
  from: number,
  to: number,
): { readonly fee: number; readonly cost: number | null; readonly edge: number } {
  const child = network.nodes[to]!.edge?.parent === from ? to : from;
  const { fee, importCapacity, exportCapacity } = network.nodes[child]!.edge!;
  const along = child === to ? imported[child]! : -imported[child]!;
  const room = along < (child === to ? importCapacity : exportCapacity);
  return { fee, cost: room ? (along < 0 ? -fee : fee) : null, edge: child };
}

export const neighbours = (network: Network, node: number): readonly number[] =>
  network.nodes.flatMap(({ edge }, other) => (edge?.parent === node || network.nodes[node]!.edge?.parent === other ? [other] : []));
