import { describe, expect, test } from "@jest/globals";
import {
  clear,
  clearColumns,
  columnsOf,
  type Ladder,
  type OrderColumns,
  openColumnSpace,
  openPairSpace,
  pairColumns,
  TickTotals,
} from "../../../engine/auction/index.ts";
import { type MicroPerKwh, microPerKwh, type Result, type Wh } from "../../../engine/kernel/index.ts";
import { book, input, type Line } from "../../support/book.ts";
import { chance } from "../../support/chance.ts";

const LADDER: Ladder = { step: microPerKwh(1000), ticks: 100 };

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(`refused: ${result.code} ${result.detail}`);
  return result.value;
}
const codeOf = (result: Result<unknown>): string | null => (result.ok ? null : result.code);

/** side, tick, energy */
type Offer = readonly [side: "buy" | "sell", tick: number, energy: number];
const columns = (...offers: readonly Offer[]): OrderColumns => ({
  count: offers.length,
  rungs: Int32Array.from(offers, ([side, tick]) => 2 * tick + (side === "sell" ? 1 : 0)),
  energies: Int32Array.from(offers, ([, , energy]) => energy),
});

describe("clearing columns by hand", () => {
  test.each<[string, readonly Offer[], number | null, number, readonly number[]]>([
    ["nobody", [], null, 0, []],
    ["buyers only", [["buy", 50, 10]], null, 0, [0]],
    ["sellers only", [["sell", 50, 10]], null, 0, [0]],
    [
      "apart",
      [
        ["buy", 49, 10],
        ["sell", 50, 10],
      ],
      null,
      0,
      [0, 0],
    ],
    [
      "the middle, rounded down",
      [
        ["buy", 41, 10],
        ["sell", 20, 10],
      ],
      30,
      10,
      [10, 10],
    ],
    [
      "a buyer that is cut sets the price",
      [
        ["buy", 40, 12],
        ["sell", 20, 10],
      ],
      40,
      10,
      [10, 10],
    ],
    [
      "a seller that is cut sets the price",
      [
        ["buy", 40, 10],
        ["sell", 20, 12],
      ],
      20,
      10,
      [10, 10],
    ],
    [
      "equal limits trade",
      [
        ["buy", 30, 10],
        ["sell", 30, 10],
      ],
      30,
      10,
      [10, 10],
    ],
    [
      "a dearer seller bounds the price from above",
      [
        ["buy", 40, 10],
        ["sell", 20, 10],
        ["sell", 30, 5],
      ],
      25,
      10,
      [10, 10, 0],
    ],
    [
      "a cheaper buyer bounds it from below",
      [
        ["buy", 40, 10],
        ["sell", 20, 10],
        ["buy", 30, 5],
      ],
      35,
      10,
      [10, 10, 0],
    ],
    [
      "ends of the ladder",
      [
        ["buy", 99, 1],
        ["sell", 0, 1],
      ],
      49,
      1,
      [1, 1],
    ],
    [
      "shares: 10 among 3, 3 and 9",
      [
        ["sell", 5, 3],
        ["buy", 9, 10],
        ["sell", 5, 3],
        ["sell", 5, 9],
      ],
      5,
      10,
      [2, 10, 2, 6],
    ],
    [
      "equal remainders: the lower id",
      [
        ["sell", 5, 1],
        ["buy", 9, 2],
        ["sell", 5, 1],
        ["sell", 5, 1],
      ],
      5,
      2,
      [1, 2, 1, 0],
    ],
    [
      "buyers share too",
      [
        ["buy", 9, 4],
        ["buy", 9, 4],
        ["sell", 5, 5],
        ["buy", 10, 2],
      ],
      9,
      5,
      [2, 1, 5, 2],
    ],
    [
      "remainders of 256",
      [
        ["sell", 5, 256],
        ["sell", 5, 256],
        ["sell", 5, 5],
        ["buy", 9, 1],
      ],
      5,
      1,
      [1, 0, 0, 1],
    ],
  ])("%s", (_, offers, price, volume, filled) => {
    const orders = columns(...offers);
    for (const ticks of [100, 4000]) {
      const space = must(openColumnSpace({ ...LADDER, ticks }, 10));
      for (const _again of [1, 2]) {
        const { crossing, filled: got } = must(clearColumns(orders, 500, space));
        expect([crossing.price, crossing.volume, [...got.subarray(0, orders.count)]]).toEqual([price, volume, filled]);
      }
    }
  });

  test("pairs deliver in the order of the columns", () => {
    const orders = columns(["sell", 5, 4], ["buy", 9, 3], ["buy", 9, 3], ["sell", 5, 1], ["buy", 2, 9], ["sell", 6, 1]);
    const [space, pairs] = [must(openColumnSpace(LADDER, 6)), must(openPairSpace(6))];
    must(clearColumns(orders, 500, space));
    const { count, buyers, sellers, energies } = must(pairColumns(space, pairs));
    expect(Array.from({ length: count }, (_, at) => [buyers[at], sellers[at], energies[at]])).toEqual([
      [1, 0, 3],
      [2, 0, 1],
      [2, 3, 1],
      [2, 5, 1],
    ]);
  });
});

