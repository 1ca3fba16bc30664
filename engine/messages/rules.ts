import { type Address, type Digest, type Interval, keccakDigest, type MicroPerKwh, type Period, utf8, type Wh } from "../kernel/index.ts";

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
}

/** Where a market lives: which chain, which vault, under which rules. */
export interface MarketDomain {
  readonly chainId: number;
  readonly vault: Address;
  readonly rulesHash: Digest;
}

/** keccak-256 over the rules as JSON with sorted keys: every home computes the same bytes. */
export function hashRules(rules: MarketRules): Digest {
  return keccakDigest(utf8(canonicalJson(rules)));
}

function canonicalJson(value: unknown): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
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
export const periodOf = (rules: MarketRules, interval: Interval): Period => Math.floor(interval / rules.periodIntervals) as Period;
