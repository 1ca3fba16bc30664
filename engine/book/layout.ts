import { fail, ok, type Result } from "../kernel/index.ts";
import { type Report, reportWords } from "./report.ts";

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
 * All that an arena remembers, as integers. A ladder is one side of one book; index 0 is its worst price, so that on both sides the
 * best order has the highest index and one code serves both. A level is one price of a ladder: ladder << shift | index.
 */
export interface Layout {
  readonly size: ArenaSize;
  /** The best index of a ladder. */
  readonly span: number;
  readonly shift: number;
  readonly orders: Orders;
  /** The oldest order of each level, its slot; 0: none rests there. */
  readonly heads: Uint16Array | Int32Array;
  /** One bit for each level that isn't empty; and one for each word of those that isn't 0. */
  readonly bits: Int32Array;
  readonly summary: Int32Array;
  /** The highest index that isn't empty, by ladder; -1: none. */
  readonly best: Int32Array;
  /** By book. */
  readonly phases: Int32Array;
  readonly counts: Int32Array;
  readonly report: Report;
}

/**
 * Orders are records of 2^recordShift words, by slot; slot 0 is nobody. Each field is an array of its own over the same memory, read
 * at slot << recordShift.
 */
export interface Orders {
  readonly recordShift: number;
  readonly words: Int32Array;
  readonly handles: Int32Array;
  readonly levels: Int32Array;
  readonly energies: Int32Array;
  /** The slot of the next one in the queue; 0: it is the newest. Of a free slot the next free one. */
  readonly nexts: Int32Array;
  /** The slot of the one before; of the oldest the slot of the newest. */
  readonly previous: Int32Array;
  readonly homes: Int32Array;
  readonly references: Int32Array;
  /** The energy of the whole level, kept with its oldest order only. */
  readonly totals: Int32Array;
}

/** Words of `counts`: the first free slot, how many orders rest, the highest slot that was ever used; the last one is spare. */
export const FREE = 0;
export const RESTING = 1;
export const USED = 2;

export const MOST_INT = 2 ** 31 - 1;
const MOST_BOOKS = 4096;
const MOST_TICKS = 1 << 16;
const MOST_ORDERS = 1 << 22;
const RECORD_SHIFT = 3;

export type ArenaRefusal = "ARENA_BOOKS_OUT_OF_RANGE" | "ARENA_TICKS_OUT_OF_RANGE" | "ARENA_ORDERS_OUT_OF_RANGE" | "ARENA_TOO_LARGE";

export function openLayout(size: ArenaSize): Result<Layout, ArenaRefusal> {
  const refused = refusalOfSize(size);
  if (refused !== null) return fail(refused);
  const span = size.highestTick - size.lowestTick;
  const shift = Math.max(10, 32 - Math.clz32(span));
  const ladders = 2 * size.books;
  const levels = ladders << shift;
  const lengths = { counts: 4, phases: size.books, best: ladders, summary: levels >> 10, bits: levels >> 5 };
  const hasWideHeads = size.orders > 1 << 16;
  const headWords = hasWideHeads ? levels : levels >> 1;
  const fixed = Object.values(lengths).reduce((sum, length) => sum + length, headWords);
  const words = piecesOf(fixed + (size.orders << RECORD_SHIFT) + reportWords(size.orders));
  return ok({
    size,
    span,
    shift,
    counts: words(lengths.counts),
    phases: words(lengths.phases),
    best: words(lengths.best).fill(-1),
    summary: words(lengths.summary),
    bits: words(lengths.bits),
    heads: hasWideHeads ? words(headWords) : narrow(words(headWords)),
    orders: ordersIn(words(size.orders << RECORD_SHIFT)),
    report: words(reportWords(size.orders)),
  });
}

/** Cuts one buffer. While there is one, the compiled code looks once and not at each array whether it is still there. */
function piecesOf(length: number): (length: number) => Int32Array {
  const memory = new ArrayBuffer(4 * length);
  let used = 0;
  return (words) => {
    used += words;
    return new Int32Array(memory, 4 * (used - words), words);
  };
}

const narrow = (words: Int32Array): Uint16Array => new Uint16Array(words.buffer, words.byteOffset, 2 * words.length);

/** Fields of one length: what is within one of them is within all, which the compiled code sees to once for a record. */
function ordersIn(words: Int32Array): Orders {
  const field = (word: number): Int32Array => words.subarray(word, words.length - (1 << RECORD_SHIFT) + word + 1);
  return {
    recordShift: RECORD_SHIFT,
    words,
    handles: field(0),
    levels: field(1),
    energies: field(2),
    nexts: field(3),
    previous: field(4),
    homes: field(5),
    references: field(6),
    totals: field(7),
  };
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

/** Levels of one side; with both sides, 4 bytes each at most, and rounded up, they take at most 64 MB. */
const MOST_LEVELS = 1 << 22;

const isWithin = (value: number, least: number, most: number): boolean => Number.isSafeInteger(value) && value >= least && value <= most;