describe("as the auction itself", () => {
  function compareWithClear(lines: readonly Line[], ladder: Ladder): void {
    const orders = book(...lines);
    const { columns: column, sorted } = must(columnsOf(orders, ladder));
    const { crossing, filled } = must(clearColumns(column, 500, must(openColumnSpace(ladder, orders.length))));
    const expected = clear(input(orders, ladder.step));
    if (expected.kind === "no-trade") throw new Error("there is trade");
    expect([crossing.price! * ladder.step, crossing.volume]).toEqual([expected.price, expected.volume]);
    const fills = sorted.flatMap(({ id }, at) => (filled[at]! > 0 ? [[id, filled[at]]] : []));
    expect(fills).toEqual(expected.fills.map(({ order, energy }) => [order, energy]));
  }

  test("shares whose products leave 2^53", () => {
    const most = 2 ** 31 - 1;
    const sellers = [0, 1, 5, 77, 1000, 123_456_789].map((less): Line => [1, "sell", most - less, 1]);
    compareWithClear([...sellers, [2, "buy", most, 2], [3, "buy", most - 3, 2]], { step: microPerKwh(1), ticks: 4 });
  });

  test("remainders that differ by 1 where products leave 2^53: 2 x share = -1 modulo the total", () => {
    const sellers = [-3, -1, 1, 2].map((more): Line => [1, "sell", 2 ** 30 + more, 1]);
    for (const order of [sellers, sellers.toReversed()]) {
      compareWithClear([...order, [2, "buy", 2 ** 31 - 1, 2]], { step: microPerKwh(1), ticks: 4 });
    }
  });

  test.each([1, 2, 3])("four thousand sharers with remainders of many digits (%i)", (seed) => {
    const next = chance(seed);
    const sellers = Array.from({ length: 4000 }, (): Line => [1, "sell", 1 + Math.floor(next() * 1_000_000), 3000]);
    compareWithClear([...sellers, [2, "buy", 1_234_567_891, 5000]], LADDER);
  });

  test("a ladder of one tick, and of as many as there may be", () => {
    const lines: readonly Line[] = [
      [1, "buy", 5, 0],
      [2, "sell", 3, 0],
      [3, "buy", 4, 0],
    ];
    compareWithClear(lines, { step: microPerKwh(1), ticks: 1 });
    compareWithClear(lines, { step: microPerKwh(1), ticks: 2 ** 20 });
    compareWithClear(
      [
        [1, "buy", 5, 2 ** 20 - 1],
        [2, "sell", 9, 2 ** 19],
      ],
      { step: microPerKwh(1), ticks: 2 ** 20 },
    );
  });
});

