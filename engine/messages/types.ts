import type { Address, Digest, HomeId, Interval, MicroPerKwh, Period, Wh } from "../kernel/index.ts";
import type { VotedRules } from "./rules.ts";

/** 65 bytes r | s | v, v being 27 or 28, s in the lower half of the curve's order. */
export type Signature = Uint8Array;

export type Side = "buy" | "sell";

/** What a home wants for one interval: up to `energy` at `limit` or better. */
export interface Order {
  readonly home: HomeId;
  readonly interval: Interval;
  readonly side: Side;
  readonly energy: Wh;
  readonly limit: MicroPerKwh;
  /** Tells one home's orders for an interval apart; two different orders with one seq exclude each other and are evidence. */
  readonly seq: number;
}

/** Stands for a sealed order: who will order under which number, and nothing of what. The order itself follows after the gate. */
export interface Commit {
  readonly home: HomeId;
  readonly interval: Interval;
  readonly seq: number;
  /** The signed order's `entryId`. */
  readonly commitment: Digest;
}

/** A validator's word that its gate is closed: it takes no more commits. When all have said so, orders may be shown. */
export interface Closed {
  readonly interval: Interval;
  readonly validator: HomeId;
}

/** How good a reading is; the number is what is signed. */
export const READING_QUALITY = { measured: 0, estimated: 1 } as const;
export type ReadingQuality = keyof typeof READING_QUALITY;

/** A home's meter at the end of an interval: cumulative counters, so nothing is lost with a missing reading. */
export interface Reading {
  readonly home: HomeId;
  readonly interval: Interval;
  readonly importWh: Wh;
  readonly exportWh: Wh;
  readonly quality: ReadingQuality;
}

/**
 * What each home has staked, by home id: what the vault holds for it, less what withdrawals have asked for and what batches have carried
 * by then. So only deposits and withdrawals change it. In whole ticks of the vault; below 0: more was paid out than paid in.
 */
export type Stakes = readonly number[];

/** What one validator held at gate closure; `commits`, `orders` and `readings` are each entry's `entryId`, in rising order. */
export interface OrderList {
  readonly interval: Interval;
  readonly validator: HomeId;
  /** Who should agree on the next interval, as this validator reads the chain, and the set's version. */
  readonly members: Digest;
  readonly membersVersion: number;
  /** As this validator reads the chain; empty: not asked for in this interval, or not read. */
  readonly stakes: Stakes;
  /** Of a street with sealed orders: what was sealed before the gate and not shown since; `orders` are those that were. */
  readonly commits: readonly Digest[];
  readonly orders: readonly Digest[];
  readonly readings: readonly Digest[];
}

/**
 * A leader's word for a value in one view. `lists` name what a fresh value was built from; empty when `parentView` hands on a
 * notarized one. A void value counts no orders.
 */
export interface Proposal {
  readonly interval: Interval;
  readonly view: number;
  readonly leader: HomeId;
  readonly value: Digest;
  readonly parentView: number;
  readonly isVoid: boolean;
  readonly lists: readonly Digest[];
}

/** Whose voice a validator is; no class alone may certify (`Members.minimums`). The number is what is encoded. */
export const VALIDATOR_CLASS = { home: 0, operator: 1, utility: 2 } as const;
export type ValidatorClass = keyof typeof VALIDATOR_CLASS;

export interface Validator {
  readonly home: HomeId;
  readonly class: ValidatorClass;
}

/** Who belongs to the street in one epoch: the same set on every home, named by its digest. */
export interface Members {
  /** How many changes of the registry and of the rules are in force: a later set has a higher one. */
  readonly version: number;
  /** By rising id, with the key that signs for each. */
  readonly homes: readonly { readonly home: HomeId; readonly agent: Address }[];
  /** By rising id; one that is none of `homes` has left. */
  readonly validators: readonly Validator[];
  /** How many of each class a certificate needs at least, beside more than two thirds of all. */
  readonly minimums: Readonly<Record<ValidatorClass, number>>;
  /** What homes trade against; null: not agreed yet, so that nothing is limited. A home behind the end has none. */
  readonly stakes: Stakes | null;
  /** What homes voted on that counts in this epoch; left out: the rules that the street began with. */
  readonly rules?: VotedRules;
}

export const VOTE_KIND = { notarize: 1, nullify: 2, finalize: 3 } as const;
export type VoteKind = keyof typeof VOTE_KIND;

/** `value` is zero for nullify. */
export interface Vote {
  readonly kind: VoteKind;
  readonly interval: Interval;
  readonly view: number;
  readonly value: Digest;
  readonly validator: HomeId;
}

