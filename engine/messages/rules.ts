import {
  type Address,
  abiWords,
  concat,
  type Digest,
  fromHex,
  type HomeId,
  type Interval,
  keccak,
  keccakDigest,
  type MicroPerKwh,
  type Period,
  utf8,
  type Wh,
} from "../kernel/index.ts";

/** The same for every home of a street. Its hash is part of what each order signs, so peers with other rules can't agree by accident. */
export interface MarketRules {
  /** Name of the street's market, e.g. "sunny-street". */
  readonly market: string;
  /** ISO 4217; one unit is 1e6 micro. */
  readonly currency: string;
  /** 5, 15, 30 or 60. */
  readonly intervalMinutes: number;
  /** Seconds before delivery starts at which orders close. */
  readonly gateLeadSeconds: number;
  /** Intervals from now for which an order may be sent ahead. */
  readonly openIntervals: number;
  /** Intervals in one settlement period; 96 quarter-hours are a UTC day. */
  readonly periodIntervals: number;
  /** Limit prices and clearing prices are multiples of this. */
  readonly tick: MicroPerKwh;
  readonly maxPrice: MicroPerKwh;
  readonly maxOrderWh: Wh;
  readonly maxOrdersPerHome: number;
  /** Where in the indifference interval the price lies, in thousandths: 500 is the middle. */
  readonly kPermille: number;
  /** The utility behind the transformer: what it charges for import and pays for export. */
  readonly residual: { readonly importPrice: MicroPerKwh; readonly exportPrice: MicroPerKwh };
  /** The street's wires; without them it is one node that everything fits through. */
  readonly network?: NetworkRules;
  /** How orders become fills and prices; "k-double-auction" if not said. */
  readonly mechanism?: MechanismName;
  /** "pro-rata" if not said. */
  readonly rationing?: Rationing;
  /** Who gets what buyers pay beyond what sellers get; "grid" if not said. */
  readonly surplusTo?: SurplusAccount;
  /** Whole percent of it that the community gets before that; 0 if not said. */
  readonly communityPercent?: number;
  /** Whether orders are sealed until the gate; without it they are while the street has fewer than `SEALED_BELOW` homes. */
  readonly orders?: OrderPrivacy;
  /** What a sealed order costs that is never shown, in micro-currency; `DEFAULT_RULES` if not said. */
  readonly withheldCharge?: number;
  /** Who runs the market as a venue; without it the homes agree among themselves. */
  readonly sequencer?: SequencerRules;
}

/** sealed: homes see one another's orders after the gate only, so that nobody orders last knowing all others. */
export type OrderPrivacy = "sealed" | "open";

/** From so many homes on, knowing all other orders is hardly worth anything (`../shared/knowledge/security.md` 2). */
export const SEALED_BELOW = 100;

export const isSealed = ({ orders }: Pick<MarketRules, "orders">, homes: number): boolean =>
  orders === undefined ? homes < SEALED_BELOW : orders === "sealed";

/** A venue: one operator puts requests into a sequence, and signs each step. */
export interface SequencerRules {
  /** Whose signature a step has. */
  readonly operator: Address;
  /** Orders meet as they come, or in a call auction every `roundSeconds` until the gate. */
  readonly trading: VenueTrading;
  readonly roundSeconds: number;
}

export type VenueTrading = "continuous" | "rounds";

/** The wires as a tree. Exactly one node has no parent: the root, at the transformer. */
export interface NetworkRules {
  readonly nodes: readonly NodeRules[];
  /** Where homes sit, by their number in the registry; whoever isn't named sits at the root. */
  readonly homes: readonly { readonly home: HomeId; readonly node: string }[];
}

/** A node and the wire towards its parent; the root has no wire, so its capacities are null, its fee and its loss 0. */
export interface NodeRules {
  readonly id: string;
  readonly parent: string | null;
  /** Wh that may enter the wire in one interval, from the parent and towards it; null: as much as you like. */
  readonly importCapacity: Wh | null;
  readonly exportCapacity: Wh | null;
  /** For each kWh that enters the wire, in either direction. */
  readonly fee: MicroPerKwh;
  /** Millionths of what enters the wire. */
  readonly lossPpm: number;
}

/** The mechanisms a street can choose from, by the names that stand in its rules; public, never renamed. */
export type MechanismName =
  | "k-double-auction"
  | "pay-as-bid"
  | "mcafee"
  | "vcg"
  | "huang"
  | "muda"
  | "mid-market-rate"
  | "supply-demand-ratio"
  | "bill-sharing";

/** How orders of equal limits share what doesn't suffice for all of them. */
export type Rationing = "pro-rata" | "price-time" | "max-min";

/** The accounts beside the homes', by their number in the vault. */
export const WIDE_ACCOUNTS = { supplier: 0, grid: 1, community: 2 } as const;
export type SurplusAccount = keyof typeof WIDE_ACCOUNTS;

