/**
 * What homes decide together, as the chain has it. Rules count from instants of the street's time on; votes run by the chain's clock,
 * which in a street that is faster than a watch is another.
 */
export interface CommunityView {
  /** The chain's clock when this was read. */
  readonly now: string;
  readonly inForce: RulesView;
  /** Decided and not in force yet, the next first. */
  readonly coming: readonly RulesView[];
  /** Still voted on, or carried and not yet put into force; the newest first. */
  readonly motions: readonly MotionView[];
}

export interface RulesView {
  /** Names all of the rules, beyond the numbers that are voted on. */
  readonly hash: string;
  readonly since: string;
  readonly numbers: RulesNumbersView;
}

/** Whole percent, thousandths, micro-currency, micro-currency per kWh. */
export interface RulesNumbersView {
  readonly communityPercent: number;
  readonly kPermille: number;
  readonly withheldCharge: number;
  readonly maxPrice: number;
}

export interface PaymentView {
  /** An account on the chain. */
  readonly to: string;
  /** 0: the payment that waits goes to `to` instead. */
  readonly micro: number;
}

export interface MotionView {
  readonly motion: number;
  /** Who brought it. */
  readonly home: number;
  readonly name: string;
  /** null: it is for a payment. */
  readonly rules: RulesView | null;
  /** The numbers that count from `rules.since` on without it. */
  readonly instead: RulesNumbersView | null;
  /** What shall be paid from the community's account; null: it is for other rules. */
  readonly payment: PaymentView | null;
  readonly yes: number;
  readonly no: number;
  /** How many homes may vote. */
  readonly members: number;
  /** voting: until closesAt. carried: waits until executableAt. executable: anyone may put it into force before lapsesAt. */
  readonly stage: "voting" | "carried" | "executable";
  readonly broughtAt: string;
  readonly closesAt: string;
  readonly executableAt: string;
  readonly lapsesAt: string;
}
