import { describe, expect, test } from "@jest/globals";
import { CALL, CLOSED, CONTINUOUS, FILL_OR_KILL, IMMEDIATE_OR_CANCEL, refusalOf } from "../../../engine/book/index.ts";
import { IMPLEMENTATIONS, type Market, openMarket } from "../../support/order-books.ts";

/** side, price, energy; the orders of a call. */
type Offer = readonly [side: "buy" | "sell", tick: number, energy: number];

describe.each(IMPLEMENTATIONS)("phases and calls: %s", (_name, open) => {
  const phase = (market: Market, next: number, book = 0): number | string => {
    const returned = market.arena.setPhase(book, next);
    return refusalOf(returned) ?? returned;
  };

  describe("gate", () => {
    test("a book begins closed", () => {
      const market = openMarket(open, {}, CLOSED);
      expect(market.buy(10, 5)).toEqual({ refused: "BOOK_CLOSED" });
      expect(phase(market, CONTINUOUS)).toBe(0);
      expect(market.buy(10, 5)).toEqual({ fate: "rests", left: 5, trades: [] });
    });

    test("ends what rests on both sides, and says how many", () => {
      const market = openMarket(open);
      market.buy(10, 5);
      market.buy(10, 5);
      market.buy(9, 5);
      market.sell(11, 5);
      expect(phase(market, CLOSED)).toBe(4);
      expect([market.rests(), market.arena.restingCount(), phase(market, CLOSED)]).toEqual([[], 0, 0]);
      expect([market.cancel(1), market.cancel(4), market.buy(10, 5)]).toEqual(["HANDLE_STALE", "HANDLE_STALE", { refused: "BOOK_CLOSED" }]);
    });

    test("leaves the other books alone", () => {
      const market = openMarket(open);
      market.buy(10, 5, { book: 0 });
      market.buy(10, 5, { book: 1 });
      expect(phase(market, CLOSED, 0)).toBe(1);
      expect(market.rests(1)).toEqual([[2, "buy", 10, 5]]);
      expect(market.cancel(2)).toBe(5);
    });

    test("a book that opens again is empty", () => {
      const market = openMarket(open);
      market.sell(10, 5);
      market.sell(12, 5);
      phase(market, CLOSED);
      phase(market, CONTINUOUS);
      expect(market.buy(20, 5)).toEqual({ fate: "rests", left: 5, trades: [] });
      expect(market.sell(12, 2)).toEqual({ fate: "filled", left: 0, trades: [[3, 20, 2]] });
    });
  });

  describe("call", () => {
    test("gathers prices that cross, without trade, own orders too", () => {
      const market = openMarket(open, {}, CALL);
      market.sell(10, 5, { home: 7 });
      expect(market.buy(20, 5, { home: 7 })).toEqual({ fate: "rests", left: 5, trades: [] });
      market.buy(21, 6);
      expect(market.rests()).toEqual([
        [3, "buy", 21, 6],
        [2, "buy", 20, 5],
        [1, "sell", 10, 5],
      ]);
    });

    test("amend doesn't trade either, and keeps or loses the place as ever", () => {
      const market = openMarket(open, {}, CALL);
      market.sell(10, 5);
      market.buy(5, 5);
      market.buy(15, 5);
      expect(market.amend(2, 15, 9)).toEqual({ fate: "rests", left: 9, trades: [] });
      expect(market.rests().map(([reference]) => reference)).toEqual([3, 2, 1]);
      market.amend(3, 15, 6);
      expect(market.rests().map(([reference]) => reference)).toEqual([2, 3, 1]);
      market.amend(2, 15, 1);
      expect(market.rests().map(([reference]) => reference)).toEqual([2, 3, 1]);
    });

    test("can't become continuous while prices cross; touching is crossing", () => {
      const market = openMarket(open, {}, CALL);
      market.sell(10, 5);
      market.buy(10, 5);
      expect(phase(market, CONTINUOUS)).toBe("BOOK_CROSSED");
      expect(market.buy(30, 1)).toEqual({ fate: "rests", left: 1, trades: [] });
      market.cancel(3);
      market.amend(2, 9, 5);
      expect(phase(market, CONTINUOUS)).toBe(0);
      expect(market.buy(10, 5)).toEqual({ fate: "filled", left: 0, trades: [[1, 10, 5]] });
    });

    test("buyers alone don't cross, at the dearest price neither", () => {
      const market = openMarket(open, {}, CALL);
      market.buy(100, 5);
      expect(phase(market, CONTINUOUS)).toBe(0);
    });

    test("back from continuous trading: the book stays", () => {
      const market = openMarket(open);
      market.sell(10, 5);
      market.buy(9, 5);
      expect(phase(market, CALL)).toBe(0);
      market.buy(12, 5);
      expect(market.rests()).toEqual([
        [3, "buy", 12, 5],
        [2, "buy", 9, 5],
        [1, "sell", 10, 5],
      ]);
    });

    test("takes no immediate orders", () => {
      const market = openMarket(open, {}, CALL);
      expect([IMMEDIATE_OR_CANCEL, FILL_OR_KILL].map((force) => market.buy(10, 5, { force }))).toEqual([
        { refused: "FORCE_NOT_IN_CALL" },
        { refused: "FORCE_NOT_IN_CALL" },
      ]);
    });

    test("its gate ends crossed prices too", () => {
      const market = openMarket(open, {}, CALL);
      market.sell(10, 5);
      market.buy(10, 5);
      expect(phase(market, CLOSED)).toBe(2);
    });
  });

  describe("the price a call would have", () => {
    const nothing = { volume: 0, price: null, low: null, high: null };
    const gather = (offers: readonly Offer[]): Market => {
      const market = openMarket(open, {}, CALL);
      for (const [side, tick, energy] of offers) market[side](tick, energy);
      return market;
    };

    test.each<[string, readonly Offer[]]>([
      ["nobody", []],
      ["buyers alone", [["buy", 10, 5]]],
      ["sellers alone", [["sell", 10, 5]]],
      [
        "prices apart",
        [
          ["buy", 10, 5],
          ["sell", 11, 5],
        ],
      ],
    ])("no trade: %s", (_case, offers) => expect(gather(offers).arena.indicate(0, 500)).toEqual(nothing));

    test.each<[string, readonly Offer[], number, readonly [low: number, high: number], readonly [k0: number, k500: number, k1000: number]]>(
      [
        [
          "one buyer and one seller share the range",
          [
            ["buy", 41, 10],
            ["sell", 20, 10],
          ],
          10,
          [20, 41],
          [20, 30, 41],
        ],
        [
          "limits that touch are the price",
          [
            ["buy", 20, 10],
            ["sell", 20, 4],
          ],
          4,
          [20, 20],
          [20, 20, 20],
        ],
        [
          "a buyer who is cut sets the price",
          [
            ["buy", 40, 10],
            ["sell", 20, 4],
          ],
          4,
          [40, 40],
          [40, 40, 40],
        ],
        [
          "a seller who is cut sets the price",
          [
            ["buy", 40, 4],
            ["sell", 20, 10],
          ],
          4,
          [20, 20],
          [20, 20, 20],
        ],
        [
          "those who go without narrow the range",
          [
            ["buy", 40, 10],
            ["buy", 25, 10],
            ["sell", 20, 10],
            ["sell", 36, 10],
          ],
          10,
          [25, 36],
          [25, 30, 36],
        ],
        [
          "as much welfare, more volume: both at 30 trade",
          [
            ["buy", 40, 5],
            ["buy", 30, 5],
            ["sell", 20, 5],
            ["sell", 30, 5],
          ],
          10,
          [30, 30],
          [30, 30, 30],
        ],
        [
          "more volume isn't worth less welfare",
          [
            ["buy", 40, 5],
            ["buy", 29, 5],
            ["sell", 20, 5],
            ["sell", 30, 5],
          ],
          5,
          [29, 30],
          [29, 29, 30],
        ],
        [
          "below 0 it is rounded down too",
          [
            ["buy", -7, 10],
            ["sell", -20, 10],
          ],
          10,
          [-20, -7],
          [-20, -14, -7],
        ],
        [
          "from one end of the ladder to the other",
          [
            ["buy", 100, 3],
            ["sell", -50, 3],
          ],
          3,
          [-50, 100],
          [-50, 25, 100],
        ],
        [
          "several at one price count together",
          [
            ["buy", 50, 3],
            ["buy", 50, 4],
            ["buy", 40, 5],
            ["sell", 10, 6],
            ["sell", 10, 2],
          ],
          8,
          [40, 40],
          [40, 40, 40],
        ],
      ],
    )("%s", (_case, offers, volume, [low, high], prices) => {
      const { arena } = gather(offers);
      expect([0, 500, 1000].map((k) => arena.indicate(0, k))).toEqual(prices.map((price) => ({ volume, low, high, price })));
    });

    test("follows orders as they come, change and go", () => {
      const { arena, buy, sell, amend, cancel } = openMarket(open, {}, CALL);
      const now = () => arena.indicate(0, 0);
      buy(40, 10);
      sell(20, 10);
      sell(25, 10);
      expect(now()).toEqual({ volume: 10, price: 20, low: 20, high: 25 });
      amend(1, 40, 15);
      expect(now()).toEqual({ volume: 15, price: 25, low: 25, high: 25 });
      amend(3, 25, 5);
      expect(now()).toEqual({ volume: 15, price: 25, low: 25, high: 40 });
      cancel(2);
      expect(now()).toEqual({ volume: 5, price: 40, low: 40, high: 40 });
      arena.setPhase(0, CLOSED);
      expect(now()).toEqual(nothing);
    });

    test("is the book's own", () => {
      const { arena, buy, sell } = openMarket(open, {}, CALL);
      buy(40, 10, { book: 0 });
      sell(20, 10, { book: 1 });
      expect([arena.indicate(0, 500), arena.indicate(1, 500)]).toEqual([nothing, nothing]);
    });

    test("the most that two prices can hold", () => {
      const { arena, buy, sell } = openMarket(open, {}, CALL);
      const most = 2 ** 31 - 1;
      for (const tick of [30, 31, 32]) buy(tick, most);
      for (const tick of [20, 21, 22]) sell(tick, most);
      expect(arena.indicate(0, 500)).toEqual({ volume: 3 * most, price: 26, low: 22, high: 30 });
    });

    test("nothing changes", () => {
      const { arena } = gather([
        ["buy", 40, 10],
        ["sell", 20, 10],
      ]);
      const before = arena.stateHash();
      arena.indicate(0, 500);
      expect(arena.stateHash()).toBe(before);
    });
  });
});
