import { BUY, type Crossing, SELL } from "./types.ts";

/** What a ladder holds: energy by rung, the same by block of ticks, and by side. */
export interface Totals {
  readonly ticks: number;
  readonly rungs: Float64Array;
  /** 2 x block + side; a block is 2^shift ticks, about as many as there are blocks. */
  readonly blocks: Float64Array;
  readonly shift: number;
  readonly sides: Float64Array;
}

/** A crossing that is written anew each time, so that nothing is allocated. */
export type CrossingSpace = { -readonly [Key in keyof Crossing]: Crossing[Key] };

export const crossingSpace = (): CrossingSpace => ({
  volume: 0,
  price: null,
  low: null,
  high: null,
  buyersFrom: 0,
  sellersTo: -1,
  cut: null,
  toShare: 0,
});

/**
 * Price, range and volume from totals alone, in about 4 x sqrt(ticks) steps however many orders there are. `meet` is the lowest
 * tick at which no less is offered than wanted; the most volume is what is wanted there or what is offered one tick below.
 */
export function cross(totals: Totals, kPermille: number, into: CrossingSpace): void {
  const met = meeting(totals);
  into.volume = Math.max(met.offeredBelow, met.wanted);
  if (into.volume === 0) tellNoTrade(totals, into);
  else tellTrade(totals, met, kPermille, into);
}

function tellTrade(totals: Totals, { meet, offeredBelow, wanted }: Meeting, kPermille: number, into: CrossingSpace): void {
  const { volume } = into;
  const offered = offeredBelow + (meet < totals.ticks ? totals.rungs[2 * meet + SELL]! : 0);
  const isBuyCut = volume > wanted;
  const isSellCut = offeredBelow < volume && offered > volume;
  const sellersTo = offered === volume ? meet : meet - 1;
  into.buyersFrom = meet;
  into.sellersTo = sellersTo;
  into.cut = isBuyCut ? 2 * (meet - 1) + BUY : isSellCut ? 2 * meet + SELL : null;
  into.toShare = isBuyCut ? volume - wanted : isSellCut ? volume - offeredBelow : 0;
  const dearestSeller = isSellCut ? meet : occupiedAtOrBelow(totals, SELL, sellersTo);
  const cheapestBuyer = isBuyCut ? meet - 1 : occupiedFrom(totals, BUY, meet);
  const low = Math.max(dearestSeller, occupiedAtOrBelow(totals, BUY, meet - 1));
  const high = Math.min(cheapestBuyer, occupiedFrom(totals, SELL, sellersTo + 1));
  into.low = low;
  into.high = high;
  into.price = low + Math.floor(((high - low) * kPermille) / 1000);
}

function tellNoTrade({ ticks }: Totals, into: CrossingSpace): void {
  into.price = null;
  into.low = null;
  into.high = null;
  into.cut = null;
  into.toShare = 0;
  into.buyersFrom = ticks;
  into.sellersTo = -1;
}

interface Meeting {
  readonly meet: number;
  readonly offeredBelow: number;
  readonly wanted: number;
}

/** Whole blocks are passed as long as what is offered up to their end and wanted below it can't reach all that is wanted. */
function meeting({ ticks, rungs, blocks, shift, sides }: Totals): Meeting {
  const all = sides[BUY]!;
  let offered = 0;
  let below = 0;
  let block = 0;
  for (; 2 * block < blocks.length; block++) {
    const [buy, sell] = [blocks[2 * block + BUY]!, blocks[2 * block + SELL]!];
    if (offered + sell + below + buy >= all) break;
    offered += sell;
    below += buy;
  }
  let meet = block << shift;
  for (; meet < ticks; meet++) {
    if (offered + rungs[2 * meet + SELL]! + below >= all) break;
    offered += rungs[2 * meet + SELL]!;
    below += rungs[2 * meet + BUY]!;
  }
  return { meet, offeredBelow: offered, wanted: all - below };
}

/** The lowest tick from `tick` up where this side says something; Infinity if none does. */
function occupiedFrom({ ticks, rungs, blocks, shift }: Totals, side: number, tick: number): number {
  for (let at = tick; at < ticks; ) {
    if (blocks[2 * (at >> shift) + side] === 0) {
      at = ((at >> shift) + 1) << shift;
      continue;
    }
    if (rungs[2 * at + side]! > 0) return at;
    at++;
  }
  return Number.POSITIVE_INFINITY;
}

/** The highest tick from `tick` down where this side says something; -1 if none does. */
function occupiedAtOrBelow({ rungs, blocks, shift }: Totals, side: number, tick: number): number {
  for (let at = tick; at >= 0; ) {
    if (blocks[2 * (at >> shift) + side] === 0) {
      at = ((at >> shift) << shift) - 1;
      continue;
    }
    if (rungs[2 * at + side]! > 0) return at;
    at--;
  }
  return -1;
}
