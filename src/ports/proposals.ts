import type { Digest, Period, Result } from "../../engine/kernel/index.ts";
import type { PeriodResult } from "../../engine/messages/index.ts";
import type { ChainCode, SignedBatch } from "./chain.ts";

/** What was proposed and isn't settled yet. */
export interface OpenProposal {
  readonly period: Period;
  /** EIP-712, as the vault keeps it. */
  readonly digest: Digest;
  /** Unix seconds on the chain's clock: until then it can be challenged, from then on it can be settled. */
  readonly finalizableAt: number;
  /** The same: from then on anybody can drop it. */
  readonly expirableAt: number;
  /** What has this digest, and the bytes that it names; null: the node doesn't show what was sent to the vault. */
  readonly batch: SignedBatch | null;
  /** null: the node doesn't know it. */
  readonly transaction: Digest | null;
}

/** Where the vault stands, as the chain is now: a reorganisation may take it back. */
export interface ProposalView {
  /** Periods before it are settled. */
  readonly nextPeriod: Period;
  /** Unix seconds that no later block comes before, if this machine's clock isn't ahead. */
  readonly now: number;
  /** null: nothing is open. */
  readonly proposal: OpenProposal | null;
}

/** What is proposed to the vault. */
export interface Proposals {
  look(): Promise<Result<ProposalView, ChainCode>>;
  /** Whether what has this digest was settled. */
  wasSettled(digest: Digest): Promise<Result<boolean, ChainCode>>;
  close(): Promise<void>;
}

/** A proof of fraud in the vault's bytes; the engine's `FRAUD` has the kinds. */
export interface Challenge {
  readonly period: PeriodResult;
  /** `IDisputes.Fraud`. */
  readonly kind: number;
  readonly proof: Uint8Array;
}

/** How a challenge, a veto or a drop ended: a transaction, or null when the proposal was gone already. */
export type Refusal = Promise<Result<Digest | null, ChainCode>>;

/** Takes proposals back, for whoever may send transactions. What the vault would refuse is refused with its reason before it costs anything. */
export interface Challenger {
  challenge(challenge: Challenge): Refusal;
  /** The guardian's. */
  veto(period: PeriodResult): Refusal;
  /** Drops what nobody settled in its time; CHAIN_PENDING: its time isn't over. It may be proposed again. */
  expire(period: PeriodResult): Refusal;
  close(): Promise<void>;
}
