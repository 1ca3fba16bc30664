import { fail, ok, type Result } from "../kernel/index.ts";

/** How large an arena is. Prices are ticks: price / tick of the market rules. */
export interface ArenaSize {
  /** One book for each delivery interval that can be traded. */
  readonly books: number;
  readonly lowestTick: number;
  readonly highestTick: number;
  /** Places for orders, over all books; a power of two. One of them is nobody's. */
  readonly orders: number;
}

/**
 * All that an arena remembers, as int32 words. A ladder is one side of one book; index 0 is its worst price, so that on both sides
 * the best order has the highest index and one code serves both. Slot 0 is nobody.
 */
export interface Layout {
  readonly size: ArenaSize;
  /** The best index of a ladder. */
  readonly span: number;
  /** A ladder has 2^shift places in `levels`. */
  readonly shift: number;
  readonly orders: Int32Array;
  readonly levels: Int32Array;
  /** One bit for each level that isn't empty, by ladder; and one for each word of those that isn't 0. */
  readonly bits: Int32Array;
  readonly summary: Int32Array;
  /** The highest index that isn't empty, by ladder; -1: none. */
  readonly best: Int32Array;
  /** By book. */
  readonly phases: Int32Array;
  readonly counts: Int32Array;
}

/** Words of an order: 2^ORDER_SHIFT of them. */
export const ORDER_SHIFT = 3;
export const HANDLE = 0;
export const LEVEL = 1;
export const ENERGY = 2;
export const NEXT = 3;
export const PREVIOUS = 4;
export const HOME = 5;
export const REFERENCE = 6;

/** Words of a level: 2^LEVEL_SHIFT of them. */
export const LEVEL_SHIFT = 2;
export const HEAD = 0;
export const TAIL = 1;
export const TOTAL = 2;

/** Words of `counts`: the first free slot, how many orders rest, the highest slot that was ever used. */
export const FREE = 0;
export const RESTING = 1;
export const USED = 2;

export const MOST_INT = 2 ** 31 - 1;
const MOST_BOOKS = 4096;
const MOST_TICKS = 1 << 16;
const MOST_ORDERS = 1 << 22;

export type ArenaRefusal = "ARENA_BOOKS_OUT_OF_RANGE" | "ARENA_TICKS_OUT_OF_RANGE" | "ARENA_ORDERS_OUT_OF_RANGE" | "ARENA_TOO_LARGE";

export function openLayout(size: ArenaSize): Result<Layout, ArenaRefusal> {
  const refused = refusalOfSize(size);
  if (refused !== null) return fail(refused);
  const span = size.highestTick - size.lowestTick;
  const shift = Math.max(10, 32 - Math.clz32(span));
  const ladders = 2 * size.books;
  return ok({
    size,
    span,
    shift,
    orders: new Int32Array(size.orders << ORDER_SHIFT),
    levels: new Int32Array((ladders << shift) << LEVEL_SHIFT),
    bits: new Int32Array(ladders << (shift - 5)),
    summary: new Int32Array(ladders << (shift - 10)),
    best: new Int32Array(ladders).fill(-1),
    phases: new Int32Array(size.books),
    counts: new Int32Array(4),
  });
}

/** null: an arena of this size can be. */
export function refusalOfSize({ books, lowestTick, highestTick, orders }: ArenaSize): ArenaRefusal | null {
  if (!isWithin(books, 1, MOST_BOOKS)) return "ARENA_BOOKS_OUT_OF_RANGE";
  if (!isWithin(lowestTick, -MOST_INT, MOST_INT) || !isWithin(highestTick, lowestTick, Math.min(lowestTick + MOST_TICKS - 1, MOST_INT))) {
    return "ARENA_TICKS_OUT_OF_RANGE";
  }
  if (!isWithin(orders, 2, MOST_ORDERS) || (orders & (orders - 1)) !== 0) return "ARENA_ORDERS_OUT_OF_RANGE";
  return books * (highestTick - lowestTick + 1) > MOST_LEVELS ? "ARENA_TOO_LARGE" : null;
}

/** Levels of one side; with both sides, 16 bytes each, and rounded up, they take at most 256 MB. */
const MOST_LEVELS = 1 << 22;

const isWithin = (value: number, least: number, most: number): boolean => Number.isSafeInteger(value) && value >= least && value <= most;
