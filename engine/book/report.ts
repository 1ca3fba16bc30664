import { RESTS, SELF_TRADE, SELL } from "./types.ts";

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
export const openReport = (orders: number): Report => new Int32Array(reportWords(orders));

export const reportWords = (orders: number): number => FIRST_TRADE + (orders << TRADE_SHIFT);

export interface Reporter {
  /** Nothing is traded yet, and all of it rests unless `end` says otherwise. */
  readonly begin: (energy: number) => void;
  readonly trade: (handle: number, reference: number, tick: number, energy: number) => void;
  readonly end: (left: number, fate: number) => 0;
  /** An order of the same home was met. */
  readonly meetOwn: () => void;
  readonly hasMetOwn: () => boolean;
}

/** Each word of a trade is an array of its own over the same memory. */
export function reporterOf(report: Report): Reporter {
  const [trades, left, fate, shift, rests, selfTrade] = [TRADES, LEFT, FATE, TRADE_SHIFT, RESTS, SELF_TRADE];
  const field = (word: number): Int32Array => report.subarray(FIRST_TRADE + word, report.length - (1 << TRADE_SHIFT) + word + 1);
  const [handles, references] = [field(TRADE_HANDLE), field(TRADE_REFERENCE)];
  const [ticks, energies] = [field(TRADE_TICK), field(TRADE_ENERGY)];

  function begin(energy: number): void {
    report[trades] = 0;
    report[left] = energy;
    report[fate] = rests;
  }

  function trade(handle: number, reference: number, tick: number, energy: number): void {
    const count = report[trades]!;
    const row = count << shift;
    report[trades] = count + 1;
    handles[row] = handle;
    references[row] = reference;
    ticks[row] = tick;
    energies[row] = energy;
  }

  function end(leftNow: number, fateNow: number): 0 {
    report[left] = leftNow;
    report[fate] = fateNow;
    return 0;
  }

  const meetOwn = (): void => {
    report[fate] = selfTrade;
  };

  const hasMetOwn = (): boolean => report[fate] === selfTrade;

  return { begin, trade, end, meetOwn, hasMetOwn };
}

/** Ladder indexes of sellers count down from the dearest tick. */
export const tickAt = (side: number, index: number, lowestTick: number, highestTick: number): number =>
  side === SELL ? highestTick - index : lowestTick + index;
