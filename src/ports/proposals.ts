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
  /** What has this digest, and the bytes that it names; null: the node doesn't show what was sent to the vault. */
  readonly batch: SignedBatch | null;
  /** null: the node doesn't know it. */
  readonly transaction: Digest | null;
}

/** What is proposed to the vault, as the chain is now: a reorganisation may take it back. */
export interface Proposals {
  /** null: nothing is open. */
  open(): Promise<Result<OpenProposal | null, ChainCode>>;
  close(): Promise<void>;
}

/** A proof of fraud in the vault's bytes; the engine's `FRAUD` has the kinds. */
export interface Challenge {
  readonly period: PeriodResult;
  /** `IDisputes.Fraud`. */
  readonly kind: number;
  readonly proof: Uint8Array;
}

/** How a challenge or a veto ended: a transaction, or null when the proposal was gone already. */
export type Refusal = Promise<Result<Digest | null, ChainCode>>;

/** Takes proposals back, for whoever may send transactions. */
export interface Challenger {
  /** Gas that it would take now; refused with the contract's reason when it proves nothing. */
  weigh(challenge: Challenge): Promise<Result<number, ChainCode>>;
  challenge(challenge: Challenge): Refusal;
  /** The guardian's. */
  veto(period: PeriodResult): Refusal;
  close(): Promise<void>;
}
