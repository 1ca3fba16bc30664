import { type Digest, keccakDigest } from "../kernel/index.ts";
import type { Indication } from "./indicate.ts";
import type { ArenaSize } from "./layout.ts";
import { BUY, SELL } from "./types.ts";
import type { LevelView, RestingOrder } from "./views.ts";

/** The orders that rest are in the order in which they came to their place in the queue. */
export interface Book {
  phase: number;
  orders: readonly RestingOrder[];
}

/** Best price first; a sort keeps those of one price in the order in which they were. */
export const inPriority = ({ orders }: Book, side: number): readonly RestingOrder[] =>
  orders.filter((order) => order.side === side).sort((a, b) => (side === BUY ? b.tick - a.tick : a.tick - b.tick));

export const pricesMeet = (order: RestingOrder, other: RestingOrder): boolean =>
  order.side === BUY ? order.tick >= other.tick : order.tick <= other.tick;

export const isCrossed = (book: Book): boolean =>
  inPriority(book, BUY).some((buyer) => inPriority(book, SELL).some((seller) => pricesMeet(buyer, seller)));

export const resting = (book: Book): readonly RestingOrder[] => [...inPriority(book, BUY), ...inPriority(book, SELL)];

export function depth(book: Book, side: number): readonly LevelView[] {
  const levels = new Map<number, number>();
  for (const { tick, energy } of inPriority(book, side)) levels.set(tick, (levels.get(tick) ?? 0) + energy);
  return [...levels].map(([tick, energy]) => ({ tick, energy }));
}

export function stateHash(books: readonly Book[]): Digest {
  const words = books.flatMap((book) => [
    book.phase,
    book.orders.length,
    ...resting(book).flatMap(({ side, tick, energy, home, reference }) => [side, tick, energy, home, reference]),
  ]);
  return keccakDigest(Uint8Array.from(words.flatMap((word) => [word, word >> 8, word >> 16, word >> 24])));
}

/**
 * The auction's rule by trying each tick of the ladder. The volume is the most that trades at any; a price supports it if that much
 * trades there and nobody whose limit is better than the price goes without.
 */
export function indicate({ lowestTick, highestTick }: ArenaSize, { orders }: Book, kPermille: number): Indication {
  const ticks = Array.from({ length: highestTick - lowestTick + 1 }, (_, at) => lowestTick + at);
  const energy = (is: (order: RestingOrder) => boolean): number => orders.filter(is).reduce((sum, order) => sum + order.energy, 0);
  const wanted = (price: number): number => energy(({ side, tick }) => side === BUY && tick >= price);
  const offered = (price: number): number => energy(({ side, tick }) => side === SELL && tick <= price);
  const tradesAt = (price: number): number => Math.min(wanted(price), offered(price));

  const volume = ticks.reduce((most, price) => Math.max(most, tradesAt(price)), 0);
  if (volume === 0) return { volume, price: null, low: null, high: null };
  const supporting = ticks.filter((price) => tradesAt(price) === volume && wanted(price + 1) <= volume && offered(price - 1) <= volume);
  const [low, high] = [supporting[0]!, supporting.at(-1)!];
  return { volume, low, high, price: low + Math.floor(((high - low) * kPermille) / 1000) };
}
