import type { Digest, HomeId, Interval, MicroPerKwh, Nano, Wh } from "../kernel/index.ts";
import type { Order, Rationing, Side } from "../messages/index.ts";

export type { Rationing };

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
  /** Its place in a venue's sequence; only price-time rationing looks at it, and then every order has one, each its own. */
  readonly rank?: number;
}

/** The part of the market rules that a clearing depends on. */
export interface ClearingRules {
  readonly tick: MicroPerKwh;
  readonly kPermille: number;
  readonly rationing: Rationing;
  /** What the residual supplier charges and pays; only mechanisms that price by rule look at it. */
  readonly residual: { readonly importPrice: MicroPerKwh; readonly exportPrice: MicroPerKwh };
}

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
  /** At the root; on one node that is everybody's. Of mechanisms with several prices `mechanisms/README.md` says which is told. */
  readonly price: MicroPerKwh;
  /** Any price in here supports the same fills. */
  readonly priceRange: PriceRange;
  /** The orders whose limits end the range, by rising order id; empty only where the rules give the price. */
  readonly priceSetBy: { readonly low: readonly PriceSetter[]; readonly high: readonly PriceSetter[] };
  readonly volume: Wh;
  /** What buyers were ready to pay minus what sellers asked, over all fills, minus the fees of the edges. */
  readonly welfare: Nano;
  /** Buyers' payments minus sellers' receipts: the edges' fees and rents, or what a mechanism keeps; below 0 it pays in. */
  readonly surplus: Nano;
  /** How much more welfare there would be if no edge had a capacity. */
  readonly lostToCapacity: Nano;
  /** Only energy above 0, by rising order id. */
  readonly fills: readonly Fill[];
  /** One for each node of the network, in its order. */
  readonly nodes: readonly NodePrice[];
  /** One for each edge, by its child node. */
  readonly flows: readonly EdgeFlow[];
}

/** The price at one node; all are null where no energy passes and no limit says what it would cost. */
export interface NodePrice {
  readonly price: MicroPerKwh | null;
  /** Any price from low to high supports the same fills; null is no bound. */
  readonly low: MicroPerKwh | null;
  readonly high: MicroPerKwh | null;
}

/** What one edge carried and what it earned: spread x left = fees + lossCost + rent, spread being the price where it leaves minus that where it enters. */
export interface EdgeFlow {
  /** The child node of the edge. */
  readonly node: number;
  readonly direction: "import" | "export" | "idle";
  readonly entered: Wh;
  /** What came out at the other end. */
  readonly left: Wh;
  /** Nothing more could enter in its direction. */
  readonly full: boolean;
  readonly fees: Nano;
  /** What the energy that got lost had cost where it entered. */
  readonly lossCost: Nano;
  /** What scarcity of the edge earned. */
  readonly rent: Nano;
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
  /** The price at the home's own node; where a mechanism prices pair by pair, the amount over the energy, rounded down. */
  readonly price: MicroPerKwh;
  /** What this fill pays or gets, exactly; energy x price where one price holds for all of it. */
  readonly amount: Nano;
}

/** Why a street did not trade; public, never renamed. */
export type NoTradeReason = "NO_ORDERS" | "NO_BUYERS" | "NO_SELLERS" | "PRICES_DO_NOT_MEET" | "TRADE_REDUCED" | "PRICE_NOT_ACCEPTED";

/** Why an order got less than it wanted; public, never renamed. The README tells each in a sentence. */
export type RefusalReason =
  | "PRICE_TOO_HIGH"
  | "PRICE_TOO_LOW"
  | "RATIONED"
  | "NOTHING_LEFT"
  | "EDGE_FULL"
  | Exclude<NoTradeReason, "NO_ORDERS">;

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
  | (Judged & { readonly kind: "filled"; readonly reason: null; readonly edge: null; readonly tradesAt: null })
  | (Judged & Cut & { readonly kind: "partly-filled" | "refused" });

export interface Cut {
  readonly reason: RefusalReason;
  /** The child node of the edge that stopped it; not null with EDGE_FULL only. */
  readonly edge: number | null;
  /** A buyer's limit above it, a seller's below it, would have traded (more); at it perhaps. null: no limit would have. */
  readonly tradesAt: MicroPerKwh | null;
}
