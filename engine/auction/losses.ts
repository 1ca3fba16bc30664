import { type Allocation, allocate } from "./allocate.ts";
import { type Market, WHOLE, type Wires } from "./market.ts";

/**
 * Whole delivery: the rounding rule of edges with losses. `real` has the best flows in fractions; an edge with losses shall
 * deliver the nearest whole watt-hours, and the least that delivers them enters it. From where energy comes to where it
 * goes, the parts of the street between such edges are cleared one by one, exactly, with what enters and leaves them given:
 * what leaves goes first, and what no one takes up is lost on the edge it came by. floor(entered x arriving) is what can
 * arrive; the rest, fractions included, is the edge's loss.
 */
export function wholeDelivery(market: Market, real: Allocation): Allocation {
  const { wires } = market;
  const filled = new Float64Array(market.orders.length);
  const flows = new Float64Array(wires.count);
  const arrived = new Float64Array(wires.count);
  const parts = partsOf(market, real.flows);
  for (const part of inFlowOrder(parts)) clearPart(market, real.flows, part, { filled, flows, arrived });
  for (let node = 1; node < wires.count; node++) if (wires.arriving[node] === WHOLE) arrived[node] = Math.abs(flows[node]!);
  return { filled, flows, arrived };
}

/** Nodes between edges with losses, parents first, with their orders and the lossy edges at their border by child node. */
interface Part {
  readonly nodes: number[];
  readonly orders: number[];
  readonly incoming: number[];
  readonly outgoing: number[];
}

function partsOf({ wires, nodeOf }: Market, flows: Float64Array): readonly Part[] {
  const partOf: Part[] = [];
  const parts: Part[] = [];
  for (let node = 0; node < wires.count; node++) {
    const begins = node === 0 || wires.arriving[node] !== WHOLE;
    const part: Part = begins ? { nodes: [], orders: [], incoming: [], outgoing: [] } : partOf[wires.parents[node]!]!;
    if (begins) parts.push(part);
    part.nodes.push(node);
    partOf.push(part);
    if (!begins || node === 0 || flows[node] === 0) continue;
    const above = partOf[wires.parents[node]!]!;
    const [source, sink] = flows[node]! > 0 ? [above, part] : [part, above];
    source.outgoing.push(node);
    sink.incoming.push(node);
  }
  for (let i = 0; i < nodeOf.length; i++) partOf[nodeOf[i]!]!.orders.push(i);
  return parts;
}

/** Sources before sinks; a tree has no way round. */
function inFlowOrder(parts: readonly Part[]): readonly Part[] {
  const sinkOf = new Map<number, Part>();
  for (const part of parts) for (const edge of part.incoming) sinkOf.set(edge, part);
  const waiting = new Map(parts.map((part) => [part, part.incoming.length]));
  const ready = parts.filter(({ incoming }) => incoming.length === 0);
  for (let at = 0; at < ready.length; at++)
    for (const edge of ready[at]!.outgoing) {
      const sink = sinkOf.get(edge)!;
      waiting.set(sink, waiting.get(sink)! - 1);
      if (waiting.get(sink) === 0) ready.push(sink);
    }
  return ready;
}

/** A limit above all others, whatever fees a way takes off it; twice it is still an exact integer. */
const FIRST = 2 ** 50;

function clearPart(market: Market, real: Float64Array, part: Part, whole: Allocation): void {
  const { wires } = market;
  const local = new Map(part.nodes.map((node, at) => [node, at]));
  const endOf = (edge: number): number => local.get(edge) ?? local.get(wires.parents[edge]!)!;
  const given = [
    ...part.incoming.map((edge) => ({ edge, buys: 0, limit: 0, energy: whole.arrived[edge]! })),
    ...part.outgoing.map((edge) => ({ edge, buys: 1, limit: FIRST, energy: enteringFor(wires, edge, real[edge]!) })),
  ].filter(({ energy }) => energy > 0);
  const { orders } = part;
  const inner: Market = {
    orders: [...given.map(() => market.orders[0]!), ...orders.map((order) => market.orders[order]!)],
    buys: Uint8Array.from([...given.map(({ buys }) => buys), ...orders.map((order) => market.buys[order]!)]),
    limits: Float64Array.from([...given.map(({ limit }) => limit), ...orders.map((order) => market.limits[order]!)]),
    energies: Float64Array.from([...given.map(({ energy }) => energy), ...orders.map((order) => market.energies[order]!)]),
    nodeOf: Int32Array.from([...given.map(({ edge }) => endOf(edge)), ...orders.map((order) => local.get(market.nodeOf[order]!)!)]),
    wires: innerWires(wires, part, local),
  };
  const { filled, flows } = allocate(inner);
  for (const [at, order] of orders.entries()) whole.filled[order] = filled[given.length + at]!;
  for (const [at, node] of part.nodes.entries()) if (at > 0) whole.flows[node] = flows[at]!;
  for (const edge of part.incoming) whole.arrived[edge] = 0;
  for (const [at, { edge, buys }] of given.entries()) {
    const energy = filled[at]!;
    if (buys === 1) whole.flows[edge] = real[edge]! > 0 ? energy : 0 - energy;
    whole.arrived[edge] = buys === 1 ? arriving(wires, edge, energy) : energy;
  }
}

function innerWires(wires: Wires, { nodes }: Part, local: ReadonlyMap<number, number>): Wires {
  const pick = (column: Float64Array): Float64Array => Float64Array.from(nodes, (node) => column[node]!);
  return {
    count: nodes.length,
    parents: Int32Array.from(nodes, (node, at) => (at === 0 ? 0 : local.get(wires.parents[node]!)!)),
    importCapacities: pick(wires.importCapacities),
    exportCapacities: pick(wires.exportCapacities),
    fees: pick(wires.fees),
    arriving: new Float64Array(nodes.length).fill(WHOLE),
    lossy: false,
  };
}

/** What arrives of whole watt-hours; in two parts, so that no product leaves the exact integers. */
function arriving(wires: Wires, edge: number, entered: number): number {
  const rest = entered % WHOLE;
  return ((entered - rest) / WHOLE) * wires.arriving[edge]! + Math.floor((rest * wires.arriving[edge]!) / WHOLE);
}

/** The least that delivers the nearest whole watt-hours of a real flow, as far as the capacity goes. */
function enteringFor(wires: Wires, edge: number, flow: number): number {
  const arrives = wires.arriving[edge]!;
  const target = Math.round((Math.abs(flow) * arrives) / WHOLE);
  const entering = Number((BigInt(target) * BigInt(WHOLE) + BigInt(arrives) - 1n) / BigInt(arrives));
  return Math.min(entering, flow > 0 ? wires.importCapacities[edge]! : wires.exportCapacities[edge]!);
}
