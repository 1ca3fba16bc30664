import type { Digest, HomeId, MicroPerKwh, Nano, Wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import type { Clearing } from "../types.ts";

/** Whom homes of a street would rather trade with than with anybody; asked before the auction, in this order. */
export type Stage = "contract" | "gift" | "friend";

export interface Preferences {
  readonly agreements: readonly Agreement[];
  /** Whom each home names; friends are two homes that name each other. */
  readonly friends: ReadonlyMap<HomeId, ReadonlySet<HomeId>>;
  /** How far a price between friends lies from the seller's limit to what the buyer's leaves after fees: 500 is the middle. */
  readonly friendKPermille: number;
}

/** What two homes have settled between them; it draws on their orders of the interval and lets the rest be. */
export interface Agreement {
  readonly id: Digest;
  readonly kind: "contract" | "gift";
  readonly seller: HomeId;
  readonly buyer: HomeId;
  /** At most so much in one interval. */
  readonly energy: Wh;
  /** Whatever the orders' limits say; 0 for a gift. */
  readonly price: MicroPerKwh;
  /** Of one stage the lower rank goes first, e.g. the older one; equal ranks by lower id. */
  readonly rank: number;
  /** Who agreed; both have to. */
  readonly agreedBy: ReadonlySet<HomeId>;
}

export interface PreferenceClearing {
  readonly fills: readonly StageFill[];
  /** By rising id. */
  readonly agreements: readonly AgreementOutcome[];
  /** The auction of what the stages left, on the wires they left. */
  readonly clearing: Clearing;
  /** Every order, by rising id. */
  readonly totals: readonly OrderTotal[];
  readonly welfare: PreferenceWelfare;
}

/** The buyer pays amount and fees, the seller gets the amount. */
export interface StageFill {
  readonly stage: Stage;
  /** null between friends. */
  readonly agreement: Digest | null;
  readonly buy: Digest;
  readonly buyer: HomeId;
  readonly sell: Digest;
  readonly seller: HomeId;
  readonly energy: Wh;
  readonly price: MicroPerKwh;
  readonly amount: Nano;
  readonly fees: Nano;
}

export interface AgreementOutcome {
  readonly agreement: Digest;
  readonly kind: Agreement["kind"];
  readonly wanted: Wh;
  readonly energy: Wh;
  /** null: all of it was delivered. */
  readonly reason: PreferenceRefusal | null;
}

export interface OrderTotal {
  readonly order: Digest;
  readonly home: HomeId;
  readonly side: Side;
  readonly wanted: Wh;
  readonly contract: Wh;
  readonly gift: Wh;
  readonly friend: Wh;
  readonly auction: Wh;
}

export interface PreferenceWelfare {
  /** By the orders' limits, minus fees. */
  readonly stages: Nano;
  readonly auction: Nano;
  /** What the auction of all orders would have had. */
  readonly optimum: Nano;
  /** optimum - stages - auction: what the street gives for its preferences; never below 0 on wires without losses. */
  readonly cost: Nano;
}

/** Why an agreement delivered less than it says; public, never renamed. */
export type PreferenceRefusal =
  | "PREFERENCE_TWICE"
  | "PREFERENCE_ONE_HOME"
  | "PREFERENCE_NOT_AGREED"
  | "PREFERENCE_OUT_OF_RANGE"
  | "PREFERENCE_PRICE_OFF_TICK"
  | "PREFERENCE_GIFT_HAS_PRICE"
  | "PREFERENCE_NOTHING_OFFERED"
  | "PREFERENCE_NOTHING_WANTED"
  | "PREFERENCE_EDGE_FULL"
  | "PREFERENCE_PATH_LOSES";
