import { describe, expect, test } from "@jest/globals";
import {
  type ArenaSize,
  BUY,
  CALL,
  CLOSED,
  CONTINUOUS,
  FILL_OR_KILL,
  GOOD_TILL_GATE,
  IMMEDIATE_OR_CANCEL,
  REFUSALS,
  type ReferenceArena,
  refusalOf,
  SELL,
} from "../../../engine/book/index.ts";
import { given, IMPLEMENTATIONS, type Market, marketOf } from "../../support/order-books.ts";

const MOST = 2 ** 31 - 1;
/** The smallest are lost where they are added to whole ones. */
const NOT_WHOLE = [
  1.5,
  1e-20,
  -Number.MIN_VALUE,
  Number.NaN,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  2 ** 53,
  2 ** 32,
  2 ** 32 + 1,
  -(2 ** 32),
];

describe.each(IMPLEMENTATIONS)("what is refused: %s", (_name, open) => {
  /** Book 0 trades and has just done so, 1 is closed, 2 gathers and is crossed. Its prices go from -50 to 100. */
  function prepared(): Market {
    const market = marketOf(given(open({ books: 3, lowestTick: -50, highestTick: 100, orders: 16 })));
    market.arena.setPhase(0, CONTINUOUS);
    market.arena.setPhase(2, CALL);
    market.sell(40, MOST - 10);
    market.buy(-20, 9);
    market.sell(30, 9, { book: 2 });
    market.buy(31, 9, { book: 2 });
    market.sell(20, 5);
    market.sell(21, 5);
    market.buy(21, 8);
    return market;
  }

  const everythingOf = ({ report, stateHash, restingCount, resting }: ReferenceArena) => ({
    report: [...report],
    hash: stateHash(),
    count: restingCount(),
    handles: [0, 1, 2].map((book) => resting(book).map(({ handle }) => handle)),
  });

  function expectRefused(market: Market, code: string, act: (market: Market) => number): void {
    const before = everythingOf(market.arena);
    expect(refusalOf(act(market))).toBe(code);
    expect(everythingOf(market.arena)).toEqual(before);
  }

  /** A submission that is right but for what is told. */
  const submit =
    (wrong: Partial<Record<"book" | "side" | "force" | "tick" | "energy" | "home" | "reference", number>>) =>
    ({ arena }: Market): number => {
      const { book, side, force, tick, energy, home, reference } = {
        ...{ book: 0, side: BUY, force: GOOD_TILL_GATE, tick: 10, energy: 5, home: 1, reference: 1 },
        ...wrong,
      };
      return arena.submit(book, side, force, tick, energy, home, reference);
    };
  /** Order 1 rests at 40, order 6 at 21. */
  const amend =
    (reference: number, tick: number, energy: number) =>
    ({ arena, handle }: Market): number =>
      arena.amend(handle(reference), tick, energy);
  const phase =
    (book: number, next: number) =>
    ({ arena }: Market): number =>
      arena.setPhase(book, next);
  const apply =
    (...words: readonly number[]) =>
    ({ arena }: Market): number =>
      arena.apply(Int32Array.from(words), 0);

  const CASES: readonly (readonly [code: string, what: string, act: (market: Market) => number])[] = [
    ...[3, -1, 0.5, ...NOT_WHOLE].flatMap((book) => [
      ["BOOK_UNKNOWN", `submit to book ${book}`, submit({ book })] as const,
      ["BOOK_UNKNOWN", `open book ${book}`, phase(book, CONTINUOUS)] as const,
    ]),
    ["BOOK_CLOSED", "submit to a closed book", submit({ book: 1 })],
    ["BOOK_CROSSED", "a crossed book trades on", phase(2, CONTINUOUS)],
    ...[3, -1, 0.5, ...NOT_WHOLE].map((next) => ["PHASE_UNKNOWN", `phase ${next}`, phase(0, next)] as const),
    ...[2, -1, 0.5, ...NOT_WHOLE].map((side) => ["SIDE_UNKNOWN", `side ${side}`, submit({ side })] as const),
    ...[3, -1, 0.5, ...NOT_WHOLE].map((force) => ["FORCE_UNKNOWN", `force ${force}`, submit({ force })] as const),
    ["FORCE_NOT_IN_CALL", "immediate", submit({ book: 2, force: IMMEDIATE_OR_CANCEL })],
    ["FORCE_NOT_IN_CALL", "fill or kill", submit({ book: 2, force: FILL_OR_KILL })],
    ...[-51, 101, ...NOT_WHOLE].flatMap((tick) => [
      ["TICK_OFF_LADDER", `submit at ${tick}`, submit({ tick })] as const,
      ["TICK_OFF_LADDER", `immediately at ${tick}`, submit({ tick, force: IMMEDIATE_OR_CANCEL })] as const,
      ["TICK_OFF_LADDER", `amend to ${tick}`, amend(1, tick, 5)] as const,
    ]),
    ...[0, -1, -MOST, 0.5, 1.5, Number.NaN, Number.NEGATIVE_INFINITY].flatMap((energy) => [
      ["ENERGY_NOT_POSITIVE", `submit ${energy}`, submit({ energy })] as const,
      ["ENERGY_NOT_POSITIVE", `fill or kill ${energy}`, submit({ energy, force: FILL_OR_KILL })] as const,
      ["ENERGY_NOT_POSITIVE", `amend to ${energy}`, amend(1, 40, energy)] as const,
    ]),
    ...[MOST + 1, MOST + 1.5, 2 ** 32 + 1, 2 ** 53, Number.POSITIVE_INFINITY].flatMap((energy) => [
      ["ENERGY_BEYOND_BOOK", `submit ${energy}`, submit({ energy })] as const,
      ["ENERGY_BEYOND_BOOK", `amend to ${energy}`, amend(6, 21, energy)] as const,
    ]),
    ...[-1, MOST + 1, ...NOT_WHOLE].flatMap((name) => [
      ["HOME_OUT_OF_RANGE", `home ${name}`, submit({ home: name })] as const,
      ["REFERENCE_OUT_OF_RANGE", `reference ${name}`, submit({ reference: name })] as const,
    ]),
    ...[0, -0, -1, 1000, MOST, ...NOT_WHOLE].flatMap((handle) => [
      ["HANDLE_STALE", `cancel ${handle}`, ({ arena }: Market) => arena.cancel(handle)] as const,
      ["HANDLE_STALE", `amend ${handle}`, ({ arena }: Market) => arena.amend(handle, 10, 5)] as const,
    ]),
    ["HANDLE_STALE", "cancel an order that is filled", ({ arena, handle }) => arena.cancel(handle(5))],
    ["HANDLE_STALE", "a stale handle with wrong terms", amend(5, 1000, -5)],
    ["LEVEL_FULL", "submit", submit({ side: SELL, tick: 40, energy: 11 })],
    ["LEVEL_FULL", "amend to another price", amend(6, 40, 11)],
    ...[0, 5, 255, 256].map((word) => ["COMMAND_UNKNOWN", `word ${word}`, apply(word, 0, 0, 0, 0, 0, 0)] as const),
  ];

  test.each(CASES)("%s: %s", (code, _what, act) => {
    expectRefused(prepared(), code, act);
  });

  test("LEVEL_FULL: exactly 2^31 - 1 Wh is room, one more isn't", () => {
    const market = prepared();
    expect(market.sell(40, 10)).toEqual({ fate: "rests", left: 10, trades: [] });
    expectRefused(market, "LEVEL_FULL", submit({ side: SELL, tick: 40, energy: 1 }));
    expectRefused(market, "LEVEL_FULL", amend(1, 40, MOST - 9));
    expect(market.amend(1, 40, MOST - 10)).toEqual({ fate: "rests", left: MOST - 10, trades: [] });
    expect(market.arena.depth(0, SELL, 9)[1]).toEqual({ tick: 40, energy: MOST });
    expect(market.sell(41, MOST)).toEqual({ fate: "rests", left: MOST, trades: [] });
    expect(market.cancel(1)).toBe(MOST - 10);
    expect(market.sell(40, MOST - 10)).toMatchObject({ fate: "rests" });
  });

  test("LEVEL_FULL isn't for orders that never rest", () => {
    const market = prepared();
    expect(market.sell(40, MOST, { force: IMMEDIATE_OR_CANCEL })).toEqual({ fate: "lapsed", left: MOST, trades: [] });
    expect(market.sell(40, MOST, { force: FILL_OR_KILL })).toEqual({ fate: "killed", left: MOST, trades: [] });
  });

  test("ARENA_FULL: over all books; room again after a cancel, a fill and a gate", () => {
    const market = marketOf(given(open({ books: 2, lowestTick: 0, highestTick: 9, orders: 4 })));
    market.arena.setPhase(0, CONTINUOUS);
    market.arena.setPhase(1, CONTINUOUS);
    for (const book of [0, 0, 1]) market.sell(5, 10, { book });
    const full = (side: number, force = GOOD_TILL_GATE) => refusalOf(market.arena.submit(0, side, force, side === SELL ? 5 : 9, 3, 1, 1));

    expect([full(SELL), full(BUY), market.arena.restingCount()]).toEqual(["ARENA_FULL", "ARENA_FULL", 3]);
    expect(full(BUY, IMMEDIATE_OR_CANCEL)).toBe(null);
    market.cancel(2);
    expect([full(SELL), full(SELL)]).toEqual([null, "ARENA_FULL"]);
    market.buy(5, 7, { force: FILL_OR_KILL });
    expect([full(SELL), full(SELL)]).toEqual([null, "ARENA_FULL"]);
    market.arena.setPhase(1, CLOSED);
    expect([full(SELL), full(SELL), market.arena.restingCount()]).toEqual([null, "ARENA_FULL", 3]);
  });

  test("a full arena still amends, and keeps what it is refused", () => {
    const market = marketOf(given(open({ books: 1, lowestTick: 0, highestTick: 9, orders: 2 })));
    market.arena.setPhase(0, CONTINUOUS);
    market.sell(5, 10);
    expect(market.amend(1, 7, 20)).toEqual({ fate: "rests", left: 20, trades: [] });
    expect(market.buy(7, 5)).toEqual({ refused: "ARENA_FULL" });
    expect(market.rests()).toEqual([[1, "sell", 7, 20]]);
  });

  test("every code is met here", () => {
    expect(REFUSALS.filter((code) => code !== "ARENA_FULL" && !CASES.some(([met]) => met === code))).toEqual([]);
  });

  test.each<[string, Partial<ArenaSize>]>([
    ["ARENA_BOOKS_OUT_OF_RANGE", { books: 0 }],
    ["ARENA_BOOKS_OUT_OF_RANGE", { books: 4097 }],
    ["ARENA_BOOKS_OUT_OF_RANGE", { books: 1.5 }],
    ["ARENA_TICKS_OUT_OF_RANGE", { lowestTick: 10 }],
    ["ARENA_TICKS_OUT_OF_RANGE", { highestTick: 65_536 }],
    ["ARENA_TICKS_OUT_OF_RANGE", { lowestTick: 0.5 }],
    ["ARENA_TICKS_OUT_OF_RANGE", { highestTick: Number.NaN }],
    ["ARENA_TICKS_OUT_OF_RANGE", { lowestTick: -(2 ** 31), highestTick: -(2 ** 31) }],
    ["ARENA_TICKS_OUT_OF_RANGE", { lowestTick: MOST, highestTick: MOST + 1 }],
    ["ARENA_ORDERS_OUT_OF_RANGE", { orders: 1 }],
    ["ARENA_ORDERS_OUT_OF_RANGE", { orders: 12 }],
    ["ARENA_ORDERS_OUT_OF_RANGE", { orders: 2 ** 23 }],
    ["ARENA_TOO_LARGE", { books: 65, highestTick: 65_535 }],
  ])("%s: %p", (code, wrong) => {
    expect(open({ books: 1, lowestTick: 0, highestTick: 9, orders: 8, ...wrong })).toMatchObject({ ok: false, code });
  });

  test.each([3, -1, 0.5, 1.5, ...NOT_WHOLE])("book %p isn't there: nothing to be read", (book) => {
    const { arena } = prepared();
    expect([arena.resting(book), arena.depth(book, BUY, 9), arena.depth(book, SELL, 9), arena.indicate(book, 500)]).toEqual([
      [],
      [],
      [],
      { volume: 0, price: null, low: null, high: null },
    ]);
  });

  test.each([2, -1, 0.5, ...NOT_WHOLE])("side %p isn't there: no depth", (side) => {
    const { arena } = prepared();
    expect([0, 1, 2].map((book) => arena.depth(book, side, 9))).toEqual([[], [], []]);
  });

  test("what the caller calls a home and an order goes up to 2^31 - 1", () => {
    const market = prepared();
    market.arena.submit(0, BUY, GOOD_TILL_GATE, 10, 5, MOST, MOST);
    expect(market.arena.resting(0)[0]).toMatchObject({ tick: 10, home: MOST, reference: MOST });
  });
});
