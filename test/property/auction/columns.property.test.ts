import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type ColumnClearing,
  clearColumns,
  columnsOf,
  type Ladder,
  type OrderColumns,
  openColumnSpace,
  openPairSpace,
  pairColumns,
  TickTotals,
} from "../../../engine/auction/columns/index.ts";
import { type Clearing, clear, type OrderEntry } from "../../../engine/auction/index.ts";
import { microPerKwh, type Result } from "../../../engine/kernel/index.ts";
import { book, input, type Line } from "../../support/book.ts";

/** The auction on columns against the auction itself: price, range, volume, and every fill. */
const STEP = 7;
const TICKS = 300;
const LADDER: Ladder = { step: microPerKwh(STEP), ticks: TICKS };

function given<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.code} ${result.detail}`);
  return result.value;
}
const SPACE = given(openColumnSpace(LADDER, 2000));
const PAIRS = given(openPairSpace(2000));

interface Plain {
  readonly price: number | null;
  readonly range: readonly [number | null, number | null];
  readonly volume: number;
  readonly fills: readonly (readonly [string, number])[];
}

const plainOf = (clearing: Clearing): Plain =>
  clearing.kind === "no-trade"
    ? { price: null, range: [null, null], volume: 0, fills: [] }
    : {
        price: clearing.price,
        range: [clearing.priceRange.low, clearing.priceRange.high],
        volume: clearing.volume,
        fills: clearing.fills.map(({ order, energy }) => [order, energy]),
      };

const inMicro = (tick: number | null): number | null => (tick === null ? null : tick * STEP);
const plainOfColumns = ({ crossing, filled }: ColumnClearing, sorted: readonly OrderEntry[]): Plain => ({
  price: inMicro(crossing.price),
  range: [inMicro(crossing.low), inMicro(crossing.high)],
  volume: crossing.volume,
  fills: sorted.flatMap(({ id }, at) => (filled[at]! > 0 ? [[id, filled[at]!] as const] : [])),
});

/** Few ticks and few energies make ties and equal remainders the rule; some books spread over the whole ladder. */
const anyLines = (most: number): fc.Arbitrary<readonly Line[]> =>
  fc.constantFrom(3, 8, 40, TICKS).chain((ticks) =>
    fc.array(
      fc
        .tuple(
          fc.nat(50),
          fc.constantFrom("buy" as const, "sell" as const),
          fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 5000 })),
          fc.nat(ticks - 1),
        )
        .map(([home, side, energy, tick]): Line => [home, side, energy, (tick + ((TICKS - ticks) >> 1)) * STEP]),
      { maxLength: most, size: "max" },
    ),
  );
const anyK = fc.oneof(fc.constantFrom(0, 500, 1000), fc.integer({ min: 0, max: 1000 }));

describe("columns", () => {
  test("clear as the auction does: few orders", () => {
    fc.assert(fc.property(anyLines(12), anyK, sameAsClear), { numRuns: 2000 });
  });

  test("clear as the auction does: more orders than a quarter of the ticks", () => {
    fc.assert(fc.property(anyLines(160), anyK, sameAsClear), { numRuns: 200 });
  });

  function sameAsClear(lines: readonly Line[], k: number): void {
    const orders = book(...lines);
    const { columns, sorted } = given(columnsOf(orders.toReversed(), LADDER));
    const cleared = plainOfColumns(given(clearColumns(columns, k, SPACE)), sorted);
    expect(cleared).toEqual(plainOf(clear(input(orders, STEP, k))));
    checkPairs(columns, cleared.volume);
  }

  function checkPairs(columns: OrderColumns, volume: number): void {
    const pairs = given(pairColumns(SPACE, PAIRS));
    const delivered = new Int32Array(columns.count);
    let last = -1;
    for (let at = 0; at < pairs.count; at++) {
      const [buyer, seller, energy] = [pairs.buyers[at]!, pairs.sellers[at]!, pairs.energies[at]!];
      expect([columns.rungs[buyer]! & 1, columns.rungs[seller]! & 1, energy > 0]).toEqual([0, 1, true]);
      expect(buyer).toBeGreaterThanOrEqual(last);
      last = buyer;
      delivered[buyer]! += energy;
      delivered[seller]! += energy;
    }
    expect(delivered).toEqual(SPACE.filled.subarray(0, columns.count));
    const filledOrders = delivered.filter((energy) => energy > 0).length;
    expect(pairs.count).toBeLessThanOrEqual(Math.max(0, filledOrders - 1));
    expect(delivered.reduce((sum, energy) => sum + energy, 0)).toBe(2 * volume);
  }

  test("totals kept as orders come and go tell the same price", () => {
    const anySteps = fc.tuple(anyLines(40), fc.array(fc.nat(1000), { maxLength: 30 }), anyK);
    fc.assert(
      fc.property(anySteps, ([lines, leaving, k]) => {
        const totals = given(TickTotals.open(LADDER));
        const staying = [...book(...lines)];
        const rung = ({ body }: OrderEntry): number => (2 * body.limit) / STEP + (body.side === "sell" ? 1 : 0);
        for (const order of staying) expect(totals.add(rung(order), order.body.energy)).toBe(null);
        for (const pick of leaving) {
          if (staying.length === 0) break;
          const [gone] = staying.splice(pick % staying.length, 1);
          expect(totals.remove(rung(gone!), gone!.body.energy)).toBe(null);
        }
        const { price, low, high, volume } = given(totals.cross(k));
        const { fills: _, ...expected } = plainOf(clear(input(staying, STEP, k)));
        expect({ price: inMicro(price), range: [inMicro(low), inMicro(high)], volume }).toEqual(expected);
      }),
      { numRuns: 500 },
    );
  });
});