describe("the door", () => {
  test.each([
    [{ step: 0, ticks: 10 }],
    [{ step: -1, ticks: 10 }],
    [{ step: 1, ticks: 0 }],
    [{ step: 1, ticks: 2 ** 20 + 1 }],
    [{ step: 1, ticks: Number.NaN }],
    [{ step: 1000, ticks: 2 ** 20 }],
  ])("a ladder that is none: %j", (ladder) => {
    const wrong = ladder as Ladder;
    expect([codeOf(openColumnSpace(wrong, 1)), codeOf(TickTotals.open(wrong)), codeOf(columnsOf([], wrong))]).toEqual(
      Array(3).fill("LADDER_OUT_OF_RANGE"),
    );
  });

  test.each([-1, 1.5, Number.NaN, 2 ** 26 + 1])("a space for %p orders", (capacity) => {
    expect([codeOf(openColumnSpace(LADDER, capacity)), codeOf(openPairSpace(capacity))]).toEqual(["COLUMNS_TOO_LONG", "COLUMNS_TOO_LONG"]);
  });

  test.each<[string, OrderColumns]>([
    ["TICK_OFF_LADDER", columns(["buy", 50, 1], ["sell", 100, 1])],
    ["TICK_OFF_LADDER", columns(["sell", 50, 1], ["buy", 100, 1])],
    ["TICK_OFF_LADDER", columns(["buy", 50, 1], ["sell", -1, 1])],
    ["ENERGY_NOT_POSITIVE", columns(["buy", 50, 1], ["sell", 5, 0])],
    ["ENERGY_NOT_POSITIVE", columns(["buy", 50, 1], ["sell", 5, -3])],
    ["COLUMNS_TOO_LONG", { ...columns(["buy", 50, 1], ["sell", 5, 1]), count: 3 }],
    ["COLUMNS_TOO_LONG", { ...columns(["buy", 50, 1]), count: -1 }],
    ["COLUMNS_TOO_LONG", columns(...Array.from({ length: 61 }, (): Offer => ["buy", 50, 1]))],
  ])("%s, and the next clearing doesn't feel it", (code, orders) => {
    const many = Array.from({ length: 50 }, (): Offer => ["buy", 40, 1]);
    for (const before of [[], many]) {
      const space = must(openColumnSpace(LADDER, 60));
      const wrong = columns(...before.slice(0, orders.count < 3 ? 50 : 0));
      const joined: OrderColumns = {
        count: wrong.count + orders.count,
        rungs: Int32Array.of(...wrong.rungs, ...orders.rungs),
        energies: Int32Array.of(...wrong.energies, ...orders.energies),
      };
      expect(codeOf(clearColumns(wrong.count > 0 && code !== "COLUMNS_TOO_LONG" ? joined : orders, 500, space))).toBe(code);
      const { crossing } = must(clearColumns(columns(["buy", 41, 10], ["sell", 20, 10]), 500, space));
      expect([crossing.price, crossing.volume]).toEqual([30, 10]);
    }
  });

  test.each([-1, 1001, 0.5, Number.NaN])("k of %p thousandths", (k) => {
    const space = must(openColumnSpace(LADDER, 1));
    expect(codeOf(clearColumns(columns(), k, space))).toBe("K_OUT_OF_RANGE");
    expect(codeOf(must(TickTotals.open(LADDER)).cross(k))).toBe("K_OUT_OF_RANGE");
  });

  test("energy whose amount at the dearest price would leave 2^53", () => {
    const dear: Ladder = { step: microPerKwh(1_000_000), ticks: 101 };
    const most = Math.floor(Number.MAX_SAFE_INTEGER / 100_000_000);
    const totals = must(TickTotals.open(dear));
    expect([totals.mostEnergy, totals.add(3, most), totals.add(3, 1), totals.add(2, most), totals.at(3)]).toEqual([
      most,
      null,
      "ENERGY_BEYOND_EXACT",
      null,
      most,
    ]);
    const space = must(openColumnSpace(dear, 2));
    expect(codeOf(clearColumns(columns(["buy", 1, most], ["sell", 1, most]), 500, space))).toBe(null);
    expect(codeOf(clearColumns(columns(["buy", 1, most], ["buy", 2, 1]), 500, space))).toBe("ENERGY_BEYOND_EXACT");
    expect(codeOf(clearColumns(columns(["sell", 1, most], ["sell", 2, 1]), 500, space))).toBe("ENERGY_BEYOND_EXACT");
  });

  test.each<[string, number, number]>([
    ["PRICE_OFF_TICK", 10, 1500],
    ["TICK_OFF_LADDER", 10, 100_000],
    ["TICK_OFF_LADDER", 10, -1000],
    ["ENERGY_NOT_POSITIVE", 0, 1000],
    ["ENERGY_NOT_POSITIVE", 1.5, 1000],
    ["ENERGY_BEYOND_COLUMN", 2 ** 31, 1000],
  ])("an order as a column: %s", (code, energy, limit) => {
    const [good] = book([1, "buy", 1, 1000]);
    const body = { ...good!.body, energy: energy as Wh, limit: limit as MicroPerKwh };
    expect(codeOf(columnsOf([{ ...good!, body }], LADDER))).toBe(code);
  });

  test("pairs where there is no space for them", () => {
    const orders = columns(["buy", 41, 10], ["sell", 20, 10]);
    const space = must(openColumnSpace(LADDER, 2));
    must(clearColumns(orders, 500, space));
    expect(codeOf(pairColumns(space, must(openPairSpace(1))))).toBe("COLUMNS_TOO_LONG");
  });

  test("pairs of nothing: before a clearing, after one that was refused", () => {
    const [space, pairs] = [must(openColumnSpace(LADDER, 2)), must(openPairSpace(2))];
    expect(codeOf(pairColumns(space, pairs))).toBe("COLUMNS_NOT_CLEARED");
    must(clearColumns(columns(), 500, space));
    expect(must(pairColumns(space, pairs)).count).toBe(0);
    clearColumns(columns(["buy", 50, 0]), 500, space);
    expect(codeOf(pairColumns(space, pairs))).toBe("COLUMNS_NOT_CLEARED");
  });

  test("a pairing of columns that were changed after their clearing ends", () => {
    const orders = columns(["buy", 41, 10], ["sell", 20, 10]);
    const [space, pairs] = [must(openColumnSpace(LADDER, 2)), must(openPairSpace(2))];
    must(clearColumns(orders, 500, space));
    orders.rungs[1] = 0;
    expect(must(pairColumns(space, pairs)).count).toBeLessThanOrEqual(2);
  });
});

