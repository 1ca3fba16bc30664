import type { CommunityView } from "./state-community.ts";
import type { WatchView } from "./watch-state.ts";

export type { ClockFacts, ConvictionView, MembershipView, SignedKind, WatchView, WrongSettlementView } from "./watch-state.ts";

/**
 * What the dashboard shows: the whole street as plain JSON. Energy in Wh, prices in micro-currency per kWh, money in
 * micro-currency (positive: the home gained), instants ISO UTC. null is unknown, never 0.
 */
export interface StreetState {
  /** One plain sentence: "11 of 12 homes online; last price 14.2 ct; 3.1 kWh found no buyer". */
  readonly sentence: string;
  readonly street: StreetFacts;
  readonly homes: readonly HomeView[];
  /** The last certified clearing; null before the first. */
  readonly clearing: ClearingView | null;
  /** Oldest first, at most 192. */
  readonly prices: readonly PricePoint[];
  /** Newest first, at most 24. */
  readonly certificates: readonly CertificateView[];
  /** Newest first. */
  readonly batches: readonly BatchView[];
  /** Of the last settled interval; null before the first. */
  readonly settlement: SettlementView | null;
  readonly surplus: SurplusView;
  readonly watch: WatchView;
  /** null: nothing is decided together here, or nothing is known of it yet. */
  readonly community: CommunityView | null;
}

/** What buyers paid beyond what sellers got since the street began, below 0: paid in; the community's part of it, whole percent; and what wires lost. */
export interface SurplusView {
  readonly account: "grid" | "community" | "supplier";
  readonly balanceMicro: number;
  readonly communityPercent: number;
  readonly communityMicro: number;
  readonly lostWh: number;
}

export interface StreetFacts {
  readonly name: string;
  readonly currency: string;
  /** IANA name of the zone in which the street reads its clock: "Europe/Vienna"; "UTC" where none is known. */
  readonly timeZone: string;
  /** Where the readings come from: "synthetic (seed 7)" or a file's name; shown, so that nobody takes a model for a measurement. */
  readonly readings: string;
  readonly synthetic: boolean;
  /** Seconds of street time per real second. */
  readonly speed: number;
  readonly now: string;
  readonly intervalMinutes: number;
  /** The interval whose orders close next, and when. */
  readonly nextInterval: { readonly start: string; readonly gate: string };
  readonly importPriceMicro: number;
  readonly exportPriceMicro: number;
  readonly intervalsCertified: number;
  /** Orders are sealed until their gate: nobody sees another's before. */
  readonly sealedOrders: boolean;
}

export interface HomeView {
  readonly home: number;
  readonly name: string;
  readonly solar: boolean | null;
  readonly battery: boolean | null;
  readonly online: boolean;
  /** "no-data": its device says nothing; its energy is unknown, not 0. */
  readonly data: "ok" | "no-data";
  readonly validator: boolean;
  /** Whose voice it has among those who certify; null: it is none of them. */
  readonly voice: "home" | "operator" | "utility" | null;
  /** What its clock is ahead of the validators' median, real milliseconds; null: unknown. */
  readonly clockOffsetMs: number | null;
  /** Why it signs neither orders nor votes; null: it does, or nothing is known of it. */
  readonly paused: PauseView | null;
  /** How its meter is read; null: nothing is known of it. */
  readonly meter: MeterView | null;
  /** Charge of its battery; null: unknown or not shared. */
  readonly batteryPercent: number | null;
  /** What it keeps for backup and never sells; null: unknown or not shared. */
  readonly keepForBackupPercent: number | null;
  /** What trade and settlement brought it since the street began. */
  readonly balanceMicro: number;
  /** In the vault on the chain, null while the chain is away; and what it may spend on orders now, null while nothing limits it. */
  readonly vaultMicro: number | null;
  /** What it owes the utility because the vault held less than a settlement took; null while the chain is away. */
  readonly debtMicro: number | null;
  readonly creditMicro: number | null;
  /** Against buying and selling everything at the utility's tariff. */
  readonly savedMicro: number;
  /** Energy of the last settled interval. */
  readonly reading: { readonly interval: string; readonly importWh: number; readonly exportWh: number } | null;
  /** Of the last settled interval. */
  readonly boughtWh: number;
  readonly soldWh: number;
  /** In all. */
  readonly boughtTotalWh: number;
  readonly soldTotalWh: number;
}

/** How a home says that its meter is read. */
export interface MeterView {
  /** modbus: the inverter's. p1: the utility's. mqtt: as another program tells of it. */
  readonly source: "modbus" | "p1" | "mqtt";
  /** Of the last interval. */
  readonly quality: "measured" | "estimated" | "missing";
  /** A to D: signed by a certified meter; the utility's meter; the home's own; estimated or missing. */
  readonly trust: "A" | "B" | "C" | "D";
  /** Since its counters were told last; null: they never were. */
  readonly ageSeconds: number | null;
  readonly alarms: readonly ("METER_SILENT" | "COUNTER_BROKEN" | "POWER_DIFFERS" | "METERS_DIFFER")[];
}

