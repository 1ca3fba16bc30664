import { compare, type Digest, min, sub, sum, type Wh, wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import type { RationingRule, Want } from "../ration.ts";
import type { OrderEntry } from "../types.ts";

/** One side of the book, each order on its own: best limit first, of equal limits the lower order id (the declared tie). */
export function rank(orders: readonly OrderEntry[], side: Side): readonly OrderEntry[] {
  const direction = side === "buy" ? -1 : 1;
  return orders.filter(({ body }) => body.side === side).sort((a, b) => direction * (a.body.limit - b.body.limit) || compare(a.id, b.id));
}

/** Where two ranked sides cross when equal limits trade. */
export interface Crossing {
  readonly volume: Wh;
  /** Places of the last orders that trade; -1 when nothing does. */
  readonly lastBuy: number;
  readonly lastSell: number;
  /** Both last orders trade whole. */
  readonly even: boolean;
}

/** Reasons cross the book again for every order that stayed out, so nothing is allocated on the way. */
export function cross(buys: readonly OrderEntry[], sells: readonly OrderEntry[]): Crossing {
  let [b, s, lastBuy, lastSell, volume] = [0, 0, -1, -1, 0];
  let [demand, supply] = [buys[0]?.body.energy ?? 0, sells[0]?.body.energy ?? 0] as [number, number];
  let even = true;
  while (b < buys.length && s < sells.length && buys[b]!.body.limit >= sells[s]!.body.limit) {
    lastBuy = b;
    lastSell = s;
    volume = Math.min(demand, supply);
    even = demand === supply;
    if (demand === volume && ++b < buys.length) demand += buys[b]!.body.energy;
    if (supply === volume && ++s < sells.length) supply += sells[s]!.body.energy;
  }
  return { volume: wh(volume), lastBuy, lastSell, even };
}

export const energyOf = (orders: readonly OrderEntry[]): Wh => sum(orders.map(({ body }) => body.energy));

/** Ranked orders are served from the best limit on until `volume` is used up; orders of one limit share what doesn't suffice for them. */
export function serve(ranked: readonly OrderEntry[], volume: Wh, ration: RationingRule): ReadonlyMap<Digest, Wh> {
  const energies = new Map<Digest, Wh>();
  let left = volume;
  for (let from = 0, to = 0; from < ranked.length; from = to) {
    while (to < ranked.length && ranked[to]!.body.limit === ranked[from]!.body.limit) to += 1;
    const level = ranked.slice(from, to);
    const served = min(left, energyOf(level));
    for (const [id, energy] of share(level, served, ration)) energies.set(id, energy);
    left = sub(left, served);
  }
  return energies;
}

/** Orders that nothing tells apart share `volume`. */
export function share(orders: readonly OrderEntry[], volume: Wh, ration: RationingRule): ReadonlyMap<Digest, Wh> {
  const wants = orders.map(wantOf);
  const energies = volume === energyOf(orders) ? wants.map(({ energy }) => energy) : ration(wants, volume);
  return new Map(wants.map(({ id }, i) => [id, energies[i]!]));
}

const wantOf = ({ id, body, rank }: OrderEntry): Want => ({ id, energy: body.energy, ...(rank === undefined ? {} : { rank }) });
