import type { ArenaRefusal, ArenaSize } from "./layout.ts";
import type { Book } from "./reference-views.ts";
import {
  ARENA_FULL,
  BOOK_CLOSED,
  BOOK_UNKNOWN,
  BUY,
  CALL,
  CLOSED,
  ENERGY_BEYOND_BOOK,
  ENERGY_NOT_POSITIVE,
  FILL_OR_KILL,
  FORCE_NOT_IN_CALL,
  FORCE_UNKNOWN,
  GOOD_TILL_GATE,
  HOME_OUT_OF_RANGE,
  IMMEDIATE_OR_CANCEL,
  LEVEL_FULL,
  REFERENCE_OUT_OF_RANGE,
  SELL,
  SIDE_UNKNOWN,
  TICK_OFF_LADDER,
} from "./types.ts";
import type { RestingOrder } from "./views.ts";

/** An order as it is submitted. */
export interface Submission extends Omit<RestingOrder, "handle"> {
  readonly book: number;
  readonly force: number;
}

type Terms = Pick<RestingOrder, "side" | "tick" | "energy">;

const MOST = 2 ** 31 - 1;
const POWERS_OF_TWO = Array.from({ length: 22 }, (_, at) => 2 ** (at + 1));

const isWhole = (value: number, least: number, most: number): boolean => Number.isInteger(value) && least <= value && value <= most;

export function refusalOfSize({ books, lowestTick, highestTick, orders }: ArenaSize): ArenaRefusal | null {
  const ticks = highestTick - lowestTick + 1;
  if (!isWhole(books, 1, 4096)) return "ARENA_BOOKS_OUT_OF_RANGE";
  if (![lowestTick, highestTick].every((tick) => isWhole(tick, -MOST, MOST))) return "ARENA_TICKS_OUT_OF_RANGE";
  if (!isWhole(ticks, 1, 65_536)) return "ARENA_TICKS_OUT_OF_RANGE";
  if (!POWERS_OF_TWO.includes(orders)) return "ARENA_ORDERS_OUT_OF_RANGE";
  return books * ticks > 2 ** 22 ? "ARENA_TOO_LARGE" : null;
}

/** The first reason counts; null: none. */
export function refusalOfOrder(size: ArenaSize, books: readonly Book[], submission: Submission): number | null {
  const { side, force, home, reference } = submission;
  const book = books[submission.book];
  if (book === undefined) return BOOK_UNKNOWN;
  if (![BUY, SELL].includes(side)) return SIDE_UNKNOWN;
  if (![GOOD_TILL_GATE, IMMEDIATE_OR_CANCEL, FILL_OR_KILL].includes(force)) return FORCE_UNKNOWN;
  if (!isWhole(home, 0, MOST)) return HOME_OUT_OF_RANGE;
  if (!isWhole(reference, 0, MOST)) return REFERENCE_OUT_OF_RANGE;
  if (book.phase === CLOSED) return BOOK_CLOSED;
  if (book.phase === CALL && force !== GOOD_TILL_GATE) return FORCE_NOT_IN_CALL;
  const refused = refusalOfTerms(size, submission);
  if (refused !== null || force !== GOOD_TILL_GATE) return refused;
  return refusalAtLevel(book, submission) ?? refusalOfArena(size, books);
}

export function refusalOfTerms({ lowestTick, highestTick }: ArenaSize, { tick, energy }: Terms): number | null {
  if (!isWhole(tick, lowestTick, highestTick)) return TICK_OFF_LADDER;
  if (energy > MOST) return ENERGY_BEYOND_BOOK;
  return isWhole(energy, 1, MOST) ? null : ENERGY_NOT_POSITIVE;
}

/** Whether this energy has room beside what rests at its price. */
export function refusalAtLevel({ orders }: Book, { side, tick, energy }: Terms): number | null {
  const there = orders.filter((order) => order.side === side && order.tick === tick).reduce((sum, order) => sum + order.energy, 0);
  return there + energy > MOST ? LEVEL_FULL : null;
}

/** One of the arena's places stays empty. */
function refusalOfArena(size: ArenaSize, books: readonly Book[]): number | null {
  return books.flatMap(({ orders }) => orders).length === size.orders - 1 ? ARENA_FULL : null;
}
