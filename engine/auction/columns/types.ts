import type { MicroPerKwh } from "../../kernel/index.ts";

/** Prices of a very large market as rungs of a ladder: tick 0 is the price 0, tick t the price t x step. */
export interface Ladder {
  /** The market's tick. */
  readonly step: MicroPerKwh;
  /** How many ticks; the dearest limit is (ticks - 1) x step. */
  readonly ticks: number;
}

/** At most so many ticks; more would be a price list, not a ladder. */
export const MOST_TICKS = 1 << 20;
/** At most so many orders in one clearing. */
export const MOST_ORDERS = 1 << 26;

/** Orders as columns, by rising order id: that order decides equal remainders, as everywhere in the auction. */
export interface OrderColumns {
  readonly count: number;
  /** 2 x tick for a buyer, 2 x tick + 1 for a seller. */
  readonly rungs: Int32Array;
  /** Wh, above 0. */
  readonly energies: Int32Array;
}

/** Bit 0 of a rung. */
export const BUY = 0;
export const SELL = 1;

/** Why columns aren't cleared, or totals not changed; public, never renamed. The README tells each in a sentence. */
export type ColumnRefusal =
  | "LADDER_OUT_OF_RANGE"
  | "TICK_OFF_LADDER"
  | "PRICE_OFF_TICK"
  | "ENERGY_NOT_POSITIVE"
  | "ENERGY_BEYOND_COLUMN"
  | "ENERGY_BEYOND_EXACT"
  | "ENERGY_NOT_THERE"
  | "COLUMNS_TOO_LONG"
  | "COLUMNS_NOT_CLEARED"
  | "K_OUT_OF_RANGE";

/** Where two sides meet, in ticks. Without trade volume is 0 and all prices are null. */
export interface Crossing {
  readonly volume: number;
  readonly price: number | null;
  readonly low: number | null;
  readonly high: number | null;
  /** Buyers from this tick up and sellers up to the other one get all they want. */
  readonly buyersFrom: number;
  readonly sellersTo: number;
  /** The rung whose orders share `toShare`; null if none is cut. */
  readonly cut: number | null;
  readonly toShare: number;
}
