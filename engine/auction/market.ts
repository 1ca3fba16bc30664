import { assert } from "../kernel/index.ts";
import type { ClearingInput, Network, OrderEntry } from "./types.ts";

/** A clearing's input in columns: orders by rising id, nodes by index; the parts of the auction compute on these. */
export interface Market {
  readonly orders: readonly OrderEntry[];
  readonly buys: Uint8Array;
  readonly limits: Float64Array;
  readonly energies: Float64Array;
  /** Where each order enters. */
  readonly nodeOf: Int32Array;
  readonly wires: Wires;
}

/** The network in columns; place 0 is the root, which has no edge. */
export interface Wires {
  readonly count: number;
  readonly parents: Int32Array;
  /** What may enter an edge towards its child, and towards its parent. */
  readonly importCapacities: Float64Array;
  readonly exportCapacities: Float64Array;
  readonly fees: Float64Array;
  /** What of a millionth arrives: 1e6 without losses. */
  readonly arriving: Float64Array;
  readonly lossy: boolean;
}

export const WHOLE = 1_000_000;

export function marketOf({ orders: given, network }: Pick<ClearingInput, "orders" | "network">): Market {
  const orders = byRisingId(given);
  const count = orders.length;
  const buys = new Uint8Array(count);
  const limits = new Float64Array(count);
  const energies = new Float64Array(count);
  const nodeOf = new Int32Array(count);
  const spread = network.homes.size > 0;
  for (let i = 0; i < count; i++) {
    const { side, limit, energy, home } = orders[i]!.body;
    buys[i] = side === "buy" ? 1 : 0;
    limits[i] = limit;
    energies[i] = energy;
    if (spread) nodeOf[i] = network.homes.get(home) ?? 0;
  }
  return { orders, buys, limits, energies, nodeOf, wires: wiresOf(network) };
}

/** Prices at which equal limits trade as much as they can: limits doubled, and a buyer's one higher. */
export const keyOf = ({ limits, buys }: Market, order: number): number => 2 * limits[order]! + buys[order]!;

/** As agreement hands orders over; whoever has them otherwise gets them sorted. */
export function byRisingId(orders: readonly OrderEntry[]): readonly OrderEntry[] {
  if (isRising(orders)) return orders;
  const sorted = [...orders].sort((a, b) => (a.id < b.id ? -1 : 1));
  assert(isRising(sorted), "order ids are unique");
  return sorted;
}

function isRising(orders: readonly OrderEntry[]): boolean {
  for (let i = 1; i < orders.length; i++) if (orders[i - 1]!.id >= orders[i]!.id) return false;
  return true;
}

export function wiresOf({ nodes }: Network): Wires {
  const count = nodes.length;
  const wires = {
    count,
    parents: new Int32Array(count),
    importCapacities: new Float64Array(count),
    exportCapacities: new Float64Array(count),
    fees: new Float64Array(count),
    arriving: new Float64Array(count).fill(WHOLE),
    lossy: nodes.some(({ edge }) => edge !== null && edge.lossPpm > 0),
  };
  for (let node = 1; node < count; node++) {
    const edge = nodes[node]!.edge!;
    wires.parents[node] = edge.parent;
    wires.importCapacities[node] = edge.importCapacity;
    wires.exportCapacities[node] = edge.exportCapacity;
    wires.fees[node] = edge.fee;
    wires.arriving[node] = WHOLE - edge.lossPpm;
  }
  return wires;
}

/** The same wires if they could carry anything. */
export function boundless(wires: Wires): Wires {
  const all = new Float64Array(wires.count).fill(Number.MAX_SAFE_INTEGER);
  return { ...wires, importCapacities: all, exportCapacities: all };
}
