import type { Digest, Interval, Result } from "../../engine/kernel/index.ts";
import type { ChainCode } from "./chain.ts";

/** The rules' numbers that homes vote on: whole percent, thousandths, micro-currency, micro-currency per kWh. */
export interface RulesNumbers {
  readonly communityPercent: number;
  readonly kPermille: number;
  readonly withheldCharge: number;
  readonly maxPrice: number;
}

/** Market rules as a street decided on them: the hash names all of them, the numbers are what was voted on. */
export interface DecidedRules {
  readonly hash: Digest;
  /** The first interval that they count for. */
  readonly since: Interval;
  readonly numbers: RulesNumbers;
}

/** What a street decides together. */
export interface Community {
  /** All that was ever decided, as it finally is, in the order of decision and of `since`; of several with the same the last counts. */
  rules(): Promise<Result<readonly DecidedRules[], ChainCode>>;
  close(): Promise<void>;
}