/** More than two thirds of the validators said the same; signatures by rising validator. */
export interface Certificate {
  readonly kind: VoteKind;
  readonly interval: Interval;
  readonly view: number;
  readonly value: Digest;
  readonly signatures: readonly { readonly validator: HomeId; readonly signature: Signature }[];
}

/** void: the homes agreed too late to trade, and agreed on that. The number is what is hashed. */
export const RESULT_KIND = { trade: 0, void: 1 } as const;
export type ResultKind = keyof typeof RESULT_KIND;

/** What homes agree on for one interval; its EIP-712 struct hash is the value that votes name and the next interval's `prevHead`. */
export interface IntervalResult {
  readonly interval: Interval;
  readonly kind: ResultKind;
  readonly prevHead: Digest;
  readonly orderSetRoot: Digest;
  readonly readingSetRoot: Digest;
  readonly clearingRoot: Digest;
  readonly ledgerRoot: Digest;
  /** Who agrees on the next interval. */
  readonly nextMembers: Digest;
}

/** What goes to the chain for one settlement period; fields and order as in the vault. Periods are a chain of their own, linked by `periodHash`. */
export interface PeriodResult {
  readonly period: Period;
  readonly fromInterval: Interval;
  readonly toInterval: Interval;
  /** Unix seconds up to which every home is settled. */
  readonly coversUntil: number;
  /** `periodHash` of the period before; zeros in a street's first one. */
  readonly prevPeriod: Digest;
  readonly head: Digest;
  readonly accountsRoot: Digest;
  readonly vectorHash: Digest;
  readonly wideHash: Digest;
  readonly dataHash: Digest;
}

/** One validator's signature under a period; what it signs everybody recomputes. */
export interface PeriodVote {
  readonly period: Period;
  readonly validator: HomeId;
  readonly digest: Digest;
}

/** A home's money that its owner wants at once; the validators who vouch for it sign the same (EIP-712, in the vault's domain). */
export interface WithdrawNow {
  readonly home: HomeId;
  /** Who gets it. */
  readonly to: Address;
  /** Of the vault: 100 micro-currency. */
  readonly ticks: number;
  /** How many withdrawals the owner has signed that the vault took. */
  readonly nonce: number;
  /** That the vault settles next. */
  readonly period: Period;
  /** Unix seconds on the chain's clock. */
  readonly deadline: number;
}

export interface Signed<T> {
  readonly body: T;
  /** The EIP-712 digest that was signed: the message's identity. */
  readonly id: Digest;
  readonly signature: Signature;
}

/** Two signed messages of one home that exclude each other; the one with the lower digest first. */
export interface Evidence {
  readonly first: Contradictable;
  readonly second: Contradictable;
}

export type SignedOrder = Signed<Order>;
export type SignedCommit = Signed<Commit>;
export type SignedClosed = Signed<Closed>;
export type SignedReading = Signed<Reading>;
export type SignedList = Signed<OrderList>;
export type SignedProposal = Signed<Proposal>;
export type SignedVote = Signed<Vote>;
export type SignedPeriodVote = Signed<PeriodVote>;
export type SignedWithdrawNow = Signed<WithdrawNow>;

/** Everything a peer can say. */
export type Message =
  | { readonly kind: "order"; readonly order: SignedOrder }
  | { readonly kind: "reading"; readonly reading: SignedReading }
  | { readonly kind: "list"; readonly list: SignedList }
  | { readonly kind: "proposal"; readonly proposal: SignedProposal }
  | { readonly kind: "vote"; readonly vote: SignedVote }
  | { readonly kind: "period-vote"; readonly periodVote: SignedPeriodVote }
  | { readonly kind: "commit"; readonly commit: SignedCommit }
  | { readonly kind: "closed"; readonly closed: SignedClosed }
  | { readonly kind: "evidence"; readonly evidence: Evidence; readonly id: Digest }
  /** Of no author: its digest is asked for. */
  | { readonly kind: "members"; readonly members: Members; readonly id: Digest };

/** What one home may say only once in its place. */
export type Contradictable = Extract<Message, { readonly kind: "order" | "commit" | "reading" | "list" | "proposal" | "vote" }>;

/** What stands for a place whose order was sealed and doesn't count: never shown, or two in one place. */
export type Withheld = Extract<Message, { readonly kind: "commit" | "order" }>;

/** One certified interval with all that it takes to recompute it. */
export interface Block {
  readonly result: IntervalResult;
  readonly certificate: Certificate;
  readonly orders: readonly SignedOrder[];
  readonly readings: readonly SignedReading[];
  readonly withheld: readonly Withheld[];
  /** Who agrees on the next interval, where it isn't who agreed on this one. */
  readonly members: Members | null;
}
