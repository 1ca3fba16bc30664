import { fail, ok, type Result } from "../kernel/index.ts";
import type { Arena } from "./arena.ts";
import { AMEND, CANCEL, PHASE, SUBMIT } from "./commands.ts";
import type { ArenaRefusal, ArenaSize } from "./layout.ts";
import { refusalAtLevel, refusalOfOrder, refusalOfSize, refusalOfTerms, type Submission } from "./reference-refusals.ts";
import { type Book, depth, indicate, inPriority, isCrossed, pricesMeet, resting, stateHash } from "./reference-views.ts";
import { FATE, FIRST_TRADE, LEFT, openReport, type Report, TRADE_SHIFT, TRADES } from "./report.ts";
import {
  BOOK_CROSSED,
  BOOK_UNKNOWN,
  BUY,
  CALL,
  CLOSED,
  COMMAND_UNKNOWN,
  CONTINUOUS,
  FILL_OR_KILL,
  FILLED,
  GOOD_TILL_GATE,
  HANDLE_STALE,
  KILLED,
  LAPSED,
  PHASE_UNKNOWN,
  RESTS,
  SELF_TRADE,
  SELL,
} from "./types.ts";
import type { RestingOrder } from "./views.ts";

/** What an arena writes down of itself is its own affair: the twin has no snapshots. */
export type ReferenceArena = Omit<Arena, "snapshot" | "restore">;

interface Market {
  readonly size: ArenaSize;
  readonly books: readonly Book[];
  readonly report: Report;
  /** Handles are 1, 2, 3 ... */
  lastHandle: number;
}

const NO_BOOK: Book = { phase: CLOSED, orders: [] };

/**
 * The naive twin of `openArena`, written from the rules and sharing no code with it: a list of orders for each book, sorted when
 * somebody asks who is first. Only for small books; slow on purpose.
 */
export function openReference(size: ArenaSize): Result<ReferenceArena, ArenaRefusal> {
  const refused = refusalOfSize(size);
  if (refused !== null) return fail(refused);
  const books = Array.from({ length: size.books }, (): Book => ({ ...NO_BOOK }));
  const market: Market = { size, books, report: openReport(size.orders), lastHandle: 0 };
  const arena: Omit<ReferenceArena, "apply"> = {
    size,
    report: market.report,
    restingCount: () => books.flatMap(({ orders }) => orders).length,
    submit: (book, side, force, tick, energy, home, reference) => submit(market, { book, side, force, tick, energy, home, reference }),
    amend: (handle, tick, energy) => amend(market, handle, tick, energy),
    cancel: (handle) => cancel(market, handle),
    setPhase: (book, phase) => setPhase(market, book, phase),
    indicate: (book, kPermille) => indicate(size, books[book] ?? NO_BOOK, kPermille),
    resting: (book) => resting(books[book] ?? NO_BOOK),
    depth: (book, side, most) => depth(books[book] ?? NO_BOOK, side).slice(0, most),
    stateHash: () => stateHash(books),
  };
  return ok({ ...arena, apply: (words, at) => apply(arena, words, at) });
}

function submit(market: Market, submission: Submission): number {
  const refused = refusalOfOrder(market.size, market.books, submission);
  if (refused !== null) return refused;
  const { book, force, ...order } = submission;
  return enter(market, market.books[book]!, { handle: ++market.lastHandle, ...order }, force);
}

function amend(market: Market, handle: number, tick: number, energy: number): number {
  const [book, order] = find(market, handle);
  if (book === undefined || order === undefined) return HANDLE_STALE;
  const amended = { ...order, tick, energy };
  const others = book.orders.filter((other) => other !== order);
  const refused = refusalOfTerms(market.size, amended) ?? refusalAtLevel({ ...book, orders: others }, amended);
  if (refused !== null) return refused;
  if (tick === order.tick && energy <= order.energy) {
    book.orders = book.orders.map((other) => (other === order ? amended : other));
    tell(market.report, NOTHING_MET, energy, RESTS);
    return handle;
  }
  book.orders = others;
  return enter(market, book, amended, GOOD_TILL_GATE);
}

