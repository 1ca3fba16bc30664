import { describe, expect, test } from "@jest/globals";
import { BUY, CALL, CLOSED, CONTINUOUS, GOOD_TILL_GATE, openArena, refusalOf, SELL } from "../../../engine/book/index.ts";
import { given, IMPLEMENTATIONS, openMarket } from "../../support/order-books.ts";

describe.each(IMPLEMENTATIONS)("handles: %s", (_name, open) => {
  test("are above 0, and 0 is nobody's", () => {
    const { buy, handle, arena } = openMarket(open);
    buy(10, 5);
    expect(handle(1)).toBeGreaterThan(0);
    expect([arena.cancel(0), arena.amend(0, 10, 5)].map(refusalOf)).toEqual(["HANDLE_STALE", "HANDLE_STALE"]);
  });

  test("an order that doesn't rest has none", () => {
    const { sell, buy, handle } = openMarket(open);
    sell(10, 5);
    buy(10, 5);
    expect(handle(2)).toBe(0);
  });

  test("are stale after a fill, a cancel, a self-trade and the gate", () => {
    const { sell, buy, amend, cancel, handle, arena } = openMarket(open);
    sell(10, 5);
    buy(10, 5);
    sell(10, 5);
    cancel(3);
    sell(10, 5, { home: 7 });
    buy(9, 5, { home: 7 });
    amend(5, 10, 5);
    buy(8, 5, { book: 1 });
    arena.setPhase(1, CLOSED);
    for (const reference of [1, 3, 5, 6]) {
      expect(handle(reference)).toBeGreaterThan(0);
      expect([cancel(reference), amend(reference, 8, 5)]).toEqual(["HANDLE_STALE", { refused: "HANDLE_STALE" }]);
    }
    expect(cancel(4)).toBe(5);
  });

  test("stay stale when others rest in the place", () => {
    const { sell, cancel } = openMarket(open, { orders: 2 });
    for (let reference = 1; reference <= 20; reference++) {
      expect(sell(10, reference)).toMatchObject({ fate: "rests" });
      for (let gone = 1; gone < reference; gone++) expect(cancel(gone)).toBe("HANDLE_STALE");
      expect(cancel(reference)).toBe(reference);
    }
  });

  test("of another arena: nobody's here", () => {
    const there = openMarket(open);
    for (let nth = 1; nth <= 5; nth++) there.sell(10, nth);
    const here = openMarket(open);
    here.sell(10, 1);
    expect(refusalOf(here.arena.cancel(there.handle(5)))).toBe("HANDLE_STALE");
    expect(there.cancel(5)).toBe(5);
  });

  test("the report tells the handle of who rested, filled ones too", () => {
    const { sell, buy, arena, handle } = openMarket(open);
    sell(10, 5);
    sell(10, 5);
    buy(10, 8);
    expect([arena.report[4], arena.report[8]]).toEqual([handle(1), handle(2)]);
  });

  test("no handle is issued twice, whatever comes and goes", () => {
    const { arena } = openMarket(open, { books: 1, lowestTick: 0, highestTick: 9, orders: 8 }, CALL);
    const seen = new Set<number>();
    const resting: number[] = [];
    for (let nth = 0; nth < 2000; nth++) {
      const handle = arena.submit(0, nth & 1, GOOD_TILL_GATE, nth % 10, 1 + (nth % 7), nth, nth);
      expect([handle > 0, seen.has(handle)]).toEqual([true, false]);
      seen.add(handle);
      resting.push(handle);
      if (nth % 97 === 96) {
        resting.length = 0;
        arena.setPhase(0, CLOSED);
        arena.setPhase(0, CALL);
      } else if (resting.length === 7) arena.cancel(resting.splice((nth * 5) % 7, 1)[0]!);
    }
    expect(seen.size).toBe(2000);
  });
});

describe("handles of the arena", () => {
  test("65,536 slots: the first is used 2^15 times, then never again", () => {
    const { setPhase, submit, cancel } = given(openArena({ books: 1, lowestTick: 0, highestTick: 0, orders: 65_536 }));
    setPhase(0, CONTINUOUS);
    let last = 0;
    for (let nth = 0; nth < 2 ** 15; nth++) {
      const handle = submit(0, BUY, GOOD_TILL_GATE, 0, 1, 1, 1);
      if (handle !== last + (nth === 0 ? 1 : 65_536)) throw new Error(`the ${nth}th handle is ${handle}, after ${last}`);
      cancel(handle);
      last = handle;
    }
    expect(last).toBe(2 ** 31 - 65_535);
    expect(submit(0, BUY, GOOD_TILL_GATE, 0, 1, 1, 1)).toBe(2);
    expect([cancel(1), cancel(last)].map(refusalOf)).toEqual(["HANDLE_STALE", "HANDLE_STALE"]);
  });

  /** The word where the first slot's handle is: after 6 of the header, 4 counts, 1 phase and the slot of nobody. */
  const FIRST_HANDLE = 4 * (6 + 4 + 1 + 8);

  test("slots used up, one by one, until the arena is full without an order", () => {
    const size = { books: 1, lowestTick: 0, highestTick: 0, orders: 4 };
    const { setPhase, submit, cancel, snapshot, restore, restingCount } = given(openArena(size));
    setPhase(0, CONTINUOUS);
    for (let nth = 0; nth < 3; nth++) submit(0, SELL, GOOD_TILL_GATE, 0, 1, 1, 1);
    const bytes = snapshot();
    const view = new DataView(bytes.buffer);
    for (const slot of [1, 2, 3]) view.setInt32(FIRST_HANDLE + 32 * (slot - 1), 2 ** 31 - 8 + slot, true);
    expect(restore(bytes)).toMatchObject({ ok: true });

    const first = [1, 2, 3].map((slot) => 2 ** 31 - 8 + slot);
    expect(first.map(cancel)).toEqual([1, 1, 1]);
    const second = [0, 1, 2].map(() => submit(0, SELL, GOOD_TILL_GATE, 0, 1, 1, 1));
    expect(second).toEqual([3, 2, 1].map((slot) => 2 ** 31 - 4 + slot));
    expect(second.map(cancel)).toEqual([1, 1, 1]);
    expect([refusalOf(submit(0, SELL, GOOD_TILL_GATE, 0, 1, 1, 1)), restingCount()]).toEqual(["ARENA_FULL", 0]);
    expect([...first, ...second].map((handle) => refusalOf(cancel(handle)))).toEqual(Array.from({ length: 6 }, () => "HANDLE_STALE"));

    const full = snapshot();
    expect(restore(full)).toMatchObject({ ok: true });
    expect([refusalOf(submit(0, SELL, GOOD_TILL_GATE, 0, 1, 1, 1)), snapshot()]).toEqual(["ARENA_FULL", full]);
  });
});
