import { describe, expect, test } from "@jest/globals";
import {
  type Clearing,
  type ClearingInput,
  type ClearingMechanism,
  clear,
  type Edge,
  type NoTrade,
  reference,
  type Trade,
} from "../../../engine/auction/index.ts";
import { homeId, interval, type MicroPerKwh, microPerKwh, type Wh, wh } from "../../../engine/kernel/index.ts";
import { book, idOf, input, type Line } from "../../support/book.ts";

const asTrade = (clearing: Clearing): Trade => {
  if (clearing.kind !== "trade") throw new Error(`no trade: ${clearing.reason}`);
  return clearing;
};
const asNoTrade = (clearing: Clearing): NoTrade => {
  if (clearing.kind !== "no-trade") throw new Error("a trade");
  return clearing;
};

interface Case {
  readonly name: string;
  readonly book: readonly Line[];
  readonly tick?: number;
  readonly k?: number;
  readonly range: readonly [number, number];
  readonly price: number;
  readonly welfare: number;
  /** What each line got, in the order of the lines. */
  readonly got: readonly number[];
  /** Lines (from 1) that end the range. */
  readonly setBy: readonly [readonly number[], readonly number[]];
}

const CASES: readonly Case[] = [
  {
    name: "one buyer, one seller, equal energy: both limits end the range",
    book: [
      [1, "buy", 500, 20],
      [2, "sell", 500, 10],
    ],
    range: [10, 20],
    price: 15,
    welfare: 5000,
    got: [500, 500],
    setBy: [[2], [1]],
  },
  {
    name: "equal limits trade: most volume where the welfare is the same",
    book: [
      [1, "buy", 500, 12],
      [2, "sell", 500, 12],
    ],
    range: [12, 12],
    price: 12,
    welfare: 0,
    got: [500, 500],
    setBy: [[2], [1]],
  },
  {
    name: "the short side is full, the partly filled buyer alone sets the price",
    book: [
      [1, "buy", 800, 20],
      [2, "sell", 500, 10],
    ],
    range: [20, 20],
    price: 20,
    welfare: 5000,
    got: [500, 500],
    setBy: [[1], [1]],
  },
  {
    name: "the partly filled seller alone sets the price",
    book: [
      [1, "buy", 500, 20],
      [2, "sell", 800, 10],
    ],
    range: [10, 10],
    price: 10,
    welfare: 5000,
    got: [500, 500],
    setBy: [[2], [2]],
  },
  {
    name: "a refused buyer holds the low end up, a refused seller the high end down",
    book: [
      [1, "buy", 100, 20],
      [2, "sell", 100, 10],
      [3, "buy", 100, 14],
      [4, "sell", 100, 16],
    ],
    range: [14, 16],
    price: 15,
    welfare: 1000,
    got: [100, 100, 0, 0],
    setBy: [[3], [4]],
  },
  {
    name: "orders trade by limit, not by place: the dear seller and the cheap buyer stay out",
    book: [
      [1, "sell", 300, 30],
      [2, "sell", 300, 10],
      [3, "buy", 300, 12],
      [4, "buy", 300, 28],
    ],
    range: [12, 28],
    price: 20,
    welfare: 5400,
    got: [0, 300, 0, 300],
    setBy: [[3], [4]],
  },
  {
    name: "pro rata among equal limits: 7 of 10 for 3, 3 and 4 is 2.1, 2.1 and 2.8",
    book: [
      [1, "sell", 3, 10],
      [2, "sell", 3, 10],
      [3, "sell", 4, 10],
      [4, "buy", 7, 20],
    ],
    range: [10, 10],
    price: 10,
    welfare: 70,
    got: [2, 2, 3, 7],
    setBy: [
      [1, 2, 3],
      [1, 2, 3],
    ],
  },
  {
    name: "equal remainders: the watt-hour goes to the lower id",
    book: [
      [1, "sell", 5, 10],
      [2, "sell", 5, 10],
      [3, "sell", 5, 10],
      [4, "buy", 10, 20],
    ],
    range: [10, 10],
    price: 10,
    welfare: 100,
    got: [4, 3, 3, 10],
    setBy: [
      [1, 2, 3],
      [1, 2, 3],
    ],
  },
  {
    name: "both sides meet at one limit and the long one shares",
    book: [
      [1, "sell", 10, 10],
      [2, "buy", 4, 10],
      [3, "buy", 4, 10],
      [4, "buy", 4, 10],
    ],
    range: [10, 10],
    price: 10,
    welfare: 0,
    got: [10, 4, 3, 3],
    setBy: [
      [1, 3, 4],
      [2, 3, 4],
    ],
  },
  {
    name: "a price between ticks is rounded down: 10 to 15 on a tick of 5",
    book: [
      [1, "buy", 1, 15],
      [2, "sell", 1, 10],
    ],
    tick: 5,
    range: [10, 15],
    price: 10,
    welfare: 5,
    got: [1, 1],
    setBy: [[2], [1]],
  },
  {
    name: "k of a third on a tick of 1: 10 + 33.3 -> 43",
    book: [
      [1, "buy", 1, 110],
      [2, "sell", 1, 10],
    ],
    k: 333,
    range: [10, 110],
    price: 43,
    welfare: 100,
    got: [1, 1],
    setBy: [[2], [1]],
  },
  {
    name: "k = 0 gives the buyers everything, a buyer at that limit finds nothing left",
    book: [
      [1, "buy", 1, 20],
      [2, "sell", 1, 10],
      [3, "buy", 1, 14],
    ],
    k: 0,
    range: [14, 20],
    price: 14,
    welfare: 10,
    got: [1, 1, 0],
    setBy: [[3], [1]],
  },
  {
    name: "k = 1 gives the sellers everything",
    book: [
      [1, "buy", 1, 20],
      [2, "sell", 1, 10],
    ],
    k: 1000,
    range: [10, 20],
    price: 20,
    welfare: 10,
    got: [1, 1],
    setBy: [[2], [1]],
  },
  {
    name: "a home's own buy and sell both stand and net",
    book: [
      [1, "buy", 100, 20],
      [1, "sell", 100, 10],
      [2, "buy", 50, 15],
    ],
    range: [15, 20],
    price: 17,
    welfare: 1000,
    got: [100, 100, 0],
    setBy: [[3], [1]],
  },
  {
    name: "a price of 0 is a price",
    book: [
      [1, "buy", 100, 0],
      [2, "sell", 100, 0],
    ],
    range: [0, 0],
    price: 0,
    welfare: 0,
    got: [100, 100],
    setBy: [[2], [1]],
  },
  {
    name: "a share may round to nothing",
    book: [
      [1, "sell", 1, 10],
      [2, "sell", 1, 10],
      [3, "buy", 1, 10],
    ],
    range: [10, 10],
    price: 10,
    welfare: 0,
    got: [1, 0, 1],
    setBy: [[1], [2, 3]],
  },
];

