import type { Clearing } from "../auction/index.ts";
import { type Digest, type HomeId, type Interval, type Nano, nano, type Period, type Wh, ZERO_DIGEST } from "../kernel/index.ts";
import { type MarketRules, periodOf } from "../messages/index.ts";
import { NO_SURPLUS, type SurplusBooks } from "./surplus.ts";

/** How many intervals after its delivery one is settled: its last readings are taken at its end and need a gate closure to be agreed on. */
export const SETTLE_LAG = 2;

/** One home in the ledger, since the street began. */
export interface Account {
  /** Positive: the home is owed. */
  readonly balance: Nano;
  readonly bought: Wh;
  readonly sold: Wh;
  readonly utilityImport: Wh;
  readonly utilityExport: Wh;
  /** null before the first reading. */
  readonly meter: Meter | null;
}

/** How far a home's meter is settled. */
export interface Meter {
  /** The last reading that was counted. */
  readonly interval: Interval;
  readonly importWh: Wh;
  readonly exportWh: Wh;
  /** What was settled since then on the home's word; the next reading settles the difference. */
  readonly assumedImportWh: Wh;
  readonly assumedExportWh: Wh;
}

/** What every home must hold alike after a certified interval. */
export interface MarketState {
  /** The last certified interval and the hash of its result. */
  readonly interval: Interval;
  readonly head: Digest;
  /** Who agrees on the next interval. */
  readonly members: Digest;
  readonly accounts: ReadonlyMap<HomeId, Account>;
  /** The residual supplier's side of the ledger: what all other balances lack to zero. */
  readonly residual: Nano;
  /** Fees and rents of the wires, or what a mechanism keeps. */
  readonly surplus: SurplusBooks;
  /** Cleared and not settled yet, by rising interval. */
  readonly cleared: readonly ClearedInterval[];
  /** What batches have carried so far. */
  readonly carried: CarriedState;
}

/** What one root binds: all accounts, and what batches have carried of each before the one that the root's interval closes. */
export type Ledger = Pick<MarketState, "accounts" | "surplus"> & { readonly carried: Pick<CarriedState, "ticks"> };

export interface ClearedInterval {
  readonly clearing: Clearing;
  /** Who sealed an order and never showed it, once for each. */
  readonly withheld: readonly HomeId[];
  /** What it was cleared under, and is settled under. */
  readonly rules: MarketRules;
}

export interface CarriedState {
  /** The period that the next batch closes. */
  readonly period: Period;
  /** Its first interval. */
  readonly from: Interval;
  /** `periodHash` of the last batch; zeros before the first one. */
  readonly prevPeriod: Digest;
  /** Ticks of each home that batches have carried so far. */
  readonly ticks: ReadonlyMap<HomeId, number>;
  /** The same of the surplus's account, when it is neither the community's nor the supplier's. */
  readonly surplusTicks: number;
  /** The same of the community's account. */
  readonly communityTicks: number;
}

export const NEW_ACCOUNT: Account = {
  balance: nano(0),
  bought: 0 as Wh,
  sold: 0 as Wh,
  utilityImport: 0 as Wh,
  utilityExport: 0 as Wh,
  meter: null,
};

/** The state before a street's first interval. */
export function genesis(rules: MarketRules, first: Interval, members: Digest): MarketState {
  return {
    interval: (first - 1) as Interval,
    head: ZERO_DIGEST,
    members,
    accounts: new Map(),
    residual: nano(0),
    surplus: NO_SURPLUS,
    cleared: [],
    carried: {
      period: periodOf(rules, first),
      from: first,
      prevPeriod: ZERO_DIGEST,
      ticks: new Map(),
      surplusTicks: 0,
      communityTicks: 0,
    },
  };
}

export const accountOf = (accounts: ReadonlyMap<HomeId, Account>, home: HomeId): Account => accounts.get(home) ?? NEW_ACCOUNT;
