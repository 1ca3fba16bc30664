import type { Address, Digest, HomeId, Interval, Period, Result } from "../../engine/kernel/index.ts";
import type { Members, PeriodResult, SurplusAccount, Validator, VotedRules } from "../../engine/messages/index.ts";
import type { WidePayout, WideStand } from "./payouts.ts";

/** CHAIN_PENDING: proposed, and its challenge window is open; or announced, and the time of notice runs; or the vault is paused: ask again later. */
export type ChainCode = "CHAIN_UNREACHABLE" | "CHAIN_WRONG" | "CHAIN_REFUSED" | "CHAIN_TIMEOUT" | "CHAIN_PENDING";

/** A key that signs orders, readings and votes, from an interval on until the next key takes its place; can't withdraw. */
export interface RegisteredKey {
  readonly agent: Address;
  readonly since: Interval;
}

export interface RegisteredHome {
  readonly home: HomeId;
  readonly name: string;
  /** The last of `keys`. */
  readonly agent: Address;
  readonly owner: Address;
  /** The first interval that it may trade in. */
  readonly since: Interval;
  /** The first interval that it may no longer trade in; null: it stays. */
  readonly until: Interval | null;
  /** At least one, by rising `since`, the first since the home's own; of two with the same the later one signs. */
  readonly keys: readonly RegisteredKey[];
}

/** Who certifies from an interval on: more than two thirds of all, and at least so many of each class. */
export interface ValidatorSet {
  readonly since: Interval;
  /** By rising id. Who has left the street counts among all and signs no more. */
  readonly validators: readonly Validator[];
  readonly minimums: Members["minimums"];
}

/** Market rules as a street decides on them. */
export interface DecidedRules extends VotedRules {
  /** The first interval that they count for. */
  readonly since: Interval;
}

/**
 * Who belongs to the street, with all that was ever registered: who belongs to it in any interval follows from this alone. An
 * interval has the members that were registered for the first interval of its settlement period; so does the vault see it.
 */
export interface Registry {
  readonly homes: readonly RegisteredHome[];
  /** At least one, by rising `since`; of two with the same the later one counts. */
  readonly validatorSets: readonly ValidatorSet[];
  /** Homes of the last set, by rising id, and how many of them certify. */
  readonly validators: readonly HomeId[];
  readonly quorum: number;
  /** All rules that the street ever decided on, in the order of decision and of `since`, its first ones first; left out: it never votes. */
  readonly rules?: readonly DecidedRules[];
}

/** What the vault settled last, for good: no reorganisation takes it back. */
export interface VaultHead {
  /** The period that the next batch must carry. */
  readonly nextPeriod: Period;
  /** `periodHash` of the period that it settled last, or what its first one links to; null while a proposal is open. */
  readonly lastPeriod: Digest | null;
  /** Unix seconds. */
  readonly settledUntil: number;
}

/** Micro-currency, by home id, all of one moment. */
export interface VaultBalances {
  readonly homes: readonly number[];
  /** What withdrawals have asked for, a part of `homes`: counts as spent from now on. */
  readonly requested: readonly number[];
  /** What homes owe the residual supplier, whose account bore what they lacked; no part of `homes`. */
  readonly debts: readonly number[];
  /** The residual supplier's. */
  readonly residual: number;
}

/** What each home has in the vault, by home id in whole ticks of 100 micro-currency, for good and all of one moment. */
export interface VaultEscrows {
  /** The first period whose changes are not in them. */
  readonly nextPeriod: Period;
  /** What the vault holds for it less what it owes there; below 0 where it owes more. */
  readonly ticks: readonly number[];
  /** What withdrawals have asked for. */
  readonly requested: readonly number[];
}

/** What a home has in the vault for good, and what a withdrawal at once is signed with there. */
export interface Standing {
  /** Micro-currency, less what it owes there; below 0 where it owes more. */
  readonly escrow: number;
  /** What a withdrawal has asked for. */
  readonly requested: number;
  /** For the home's next signed withdrawal. */
  readonly nonce: number;
  readonly nextPeriod: Period;
  /** Whether the vault pays at once there: a period is settled, and none is proposed. */
  readonly isOpen: boolean;
  /** Unix seconds of that state's block; and what no later block comes before, if this machine's clock isn't ahead. */
  readonly finalAt: number;
  readonly now: number;
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
  /** As it finally is, so that two homes read the same. */
  registry(): Promise<Result<Registry, ChainCode>>;
  head(): Promise<Result<VaultHead, ChainCode>>;
  /** As the vault finally holds them, so that homes can tell what each has staked. */
  escrows(): Promise<Result<VaultEscrows, ChainCode>>;
  /** Balances in the vault. */
  balances(): Promise<Result<VaultBalances, ChainCode>>;
  /** One home's money, all of one final state. */
  standing(home: HomeId): Promise<Result<Standing, ChainCode>>;
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
  /** Gives a home another key, as its owner signed it. Done already is success. */
  rotateAgent(change: KeyChange & { readonly signature: Uint8Array }): Promise<Result<void, ChainCode>>;
  /** Takes a home out of the street: as its owner signed it, or, without a signature, revoked by the registrar. */
  leave(change: Departure & { readonly signature: Uint8Array | null }): Promise<Result<void, ChainCode>>;
  /**
   * Says who certifies from an interval on; the governor may. Where that needs notice, the first call gives it (CHAIN_PENDING); the same
   * call after its time is the change. `since` must still lie ahead then.
   */
  setValidators(set: ValidatorSet): Promise<Result<void, ChainCode>>;
  /**
   * Says who may have what is in a wide account; the governor may, once for each, with notice as for `setValidators`. Done already is
   * success.
   */
  namePayee(account: SurplusAccount, payee: Address): Promise<Result<void, ChainCode>>;
  /**
   * Pays what is due of what payees of wide accounts have asked for, as far as `spareOf` says that an account can spare it, micro-currency;
   * null: that can't be told, and nothing of it is paid.
   */
  payWide(spareOf: (stand: WideStand) => number | null): Promise<Result<readonly WidePayout[], ChainCode>>;
  /** Supplier, grid and community as they stand. */
  wideStands(): Promise<Result<readonly WideStand[], ChainCode>>;
  /** Has homes that owe the residual supplier pay it from what they have in the vault; tells which did. */
  collectDebts(): Promise<Result<readonly HomeId[], ChainCode>>;
  /** Gas that an errand would take now, asked without sending; refused with the contract's reason when it would fail. */
  weigh(errand: Errand): Promise<Result<number, ChainCode>>;
  /** Moves a home's money as its owner signed it, or pays what it has asked for; the transaction, or null when it was done already. */
  carry(errand: MoneyErrand): Promise<Result<Digest | null, ChainCode>>;
}

