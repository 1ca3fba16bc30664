import type { Address, Digest, HomeId, Interval, MicroPerKwh, Wh } from "../kernel/index.ts";
import type { Order, Signature, Signed } from "./types.ts";

/** How long an order stands at a venue; the number is what is signed. */
export const FORCE = { "good-till-gate": 0, "immediate-or-cancel": 1, "fill-or-kill": 2 } as const;
export type Force = keyof typeof FORCE;

/** What a home may ask of a venue. `seq` rises with each request of a home, whatever it is: none can be played twice. */
export type VenueRequest = VenueOrder | VenueAmend | VenueCancel;

export interface VenueOrder extends Order {
  readonly kind: "order";
  readonly force: Force;
}

/** Another limit or energy for what is left of an order. */
export interface VenueAmend {
  readonly kind: "amend";
  readonly home: HomeId;
  readonly order: Digest;
  readonly energy: Wh;
  readonly limit: MicroPerKwh;
  readonly seq: number;
}

export interface VenueCancel {
  readonly kind: "cancel";
  readonly home: HomeId;
  readonly order: Digest;
  readonly seq: number;
}

export type SignedRequest = Signed<VenueRequest>;
export type SignedVenueOrder = Signed<VenueOrder>;

/** What a venue does next: a request, or what is due by its clock. */
export type VenueInput =
  | { readonly kind: "request"; readonly request: SignedRequest }
  /** A call auction of one interval, between its last one and the gate. */
  | { readonly kind: "round"; readonly interval: Interval }
  /** Orders for an interval close; what still rests ends. */
  | { readonly kind: "gate"; readonly interval: Interval }
  | { readonly kind: "opening"; readonly opening: VenueOpening };

/** A day begins with all that its first event depends on, so that a day can be replayed without the one before. */
export interface VenueOpening {
  /** Days since 1970-01-01, UTC. */
  readonly day: number;
  /** By interval, and in the order of priority within one. */
  readonly resting: readonly VenueResting[];
  /** By rising number. */
  readonly homes: readonly VenueHome[];
}

/** An order that rests, and what is left of it; its limit may have been amended. */
export interface VenueResting {
  readonly order: SignedVenueOrder;
  /** Who signed it. */
  readonly agent: Address;
  readonly energy: Wh;
  readonly limit: MicroPerKwh;
}

export interface VenueHome {
  readonly home: HomeId;
  readonly agent: Address;
  /** The lowest seq that its next request may have. */
  readonly nextSeq: number;
}

/** What became of the part of an order that wasn't traded at once; the number is what is signed. */
export const FATE = { none: 0, rests: 1, filled: 2, lapsed: 3, killed: 4, "self-trade": 5 } as const;
export type Fate = keyof typeof FATE;

export interface VenueOutcome {
  /** Why nothing has changed; null: it has. A public code. */
  readonly refusal: string | null;
  readonly fate: Fate;
  /** Wh of the request that weren't traded. */
  readonly left: Wh;
  /** Of orders that rested, first to last; in a round of both sides. */
  readonly fills: readonly VenueFill[];
  /** Orders that rest no more without being filled, and what was left of them. */
  readonly ended: readonly VenueEnd[];
}

export interface VenueFill {
  readonly order: Digest;
  readonly energy: Wh;
  readonly price: MicroPerKwh;
}

export interface VenueEnd {
  readonly order: Digest;
  readonly energy: Wh;
}

/** One step of a venue. `previous` is the digest of the event before; the first of all has zeros. */
export interface VenueEvent {
  readonly number: number;
  /** Milliseconds since 1970 by the venue's clock; never falls. */
  readonly time: number;
  readonly previous: Digest;
  readonly input: VenueInput;
  readonly outcome: VenueOutcome;
}

/** Under the venue's key; a home that holds two of one number and different ids can prove that the venue told two stories. */
export type SignedEvent = { readonly body: VenueEvent; readonly id: Digest; readonly signature: Signature };
