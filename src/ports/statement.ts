import type { Address, Digest, HomeId } from "../../engine/kernel/index.ts";
import type { SurplusAccount } from "../../engine/messages/index.ts";
import type { OwnerMoney } from "./chain.ts";

/** An account of the street that is no home's, as the chain says it now: what it holds, who may have that, and what is asked for of it. */
export interface WideAccount {
  readonly account: SurplusAccount;
  /** Micro-currency. */
  readonly held: number;
  /** null: nobody yet. */
  readonly payee: Address | null;
  readonly withdrawal: OwnerMoney["withdrawal"];
}

/** One move of money into a wide account or out of it. */
export interface StatementLine {
  /** Unix seconds on the chain's clock. */
  readonly at: number;
  readonly kind: "deposit" | "settled" | "shortfall" | "repaid" | "paid" | "fee";
  /** Of what was settled, and of what a home lacked for it. */
  readonly period: number | null;
  /** Who paid it in, or got it; the home that lacked it, or paid it back. */
  readonly other: Address | HomeId | null;
  /** Micro-currency; below 0: out of the account. */
  readonly micro: number;
  readonly transaction: Digest;
}

/** All that ever moved in a wide account, oldest first, and what the vault says that it holds, both of one block. */
export interface Statement {
  readonly account: SurplusAccount;
  readonly lines: readonly StatementLine[];
  readonly held: number;
}
