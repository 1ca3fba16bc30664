import { writeFileSync } from "node:fs";
import { BUY } from "../../engine/book/index.ts";
import { NaiveBook } from "./naive-book.ts";
import { type Chance, chanceOf } from "./sfc32.ts";

/**
 * Operations as four int32 words each: kind | side << 4 | book << 8, id, tick, energy. Ids count from 1. A cancel names an order
 * that rests, and its side and book.
 */
export interface Stream {
  readonly words: Int32Array;
  readonly operations: number;
  /** Of the trade log, by whoever plays the stream right. */
  readonly hash: number;
  /** What it is made of, for a note. */
  readonly manifest: string;
}

export const WORDS_SHIFT = 2;
export const ADD = 0;
export const CANCEL = 1;
export const isCancelWord = (word: number): boolean => (word & 0xf) === 1;
export const sideOf = (word: number): number => (word >> SIDE_SHIFT) & 1;
export const bookOf = (word: number): number => word >> BOOK_SHIFT;
const SIDE_SHIFT = 4;
const BOOK_SHIFT = 8;

/** Ticks of every stream are from 0, below this. */
export const STREAM_TICKS = 4096;

export const HASH_START = 0x811c_9dc5 | 0;

/** The trade log's hash with one trade more. */
export const mixTrade = (hash: number, maker: number, taker: number, tick: number, energy: number): number =>
  mix(mix(mix(mix(hash, maker), taker), tick), energy);

const mix = (hash: number, word: number): number => Math.imul(hash ^ word, 0x0100_0193);

interface Draft {
  readonly side: number;
  readonly tick: number;
  readonly energy: number;
}

interface Flow {
  /** The share of cancels among the operations while so many orders rest. */
  readonly cancels: (live: number) => number;
  /** The share of orders through the other side's best price. */
  readonly marketable: number;
  /** `best` is the other side's, if this order is to meet it. */
  readonly draft: (chance: Chance, side: number, mid: number, best: number | undefined) => Omit<Draft, "side">;
}

const FLOWS = {
  /** As on a stock exchange: away from the mid, or up to three ticks through the best. */
  eq: {
    cancels: (live) => (live > 10_000 ? 0.42 : live > 2000 ? 0.3 : 0),
    marketable: 0.15,
    draft(chance, side, mid, best) {
      const towards = side === BUY ? 1 : -1;
      if (best !== undefined) return { tick: best + towards * chance.below(4), energy: 1 + chance.below(300) };
      return { tick: mid - towards * (1 + Math.floor(chance.exponential(60))), energy: 1 + chance.below(200) };
    },
  },
  /** A street's limits in ticks of 0.01 ct/kWh, 5 to 40 ct, written as people write prices; Wh, one in twenty a storage. */
  energy: {
    cancels: (live) => (live > 8000 ? 0.35 : 0),
    marketable: 0,
    draft(chance, side, mid) {
      const raw = mid + (side === BUY ? -120 : 120) + 300 * chance.normal();
      const kind = chance.next();
      const round = kind < 0.25 ? 100 : kind < 0.85 ? 10 : 1;
      const tick = Math.min(4000, Math.max(500, Math.round(raw / round) * round));
      return { tick, energy: chance.next() < 0.05 ? 5000 + chance.below(45_001) : 50 + chance.below(4951) };
    },
  },
} as const satisfies Record<string, Flow>;

export type FlowName = keyof typeof FLOWS;

/** The first operations of a longer stream of the same seed are a shorter one. Orders go to any of the books alike. */
export function streamOf(name: FlowName, operations: number, { seed = 20_261_127, books = 1 } = {}): Stream {
  const words = new Int32Array(operations << WORDS_SHIFT);
  const [flow, chance, market] = [FLOWS[name], chanceOf(seed), marketOf(operations, books)];
  let mid = STREAM_TICKS / 2;
  for (let at = 0; at < operations; at++) {
    if (chance.next() < 0.02) mid = Math.min(3072, Math.max(1024, mid + (chance.below(2) === 0 ? 1 : -1)));
    const drawn = chance.next() - flow.cancels(market.live.length);
    words.set(drawn < 0 ? market.cancel(chance) : market.add(chance, flow, mid, drawn < flow.marketable), at << WORDS_SHIFT);
    market.look(at);
  }
  return { words, operations, hash: market.hash(), manifest: market.manifest() };
}

/** As the twin in C reads it. */
export const writeStream = (file: string, { words }: Stream): void => writeFileSync(file, Buffer.from(words.buffer));

/** Naive books that the operations are played on while they are drawn, so that cancels find an order. */
function marketOf(operations: number, count: number) {
  const books = Array.from({ length: count }, () => new NaiveBook());
  const live: number[] = [];
  const [placeOf, wordOf] = [new Int32Array(operations + 1), new Int32Array(operations + 1)];
  const sums = { orders: 0, crossing: 0, trades: 0, volume: 0, live: 0, levels: 0 };
  let hash = HASH_START;

  function cancel(chance: Chance): readonly number[] {
    const id = live[chance.below(live.length)]!;
    const word = wordOf[id]!;
    if (!books[bookOf(word)]!.cancel(id)) throw new Error(`the stream cancels ${id}, which doesn't rest`);
    leave(id);
    return [CANCEL | word, id, 0, 0];
  }

  function add(chance: Chance, flow: Flow, mid: number, isMarketable: boolean): readonly number[] {
    const [place, side, id] = [chance.below(count), chance.below(2), ++sums.orders];
    const book = books[place]!;
    const { tick, energy } = flow.draft(chance, side, mid, isMarketable ? book.bestTick(1 - side) : undefined);
    wordOf[id] = ADD | (side << SIDE_SHIFT) | (place << BOOK_SHIFT);
    const within = Math.min(STREAM_TICKS - 1, Math.max(0, tick));
    for (const maker of submit(book, { side, tick: within, energy }, id)) if (!book.rests(maker)) leave(maker);
    if (book.rests(id)) placeOf[id] = live.push(id) - 1;
    return [wordOf[id]!, id, within, energy];
  }

  /** Whom it met. */
  function submit(book: NaiveBook, { side, tick, energy }: Draft, id: number): readonly number[] {
    const makers: number[] = [];
    book.submit(id, side, tick, energy, (maker, taker, at, traded) => {
      hash = mixTrade(hash, maker, taker, at, traded);
      sums.volume += traded;
      makers.push(maker);
    });
    sums.trades += makers.length;
    sums.crossing += makers.length > 0 ? 1 : 0;
    return makers;
  }

  /** The last one takes its place. */
  function leave(id: number): void {
    const [last, place] = [live.pop()!, placeOf[id]!];
    if (last === id) return;
    live[place] = last;
    placeOf[last] = place;
  }

  /** Levels are counted now and then only. */
  function look(at: number): void {
    sums.live += live.length;
    if (at % LEVELS_EVERY === 0) sums.levels += books.reduce((sum, book) => sum + book.levelCount(), 0);
  }

  const manifest = (): string =>
    `${Math.round(100 - (100 * sums.orders) / operations)} % cancels, ${sums.trades} trades of ${sums.volume} by ${sums.crossing} orders, ` +
    `on average ${Math.round(sums.live / operations)} rest on ${Math.round(sums.levels / Math.ceil(operations / LEVELS_EVERY))} levels`;

  return { live, cancel, add, look, manifest, hash: () => hash };
}

const LEVELS_EVERY = 1000;
