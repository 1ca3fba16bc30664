import type { FillLeaf, HomeLeaf } from "../../engine/auction/index.ts";
import type { Digest, Result } from "../../engine/kernel/index.ts";
import type { IntervalResult, MarketRules, PeriodResult } from "../../engine/messages/index.ts";
import type { AccountLeaf } from "../../engine/settlement/index.ts";
import type { IntervalView, StreetState } from "./state.ts";
import type { EvidenceView } from "./state-evidence.ts";

export type { IntervalView } from "./state.ts";

/** What the API asks of the node: reads of a street, and the wishes that a visitor may utter. Each answer is fresh, plain JSON. */
export interface StreetQueries extends MotionQueries, ChallengeQueries {
  state(): StreetState;
  /** Calls `listener` after each change; as often as it likes, the API slows it down. Returns the way to stop. */
  onChange(listener: () => void): () => void;
  /** One interval by the start of its delivery, "2026-11-20T12:00:00Z"; null when nothing is known of it. */
  interval(start: string): IntervalView | null;
  /** Everything that was ever proved against a home, the newest first. */
  evidence(): readonly EvidenceView[];
  health(): HealthFacts;
  /** With this another home finds the street and its rules. */
  street(): StreetCard;
  register(request: HomeRequest): Promise<Result<HomeAnswer, RegisterCode>>;
  rotateAgent(home: number, request: AgentRequest): Promise<Result<ChangeAnswer, ChangeCode>>;
  leave(home: number, request: LeaveRequest): Promise<Result<ChangeAnswer, ChangeCode>>;
  deposit(home: number, request: DepositRequest): Promise<Result<MoneyAnswer, ChangeCode>>;
  withdraw(home: number, request: WithdrawalRequest): Promise<Result<MoneyAnswer, ChangeCode>>;
  redirect(home: number, request: RedirectionRequest): Promise<Result<MoneyAnswer, ChangeCode>>;
  withdrawNow(home: number, request: WithdrawalNowRequest): Promise<Result<MoneyAnswer, ChangeCode>>;
}

/** What homes decide together, as their owners signed it. */
export interface MotionQueries {
  move(request: MotionRequest): Promise<Result<MotionAnswer, MotionCode>>;
  movePayment(request: PaymentRequest): Promise<Result<MotionAnswer, MotionCode>>;
  vote(motion: number, request: VoteRequest): Promise<Result<MotionAnswer, MotionCode>>;
  execute(motion: number): Promise<Result<MotionAnswer, MotionCode>>;
}

/** What is proposed to the vault and may be wrong. */
export interface ChallengeQueries {
  /** What these books say of one interval, by its number, that the open proposal binds; null: nothing. */
  record(interval: number): RecordView | null;
  challenge(request: ChallengeRequest): Promise<Result<ChallengeAnswer, ChallengeCode>>;
}

export interface HealthFacts {
  /** Whether this program does its own work. The absence of neighbours or of the chain alone is no sickness. */
  readonly healthy: boolean;
  /** Plain sentences; empty when healthy. */
  readonly problems: readonly string[];
  readonly startedAt: string;
  readonly lastReadingAt: string | null;
  readonly lastCertificateAt: string | null;
  readonly lastBatchAt: string | null;
  readonly homesOnline: number;
  readonly homes: number;
}

/** A number with a unit is a plain number once it is JSON, and a digest a plain text. */
export type Plain<T> = T extends number
  ? number
  : T extends Digest
    ? string
    : T extends object
      ? { readonly [K in keyof T]: Plain<T[K]> }
      : T;

/** One interval with all that its result binds, as leaves; `behind`: what stands behind the accounts in their tree, 32 bytes each. */
export interface RecordView {
  readonly result: Plain<IntervalResult>;
  readonly rest: string;
  readonly fills: readonly (Plain<Omit<FillLeaf, "signature">> & { readonly signature: string })[];
  readonly homes: readonly Plain<HomeLeaf>[];
  readonly accounts: readonly Plain<AccountLeaf>[];
  readonly behind: string;
}

/** Proof that what was proposed is wrong, for the vault's `challenge`. */
export interface ChallengeRequest {
  readonly period: Plain<PeriodResult>;
  /** `IDisputes.Fraud`: 0 account, 1 order, 2 double fill, 3 ledger step. */
  readonly kind: number;
  /** The proof's struct, encoded, as hex. */
  readonly proof: string;
}

export interface ChallengeAnswer {
  /** Its hash; null: the proposal was gone already. */
  readonly transaction: string | null;
}

/** Why a challenge was not sent. */
export type ChallengeCode = "CHALLENGE_REFUSED" | "TOO_MANY_REQUESTS" | "CHAIN_AWAY";

export interface StreetCard {
  readonly name: string;
  readonly rules: Plain<MarketRules>;
  /** 0x and 64 hex digits: who computes another hash from `rules` trades in another market. */
  readonly rulesHash: string;
  /** `community`: the contract that names the rules in force; left out: the street has none. */
  readonly chain: { readonly id: number; readonly rpc: string; readonly vault: string; readonly community?: string };
  /** Multiaddresses of homes to knock at first. */
  readonly peers: readonly string[];
  /** The street's first interval: where its chain of certificates begins. */
  readonly firstInterval: number;
  /** Its homes share a network key, which a home gets with its registration; left out: they don't. */
  readonly isPrivate?: boolean;
  /** Names of peers that belong to the street and are no homes, such as the operator's; left out: none. */
  readonly observers?: readonly string[];
  /** How the street's time follows the machine's; null: it is UTC itself. */
  readonly clock: { readonly streetMs: number; readonly wallMs: number; readonly speed: number } | null;
}

