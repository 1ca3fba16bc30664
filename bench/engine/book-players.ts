import { type IOrder, OrderBook, Side } from "nodejs-order-book";
import {
  type Arena,
  CLOSED,
  CONTINUOUS,
  FIRST_TRADE,
  GOOD_TILL_GATE,
  openArena,
  TRADE_ENERGY,
  TRADE_REFERENCE,
  TRADE_SHIFT,
  TRADE_TICK,
  TRADES,
} from "../../engine/book/index.ts";
import { bookOf, HASH_START, isCancelWord, mixTrade, STREAM_TICKS, type Stream, sideOf, WORDS_SHIFT } from "./book-stream.ts";
import { NaiveBook } from "./naive-book.ts";

/** Plays streams on books that `open` has emptied; gives back the trade log's hash. */
export interface Player {
  readonly open: () => void;
  readonly play: (stream: Stream) => number;
}

/** With a handle for each id, as a gateway keeps them. Every order is its own home's, so no own orders meet; that is checked all the same. */
export interface ArenaPlayer extends Player {
  /** Some operations of a stream, and the hash with their trades. */
  readonly step: (words: Int32Array, from: number, to: number, hash: number) => number;
}

/** Operations go in by the thousand, as a gateway drains its queue; a loop that is entered often is compiled as a whole. */
const BATCH = 1024 << WORDS_SHIFT;

export function openStreamArena(books: number): Arena {
  const opened = openArena({ books, lowestTick: 0, highestTick: STREAM_TICKS - 1, orders: 1 << 15 });
  if (!opened.ok) throw new Error(opened.code);
  return opened.value;
}

export function arenaPlayer({ size, submit, cancel, setPhase, report }: Arena, mostIds: number): ArenaPlayer {
  const handles = new Int32Array(mostIds + 1);
  const [isCancel, sideIn, bookIn, mix] = [isCancelWord, sideOf, bookOf, mixTrade];
  const [stride, trades, firstTrade, tradeWords, goodTillGate] = [1 << WORDS_SHIFT, TRADES, FIRST_TRADE, 1 << TRADE_SHIFT, GOOD_TILL_GATE];
  const [reference, tick, energy] = [TRADE_REFERENCE, TRADE_TICK, TRADE_ENERGY].map((word) => report.subarray(word)) as [
    Int32Array,
    Int32Array,
    Int32Array,
  ];

  function step(words: Int32Array, from: number, to: number, start: number): number {
    let hash = start;
    for (let at = from; at < to; at += stride) {
      const word = words[at]!;
      const id = words[at + 1]!;
      if (isCancel(word)) cancel(handles[id]!);
      else {
        handles[id] = submit(bookIn(word), sideIn(word), goodTillGate, words[at + 2]!, words[at + 3]!, id, id) | 0;
        hash = mixReport(hash, id);
      }
    }
    return hash;
  }

  function mixReport(start: number, taker: number): number {
    let hash = start;
    let row = firstTrade;
    for (let left = report[trades]!; left > 0; left--) {
      hash = mix(hash, reference[row]!, taker, tick[row]!, energy[row]!);
      row += tradeWords;
    }
    return hash;
  }

  function play({ words }: Stream): number {
    let hash = HASH_START;
    for (let from = 0; from < words.length; from += BATCH) hash = step(words, from, Math.min(words.length, from + BATCH), hash);
    return hash;
  }

  function open(): void {
    for (let book = 0; book < size.books; book++) {
      setPhase(book, CLOSED);
      setPhase(book, CONTINUOUS);
    }
  }

  return { open, play, step };
}

export function naivePlayer(): Player {
  let book = new NaiveBook();

  function play({ words }: Stream): number {
    let hash = HASH_START;
    const onTrade = (maker: number, taker: number, tick: number, energy: number): void => {
      hash = mixTrade(hash, maker, taker, tick, energy);
    };
    for (let at = 0; at < words.length; at += 1 << WORDS_SHIFT) {
      const [word, id] = [words[at]!, words[at + 1]!];
      if (isCancelWord(word)) book.cancel(id);
      else book.submit(id, sideOf(word), words[at + 2]!, words[at + 3]!, onTrade);
    }
    return hash;
  }

  return {
    play,
    open: () => {
      book = new NaiveBook();
    },
  };
}

/** The package wants ids as strings; they are made here, before the clock runs, and so are the names of the sides. */
export function packagePlayer(mostIds: number): Player {
  const ids = Array.from({ length: mostIds + 1 }, (_, id) => String(id));
  const sides = [Side.BUY, Side.SELL] as const;
  let book = new OrderBook();

  function play({ words }: Stream): number {
    let hash = HASH_START;
    for (let at = 0; at < words.length; at += 1 << WORDS_SHIFT) {
      const [word, id] = [words[at]!, words[at + 1]!];
      if (isCancelWord(word)) book.cancel(ids[id]!);
      else hash = mixResult(hash, id, submit(ids[id]!, sides[sideOf(word)]!, words[at + 2]!, words[at + 3]!));
    }
    return hash;
  }

  const submit = (id: string, side: Side, price: number, size: number) => book.limit({ id, side, price, size });

  return {
    play,
    open: () => {
      book = new OrderBook();
    },
  };
}

/**
 * Its result has the orders it met whole, first to last, then the one it met in part; the order itself stands last among them when
 * nothing of it is left, and as the partial one when something is.
 */
function mixResult(start: number, taker: number, { done, partial, partialQuantityProcessed }: ReturnType<OrderBook["limit"]>): number {
  let hash = start;
  for (const order of done) {
    if (Number(order.id) !== taker) hash = mixTrade(hash, Number(order.id), taker, priceOf(order), order.size);
  }
  if (partial === null || Number(partial.id) === taker) return hash;
  return mixTrade(hash, Number(partial.id), taker, partial.price, partialQuantityProcessed);
}

/** Stop orders, which no stream has, lack one. */
const priceOf = (order: IOrder): number => ("price" in order ? order.price : 0);
