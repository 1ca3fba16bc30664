import type { Period } from "../../engine/kernel/index.ts";
import type { SurplusAccount } from "../../engine/messages/index.ts";

/** What the vault holds of a wide account now, micro-currency, and the period that it settles next, all of one state. */
export interface WideStand {
  readonly account: SurplusAccount;
  readonly held: number;
  /** What it holds for each home, by home id, less what is asked for: below 0 where a home asked for more than it still has. */
  readonly homes: readonly number[];
  readonly nextPeriod: Period;
}

/** What became of a payout that is due: paid, or kept back, as the account can spare less than the payout's `micro`. */
export type WidePayout =
  | { readonly kind: "paid"; readonly account: SurplusAccount }
  | { readonly kind: "held"; readonly account: SurplusAccount; readonly micro: number; readonly spare: number | null };
