import { add, type MicroPerKwh, min, sum, type Wh, wh } from "../kernel/index.ts";
import type { Side } from "../messages/index.ts";
import type { OrderEntry } from "./types.ts";

/** Orders of one side with one limit: within a level nobody is better than another. */
export interface Level {
  readonly limit: MicroPerKwh;
  readonly orders: readonly OrderEntry[];
  readonly energy: Wh;
}

/** One side of the book from its best limit to its worst. */
export function levelsOf(orders: readonly OrderEntry[], side: Side): readonly Level[] {
  const direction = side === "buy" ? -1 : 1;
  const byLimit = new Map<MicroPerKwh, OrderEntry[]>();
  for (const order of orders) {
    if (order.body.side !== side) continue;
    const level = byLimit.get(order.body.limit);
    if (level === undefined) byLimit.set(order.body.limit, [order]);
    else level.push(order);
  }
  return [...byLimit]
    .sort(([a], [b]) => direction * (a - b))
    .map(([limit, level]) => ({ limit, orders: level, energy: sum(level.map(({ body }) => body.energy)) }));
}

/** How much trades: both sides are walked from their best limit for as long as the limits meet; equal limits do. */
export function crossingVolume(buys: readonly Level[], sells: readonly Level[]): Wh {
  let [b, s] = [0, 0];
  let [bought, sold, volume] = [wh(0), wh(0), wh(0)];
  while (b < buys.length && s < sells.length && buys[b]!.limit >= sells[s]!.limit) {
    const demand = add(bought, buys[b]!.energy);
    const supply = add(sold, sells[s]!.energy);
    volume = min(demand, supply);
    if (demand === volume) {
      bought = demand;
      b += 1;
    }
    if (supply === volume) {
      sold = supply;
      s += 1;
    }
  }
  return volume;
}

/** Where a volume cuts one side. */
export interface Margin {
  /** The worst limit that trades. */
  readonly accepted: MicroPerKwh;
  /** The best limit that still wants more; null when the whole side is served. */
  readonly open: MicroPerKwh | null;
}

export function marginOf(levels: readonly Level[], volume: Wh): Margin {
  let before = wh(0);
  let accepted = levels[0]!.limit;
  for (const { limit, energy } of levels) {
    if (before < volume) accepted = limit;
    before = add(before, energy);
    if (before > volume) return { accepted, open: limit };
  }
  return { accepted, open: null };
}
