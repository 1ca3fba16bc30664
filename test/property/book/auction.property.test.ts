import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Clearing, clear, TickTotals } from "../../../engine/auction/index.ts";
import { BUY, CALL, GOOD_TILL_GATE, type Indication, openArena, type RestingOrder, SELL } from "../../../engine/book/index.ts";
import { microPerKwh } from "../../../engine/kernel/index.ts";
import { book, input, type Line } from "../../support/book.ts";
import { given } from "../../support/order-books.ts";

/** The price that a book shows for a call is the one that the call auction then finds, in ticks. */
const STEP = 7;
const NONE: Indication = { volume: 0, price: null, low: null, high: null };

const indicationOf = (clearing: Clearing): Indication => {
  if (clearing.kind === "no-trade") return NONE;
  const { volume, price, priceRange } = clearing;
  return { volume, price: price / STEP, low: priceRange.low / STEP, high: priceRange.high / STEP };
};

function totalsOf(orders: readonly RestingOrder[], ticks: number, k: number): Indication {
  const totals = given(TickTotals.open({ step: microPerKwh(STEP), ticks }));
  for (const { side, tick, energy } of orders) expect(totals.add(2 * tick + side, energy)).toBe(null);
  const { volume, price, low, high } = given(totals.cross(k));
  return { volume, price, low, high };
}

interface Order {
  readonly side: number;
  readonly tick: number;
  readonly energy: number;
  readonly home: number;
}

/** Few ticks and few energies make ties the rule; some books spread over the whole ladder. */
const anyBook = fc.constantFrom(1, 3, 8, 40, 1100, 65_536).chain((ticks) => {
  const tick = fc.oneof(fc.nat(Math.min(ticks - 1, 12)), fc.nat(ticks - 1), fc.constantFrom(0, ticks - 1));
  const energy = fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5000 }));
  const order: fc.Arbitrary<Order> = fc.record({ side: fc.constantFrom(BUY, SELL), tick, energy, home: fc.nat(20) });
  const orders = fc.array(order, { maxLength: 40, size: "max" });
  const changes = fc.array(fc.record({ at: fc.nat(), tick, energy, leaves: fc.boolean() }), { maxLength: 20 });
  return fc.record({ ticks: fc.constant(ticks), orders, changes });
});

test("indicate is what clear comes to, and what totals cross at", () => {
  let trades = 0;
  fc.assert(
    fc.property(anyBook, fc.oneof(fc.constantFrom(0, 500, 1000), fc.nat(1000)), ({ ticks, orders, changes }, k) => {
      const arena = given(openArena({ books: 2, lowestTick: 0, highestTick: ticks - 1, orders: 64 }));
      arena.setPhase(1, CALL);
      const handles = orders.map(({ side, tick, energy, home }, at) => arena.submit(1, side, GOOD_TILL_GATE, tick, energy, home, at));
      for (const { at, tick, energy, leaves } of handles.length > 0 ? changes : []) {
        const handle = handles[at % handles.length]!;
        if (leaves) arena.cancel(handle);
        else arena.amend(handle, tick, energy);
      }
      const resting = arena.resting(1);
      const lines = resting.map(({ home, side, energy, tick }): Line => [home, side === BUY ? "buy" : "sell", energy, tick * STEP]);
      const indicated = arena.indicate(1, k);
      expect(indicated).toEqual(indicationOf(clear(input(book(...lines), STEP, k))));
      expect(indicated).toEqual(totalsOf(resting, ticks, k));
      if (indicated.volume > 0) trades++;
    }),
    { numRuns: 600 },
  );
  expect(trades).toBeGreaterThan(100);
});
