import type { Address, Digest, HomeId, Interval, Period, Result } from "../../engine/kernel/index.ts";
import type { PeriodResult } from "../../engine/messages/index.ts";

/** CHAIN_PENDING: proposed, and its challenge window is open; ask again later. */
export type ChainCode = "CHAIN_UNREACHABLE" | "CHAIN_WRONG" | "CHAIN_REFUSED" | "CHAIN_TIMEOUT" | "CHAIN_PENDING";

export interface RegisteredHome {
  readonly home: HomeId;
  readonly name: string;
  /** Signs orders and readings; can't withdraw. */
  readonly agent: Address;
  readonly owner: Address;
  /** The first interval that it may trade in. */
  readonly since: Interval;
}

/** Who belongs to the street. */
export interface Registry {
  readonly homes: readonly RegisteredHome[];
  /** Homes whose votes count, by rising id, and how many of them certify. */
  readonly validators: readonly HomeId[];
  readonly quorum: number;
}

/** What the vault last settled. */
export interface VaultHead {
  /** The period that the next batch must carry. */
  readonly nextPeriod: Period;
  readonly head: Digest;
  /** Unix seconds. */
  readonly settledUntil: number;
}

/** Micro-currency, by home id, all of one moment. */
export interface VaultBalances {
  readonly homes: readonly number[];
  /** What withdrawals have asked for, a part of `homes`: counts as spent from now on. */
  readonly requested: readonly number[];
  /** The residual supplier's. */
  readonly residual: number;
}

/** A period with its net balance changes and the certificate of the validators. Encoding: `engine/settlement/batch`. */
export interface SignedBatch {
  readonly result: PeriodResult;
  readonly vector: Uint8Array;
  readonly wide: Uint8Array;
  /** Validator index (u8) and 65 signature bytes each, by rising index. */
  readonly certificate: Uint8Array;
}

export interface BatchReceipt {
  readonly period: Period;
  readonly transaction: Digest;
  readonly block: number;
  /** Of proposing and settling it. */
  readonly gas: number;
}

export interface Chain {
  registry(): Promise<Result<Registry, ChainCode>>;
  head(): Promise<Result<VaultHead, ChainCode>>;
  /** Balances in the vault. */
  balances(): Promise<Result<VaultBalances, ChainCode>>;
  /** Receipts of the batches that the chain holds, oldest first. */
  batches(): Promise<Result<readonly BatchReceipt[], ChainCode>>;
  close(): Promise<void>;
}

/** The chain for whoever may send transactions: pays fees, is trusted with nothing. */
export interface Relay extends Chain {
  /** Proposes and finalises. A batch that is settled already is success. */
  settle(batch: SignedBatch): Promise<Result<BatchReceipt, ChainCode>>;
  /** Registers a home, escrows test currency for it, and tells its id. */
  register(home: {
    readonly name: string;
    readonly agent: Address;
    readonly owner: Address;
    readonly since: Interval;
    readonly deposit: number;
  }): Promise<Result<HomeId, ChainCode>>;
}
