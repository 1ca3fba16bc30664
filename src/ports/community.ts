import type { Address, HomeId, Interval, Result } from "../../engine/kernel/index.ts";
import type { ChainCode, DecidedRules } from "./chain.ts";

export type { RulesNumbers } from "../../engine/messages/index.ts";

/** What a home wants paid from the community's account. */
export interface Payment {
  readonly to: Address;
  /** Micro-currency, whole ticks of 100; 0: the payment that waits goes to `to` instead. */
  readonly micro: number;
}

/** New rules or a payment that a home wants, and how they stand. Instants are Unix seconds on the chain's clock. */
export interface Motion {
  readonly motion: number;
  readonly home: HomeId;
  readonly wants: { readonly rules: DecidedRules } | { readonly payment: Payment };
  /** Of the first `homes` in the registry those may vote that are in the street in this interval. */
  readonly interval: Interval;
  readonly homes: number;
  readonly yes: number;
  readonly no: number;
  readonly broughtAt: number;
  readonly closesAt: number;
  /** From then on, and before `lapsesAt`, anyone executes it. */
  readonly executableAt: number;
  readonly lapsesAt: number;
  readonly isExecuted: boolean;
}

/** What an owner signs (EIP-712 `Motion` in the community's domain) to bring a motion; `nonce` is how many its home has brought. */
export interface MotionWish {
  readonly home: HomeId;
  readonly rules: DecidedRules;
  readonly nonce: number;
}

/** What an owner signs (EIP-712 `Payment` in the community's domain) to bring a payment; `nonce` as of a motion. */
export interface PaymentWish {
  readonly home: HomeId;
  readonly payment: Payment;
  readonly nonce: number;
}

/** What an owner signs (EIP-712 `Vote` in the community's domain). */
export interface Vote {
  readonly motion: number;
  readonly home: HomeId;
  readonly yes: boolean;
}

interface Signed {
  readonly signature: Uint8Array;
}

/** What a relay carries to a vote for a home that has no coin. */
export type CommunityErrand =
  | ({ readonly kind: "motion" } & MotionWish & Signed)
  | ({ readonly kind: "payment" } & PaymentWish & Signed)
  | ({ readonly kind: "vote" } & Vote & Signed);

/** What a street decides together. */
export interface Community {
  /** All that was ever decided, as it finally is, in the order of decision and of `since`; of several with the same the last counts. */
  rules(): Promise<Result<readonly DecidedRules[], ChainCode>>;
  /** All motions, by their number, as they are now: in Unix seconds on the chain's clock. */
  motions(): Promise<Result<{ readonly now: number; readonly motions: readonly Motion[] }, ChainCode>>;
  /** How many motions a home has brought. */
  nonceOf(home: HomeId): Promise<Result<number, ChainCode>>;
  close(): Promise<void>;
}

/** The same for whoever may send transactions: pays fees, is trusted with nothing. What is done already is success. */
export interface CommunityRelay extends Community {
  /** Gas that it would take now, asked without sending; refused with the contract's reason when it would fail. */
  weigh(errand: CommunityErrand): Promise<Result<number, ChainCode>>;
  /** Brings a motion, or votes, as its home's owner signed it; the motion's number. */
  carry(errand: CommunityErrand): Promise<Result<number, ChainCode>>;
  execute(motion: number): Promise<Result<void, ChainCode>>;
}
