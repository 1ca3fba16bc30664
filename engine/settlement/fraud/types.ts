import type { ClearingOpening, FillLeaf, HomeLeaf } from "../../auction/index.ts";
import type { Address, Digest, HomeId, Interval } from "../../kernel/index.ts";
import type { IntervalResult, PeriodResult, SettlementNumbers, Signature } from "../../messages/index.ts";
import type { AccountLeaf } from "../merkle.ts";

/** What is wrong with a period; the number is `IDisputes.Fraud`. */
export const FRAUD = { account: 0, order: 1, "double-fill": 2, "ledger-step": 3 } as const;
export type Fraud = keyof typeof FRAUD;

/** A leaf and the siblings that lead from it to its root. */
export interface Shown<Leaf> {
  readonly leaf: Leaf;
  readonly path: readonly Digest[];
}

/** Results from the period's last one backwards, as far as each proof needs them. */
type Results = readonly IntervalResult[];

/** A home's leaf, or one that shows that it has none; null where there is no leaf at all. */
type ShownOrNone<Leaf> = Shown<Leaf> | null;

export interface AccountFraud {
  readonly kind: "account";
  readonly results: Results;
  /** The period before, where results down to the third of this one don't go on from its head. */
  readonly previous: PeriodResult | null;
  readonly home: HomeId;
  readonly account: ShownOrNone<AccountLeaf>;
  readonly vector: Uint8Array;
}

export interface OrderFraud {
  readonly kind: "order";
  readonly results: Results;
  readonly clearing: ClearingOpening;
  readonly fill: Shown<FillLeaf>;
}

export interface DoubleFillFraud {
  readonly kind: "double-fill";
  readonly results: Results;
  readonly clearing: ClearingOpening;
  readonly home: HomeId;
  readonly traded: ShownOrNone<HomeLeaf>;
  readonly fills: readonly Shown<FillLeaf>[];
}

export interface LedgerStepFraud {
  readonly kind: "ledger-step";
  readonly results: Results;
  /** Where among `results` stands the one whose ledger is looked at. */
  readonly step: number;
  readonly clearing: ClearingOpening;
  readonly home: HomeId;
  readonly traded: ShownOrNone<HomeLeaf>;
  readonly earlier: ShownOrNone<AccountLeaf>;
  readonly later: ShownOrNone<AccountLeaf>;
  readonly numbers: SettlementNumbers;
  readonly restOfRules: Digest;
}

export type FraudProof = AccountFraud | OrderFraud | DoubleFillFraud | LedgerStepFraud;

/** fraud: the period is wrong; no-fraud: all that is shown is as it must be; invalid: what is shown isn't what the period binds. */
export type Finding = "fraud" | "no-fraud" | "invalid";

/** What the contract knows beside the proof. */
export interface FraudContext {
  /** Of the rules that the street began with. */
  readonly rulesHash: Digest;
  /** What homes decided that a withheld order costs, in micro-currency, by rising first interval. */
  readonly charges: readonly { readonly since: number; readonly withheldCharge: number }[];
  /** The digest that a home signs for an order, in the market's domain. */
  readonly orderDigest: (leaf: FillLeaf, interval: Interval) => Digest;
  /** null when the bytes are no signature. */
  readonly recover: (digest: Digest, signature: Signature) => Address | null;
  /** Every key that the registry has of a home, and the first interval that it signed for. */
  readonly keysOf: (home: HomeId) => readonly { readonly agent: Address; readonly since: number }[];
}

export type Period = Pick<PeriodResult, "fromInterval" | "toInterval" | "prevPeriod" | "head" | "accountsRoot" | "vectorHash">;