export interface HomeRequest {
  readonly name: string;
  /** Address of the agent key, 0x and 40 hex digits. */
  readonly agent: string;
  /** Address of the owner key, which stays cold and alone may withdraw. */
  readonly owner: string;
  readonly invitation: string;
}

/** What a home gets for its invitation, also when it asks again. */
export interface HomeAnswer {
  readonly home: number;
  /** base64url of the 32 bytes of the street's network key; left out: the network is open. */
  readonly networkKey?: string;
  /** When the first interval starts that it may trade in, ISO 8601 in UTC. */
  readonly from?: string;
}

/** Another key for a home, as its owner signed it (EIP-712 `RotateAgent` of the vault). */
export interface AgentRequest {
  readonly agent: string;
  /** The first interval that the key signs for: the edge of a settlement period. */
  readonly since: number;
  /** 65 bytes as hex. */
  readonly signature: string;
}

/** A home leaves, as its owner signed it (EIP-712 `Leave` of the vault). */
export interface LeaveRequest {
  /** The first interval that it may no longer trade in: the edge of a settlement period. */
  readonly until: number;
  /** 65 bytes as hex. */
  readonly signature: string;
}

/** Money of a home's owner for its escrow, as it signed the currency's ERC-2612 `Permit` with the vault as spender. */
export interface DepositRequest {
  /** Micro-currency, in hundreds. */
  readonly micro: number;
  /** Unix seconds on the chain's clock. */
  readonly deadline: number;
  /** 65 bytes as hex. */
  readonly signature: string;
}

/** A home's money for its owner or whom it names, as it signed it (EIP-712 `Withdraw` of the vault). */
export interface WithdrawalRequest {
  readonly to: string;
  /** Micro-currency, in hundreds; the fee included. */
  readonly micro: number;
  /** For the operator, when it is paid. */
  readonly feeMicro: number;
  /** Unix seconds on the chain's clock. */
  readonly deadline: number;
  /** 65 bytes as hex. */
  readonly signature: string;
}

/** Where what is asked for goes instead, as the owner signed it (EIP-712 `Redirect` of the vault). */
export type RedirectionRequest = Omit<WithdrawalRequest, "micro" | "feeMicro">;

/** A home's money at once, as its owner signed it (EIP-712 `WithdrawNow` of the vault). */
export interface WithdrawalNowRequest {
  readonly to: string;
  /** Micro-currency, in hundreds. */
  readonly micro: number;
  /** Of the home's signed withdrawals. */
  readonly nonce: number;
  /** That the vault settles next. */
  readonly period: number;
  /** Unix seconds on the chain's clock: validators vouch for no longer. */
  readonly deadline: number;
  /** 65 bytes as hex. */
  readonly signature: string;
}

export interface MoneyAnswer {
  readonly home: number;
  /** Its hash; null: it had been carried before. */
  readonly transaction: string | null;
}

export interface ChangeAnswer {
  readonly home: number;
  /** When the change begins to count, ISO 8601 in UTC. */
  readonly from: string;
}

/** Other market rules from an interval on, as a home's owner wants them (EIP-712 `Motion` of the community). */
export interface MotionRequest {
  readonly home: number;
  readonly rules: {
    readonly hash: string;
    readonly since: number;
    /** Whole percent, thousandths, micro-currency, micro-currency per kWh. */
    readonly numbers: Readonly<Record<"communityPercent" | "kPermille" | "withheldCharge" | "maxPrice", number>>;
  };
  /** How many motions the home has brought before. */
  readonly nonce: number;
  /** 65 bytes as hex. */
  readonly signature: string;
}

/** A payment from the community's account, as a home's owner wants it (EIP-712 `Payment` of the community). */
export interface PaymentRequest {
  readonly home: number;
  readonly to: string;
  /** Micro-currency, in hundreds; 0: the payment that waits goes to `to` instead. */
  readonly micro: number;
  /** How many motions the home has brought before. */
  readonly nonce: number;
  /** 65 bytes as hex. */
  readonly signature: string;
}

/** A home's vote, as its owner signed it (EIP-712 `Vote` of the community). */
export interface VoteRequest {
  readonly home: number;
  readonly yes: boolean;
  /** 65 bytes as hex. */
  readonly signature: string;
}

export interface MotionAnswer {
  readonly motion: number;
}

/** Why a motion or a vote did not come about. */
export type MotionCode = "COMMUNITY_MISSING" | "HOME_UNKNOWN" | "CHANGE_REFUSED" | "LIMIT_REACHED" | "TOO_MANY_REQUESTS" | "CHAIN_AWAY";

/** Why what an owner signed was not carried. NOT_AT_ONCE: nothing was paid; the same number may be used to ask for the money. */
export type ChangeCode =
  | "HOME_UNKNOWN"
  | "CHANGE_TOO_SOON"
  | "CHANGE_REFUSED"
  | "NOT_AT_ONCE"
  | "LIMIT_REACHED"
  | "TOO_MANY_REQUESTS"
  | "CHAIN_AWAY";

/** Why a home was not registered; the API's table of errors gives each its HTTP status. */
export type RegisterCode = "INVITATION_INVALID" | "NAME_TAKEN" | "HOME_EXISTS" | "STREET_FULL" | "CHAIN_AWAY";
