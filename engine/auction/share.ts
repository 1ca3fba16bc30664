import type { Wh } from "../kernel/index.ts";
import type { Allocation } from "./allocate.ts";
import { keyOf, type Market, WHOLE } from "./market.ts";
import { RATIONING } from "./ration.ts";
import { boundsOf, type Support, supportOf } from "./support.ts";
import type { Rationing } from "./types.ts";
import { level } from "./vessels.ts";
import type { Zone, ZoneNode } from "./zone.ts";

export interface Shared extends Allocation {
  readonly zones: readonly Zone[];
}

/** Shares by the rule what equal prices leave open: whatever watt-hours `allocate` gave to whom, the answer is the same. */
export function share(market: Market, allocation: Allocation, rationing: Rationing): Shared {
  const support = supportOf(market.wires, boundsOf(market, allocation, "key"));
  const undecided: number[] = [];
  for (let i = 0; i < market.orders.length; i++) {
    const node = market.nodeOf[i]!;
    const key = keyOf(market, i);
    if (support.low[node] === key && support.high[node] === key) undecided.push(i);
  }
  if (undecided.length < 2) return { ...allocation, zones: [] };
  const zones = zonesOf(market, allocation, support, undecided);
  const filled = allocation.filled.slice();
  for (const zone of zones) shareZone(market, zone, filled, rationing);
  const flows = flowsAfter(market, allocation, filled);
  const arrived = allocation.arrived.slice();
  for (let node = 1; node < arrived.length; node++) if (market.wires.arriving[node] === WHOLE) arrived[node] = Math.abs(flows[node]!);
  return { filled, flows, arrived, zones };
}

/** How far the flow of each edge may change without a loss of welfare; no further than it is where prices fix it. */
function roomsOf({ wires }: Market, { flows }: Allocation, { low, high }: Support) {
  const [least, most] = [flows.slice(), flows.slice()];
  for (let node = 1; node < wires.count; node++) {
    const parent = wires.parents[node]!;
    if (wires.arriving[node] !== WHOLE || low[node] !== high[node] || low[parent] !== high[parent]) continue;
    const rise = low[node]! - low[parent]!;
    const fee = 2 * wires.fees[node]!;
    if (rise !== fee && rise !== 0 - fee) continue;
    least[node] = rise === 0 - fee ? 0 - wires.exportCapacities[node]! : 0;
    most[node] = rise === fee ? wires.importCapacities[node]! : 0;
  }
  return { least, most };
}

/** The orders of a zone are of one side: keys of buyers are odd, of sellers even, and fees between them even. */
function zonesOf(market: Market, allocation: Allocation, support: Support, undecided: readonly number[]): readonly Zone[] {
  const { wires, nodeOf } = market;
  const { least, most } = roomsOf(market, allocation, support);
  const ordersAt: number[][] = [];
  const top = new Int32Array(wires.count);
  const below = new Float64Array(wires.count);
  const counts = new Int32Array(wires.count);
  for (let node = 0; node < wires.count; node++) {
    ordersAt.push([]);
    top[node] = least[node] === most[node] ? node : top[wires.parents[node]!]!;
  }
  for (const order of undecided) {
    const node = nodeOf[order]!;
    ordersAt[node]!.push(order);
    below[node]! += allocation.filled[order]!;
    counts[node]! += 1;
  }
  for (let node = wires.count - 1; node > 0; node--) {
    if (top[node] === node) continue;
    below[wires.parents[node]!]! += below[node]!;
    counts[wires.parents[node]!]! += counts[node]!;
  }
  const zones = new Map<number, { readonly nodes: ZoneNode[]; readonly orders: number[] }>();
  const places = new Int32Array(wires.count);
  for (let node = 0; node < wires.count; node++) {
    if (counts[node] === 0 || counts[top[node]!]! < 2) continue;
    const zone = zones.get(top[node]!) ?? { nodes: [], orders: [] };
    zones.set(top[node]!, zone);
    const orders = ordersAt[node]!;
    const flow = allocation.flows[node]!;
    const isTop = top[node] === node;
    const sells = support.low[node]! % 2 === 0;
    places[node] = zone.nodes.length;
    zone.nodes.push({
      node,
      parent: isTop ? null : places[wires.parents[node]!]!,
      orders,
      least: isTop ? below[node]! : below[node]! + (sells ? flow - most[node]! : least[node]! - flow),
      most: isTop ? below[node]! : below[node]! + (sells ? flow - least[node]! : most[node]! - flow),
    });
    zone.orders.push(...orders);
  }
  return [...zones.values()];
}

function shareZone(market: Market, { nodes, orders }: Zone, filled: Float64Array, rationing: Rationing): void {
  const available = nodes[0]!.most;
  const wants = orders.map((order) => {
    const { id, rank } = market.orders[order]!;
    return { id, energy: market.energies[order]! as Wh, ...(rank === undefined ? {} : { rank }) };
  });
  if (available === 0 || available === wants.reduce((total, { energy }) => total + energy, 0)) return;
  const shares = RATIONING[rationing](wants, available as Wh);
  const shared = new Map(orders.map((order, at) => [order, shares[at]! as number]));
  const fair = fits(nodes, shared) ? shared : level(market, nodes, rationing);
  for (const order of orders) filled[order] = fair.get(order)!;
}

/** Whether every edge has room to spare for it, so much that rounding plays no part. */
function fits(nodes: readonly ZoneNode[], shares: ReadonlyMap<number, number>): boolean {
  const below = nodes.map(({ orders }) => orders.reduce((total, order) => total + shares.get(order)!, 0));
  for (let at = nodes.length - 1; at > 0; at--) {
    const { parent, least, most } = nodes[at]!;
    if (below[at]! < least + shares.size || below[at]! > most - shares.size) return false;
    below[parent!]! += below[at]!;
  }
  return true;
}

/** Flows after fills changed within zones; edges with losses are on no zone's way and keep theirs. */
function flowsAfter(market: Market, before: Allocation, filled: Float64Array): Float64Array {
  const { wires, nodeOf, buys } = market;
  const flows = before.flows.slice();
  const change = new Float64Array(wires.count);
  for (let i = 0; i < filled.length; i++) change[nodeOf[i]!]! += (buys[i] === 1 ? 1 : -1) * (filled[i]! - before.filled[i]!);
  for (let node = wires.count - 1; node > 0; node--) {
    if (change[node] === 0) continue;
    flows[node]! += change[node]!;
    change[wires.parents[node]!]! += change[node]!;
  }
  return flows;
}