/** A home that can't know all that it has signed, and so signs nothing for now. */
export interface PauseView {
  /** Its store was lost or is a copy. */
  readonly reason: "store-lost";
  /**
   * What ends it. neighbours: by itself, once `missing` more of those who certify have shown that they are no further. owner: the
   * street decides nothing without it, and its owner must start it with --store-is-newest. interval: by itself, at `from`.
   * declared: its owner has, and it waits half a minute for who has more.
   */
  readonly ends: "neighbours" | "owner" | "interval" | "declared";
  readonly missing: number | null;
  readonly from: string | null;
}

export type OrderOutcome = "filled" | "partly-filled" | "refused";

export interface OrderView {
  readonly home: number;
  readonly name: string;
  readonly side: "buy" | "sell";
  readonly limitMicro: number;
  readonly energyWh: number;
  readonly filledWh: number;
  readonly outcome: OrderOutcome;
  /** Where its home sits; null on one node. */
  readonly node: string | null;
  /** The full wire that stopped it: the name of the node at its lower end; null: none did. */
  readonly wire: string | null;
  /** A sentence: "the price, 14.2 ct, was above its limit". */
  readonly reason: string;
}

export type ClearingKind = "trade" | "no-trade" | "void";

export interface ClearingView {
  readonly interval: string;
  /** void: agreed too late to trade, and certified as that; its orders count for nothing. */
  readonly kind: ClearingKind;
  /** null when nothing traded. */
  readonly priceMicro: number | null;
  /** Any price in here supports the same trades. */
  readonly priceRange: readonly [number, number] | null;
  readonly volumeWh: number;
  /** "home-03's offer and home-07's bid; the price is the middle". null when nothing traded. */
  readonly priceSetBy: string | null;
  /** Why nothing traded; null when something did. */
  readonly noTradeReason: string | null;
  /** Buys by falling limit, then sells by rising limit: draw the steps by running sums of energyWh. */
  readonly orders: readonly OrderView[];
  readonly unsoldWh: number;
  readonly unboughtWh: number;
  /** Sealed orders that were never shown, by the home that pays for each. */
  readonly withheld: readonly { readonly home: number; readonly name: string }[];
  /** Prices at the nodes, the root first; empty on one node. null: no energy passes there, and no limit says what it would cost. */
  readonly nodes: readonly { readonly name: string; readonly priceMicro: number | null }[];
  /** Empty on one node and without trade. */
  readonly wires: readonly WireView[];
}

/** What a wire carried and earned. */
export interface WireView {
  /** Of the node at its lower end. */
  readonly name: string;
  readonly direction: "import" | "export" | "idle";
  readonly enteredWh: number;
  readonly leftWh: number;
  /** null: nothing limits it in this direction. */
  readonly capacityWh: number | null;
  readonly full: boolean;
  readonly feesMicro: number;
  readonly rentMicro: number;
}

export interface PricePoint {
  readonly interval: string;
  readonly kind: ClearingKind;
  readonly priceMicro: number | null;
  readonly volumeWh: number;
}

export interface CertificateView {
  readonly interval: string;
  readonly kind: "trade" | "void";
  readonly value: string;
  readonly votes: number;
  readonly validators: number;
  readonly orders: number;
  readonly readings: number;
  /** Real milliseconds from gate closure; null for intervals fetched later. */
  readonly latencyMs: number | null;
}

export interface BatchView {
  readonly period: number;
  readonly from: string;
  readonly until: string;
  readonly status: "signing" | "sent" | "on-chain";
  readonly signatures: number;
  readonly quorum: number;
  readonly transaction: string | null;
  readonly block: number | null;
  readonly gas: number | null;
}

/** Who got what from whom in one settled interval; per home: import and export are the meter's, the rest is where it came from or went. */
export interface SettlementView {
  readonly interval: string;
  readonly flows: readonly {
    readonly home: number;
    readonly name: string;
    readonly boughtWh: number;
    readonly soldWh: number;
    readonly utilityImportWh: number;
    readonly utilityExportWh: number;
    /** What it paid for sealed orders that it never showed. */
    readonly chargeMicro: number;
    readonly quality: "measured" | "estimated";
  }[];
  /** What buyers paid beyond what sellers got, who got it, and what wires lost of what sellers sold. */
  readonly surplus: {
    readonly account: "grid" | "community" | "supplier";
    readonly amountMicro: number;
    readonly feesMicro: number;
    readonly rentsMicro: number;
    readonly keptMicro: number;
    /** For sealed orders that were never shown. */
    readonly chargesMicro: number;
    readonly lostWh: number;
  };
  readonly conservation: {
    readonly energyInWh: number;
    readonly energyOutWh: number;
    readonly moneyInNano: number;
    readonly moneyOutNano: number;
    readonly holds: boolean;
  };
}

/** What is known of one interval; each part is null until it is there. */
export interface IntervalView {
  readonly interval: string;
  readonly clearing: ClearingView | null;
  readonly certificate: CertificateView | null;
  readonly settlement: SettlementView | null;
}
