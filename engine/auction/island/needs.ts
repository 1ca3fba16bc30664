import { compare, type Digest, type HomeId, min, sub, sum, type Wh, wh } from "../../kernel/index.ts";
import { byHome } from "../by-home.ts";
import type { Clearing, OrderEntry } from "../types.ts";
import type { IslandOrders, PriorityClass } from "./types.ts";

export const CLASSES: readonly PriorityClass[] = ["critical", "normal", "flexible"];

/** A part of a buy that has one class. */
export interface Need {
  readonly order: OrderEntry;
  readonly priority: PriorityClass;
  readonly energy: Wh;
}

/** Buys in parts by class. A home's first energy is essential: its orders give to that from the highest class on, then from the best limit on. */
export function needsOf(buys: readonly OrderEntry[], { classes }: IslandOrders, essential: Wh): readonly Need[] {
  return [...byHome(buys, ({ body }) => body.home).values()].flatMap((ofHome) => {
    let left = essential;
    const ranked = ofHome
      .map((order) => ({ order, priority: classes.get(order.id) ?? "normal" }))
      .sort((a, b) => CLASSES.indexOf(a.priority) - CLASSES.indexOf(b.priority) || byLimit(a.order, b.order));
    return ranked.flatMap(({ order, priority }): Need[] => {
      const first = min(left, order.body.energy);
      left = sub(left, first);
      const parts = [
        { order, priority: "critical" as const, energy: first },
        { order, priority, energy: sub(order.body.energy, first) },
      ];
      return parts.filter(({ energy }) => energy > 0);
    });
  });
}

const byLimit = (a: OrderEntry, b: OrderEntry): number => b.body.limit - a.body.limit || compare(a.id, b.id);

/** What one home wants of one class: homes share, however many orders they send. */
export interface Claim {
  readonly home: HomeId;
  readonly priority: PriorityClass;
  readonly needs: readonly Need[];
  readonly energy: Wh;
}

export function claimsOf(needs: readonly Need[]): readonly Claim[] {
  return CLASSES.flatMap((priority) => {
    const ofClass = needs.filter((need) => need.priority === priority);
    return [...byHome(ofClass, ({ order }) => order.body.home)].map(([home, own]) => ({
      home,
      priority,
      needs: own,
      energy: sum(own.map(({ energy }) => energy)),
    }));
  });
}

/** Hands what a claim got on to its needs, the best limit first. */
export function serve({ needs }: Claim, got: Wh): readonly (readonly [Need, Wh])[] {
  let left = got;
  return [...needs]
    .sort((a, b) => byLimit(a.order, b.order))
    .map((need) => {
      const energy = min(left, need.energy);
      left = sub(left, energy);
      return [need, energy] as const;
    });
}

/** What each order got of all its needs. */
export function perOrder(served: ReadonlyMap<Need, Wh>): ReadonlyMap<Digest, Wh> {
  const energies = new Map<Digest, Wh>();
  for (const [{ order }, energy] of served) energies.set(order.id, wh((energies.get(order.id) ?? 0) + energy));
  return energies;
}

/** One way to serve the street. */
export interface Service {
  readonly clearing: Clearing;
  readonly served: ReadonlyMap<Need, Wh>;
  /** Buys that would have had to pay more than their limit. */
  readonly tooDear: ReadonlySet<Digest>;
  readonly scarce: boolean;
}