/** What a relay does for a home that has no coin for fees. */
export type Errand = ({ readonly kind: "rotate" } & KeyChange & Signed) | ({ readonly kind: "leave" } & Departure & Signed) | MoneyErrand;

export type MoneyErrand =
  | ({ readonly kind: "deposit"; readonly home: HomeId } & Omit<Permit, "spender" | "nonce"> & Signed)
  | ({ readonly kind: "withdraw" } & Omit<WithdrawalRequest, "nonce"> & Signed)
  | ({ readonly kind: "redirect" } & Omit<Redirection, "nonce"> & Signed)
  | ({ readonly kind: "withdraw-now"; readonly certificate: Uint8Array } & Omit<WithdrawalNow, "nonce"> & Signed)
  | { readonly kind: "pay"; readonly home: HomeId };

interface Signed {
  readonly signature: Uint8Array;
}

/** What a home and its owner have, as the chain says it now; micro-currency and Unix seconds on the chain's clock. */
export interface OwnerMoney {
  readonly escrow: number;
  /** What the home owes the residual supplier: goes first from whatever comes into `escrow`. */
  readonly debt: number;
  /** Asked for and not yet paid, a part of `escrow`; null: nothing. */
  readonly withdrawal: { readonly to: Address; readonly micro: number; readonly requestedAt: number } | null;
  /** In the owner's own account. */
  readonly account: number;
  /** The street has settled everything up to then. */
  readonly settledUntil: number;
  /** After so many seconds a withdrawal is paid even if nobody settles any more. */
  readonly escapeSeconds: number;
  readonly now: number;
  /** For the owner's next permit; null: this currency takes none. */
  readonly permits: { readonly domain: CurrencyDomain; readonly nonce: bigint } | null;
  /** For the home's next withdrawal. */
  readonly withdrawalNonce: bigint;
}

/** A currency as signatures name it (EIP-712). */
export interface CurrencyDomain {
  readonly name: string;
  readonly version: string;
  readonly chainId: number;
  readonly token: Address;
}

/** ERC-2612: `spender` may take `micro` from `owner` until `deadline`, Unix seconds. */
export interface Permit {
  readonly owner: Address;
  readonly spender: Address;
  readonly micro: number;
  readonly nonce: bigint;
  readonly deadline: number;
}

/** What an owner signs (EIP-712 `Withdraw` in the vault's domain) to have its home's money; whole ticks of 100 micro. */
export interface WithdrawalRequest {
  readonly home: HomeId;
  readonly to: Address;
  /** The fee included. */
  readonly micro: number;
  /** What of it is for whoever carries it, when it is paid. */
  readonly feeMicro: number;
  readonly nonce: bigint;
  /** Unix seconds on the chain's clock. */
  readonly deadline: number;
}

/** What an owner signs (EIP-712 `Redirect` in the vault's domain) to have what it asked for sent to another account. */
export interface Redirection {
  readonly home: HomeId;
  readonly to: Address;
  readonly nonce: bigint;
  /** Unix seconds on the chain's clock. */
  readonly deadline: number;
}

/** What an owner signs (EIP-712 `WithdrawNow` in the vault's domain), and the validators who vouch for it, to have money at once; whole ticks of 100 micro. */
export interface WithdrawalNow {
  readonly home: HomeId;
  readonly to: Address;
  readonly micro: number;
  readonly nonce: number;
  /** That the vault settles next. */
  readonly period: Period;
  /** Unix seconds on the chain's clock. */
  readonly deadline: number;
}

/** What an owner signs (EIP-712 `RotateAgent` in the vault's domain) so that its home signs with another key from `since` on. */
export interface KeyChange {
  readonly home: HomeId;
  readonly agent: Address;
  readonly since: Interval;
}

/** What an owner signs (EIP-712 `Leave` in the vault's domain) so that its home trades no more from `until` on. */
export interface Departure {
  readonly home: HomeId;
  readonly until: Interval;
}