/** What rules mean that don't say. */
export const DEFAULT_RULES = {
  mechanism: "k-double-auction",
  rationing: "pro-rata",
  surplusTo: "grid",
  communityPercent: 0,
  withheldCharge: 50_000,
} as const;

/** The rules' numbers that homes vote on: whole percent, thousandths, micro-currency, micro-currency per kWh. All else stays as it began. */
export interface RulesNumbers {
  readonly communityPercent: number;
  readonly kPermille: number;
  readonly withheldCharge: number;
  readonly maxPrice: number;
}

/** Rules as homes vote on them: the hash names all of them. */
export interface VotedRules {
  readonly hash: Digest;
  readonly numbers: RulesNumbers;
}

/** What of market rules homes vote on. */
export const numbersOf = ({ communityPercent, kPermille, withheldCharge, maxPrice }: MarketRules): RulesNumbers => ({
  communityPercent: communityPercent ?? DEFAULT_RULES.communityPercent,
  kPermille,
  withheldCharge: withheldCharge ?? DEFAULT_RULES.withheldCharge,
  maxPrice,
});

/** A street's first rules with other numbers. */
export const withNumbers = (first: MarketRules, { maxPrice, ...numbers }: RulesNumbers): MarketRules => ({
  ...first,
  ...numbers,
  maxPrice: maxPrice as MicroPerKwh,
});

/** Where a market lives: which chain, which vault, under which rules. */
export interface MarketDomain {
  readonly chainId: number;
  readonly vault: Address;
  /** Of the rules that the street began with: they name it, whatever its homes vote on later. */
  readonly rulesHash: Digest;
}

/** The numbers that money is settled by: what a contract must know of the rules to follow a step of the ledger. */
export interface SettlementNumbers {
  readonly importPrice: MicroPerKwh;
  readonly exportPrice: MicroPerKwh;
  readonly maxOrderWh: Wh;
  readonly maxOrdersPerHome: number;
  /** In micro-currency. */
  readonly withheldCharge: number;
  readonly periodIntervals: number;
}

export const settlementNumbers = (rules: MarketRules): SettlementNumbers => ({
  ...rules.residual,
  maxOrderWh: rules.maxOrderWh,
  maxOrdersPerHome: rules.maxOrdersPerHome,
  withheldCharge: rules.withheldCharge ?? DEFAULT_RULES.withheldCharge,
  periodIntervals: rules.periodIntervals,
});

/** In the order of `IDisputes.Numbers`. */
export const settlementWords = (numbers: SettlementNumbers): readonly number[] => [
  numbers.importPrice,
  numbers.exportPrice,
  numbers.maxOrderWh,
  numbers.maxOrdersPerHome,
  numbers.withheldCharge,
  numbers.periodIntervals,
];

/**
 * keccak-256(keccak-256(abi.encode(settlement numbers)) | `rulesRest`): a contract opens the numbers and no more. Rules of a stranger
 * are hashed before they pass the door, so what is no number counts as one here; the rest tells it apart.
 */
export function hashRules(rules: MarketRules): Digest {
  const words = settlementWords(settlementNumbers(rules)).map(Number);
  return keccakDigest(concat([keccak(abiWords(words)), fromHex(rulesRest(rules))]));
}

/**
 * keccak-256 over the rules as JSON with sorted keys: every home computes the same bytes. A rule that only says its default is
 * left out, so that rules keep their hash when a new one comes.
 */
export function rulesRest(rules: MarketRules): Digest {
  const said = Object.entries(rules).filter(
    ([key, value]) => value !== undefined && value !== (DEFAULT_RULES as Partial<MarketRules>)[key as keyof MarketRules],
  );
  return keccakDigest(utf8(canonicalJson(Object.fromEntries(said))));
}

function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`).join(",")}}`;
}

export const intervalSeconds = (rules: MarketRules): number => rules.intervalMinutes * 60;
/** Start of delivery, seconds since 1970. */
export const deliveryStart = (rules: MarketRules, interval: Interval): number => interval * intervalSeconds(rules);
/** End of delivery, exclusive, seconds since 1970. */
export const deliveryEnd = (rules: MarketRules, interval: Interval): number => (interval + 1) * intervalSeconds(rules);
/** When orders for an interval close, seconds since 1970. */
export const gateClosure = (rules: MarketRules, interval: Interval): number => deliveryStart(rules, interval) - rules.gateLeadSeconds;
export const intervalAt = (rules: MarketRules, unixSeconds: number): Interval =>
  Math.floor(unixSeconds / intervalSeconds(rules)) as Interval;
export const periodOf = (rules: Pick<MarketRules, "periodIntervals">, interval: Interval): Period =>
  Math.floor(interval / rules.periodIntervals) as Period;