function cancel(market: Market, handle: number): number {
  const [book, order] = find(market, handle);
  if (book === undefined || order === undefined) return HANDLE_STALE;
  book.orders = book.orders.filter((other) => other !== order);
  return order.energy;
}

function find({ books }: Market, handle: number): readonly [Book | undefined, RestingOrder | undefined] {
  const book = books.find(({ orders }) => orders.some((order) => order.handle === handle));
  return [book, book?.orders.find((order) => order.handle === handle)];
}

function setPhase({ books }: Market, number: number, phase: number): number {
  const book = books[number];
  if (book === undefined) return BOOK_UNKNOWN;
  if (![CLOSED, CALL, CONTINUOUS].includes(phase)) return PHASE_UNKNOWN;
  if (phase === CONTINUOUS && isCrossed(book)) return BOOK_CROSSED;
  book.phase = phase;
  if (phase !== CLOSED) return 0;
  const ended = book.orders.length;
  book.orders = [];
  return ended;
}

/** The order trades what it can, then rests if it may: its handle; 0 if nothing of it rests. */
function enter({ report }: Market, book: Book, order: RestingOrder, force: number): number {
  const met = book.phase === CALL ? NOTHING_MET : meet(book, order);
  const left = order.energy - energyOf(met.trades);
  if (force === FILL_OR_KILL && left > 0) {
    tell(report, NOTHING_MET, order.energy, KILLED);
    return 0;
  }
  const fate = fateOf(left, met.own, force);
  const others = book.orders.map((other) => lessTraded(other, met.trades)).filter(({ energy }) => energy > 0);
  book.orders = fate === RESTS ? [...others, { ...order, energy: left }] : others;
  tell(report, met, left, fate);
  return fate === RESTS ? order.handle : 0;
}

function fateOf(left: number, metOwn: boolean, force: number): number {
  if (left === 0) return FILLED;
  if (metOwn) return SELF_TRADE;
  return force === GOOD_TILL_GATE ? RESTS : LAPSED;
}

interface Trade {
  readonly resting: RestingOrder;
  readonly energy: number;
}

/** The trades an order can have, and whether one of its own home ended them. */
interface Met {
  readonly trades: readonly Trade[];
  readonly own: boolean;
}

const NOTHING_MET: Met = { trades: [], own: false };

function meet(book: Book, order: RestingOrder): Met {
  const trades: Trade[] = [];
  for (const other of inPriority(book, order.side === BUY ? SELL : BUY)) {
    const left = order.energy - energyOf(trades);
    if (left === 0 || !pricesMeet(order, other)) break;
    if (other.home === order.home) return { trades, own: true };
    trades.push({ resting: other, energy: Math.min(left, other.energy) });
  }
  return { trades, own: false };
}

function lessTraded(order: RestingOrder, trades: readonly Trade[]): RestingOrder {
  const trade = trades.find(({ resting }) => resting === order);
  return trade === undefined ? order : { ...order, energy: order.energy - trade.energy };
}

const energyOf = (trades: readonly Trade[]): number => trades.reduce((sum, { energy }) => sum + energy, 0);

function tell(report: Report, { trades }: Met, left: number, fate: number): void {
  report[TRADES] = trades.length;
  report[LEFT] = left;
  report[FATE] = fate;
  trades.forEach(({ resting: { handle, reference, tick }, energy }, at) => {
    report.set([handle, reference, tick, energy], FIRST_TRADE + (at << TRADE_SHIFT));
  });
}

function apply({ submit, amend, cancel, setPhase }: Omit<ReferenceArena, "apply">, words: Int32Array, at: number): number {
  const word = (nth: number): number => words[at + nth] ?? Number.NaN;
  const [kind, side, force] = [word(0) & 0xff, (word(0) >> 8) & 0xff, word(0) >> 16];
  if (kind === SUBMIT) return submit(word(1), side, force, word(2), word(3), word(4), word(5));
  if (kind === AMEND) return amend(word(1), word(2), word(3));
  if (kind === CANCEL) return cancel(word(1));
  return kind === PHASE ? setPhase(word(1), word(2)) : COMMAND_UNKNOWN;
}