describe.each<[string, ClearingMechanism]>([
  ["clear", clear],
  ["reference", reference],
])("%s", (_, mechanism) => {
  test.each(CASES)("$name", (row) => {
    const trade = asTrade(mechanism(input(book(...row.book), row.tick, row.k)));
    const setBy = [trade.priceSetBy.low, trade.priceSetBy.high].map((setters) => setters.map(({ order }) => order));
    expect([trade.priceRange.low, trade.priceRange.high]).toEqual(row.range);
    expect(trade.price).toBe(row.price);
    expect(trade.welfare).toBe(row.welfare);
    expect(trade.outcomes.map(({ energy }) => energy)).toEqual(row.got);
    expect(setBy).toEqual(row.setBy.map((lines) => lines.map(idOf)));
  });

  test("a whole trade, every field", () => {
    const lines: readonly Line[] = [
      [7, "buy", 800, 18],
      [3, "sell", 500, 10],
      [9, "buy", 200, 12],
      [5, "sell", 100, 30],
    ];
    const both = { home: 7, side: "buy" } as const;
    expect(mechanism(input(book(...lines)))).toEqual({
      kind: "trade",
      interval: 1000,
      price: 18,
      priceRange: { low: 18, high: 18 },
      priceSetBy: { low: [{ order: idOf(1), ...both, limit: 18 }], high: [{ order: idOf(1), ...both, limit: 18 }] },
      volume: 500,
      welfare: 4000,
      surplus: 0,
      lostToCapacity: 0,
      nodes: [{ price: 18, low: 18, high: 18 }],
      flows: [],
      fills: [
        { order: idOf(1), home: 7, side: "buy", energy: 500, price: 18, amount: 9000 },
        { order: idOf(2), home: 3, side: "sell", energy: 500, price: 18, amount: 9000 },
      ],
      outcomes: [
        {
          order: idOf(1),
          home: 7,
          side: "buy",
          limit: 18,
          wanted: 800,
          energy: 500,
          kind: "partly-filled",
          reason: "RATIONED",
          edge: null,
          tradesAt: 18,
        },
        {
          order: idOf(2),
          home: 3,
          side: "sell",
          limit: 10,
          wanted: 500,
          energy: 500,
          kind: "filled",
          reason: null,
          edge: null,
          tradesAt: null,
        },
        {
          order: idOf(3),
          home: 9,
          side: "buy",
          limit: 12,
          wanted: 200,
          energy: 0,
          kind: "refused",
          reason: "PRICE_TOO_HIGH",
          edge: null,
          tradesAt: 18,
        },
        {
          order: idOf(4),
          home: 5,
          side: "sell",
          limit: 30,
          wanted: 100,
          energy: 0,
          kind: "refused",
          reason: "PRICE_TOO_LOW",
          edge: null,
          tradesAt: 18,
        },
      ],
      unsold: 100,
      unbought: 500,
    });
  });

  test.each<[string, readonly Line[], object]>([
    ["no orders", [], { reason: "NO_ORDERS", bestBuy: null, bestSell: null, unsold: 0, unbought: 0 }],
    [
      "only sellers",
      [
        [1, "sell", 5, 12],
        [2, "sell", 7, 10],
      ],
      { reason: "NO_BUYERS", bestBuy: null, bestSell: 10, unsold: 12, unbought: 0 },
    ],
    [
      "only buyers",
      [
        [1, "buy", 5, 12],
        [2, "buy", 7, 10],
      ],
      { reason: "NO_SELLERS", bestBuy: 12, bestSell: null, unsold: 0, unbought: 12 },
    ],
    [
      "limits apart",
      [
        [1, "buy", 5, 11],
        [2, "sell", 7, 12],
      ],
      { reason: "PRICES_DO_NOT_MEET", bestBuy: 11, bestSell: 12, unsold: 7, unbought: 5 },
    ],
  ])("no trade, and no price: %s", (_name, lines, expected) => {
    const clearing = asNoTrade(mechanism(input(book(...lines))));
    expect(clearing).toMatchObject(expected);
    expect(clearing).not.toHaveProperty("price");
    expect(clearing.outcomes).toHaveLength(lines.length);
    for (const outcome of clearing.outcomes) expect(outcome).toMatchObject({ kind: "refused", reason: clearing.reason, energy: 0 });
  });

  test.each<[string, readonly Line[], number, readonly (string | null)[]]>([
    [
      "NOTHING_LEFT when a limit is just the price",
      [
        [1, "buy", 1, 20],
        [2, "sell", 1, 10],
        [3, "buy", 1, 14],
      ],
      0,
      [null, null, "NOTHING_LEFT"],
    ],
    [
      "RATIONED also for a share that rounds to nothing",
      [
        [1, "sell", 1, 10],
        [2, "sell", 1, 10],
        [3, "buy", 1, 10],
      ],
      500,
      [null, "RATIONED", null],
    ],
    [
      "sellers at the price behind a full level",
      [
        [1, "buy", 1, 20],
        [2, "sell", 1, 10],
        [3, "sell", 1, 14],
      ],
      1000,
      [null, null, "NOTHING_LEFT"],
    ],
  ])("reasons: %s", (_name, lines, k, reasons) => {
    expect(mechanism(input(book(...lines), 1, k)).outcomes.map(({ reason }) => reason)).toEqual(reasons);
  });
});