describe("totals", () => {
  test.each([-1, 200, 1.5, Number.NaN])("no rung %p", (rung) => {
    const totals = must(TickTotals.open(LADDER));
    expect([totals.add(rung, 1), totals.remove(rung, 1)]).toEqual(["TICK_OFF_LADDER", "TICK_OFF_LADDER"]);
  });

  test.each([0, -1, 1.5, Number.NaN, 2 ** 53])("no energy %p", (energy) => {
    const totals = must(TickTotals.open(LADDER));
    expect([totals.add(0, energy), totals.remove(0, energy)]).toEqual(["ENERGY_NOT_POSITIVE", "ENERGY_NOT_POSITIVE"]);
  });

  test("more can't leave than came, and a part can", () => {
    const totals = must(TickTotals.open(LADDER));
    totals.add(82, 10);
    totals.add(41, 10);
    expect([totals.remove(82, 11), totals.remove(83, 1), totals.remove(41, 4)]).toEqual(["ENERGY_NOT_THERE", "ENERGY_NOT_THERE", null]);
    expect(must(totals.cross(500))).toMatchObject({ price: 41, volume: 6, cut: 82, toShare: 6 });
    expect([totals.remove(82, 10), totals.at(82)]).toEqual([null, 0]);
    expect(must(totals.cross(500))).toMatchObject({ price: null, volume: 0, cut: null });
  });
});
