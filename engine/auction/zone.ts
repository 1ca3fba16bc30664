import { compare } from "../kernel/index.ts";
import type { Market } from "./market.ts";

/** Orders that equal prices leave undecided, on nodes that edges with room connect. */
export interface Zone {
  /** The nodes on the way between undecided orders, parents first. */
  readonly nodes: readonly ZoneNode[];
  readonly orders: readonly number[];
}

/** `least` and `most`: what the undecided orders at and below it may have together, for the edge above to carry it. */
export interface ZoneNode {
  readonly node: number;
  /** Its place among the zone's nodes; null at the top. */
  readonly parent: number | null;
  readonly orders: readonly number[];
  readonly least: number;
  readonly most: number;
}

/** The declared tie: the lower order id first. */
export const byId =
  (market: Market) =>
  (a: number, b: number): number =>
    compare(market.orders[a]!.id, market.orders[b]!.id);
