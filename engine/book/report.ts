import { SELL } from "./types.ts";

/**
 * What the last `submit` or `amend` came to, as int32 words; other operations and whatever is refused leave it. Words 0 to 2: how
 * many trades, the energy that wasn't traded, what became of that (`RESTS`, `FILLED`, ...). From word 4 on four words a trade, first
 * to last: the resting order's handle and reference, its tick, which is the price, and the energy.
 */
export type Report = Int32Array;

export const TRADES = 0;
export const LEFT = 1;
export const FATE = 2;

/** Where trades begin, and words of one: 2^TRADE_SHIFT of them. */
export const FIRST_TRADE = 4;
export const TRADE_SHIFT = 2;
export const TRADE_HANDLE = 0;
export const TRADE_REFERENCE = 1;
export const TRADE_TICK = 2;
export const TRADE_ENERGY = 3;

/** Large enough for an order that takes all that can rest. */
export const openReport = (orders: number): Report => new Int32Array(FIRST_TRADE + (orders << TRADE_SHIFT));

/** Ladder indexes of sellers count down from the dearest tick. */
export const tickAt = (side: number, index: number, lowestTick: number, highestTick: number): number =>
  side === SELL ? highestTick - index : lowestTick + index;
