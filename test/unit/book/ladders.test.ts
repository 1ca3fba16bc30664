import { describe, expect, test } from "@jest/globals";
import { BUY, CALL, CONTINUOUS, GOOD_TILL_GATE, IMMEDIATE_OR_CANCEL, openArena, SELL } from "../../../engine/book/index.ts";
import { given, IMPLEMENTATIONS, type Market, openMarket, tradesOf } from "../../support/order-books.ts";

/** Where words of a bitmap begin and end, and words of those. */
const EDGES = [
  0, 1, 30, 31, 32, 33, 63, 64, 991, 992, 1022, 1023, 1024, 1025, 2047, 2048, 4094, 4095, 4096, 32_767, 32_768, 65_534, 65_535,
];

describe.each(IMPLEMENTATIONS)("ladders: %s", (_name, open) => {
  describe.each([1, 2, 31, 32, 33, 1023, 1024, 1025, 4096, 65_536])("of %i ticks", (ticks) => {
    const lowest = 20 - ticks;
    const highest = lowest + ticks - 1;
    const edges = EDGES.filter((index) => index < ticks);
    const rising = [...new Set([...edges, ...edges.map((index) => ticks - 1 - index)])]
      .sort((a, b) => a - b)
      .map((index) => lowest + index);
    const falling = rising.toReversed();
    /** From both ends inwards, so that the best price changes and doesn't. */
    const mixed = rising.map((_, nth) => (nth % 2 === 0 ? rising[nth / 2]! : falling[(nth - 1) / 2]!));

    const market = (phase?: number): Market => openMarket(open, { books: 2, lowestTick: lowest, highestTick: highest, orders: 128 }, phase);
    const ticksOf = (levels: readonly { readonly tick: number }[]): readonly number[] => levels.map(({ tick }) => tick);

    test("a buyer takes sellers from the cheapest up", () => {
      const { sell, buy, rests } = market();
      for (const tick of mixed) sell(tick, 2, { book: 1 });
      const trades = rising.map((tick) => [mixed.indexOf(tick) + 1, tick, 2]);
      expect(buy(highest, 2 * rising.length + 1, { book: 1 })).toEqual({ fate: "rests", left: 1, trades });
      expect(rests(1)).toEqual([[rising.length + 1, "buy", highest, 1]]);
    });

    test("a seller takes buyers from the dearest down", () => {
      const { sell, buy, rests } = market();
      for (const tick of mixed) buy(tick, 2);
      const trades = falling.map((tick) => [mixed.indexOf(tick) + 1, tick, 2]);
      expect(sell(lowest, 2 * rising.length + 1)).toEqual({ fate: "rests", left: 1, trades });
      expect(rests()).toEqual([[rising.length + 1, "sell", lowest, 1]]);
    });

    test("the next best is found as the best are cancelled", () => {
      const { arena, sell, buy, cancel } = market(CALL);
      for (const tick of mixed) sell(tick, 1);
      for (const tick of mixed) buy(tick, 1);
      for (const [nth, tick] of rising.entries()) {
        expect(ticksOf(arena.depth(0, SELL, 128))).toEqual(rising.slice(nth));
        cancel(mixed.indexOf(tick) + 1);
      }
      for (const [nth, tick] of falling.entries()) {
        expect(ticksOf(arena.depth(0, BUY, 128))).toEqual(falling.slice(nth));
        cancel(mixed.length + mixed.indexOf(tick) + 1);
      }
      expect(arena.restingCount()).toBe(0);
    });

    test("cancelled anywhere, the others stay", () => {
      const { arena, buy, cancel } = market();
      for (const tick of mixed) buy(tick, 1);
      const gone = mixed.filter((_, nth) => nth % 3 !== 0);
      for (const tick of gone) cancel(mixed.indexOf(tick) + 1);
      expect(ticksOf(arena.depth(0, BUY, 128))).toEqual(falling.filter((tick) => !gone.includes(tick)));
    });

    test("orders meet at both ends", () => {
      const { sell, buy } = market();
      sell(lowest, 5);
      expect(buy(lowest, 5)).toEqual({ fate: "filled", left: 0, trades: [[1, lowest, 5]] });
      buy(highest, 5);
      expect(sell(highest, 5)).toEqual({ fate: "filled", left: 0, trades: [[3, highest, 5]] });
    });

    test("one beyond either end is off it", () => {
      const { sell, buy } = market();
      expect([buy(lowest - 1, 5), sell(highest + 1, 5)]).toEqual([{ refused: "TICK_OFF_LADDER" }, { refused: "TICK_OFF_LADDER" }]);
    });

    test("the price of a call reaches from end to end", () => {
      const { arena, sell, buy } = market(CALL);
      buy(highest, 4);
      sell(lowest, 4);
      const half = Math.floor((ticks - 1) / 2);
      expect(arena.indicate(0, 500)).toEqual({ volume: 4, price: lowest + half, low: lowest, high: highest });
    });
  });

  test("one tick: whoever comes meets whoever rests", () => {
    const { sell, buy, rests } = openMarket(open, { lowestTick: 7, highestTick: 7 });
    buy(7, 5);
    buy(7, 6);
    expect(sell(7, 8)).toMatchObject({
      trades: [
        [1, 7, 5],
        [2, 7, 3],
      ],
    });
    expect(rests()).toEqual([[2, "buy", 7, 3]]);
  });

  test("ladders far from 0", () => {
    const top = 2 ** 31 - 1;
    for (const [lowestTick, highestTick] of [
      [top - 40, top],
      [-top, -top + 40],
    ] as const) {
      const { sell, buy, rests } = openMarket(open, { lowestTick, highestTick });
      sell(highestTick, 5);
      buy(lowestTick, 5);
      expect(buy(highestTick, 2)).toEqual({ fate: "filled", left: 0, trades: [[1, highestTick, 2]] });
      expect(rests()).toEqual([
        [2, "buy", lowestTick, 5],
        [1, "sell", highestTick, 3],
      ]);
    }
  });

  test("every tick occupied, on the last of many books", () => {
    const market = openMarket(open, { books: 7, lowestTick: 0, highestTick: 199, orders: 512 });
    for (let tick = 0; tick < 100; tick++) market.buy(tick, 1, { book: 6 });
    for (let tick = 100; tick < 200; tick++) market.sell(tick, 1, { book: 6 });
    expect(market.arena.depth(6, BUY, 200).map(({ tick }) => tick)).toEqual(Array.from({ length: 100 }, (_, nth) => 99 - nth));
    expect(market.buy(199, 101, { book: 6 })).toMatchObject({ fate: "rests", left: 1 });
    expect([0, 1, 2, 3, 4, 5].flatMap((book) => market.rests(book))).toEqual([]);
  });
});

describe("an arena with an order at each of 65,536 prices", () => {
  test.each([
    ["room for 2^16: all but one", 2 ** 16, 2 ** 16 - 1],
    ["room for 2^17: all", 2 ** 17, 2 ** 16],
  ])("%s", (_room, orders, many) => {
    const arena = given(openArena({ books: 1, lowestTick: 0, highestTick: 65_535, orders }));
    arena.setPhase(0, CONTINUOUS);
    for (let tick = 0; tick < many; tick++) arena.submit(0, SELL, GOOD_TILL_GATE, tick, 1, 1, tick);
    expect(arena.submit(0, BUY, IMMEDIATE_OR_CANCEL, 65_535, many + 1, 2, 2)).toBe(0);
    const trades = [...tradesOf(arena)].map(({ trade }) => trade);
    expect(trades.length).toBe(many);
    expect(trades.find(([reference, tick, energy], nth) => reference !== nth || tick !== nth || energy !== 1)).toBe(undefined);
    expect(arena.restingCount()).toBe(0);
  });
});
