import { describe, expect, test } from "@jest/globals";
import { FILL_OR_KILL, IMMEDIATE_OR_CANCEL, SELL } from "../../../engine/book/index.ts";
import { IMPLEMENTATIONS, openMarket } from "../../support/order-books.ts";

/** Orders are called 1, 2, 3 ... as they come; prices from -50 to 100 ticks. */
describe.each(IMPLEMENTATIONS)("trading: %s", (_name, open) => {
  const rested = (left: number) => ({ fate: "rests", left, trades: [] });

  describe("priority", () => {
    test("an order that meets nobody rests", () => {
      const { buy, sell, rests, arena } = openMarket(open);
      expect([buy(10, 5), sell(11, 7)]).toEqual([rested(5), rested(7)]);
      expect(rests()).toEqual([
        [1, "buy", 10, 5],
        [2, "sell", 11, 7],
      ]);
      expect(arena.restingCount()).toBe(2);
    });

    test("price: the cheapest seller first", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(12, 5);
      sell(10, 5);
      sell(11, 5);
      expect(buy(12, 5)).toEqual({ fate: "filled", left: 0, trades: [[2, 10, 5]] });
      expect(rests()).toEqual([
        [3, "sell", 11, 5],
        [1, "sell", 12, 5],
      ]);
    });

    test("price: the dearest buyer first", () => {
      const { buy, sell, rests } = openMarket(open);
      buy(10, 5);
      buy(12, 5);
      buy(11, 5);
      expect(sell(10, 5)).toEqual({ fate: "filled", left: 0, trades: [[2, 12, 5]] });
      expect(rests()).toEqual([
        [3, "buy", 11, 5],
        [1, "buy", 10, 5],
      ]);
    });

    test("time: the oldest of one price first", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      sell(10, 6);
      sell(10, 7);
      expect(buy(10, 8)).toEqual({
        fate: "filled",
        left: 0,
        trades: [
          [1, 10, 5],
          [2, 10, 3],
        ],
      });
      expect(rests()).toEqual([
        [2, "sell", 10, 3],
        [3, "sell", 10, 7],
      ]);
    });

    test("the price is the resting order's, on either side", () => {
      const { buy, sell } = openMarket(open);
      sell(10, 5);
      expect(buy(20, 5)).toEqual({ fate: "filled", left: 0, trades: [[1, 10, 5]] });
      buy(20, 5);
      expect(sell(10, 5)).toEqual({ fate: "filled", left: 0, trades: [[3, 20, 5]] });
    });

    test("limits one tick apart don't meet, equal ones do", () => {
      const { buy, sell } = openMarket(open);
      sell(10, 5);
      expect(buy(9, 5)).toEqual(rested(5));
      expect(buy(10, 5)).toEqual({ fate: "filled", left: 0, trades: [[1, 10, 5]] });
    });

    test("negative prices: -3 is dearer than -4", () => {
      const { buy, sell } = openMarket(open);
      buy(-4, 5);
      buy(-3, 5);
      expect(sell(-10, 7)).toEqual({
        fate: "filled",
        left: 0,
        trades: [
          [2, -3, 5],
          [1, -4, 2],
        ],
      });
    });

    test("two books don't see each other", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5, { book: 0 });
      expect(buy(20, 5, { book: 1 })).toEqual(rested(5));
      expect([rests(0), rests(1)]).toEqual([[[1, "sell", 10, 5]], [[2, "buy", 20, 5]]]);
    });
  });

  describe("parts", () => {
    test("the order that rests is filled in part and keeps its place", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      sell(10, 5);
      expect(buy(10, 2)).toEqual({ fate: "filled", left: 0, trades: [[1, 10, 2]] });
      expect(rests()).toEqual([
        [1, "sell", 10, 3],
        [2, "sell", 10, 5],
      ]);
      expect(buy(10, 4)).toEqual({
        fate: "filled",
        left: 0,
        trades: [
          [1, 10, 3],
          [2, 10, 1],
        ],
      });
    });

    test("the order that comes is filled in part, the rest rests at its own limit", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      expect(buy(15, 8)).toEqual({ fate: "rests", left: 3, trades: [[1, 10, 5]] });
      expect(rests()).toEqual([[2, "buy", 15, 3]]);
      expect(sell(15, 1)).toEqual({ fate: "filled", left: 0, trades: [[2, 15, 1]] });
    });

    test("a sweep over several prices stops at the limit", () => {
      const { buy, sell, rests } = openMarket(open);
      for (const tick of [10, 11, 12, 13]) sell(tick, 5);
      expect(buy(12, 20)).toEqual({
        fate: "rests",
        left: 5,
        trades: [
          [1, 10, 5],
          [2, 11, 5],
          [3, 12, 5],
        ],
      });
      expect(rests()).toEqual([
        [5, "buy", 12, 5],
        [4, "sell", 13, 5],
      ]);
    });

    test("a price that was emptied can be used again", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      buy(10, 5);
      expect(rests()).toEqual([]);
      sell(10, 6);
      expect(buy(10, 6)).toEqual({ fate: "filled", left: 0, trades: [[3, 10, 6]] });
    });

    test("what is left of a filled price is told by depth", () => {
      const { buy, sell, arena } = openMarket(open);
      sell(10, 5);
      sell(10, 6);
      sell(12, 7);
      buy(10, 8);
      buy(9, 1);
      expect(arena.depth(0, 1, 9)).toEqual([
        { tick: 10, energy: 3 },
        { tick: 12, energy: 7 },
      ]);
      expect([arena.depth(0, 1, 1), arena.depth(0, 0, 9), arena.depth(1, 0, 9)]).toEqual([
        [{ tick: 10, energy: 3 }],
        [{ tick: 9, energy: 1 }],
        [],
      ]);
    });
  });

  describe("immediate or cancel", () => {
    const force = IMMEDIATE_OR_CANCEL;

    test("trades what is there; the rest lapses", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      sell(12, 5);
      expect(buy(11, 8, { force })).toEqual({ fate: "lapsed", left: 3, trades: [[1, 10, 5]] });
      expect(rests()).toEqual([[2, "sell", 12, 5]]);
    });

    test("filled, or nothing to be had", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      expect(buy(9, 5, { force })).toEqual({ fate: "lapsed", left: 5, trades: [] });
      expect(buy(10, 5, { force })).toEqual({ fate: "filled", left: 0, trades: [[1, 10, 5]] });
      expect(rests()).toEqual([]);
    });
  });

  describe("fill or kill", () => {
    const force = FILL_OR_KILL;

    test("exactly enough", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      expect(buy(10, 5, { force })).toEqual({ fate: "filled", left: 0, trades: [[1, 10, 5]] });
      expect(rests()).toEqual([]);
    });

    test("one watt-hour short: nothing happens", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      expect(buy(10, 6, { force })).toEqual({ fate: "killed", left: 6, trades: [] });
      expect(rests()).toEqual([[1, "sell", 10, 5]]);
    });

    test("over several prices, up to the limit", () => {
      const { buy, sell, rests } = openMarket(open);
      for (const tick of [10, 11, 12]) sell(tick, 5);
      expect(buy(11, 11, { force })).toEqual({ fate: "killed", left: 11, trades: [] });
      expect(buy(12, 11, { force })).toEqual({
        fate: "filled",
        left: 0,
        trades: [
          [1, 10, 5],
          [2, 11, 5],
          [3, 12, 1],
        ],
      });
      expect(rests()).toEqual([[3, "sell", 12, 4]]);
    });

    test("an order of its own home in the way: killed", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      sell(11, 5, { home: 7 });
      sell(12, 5);
      expect(buy(12, 6, { force, home: 7 })).toEqual({ fate: "killed", left: 6, trades: [] });
      expect(rests()).toHaveLength(3);
    });

    test("an order of its own home behind enough of others: filled", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      sell(10, 5, { home: 7 });
      expect(buy(12, 5, { force, home: 7 })).toEqual({ fate: "filled", left: 0, trades: [[1, 10, 5]] });
      expect(rests()).toEqual([[2, "sell", 10, 5]]);
    });
  });

  describe("a home's own orders", () => {
    test("don't trade with each other: the newer one ends", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5, { home: 7 });
      expect(buy(10, 5, { home: 7 })).toEqual({ fate: "self-trade", left: 5, trades: [] });
      expect(rests()).toEqual([[1, "sell", 10, 5]]);
    });

    test("what it traded with others before stands; those behind aren't reached", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(10, 5);
      sell(10, 5, { home: 7 });
      sell(10, 5);
      expect(buy(10, 12, { home: 7 })).toEqual({ fate: "self-trade", left: 7, trades: [[1, 10, 5]] });
      expect(rests()).toEqual([
        [2, "sell", 10, 5],
        [3, "sell", 10, 5],
      ]);
    });

    test("filled before it is reached: no self-trade", () => {
      const { buy, sell } = openMarket(open);
      sell(10, 5);
      sell(10, 5, { home: 7 });
      expect(buy(10, 5, { home: 7 })).toEqual({ fate: "filled", left: 0, trades: [[1, 10, 5]] });
    });

    test("an immediate order ends in the same way", () => {
      const { buy, sell } = openMarket(open);
      buy(10, 5);
      buy(9, 5, { home: 7 });
      expect(sell(9, 8, { home: 7, force: IMMEDIATE_OR_CANCEL })).toEqual({ fate: "self-trade", left: 3, trades: [[1, 10, 5]] });
    });

    test("at prices that don't meet, both rest", () => {
      const { buy, sell, rests } = openMarket(open);
      sell(11, 5, { home: 7 });
      expect(buy(10, 5, { home: 7 })).toEqual(rested(5));
      expect(rests()).toHaveLength(2);
    });
  });

  describe("amend", () => {
    test("less energy keeps the place", () => {
      const { buy, sell, amend, rests } = openMarket(open);
      sell(10, 5);
      sell(10, 5);
      expect(amend(1, 10, 2)).toEqual(rested(2));
      expect(rests()).toEqual([
        [1, "sell", 10, 2],
        [2, "sell", 10, 5],
      ]);
      expect(buy(10, 3)).toMatchObject({
        trades: [
          [1, 10, 2],
          [2, 10, 1],
        ],
      });
    });

    test("the same energy keeps the place", () => {
      const { sell, amend, rests } = openMarket(open);
      sell(10, 5);
      sell(10, 5);
      expect(amend(1, 10, 5)).toEqual(rested(5));
      expect(rests().map(([reference]) => reference)).toEqual([1, 2]);
    });

    test("more energy loses it", () => {
      const { sell, amend, rests } = openMarket(open);
      sell(10, 5);
      sell(10, 5);
      expect(amend(1, 10, 6)).toEqual(rested(6));
      expect(rests()).toEqual([
        [2, "sell", 10, 5],
        [1, "sell", 10, 6],
      ]);
    });

    test("another price loses it, and there and back again", () => {
      const { buy, amend, rests } = openMarket(open);
      buy(10, 5);
      buy(10, 5);
      buy(11, 5);
      amend(1, 11, 5);
      expect(rests().map(([reference]) => reference)).toEqual([3, 1, 2]);
      amend(1, 10, 5);
      expect(rests().map(([reference]) => reference)).toEqual([3, 2, 1]);
    });

    test("the handle stays", () => {
      const { buy, amend, cancel, arena, handle } = openMarket(open);
      buy(10, 5);
      amend(1, 12, 7);
      amend(1, 12, 3);
      expect(arena.resting(0).map((order) => order.handle)).toEqual([handle(1)]);
      expect(cancel(1)).toBe(3);
    });

    test("another price may trade, in part", () => {
      const { buy, sell, amend, rests } = openMarket(open);
      sell(12, 5);
      buy(10, 8);
      expect(amend(2, 13, 8)).toEqual({ fate: "rests", left: 3, trades: [[1, 12, 5]] });
      expect(rests()).toEqual([[2, "buy", 13, 3]]);
    });

    test("or in whole: then nothing rests", () => {
      const { buy, sell, amend, rests, arena, cancel } = openMarket(open);
      buy(10, 9);
      sell(12, 5);
      expect(amend(2, 10, 5)).toEqual({ fate: "filled", left: 0, trades: [[1, 10, 5]] });
      expect(rests()).toEqual([[1, "buy", 10, 4]]);
      expect([arena.restingCount(), cancel(2)]).toEqual([1, "HANDLE_STALE"]);
    });

    test("meeting an order of its own home it ends; what it traded before stands", () => {
      const { buy, sell, amend, rests, cancel } = openMarket(open);
      sell(10, 5);
      sell(11, 5, { home: 7 });
      buy(9, 8, { home: 7 });
      expect(amend(3, 11, 8)).toEqual({ fate: "self-trade", left: 3, trades: [[1, 10, 5]] });
      expect([rests(), cancel(3)]).toEqual([[[2, "sell", 11, 5]], "HANDLE_STALE"]);
    });

    test("the best price moves with it", () => {
      const { sell, amend, buy } = openMarket(open);
      sell(10, 5);
      sell(12, 5);
      amend(1, 20, 5);
      expect(buy(19, 6)).toEqual({ fate: "rests", left: 1, trades: [[2, 12, 5]] });
    });
  });

  describe("cancel", () => {
    test.each([
      ["the first", 1, [2, 3]],
      ["the one between", 2, [1, 3]],
      ["the last", 3, [1, 2]],
    ] as const)("%s of a queue; who comes then stands behind the others", (_where, gone, stay) => {
      const { buy, sell, cancel, rests } = openMarket(open);
      for (const energy of [5, 6, 7]) sell(10, energy);
      expect(cancel(gone)).toBe(4 + gone);
      sell(10, 8);
      expect(rests().map(([reference]) => reference)).toEqual([...stay, 4]);
      expect(buy(10, 26 - 4 - gone)).toMatchObject({ fate: "filled", trades: [...stay, 4].map((each) => [each, 10, 4 + each]) });
    });

    test("two between, one after the other, and the last", () => {
      const { sell, cancel, rests, arena } = openMarket(open);
      for (const energy of [5, 6, 7, 8]) sell(10, energy);
      cancel(2);
      cancel(3);
      expect(rests()).toEqual([
        [1, "sell", 10, 5],
        [4, "sell", 10, 8],
      ]);
      expect(arena.depth(0, SELL, 9)).toEqual([{ tick: 10, energy: 13 }]);
      cancel(4);
      sell(10, 9);
      expect(rests()).toEqual([
        [1, "sell", 10, 5],
        [5, "sell", 10, 9],
      ]);
      expect(arena.depth(0, SELL, 9)).toEqual([{ tick: 10, energy: 14 }]);
    });

    test("the first, after the one before it was filled", () => {
      const { buy, sell, cancel, rests } = openMarket(open);
      for (const energy of [5, 6, 7]) sell(10, energy);
      buy(10, 5);
      expect(cancel(2)).toBe(6);
      expect(rests()).toEqual([[3, "sell", 10, 7]]);
      expect(buy(10, 7)).toEqual({ fate: "filled", left: 0, trades: [[3, 10, 7]] });
    });

    test("the only one: its price is empty, and the next best is the best", () => {
      const { buy, sell, cancel, rests } = openMarket(open);
      sell(10, 5);
      sell(30, 6);
      cancel(1);
      expect(buy(29, 1)).toEqual(rested(1));
      expect(buy(30, 1)).toEqual({ fate: "filled", left: 0, trades: [[2, 30, 1]] });
      expect(rests()).toEqual([
        [3, "buy", 29, 1],
        [2, "sell", 30, 5],
      ]);
    });

    test("tells the energy that was left", () => {
      const { buy, sell, cancel } = openMarket(open);
      sell(10, 9);
      buy(10, 4);
      expect(cancel(1)).toBe(5);
    });
  });
});
