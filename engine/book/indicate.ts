import { bookAtDoor } from "./door.ts";
import type { Layout } from "./layout.ts";
import type { Occupied } from "./occupied.ts";
import { BUY, SELL } from "./types.ts";

/** What a call auction of the book would come to now, on one node; in ticks. Without trade the volume is 0 and prices are null. */
export interface Indication {
  /** Wh. */
  readonly volume: number;
  readonly price: number | null;
  /** Any price from low to high supports the same fills. */
  readonly low: number | null;
  readonly high: number | null;
}

export interface Indicating {
  /** k from 0 to 1000. From the level totals, kept as orders come and go: in steps that grow with the levels that cross. */
  readonly indicate: (book: number, kPermille: number) => Indication;
}

/**
 * The auction's rule (`engine/auction/README.md`): the most welfare, then the most volume; the range ends at the limits that were
 * met and at those that weren't, and k divides it, rounded down to a tick.
 */
export function indicatingOf(layout: Layout, { below }: Occupied): Indicating {
  const { span, shift, heads, best } = layout;
  const { recordShift, totals } = layout.orders;
  const { books, lowestTick, highestTick } = layout.size;
  const totalAt = (ladder: number, index: number): number => totals[heads[(ladder << shift) | index]! << recordShift]!;

  function indicate(book: number, kPermille: number): Indication {
    if (bookAtDoor(book, books) !== 0) return NO_TRADE;
    const [buyers, sellers] = [2 * book + BUY, 2 * book + SELL];
    let [buy, sell] = [best[buyers]!, best[sellers]!];
    let [lastBuy, lastSell] = [-1, -1];
    let [wanted, offered, volume] = [0, 0, 0];
    while (buy >= 0 && sell >= 0 && buy + sell >= span) {
      if (lastBuy !== buy) wanted += totalAt(buyers, buy);
      if (lastSell !== sell) offered += totalAt(sellers, sell);
      [lastBuy, lastSell] = [buy, sell];
      volume = Math.min(wanted, offered);
      if (wanted <= offered) buy = below(buyers, buy);
      if (offered <= wanted) sell = below(sellers, sell);
    }
    if (volume === 0) return NO_TRADE;
    const low = Math.max(highestTick - lastSell, buy < 0 ? lowestTick : lowestTick + buy);
    const high = Math.min(lowestTick + lastBuy, sell < 0 ? highestTick : highestTick - sell);
    return { volume, price: low + Math.floor(((high - low) * kPermille) / 1000), low, high };
  }

  return { indicate };
}

const NO_TRADE: Indication = { volume: 0, price: null, low: null, high: null };
