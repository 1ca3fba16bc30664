import type { Digest, HomeId, Interval, MicroPerKwh, Nano, Wh } from "../kernel/index.ts";
import type { Order, Side } from "../messages/index.ts";

/** What goes into a clearing and what comes out of it: the seam behind which mechanisms are exchanged. */
export type ClearingMechanism = (input: ClearingInput) => Clearing;

export interface ClearingInput {
  readonly interval: Interval;
  /** The agreed set, in any order; ids are unique. A `SignedOrder` is one. */
  readonly orders: readonly OrderEntry[];
  readonly network: Network;
  readonly rules: ClearingRules;
}

export interface OrderEntry {
  readonly id: Digest;
  readonly body: Order;
}

/** The part of the market rules that a clearing depends on. */
export interface ClearingRules {
  readonly tick: MicroPerKwh;
  readonly kPermille: number;
  readonly rationing: Rationing;
}

/** How a level of equal limits shares what doesn't suffice for all of it. */
export type Rationing = "pro-rata";

/** The wires as a tree: a parent stands before its children, the first node is the root at the transformer. */
export interface Network {
  readonly nodes: readonly NetworkNode[];
  /** Where a home's orders enter, as an index into `nodes`; homes that are not listed sit at the root. */
  readonly homes: ReadonlyMap<HomeId, number>;
}

export interface NetworkNode {
  /** The wire towards the root; null at the root itself. */
  readonly edge: Edge | null;
}

/** Import runs from the parent into the node, export the other way; capacities hold for one interval. */
export interface Edge {
  readonly parent: number;
  readonly importCapacity: Wh;
  readonly exportCapacity: Wh;
  readonly fee: MicroPerKwh;
  /** Millionths of what enters the wire. */
  readonly lossPpm: number;
}

/** The street without wires that could bind: the trivial tree. */
export const ONE_NODE: Network = { nodes: [{ edge: null }], homes: new Map() };

/** "No trade" is no price; that is why it is a shape of its own. */
export type Clearing = Trade | NoTrade;

interface Cleared {
  readonly interval: Interval;
  /** What became of each order, by rising order id. */
  readonly outcomes: readonly Outcome[];
  /** Offered and wanted energy that was not traded, at whatever limit. */
  readonly unsold: Wh;
  readonly unbought: Wh;
}

export interface Trade extends Cleared {
  readonly kind: "trade";
  /** At the root; on one node that is everybody's. */
  readonly price: MicroPerKwh;
  /** Any price in here supports the same fills. */
  readonly priceRange: PriceRange;
  /** The orders whose limits end the range, by rising order id; never empty. */
  readonly priceSetBy: { readonly low: readonly PriceSetter[]; readonly high: readonly PriceSetter[] };
  readonly volume: Wh;
  /** What buyers were ready to pay minus what sellers asked, over all fills. */
  readonly welfare: Nano;
  /** Only energy above 0, by rising order id. */
  readonly fills: readonly Fill[];
}

export interface NoTrade extends Cleared {
  readonly kind: "no-trade";
  readonly reason: NoTradeReason;
  readonly bestBuy: MicroPerKwh | null;
  readonly bestSell: MicroPerKwh | null;
}

export interface PriceRange {
  readonly low: MicroPerKwh;
  readonly high: MicroPerKwh;
}

export interface PriceSetter {
  readonly order: Digest;
  readonly home: HomeId;
  readonly side: Side;
  readonly limit: MicroPerKwh;
}

export interface Fill {
  readonly order: Digest;
  readonly home: HomeId;
  readonly side: Side;
  readonly energy: Wh;
  /** What this fill pays or gets: the price at the home's own node. */
  readonly price: MicroPerKwh;
}

/** Why a street did not trade; public, never renamed. */
export type NoTradeReason = "NO_ORDERS" | "NO_BUYERS" | "NO_SELLERS" | "PRICES_DO_NOT_MEET";

/** Why an order got less than it wanted; public, never renamed. The README tells each in a sentence. */
export type RefusalReason = "PRICE_TOO_HIGH" | "PRICE_TOO_LOW" | "RATIONED" | "NOTHING_LEFT" | Exclude<NoTradeReason, "NO_ORDERS">;

interface Judged {
  readonly order: Digest;
  readonly home: HomeId;
  readonly side: Side;
  readonly limit: MicroPerKwh;
  readonly wanted: Wh;
  readonly energy: Wh;
}

/** One order's fate; `energy` is what it got of what it wanted. */
export type Outcome =
  | (Judged & { readonly kind: "filled"; readonly reason: null })
  | (Judged & { readonly kind: "partly-filled"; readonly reason: RefusalReason })
  | (Judged & { readonly kind: "refused"; readonly reason: RefusalReason });
