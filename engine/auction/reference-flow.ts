import type { MicroPerKwh, Nano, Wh } from "../kernel/index.ts";
import type { Edge, Network, OrderEntry } from "./types.ts";

/** The fills of most welfare and then most volume on a tree without losses, found by cancelling negative cycles: slow and plain. */
export function bestFills(network: Network, orders: readonly OrderEntry[]): Fills {
  const graph = graphOf(network, orders);
  for (let cycle = negativeCycle(graph); cycle !== null; cycle = negativeCycle(graph)) push(cycle);
  const flowOf = (arcs: readonly Arc[]): number => arcs.reduce((flow, arc) => flow + arc.flow, 0);
  return {
    energy: new Map(orders.map((order) => [order, flowOf(graph.arcs.filter((arc) => arc.order === order))])),
    imported: network.nodes.map(
      (_, node) => flowOf(graph.arcs.filter((arc) => arc.into === node)) - flowOf(graph.arcs.filter((arc) => arc.outOf === node)),
    ),
    potentials: distances(graph).far,
  };
}

export interface Fills {
  /** What each order got. */
  readonly energy: ReadonlyMap<OrderEntry, number>;
  /** For each node what its edge brings in from its parent; below 0 what it takes out. */
  readonly imported: readonly number[];
  /** Prices at the nodes that support these fills, with limits and fees doubled and buyers' limits 1 higher; all relative to `market`. */
  readonly potentials: readonly number[];
}

/** Each edge of a network with its child node. */
export const edgesOf = (network: Network): readonly (Edge & { readonly node: number })[] =>
  network.nodes.flatMap(({ edge }, node) => (edge === null ? [] : [{ ...edge, node }]));

export const nodeOf = (network: Network, { body }: OrderEntry): number => network.homes.get(body.home) ?? 0;

/** The wires without their limits. */
export const withoutCapacities = (network: Network, orders: readonly OrderEntry[]): Network => {
  const boundless = orders.reduce((energy, { body }) => energy + body.energy, 0) as Wh;
  const open = (edge: Edge | null): Edge | null => edge && { ...edge, importCapacity: boundless, exportCapacity: boundless };
  return { ...network, nodes: network.nodes.map(({ edge }) => ({ edge: open(edge) })) };
};

/** What buyers were ready to pay minus what sellers asked minus the fees of the edges. */
export function welfareOf(network: Network, { energy, imported }: Pick<Fills, "energy" | "imported">): Nano {
  let welfare = 0;
  for (const [{ body }, got] of energy) welfare += body.side === "buy" ? got * body.limit : -got * body.limit;
  for (const { node, fee } of edgesOf(network)) welfare -= Math.abs(imported[node]!) * fee;
  return welfare as Nano;
}

/** What an order is worth a watt-hour when most welfare comes first and most volume second. */
export const doubledLimit = ({ body }: OrderEntry): number => (body.side === "buy" ? 2 * body.limit + 1 : 2 * body.limit);
export const doubledFee = (fee: MicroPerKwh): number => 2 * fee;

/** Sellers' arcs lead from the market to their node, buyers' arcs back: a trade is a cycle, and one that pays has a negative cost. */
interface Graph {
  readonly size: number;
  readonly arcs: readonly Arc[];
}

interface Arc {
  readonly from: number;
  readonly to: number;
  readonly capacity: number;
  readonly cost: number;
  readonly order: OrderEntry | null;
  readonly into: number | null;
  readonly outOf: number | null;
  flow: number;
}

function graphOf(network: Network, orders: readonly OrderEntry[]): Graph {
  const market = network.nodes.length;
  const idle = { order: null, into: null, outOf: null, flow: 0 };
  const forOrders = orders.map((order): Arc => {
    const node = nodeOf(network, order);
    const sells = order.body.side === "sell";
    const [from, to, cost] = sells ? [market, node, doubledLimit(order)] : [node, market, -doubledLimit(order)];
    return { ...idle, from, to, cost, capacity: order.body.energy, order };
  });
  const forEdges = edgesOf(network).flatMap(({ node, parent, importCapacity, exportCapacity, fee }): Arc[] => [
    { ...idle, from: parent, to: node, capacity: importCapacity, cost: doubledFee(fee), into: node },
    { ...idle, from: node, to: parent, capacity: exportCapacity, cost: doubledFee(fee), outOf: node },
  ]);
  return { size: market + 1, arcs: [...forOrders, ...forEdges] };
}

/** One way along an arc that still has room: more through it, or less. */
interface Step {
  readonly arc: Arc;
  readonly from: number;
  readonly to: number;
  readonly cost: number;
  readonly room: number;
  readonly sign: 1 | -1;
}

const steps = ({ arcs }: Graph): readonly Step[] =>
  arcs.flatMap((arc): Step[] => [
    ...(arc.flow < arc.capacity ? [{ ...arc, arc, room: arc.capacity - arc.flow, sign: 1 as const }] : []),
    ...(arc.flow > 0 ? [{ arc, from: arc.to, to: arc.from, cost: -arc.cost, room: arc.flow, sign: -1 as const }] : []),
  ]);

/** Bellman and Ford from everywhere at once; `last` is a node that still got nearer after as many rounds as there are nodes. */
function distances(graph: Graph): {
  readonly far: readonly number[];
  readonly came: readonly (Step | null)[];
  readonly last: number | null;
} {
  const far: number[] = Array.from({ length: graph.size }, () => 0);
  const came: (Step | null)[] = far.map(() => null);
  const ways = steps(graph);
  for (let round = 0; round <= graph.size; round++) {
    let last: number | null = null;
    for (const way of ways) {
      if (far[way.from]! + way.cost >= far[way.to]!) continue;
      far[way.to] = far[way.from]! + way.cost;
      came[way.to] = way;
      last = way.to;
    }
    if (last === null) return { far: far.map((distance) => distance - far[graph.size - 1]!), came, last: null };
    if (round === graph.size) return { far, came, last };
  }
  return { far, came, last: null };
}

function negativeCycle(graph: Graph): readonly Step[] | null {
  const { came, last } = distances(graph);
  if (last === null) return null;
  let at = last;
  for (let back = 0; back < graph.size; back++) at = came[at]!.from;
  const cycle: Step[] = [];
  do {
    cycle.push(came[at]!);
    at = came[at]!.from;
  } while (at !== cycle[0]!.to);
  return cycle;
}

function push(cycle: readonly Step[]): void {
  const amount = Math.min(...cycle.map(({ room }) => room));
  for (const { arc, sign } of cycle) arc.flow += sign * amount;
}