test("ten thousand orders: sums hold and the price supports the fills", () => {
  let state = 1;
  const next = (below: number): number => {
    state = (state * 48_271) % 2_147_483_647; // Park and Miller's minimal standard generator
    return state % below;
  };
  const lines = Array.from(
    { length: 10_000 },
    (_, i): Line => [i % 65_536, i % 2 === 0 ? "buy" : "sell", 1 + next(5000), 100 * (500 + next(2500))],
  );
  const trade = asTrade(clear(input(book(...lines), 100)));
  const energy = (side: "buy" | "sell"): number => trade.fills.reduce((sum, fill) => sum + (fill.side === side ? fill.energy : 0), 0);
  expect([energy("buy"), energy("sell")]).toEqual([trade.volume, trade.volume]);
  expect(trade.outcomes).toHaveLength(10_000);
  expect(trade.price % 100).toBe(0);
  for (const { side, limit, kind } of trade.outcomes) {
    if (limit !== trade.price) expect(kind === "filled").toBe(side === "buy" ? limit > trade.price : limit < trade.price);
  }
});

describe("what admission has promised is asserted, never computed with", () => {
  const good = book([1, "buy", 5, 20], [2, "sell", 5, 10]);
  const [first, second] = good;
  const edge: Edge = { parent: 0, importCapacity: wh(1), exportCapacity: wh(1), fee: microPerKwh(0), lossPpm: 0 };
  const wired = (change: Partial<Edge>): ClearingInput => ({
    ...input(good),
    network: { nodes: [{ edge: null }, { edge: { ...edge, ...change } }], homes: new Map() },
  });
  test.each<[string, ClearingInput]>([
    ["order ids are unique", input([first!, first!])],
    ["order ids are unique", input([second!, first!, second!])],
    ["limits are multiples of the tick", input(good, 3)],
    ["the tick is a positive integer", input(good, 0)],
    ["k lies between 0 and 1000 thousandths", input(good, 1, 1001)],
    ["an order's energy is a positive integer", input([{ ...first!, body: { ...first!.body, energy: wh(0) } }])],
    ["all orders are for the interval that is cleared", { ...input(good), interval: interval(1) }],
    ["the first node is the root and has no edge", { ...input(good), network: { nodes: [], homes: new Map() } }],
    ["a parent stands before its children", wired({ parent: 1 })],
    ["a parent stands before its children", wired({ parent: -1 })],
    ["capacities are whole watt-hours from 0", wired({ importCapacity: -1 as Wh })],
    ["capacities are whole watt-hours from 0", wired({ exportCapacity: Number.NaN as Wh })],
    ["fees are multiples of the tick", wired({ fee: -1 as MicroPerKwh })],
    ["losses are less than a million millionths", wired({ lossPpm: 1_000_000 })],
    ["every home sits at a node of the network", { ...wired({}), network: { ...wired({}).network, homes: new Map([[homeId(1), 2]]) } }],
  ])("%s", (rule, wrong) => {
    expect(() => clear(wrong)).toThrow(rule);
  });

  test("a welfare beyond 2^53 stops the home rather than losing a unit", () => {
    expect(() => clear(input(book([1, "buy", 900_000_000, 100_000_000], [2, "sell", 900_000_000, 0])))).toThrow("beyond 2^53");
  });

  test("a cut of large orders is whole", () => {
    const { fills } = clear(input(book([1, "buy", 84_752_799, 20], [2, "sell", 128_011_001, 10]))) as Trade;
    expect(fills.map(({ energy }) => energy)).toEqual([84_752_799, 84_752_799]);
  });

  test("limits beyond what a street's rules allow, as an island's classes bid inside, clear all the same", () => {
    const orders = book([1, "buy", 10, 1], [2, "sell", 11, 0], [3, "buy", 12, 1], [4, "sell", 13, 0]);
    const high = orders.map((order) => ({ ...order, body: { ...order.body, limit: (order.body.limit + 4_000_000_000) as MicroPerKwh } }));
    expect(clear(input(high)).outcomes.map(({ energy }) => energy)).toEqual([10, 10, 12, 12]);
  });
});
