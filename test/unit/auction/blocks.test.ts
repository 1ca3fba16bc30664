import { describe, expect, test } from "@jest/globals";
import { type BlockClearing, clearWithBlocks, valueAt } from "../../../engine/auction/blocks/index.ts";
import { type Clearing, clear, clearingDigest, reference } from "../../../engine/auction/index.ts";
import { microPerKwh, nano, wh } from "../../../engine/kernel/index.ts";
import { block, inputs, type PlainBlock } from "../../support/blocks.ts";
import { idOf, type Line } from "../../support/book.ts";
import { street } from "../../support/networks.ts";

const run = (books: readonly (readonly Line[])[], blocks: readonly PlainBlock[], kPermille = 500): BlockClearing =>
  clearWithBlocks(inputs(books, 1, kPermille), blocks.map(block));

const prices = ({ clearings }: BlockClearing) => clearings.map((clearing) => (clearing.kind === "trade" ? clearing.price : null));
const number = (id: string): number => Number(BigInt(id));
const accepted = (result: BlockClearing) =>
  result.accepted.map(({ block: id, ratioPermille, surplus }) => [number(id), ratioPermille, surplus]);
const refused = (result: BlockClearing) => result.refused.map(({ block: id, reason, surplus }) => [number(id), reason, surplus]);
const filled = (clearing: Clearing): Record<number, number> =>
  Object.fromEntries(clearing.outcomes.filter(({ energy }) => energy > 0).map(({ order, energy }) => [number(order), energy]));

describe("all or nothing", () => {
  test("a block that fits trades whole, and its limit takes part in the price", () => {
    const result = run([[[1, "buy", 10, 100]]], [{ id: 90, legs: [[0, "sell", 10]], limit: 40 }]);
    expect(prices(result)).toEqual([70]);
    expect(accepted(result)).toEqual([[90, 1000, 300]]);
    expect(result.clearings[0]).toMatchObject({ priceRange: { low: 40, high: 100 }, volume: 10, welfare: 600, surplus: 0 });
    expect(result).toMatchObject({ welfare: 600, bound: 600, gap: 0, relaxedBound: 600 });
  });

  test("a block too large for the demand at its price is refused, and told as paradoxical", () => {
    const books: readonly (readonly Line[])[] = [
      [
        [1, "buy", 10, 300],
        [2, "buy", 14, 10],
        [3, "sell", 1, 40],
        [4, "sell", 13, 100],
      ],
    ];
    const result = run(books, [{ id: 90, legs: [[0, "sell", 11]], limit: 40 }]);
    expect(prices(result)).toEqual([100]);
    expect(refused(result)).toEqual([[90, "BLOCK_PARADOXICAL", 660]]);
    expect(result.paradoxical).toEqual([idOf(90)]);
    // Divisible, nine of its eleven would bring 540 more: no price makes everybody content.
    expect(result).toMatchObject({ welfare: 2060, bound: 2060, gap: 0, relaxedBound: 2600 });
  });

  test("what it may leave out is cut like any order at the margin", () => {
    const books: readonly (readonly Line[])[] = [
      [
        [1, "buy", 10, 300],
        [3, "sell", 1, 40],
        [4, "sell", 13, 100],
      ],
    ];
    expect(accepted(run(books, [{ id: 90, legs: [[0, "sell", 11]], limit: 39, ratio: 500 }]))).toEqual([[90, 909, 0]]);
    // At least 10 of 11, rounded up, and one more order takes the last watt-hour at its limit.
    expect(accepted(run(books, [{ id: 90, legs: [[0, "sell", 11]], limit: 41, ratio: 819 }]))).toEqual([]);
    expect(accepted(run(books, [{ id: 90, legs: [[0, "sell", 11]], limit: 41, ratio: 818 }]))).toEqual([[90, 818, 0]]);
  });

  test("among equal limits a block comes first, and nothing else notices", () => {
    const books: readonly (readonly Line[])[] = [
      [
        [1, "buy", 9, 300],
        [2, "sell", 1, 40],
        [3, "sell", 2, 40],
      ],
    ];
    const result = run(books, [{ id: 90, legs: [[0, "sell", 9]], limit: 40 }]);
    expect(accepted(result)).toEqual([[90, 1000, 0]]);
    expect(result.clearings[0]).toMatchObject({ priceRange: { low: 40, high: 40 }, price: 40 });
    expect(result.clearings[0]!.outcomes.filter(({ side }) => side === "sell")).toMatchObject([
      { limit: 40, energy: 0, reason: "NOTHING_LEFT", tradesAt: 40 },
      { limit: 40, energy: 0, reason: "NOTHING_LEFT", tradesAt: 40 },
      { limit: 40, energy: 9, reason: null },
    ]);
  });

  test.each([0, 250, 500, 999, 1000])("equal limits on both sides of blocks: k of %d", (kPermille) => {
    const books: readonly (readonly Line[])[] = [
      [
        [1, "buy", 3, 40],
        [2, "sell", 3, 40],
      ],
    ];
    const pair: readonly PlainBlock[] = [
      { id: 90, legs: [[0, "sell", 5]], limit: 40 },
      { id: 91, legs: [[0, "buy", 5]], limit: 40 },
    ];
    const result = run(books, pair, kPermille);
    expect(prices(result)).toEqual([40]);
    // Welfare is 0 with or without them; with them more trades.
    expect(result.welfare).toBe(0);
    expect(result.clearings[0]).toMatchObject({ kind: "trade", volume: 8 });
  });

  test("two of which only one fits: the better one, and the other is told why", () => {
    const pair: readonly PlainBlock[] = [
      { id: 90, legs: [[0, "sell", 10]], limit: 40 },
      { id: 91, legs: [[0, "sell", 10]], limit: 50 },
    ];
    const result = run([[[1, "buy", 10, 100]]], pair, 0);
    expect(accepted(result)).toEqual([[90, 1000, 0]]);
    expect(refused(result)).toEqual([[91, "BLOCK_OUT_OF_MONEY", -100]]);
    expect(refused(run([[[1, "buy", 10, 100]]], pair, 500))).toEqual([[91, "BLOCK_PARADOXICAL", 200]]);
  });

  test("a value between two ticks counts as the safe one", () => {
    const on10 = (line: Line, side: "buy" | "sell", value: number): BlockClearing =>
      clearWithBlocks(inputs([[line]], 10, side === "sell" ? 0 : 1000), [block({ id: 90, legs: [[0, side, 3]], value })]);
    // 95 for 3 is 31.7: 40 for a seller, 30 for a buyer.
    expect(on10([1, "buy", 3, 50], "sell", -95).clearings[0]).toMatchObject({ price: 40, priceRange: { low: 40, high: 50 } });
    expect(on10([1, "sell", 3, 20], "buy", 95).clearings[0]).toMatchObject({ price: 30, priceRange: { low: 20, high: 30 } });
  });

  test("blocks of both sides need no order", () => {
    const result = run(
      [[]],
      [
        { id: 90, legs: [[0, "sell", 7]], limit: 20 },
        { id: 91, legs: [[0, "buy", 7]], limit: 30 },
      ],
    );
    expect(prices(result)).toEqual([25]);
    expect(accepted(result)).toEqual([
      [90, 1000, 35],
      [91, 1000, 35],
    ]);
  });

  test.each<readonly [string, readonly Line[], PlainBlock, readonly unknown[]]>([
    ["nobody buys", [[1, "sell", 5, 10]], { id: 90, legs: [[0, "sell", 5]], limit: 5 }, [90, "BLOCK_NO_COUNTERPART", null]],
    [
      "at the money",
      [
        [1, "buy", 5, 10],
        [2, "sell", 5, 10],
      ],
      { id: 90, legs: [[0, "sell", 6]], limit: 10 },
      [90, "BLOCK_AT_THE_MONEY", 0],
    ],
    ["nobody pays as much", [[1, "buy", 5, 10]], { id: 90, legs: [[0, "sell", 5]], limit: 11 }, [90, "BLOCK_OUT_OF_MONEY", -5]],
    ["wants to be paid for buying", [[1, "sell", 5, 0]], { id: 90, legs: [[0, "buy", 5]], value: -1 }, [90, "BLOCK_OUT_OF_MONEY", -1]],
  ])("%s", (_, lines, one, answer) => {
    expect(refused(run([lines], [one]))).toEqual([answer]);
  });
});

describe("several intervals", () => {
  const sellers: readonly Line[] = [
    [1, "sell", 15, 5],
    [2, "sell", 20, 3],
  ];

  test("profiles: a price for each interval", () => {
    const result = run(
      [sellers, sellers, sellers],
      [
        {
          id: 90,
          legs: [
            [0, "buy", 4],
            [1, "buy", 6],
            [2, "buy", 10],
          ],
          limit: 100,
        },
        {
          id: 91,
          legs: [
            [0, "buy", 3],
            [1, "buy", 6],
            [2, "buy", 12],
          ],
          limit: 100,
        },
      ],
    );
    expect(prices(result)).toEqual([3, 3, 5]);
    expect(result.clearings.map(filled)).toEqual([
      { 2: 7, 90: 4, 91: 3 },
      { 4: 12, 90: 6, 91: 6 },
      { 5: 2, 6: 20, 90: 10, 91: 12 },
    ]);
  });

  test("a loss in one interval is made good by another", () => {
    const dear: readonly Line[] = [[1, "sell", 20, 12]];
    const cheap: readonly Line[] = [[2, "sell", 20, 3]];
    const result = run(
      [dear, cheap],
      [
        {
          id: 90,
          legs: [
            [0, "buy", 5],
            [1, "buy", 5],
          ],
          limit: 10,
        },
      ],
    );
    expect(prices(result)).toEqual([12, 3]);
    expect(accepted(result)).toEqual([[90, 1000, 25]]);
    expect(result.welfare).toBe(25);
    // At 7 it can't.
    expect(
      refused(
        run(
          [dear, cheap],
          [
            {
              id: 90,
              legs: [
                [0, "buy", 5],
                [1, "buy", 5],
              ],
              limit: 7,
            },
          ],
        ),
      ),
    ).toEqual([[90, "BLOCK_OUT_OF_MONEY", -5]]);
  });

  test("a battery buys and sells, or does neither", () => {
    const noon: readonly Line[] = [[1, "sell", 20, 3]];
    const evening: readonly Line[] = [
      [2, "buy", 9, 30],
      [3, "sell", 9, 28],
    ];
    const battery = (gain: number): PlainBlock => ({
      id: 90,
      legs: [
        [0, "buy", 10],
        [1, "sell", 9],
      ],
      value: -gain,
    });
    // It pays 30 at noon; the evening's price lies between its own least, (30 + 60) / 9 = 10, and 28.
    const result = run([noon, evening], [battery(60)]);
    expect(prices(result)).toEqual([3, 19]);
    expect(result.clearings[1]).toMatchObject({ priceRange: { low: 10, high: 28 } });
    expect(accepted(result)).toEqual([[90, 1000, 9 * 19 - 30 - 60]]);
    expect(result.accepted[0]!.legs).toMatchObject([
      { side: "buy", energy: 10, price: 3, amount: 30 },
      { side: "sell", energy: 9, price: 19, amount: 171 },
    ]);
    // 28 is the most that the evening gives: 9 x 28 - 30 = 222. Then the street is as well off with it as without, and more trades.
    expect(accepted(run([noon, evening], [battery(222)]))).toEqual([[90, 1000, 0]]);
    const without = run([noon, evening], [battery(223)]);
    expect(prices(without)).toEqual([null, 29]);
    // At 29 it would gain, but with it there is no 29.
    expect(refused(without)).toEqual([[90, "BLOCK_PARADOXICAL", 9 * 29 - 30 - 223]]);
    expect(without).toMatchObject({ welfare: 18, bound: 18 });
  });

  test("a part of several legs is cut in one proportion, without rounding", () => {
    const books: readonly (readonly Line[])[] = [[[1, "buy", 25, 50]], [[2, "buy", 40, 50]]];
    // Steps of 1:2; 20 of 30 and 40 of 60 are what the second interval takes.
    const result = run(books, [
      {
        id: 90,
        legs: [
          [0, "sell", 30],
          [1, "sell", 60],
        ],
        limit: 20,
        ratio: 300,
      },
    ]);
    expect(accepted(result)[0]!.slice(0, 2)).toEqual([90, 666]);
    expect(result.accepted[0]!.legs.map(({ energy }) => energy)).toEqual([20, 40]);
    expect(result.welfare).toBe(60 * 30);
    expect(
      accepted(
        run(books, [
          {
            id: 90,
            legs: [
              [0, "sell", 30],
              [1, "sell", 60],
            ],
            limit: 20,
            ratio: 667,
          },
        ]),
      ),
    ).toEqual([]);
  });

  test("limits within one interval leave room for what another needs", () => {
    const books: readonly (readonly Line[])[] = [[[1, "buy", 10, 100]], [[2, "sell", 5, 0]]];
    // The seller needs 70 where the buyer of both, worth 60 a watt-hour, would offer 60 in each.
    const result = run(
      [[[1, "sell", 1, 100]], books[1]!],
      [
        { id: 90, legs: [[0, "sell", 5]], limit: 70 },
        {
          id: 91,
          legs: [
            [0, "buy", 5],
            [1, "buy", 5],
          ],
          limit: 60,
        },
      ],
    );
    expect(result.accepted.map(({ block: id }) => number(id))).toEqual([90, 91]);
    expect(result.welfare).toBe(600 - 350);
  });
});

describe("families and groups", () => {
  const noon: readonly Line[] = [[1, "buy", 10, 100]];

  test("a child waits for its parent", () => {
    const family: readonly PlainBlock[] = [
      { id: 90, legs: [[0, "sell", 5]], limit: 120 },
      { id: 91, legs: [[0, "sell", 5]], limit: 10, parent: 90 },
    ];
    const result = run([noon], family);
    expect(accepted(result)).toEqual([]);
    expect(refused(result)).toEqual([
      [90, "BLOCK_OUT_OF_MONEY", -100],
      [91, "BLOCK_PARENT_REFUSED", 450],
    ]);
    expect(result.paradoxical).toEqual([]);
    const free = run([noon], [family[0]!, { ...family[1]!, id: 92, parent: 90, limit: 10 }, { id: 93, legs: [[0, "sell", 5]], limit: 20 }]);
    expect(accepted(free).map(([id]) => id)).toEqual([93]);
  });

  test("nor does a parent count that may stay out and does", () => {
    const family: readonly PlainBlock[] = [
      { id: 90, legs: [[0, "sell", 5]], limit: 120, ratio: 0 },
      { id: 91, legs: [[0, "sell", 5]], limit: 10, parent: 90 },
    ];
    const result = run([noon], family);
    expect(refused(result).map(([id, reason]) => [id, reason])).toEqual([
      [90, "BLOCK_OUT_OF_MONEY"],
      [91, "BLOCK_PARENT_REFUSED"],
    ]);
    expect(accepted(run([noon], [{ ...family[0]!, limit: 20 }, family[1]!])).map(([id]) => id)).toEqual([90, 91]);
  });

  test("of a group one", () => {
    const result = run(
      [noon],
      [
        { id: 90, legs: [[0, "sell", 4]], limit: 20, group: "wash" },
        { id: 91, legs: [[0, "sell", 6]], limit: 20, group: "wash" },
      ],
    );
    expect(accepted(result).map(([id]) => id)).toEqual([91]);
    expect(refused(result).map(([id, reason]) => [id, reason])).toEqual([[90, "BLOCK_EXCLUDED"]]);
  });
});

describe("bad input has its own code", () => {
  const noon: readonly Line[] = [[1, "buy", 10, 100]];
  const good: PlainBlock = { id: 90, legs: [[0, "sell", 5]], limit: 10 };
  const sound = block(good);

  test.each([
    ["BLOCK_NO_LEGS", { ...sound, legs: [] }],
    ["BLOCK_LEG_TWICE", { ...sound, legs: [...sound.legs, ...sound.legs] }],
    ["BLOCK_INTERVAL_UNKNOWN", block({ ...good, legs: [[1, "sell", 5]] })],
    ["BLOCK_ENERGY_OUT_OF_RANGE", { ...sound, legs: [{ ...sound.legs[0]!, energy: wh(0) }] }],
    ["BLOCK_ENERGY_OUT_OF_RANGE", { ...sound, legs: [{ ...sound.legs[0]!, energy: 0.5 as (typeof sound.legs)[0]["energy"] }] }],
    ["BLOCK_VALUE_OUT_OF_RANGE", { ...sound, value: nano(-5 * 100_000_001) }],
    ["BLOCK_VALUE_OUT_OF_RANGE", { ...sound, value: Number.NaN as typeof sound.value }],
    ["BLOCK_RATIO_OUT_OF_RANGE", { ...sound, minRatioPermille: 1001 }],
    ["BLOCK_RATIO_OUT_OF_RANGE", { ...sound, minRatioPermille: -1 }],
    ["BLOCK_ID_TAKEN", { ...sound, id: idOf(1) }],
    ["BLOCK_PARENT_UNKNOWN", { ...sound, parent: idOf(77) }],
    ["BLOCK_PARENT_CYCLE", { ...sound, parent: sound.id }],
    ["BLOCK_TOO_LARGE", { ...sound, legs: [{ ...sound.legs[0]!, energy: wh(1_000_000_000_000) }], value: nano(-Number.MAX_SAFE_INTEGER) }],
  ] as const)("%s", (code, one) => {
    const result = clearWithBlocks(inputs([noon]), [one]);
    expect(result.refused).toEqual([{ block: one.id, home: one.home, reason: code, surplus: null }]);
    expect(result.clearings).toEqual([clear(inputs([noon])[0]!)]);
  });

  test("one id for two, a circle of three, and the child of a bad parent", () => {
    const circle = [2, 3, 4].map((n) => block({ ...good, id: 90 + n, parent: 90 + (n === 4 ? 2 : n + 1) }));
    const blocks = [sound, { ...sound, home: circle[0]!.home }, ...circle, block({ ...good, id: 99, parent: 90 })];
    const result = clearWithBlocks(inputs([noon]), blocks);
    expect(result.refused.map(({ block: id, reason }) => [number(id), reason])).toEqual([
      [90, "BLOCK_ID_TAKEN"],
      [90, "BLOCK_ID_TAKEN"],
      [92, "BLOCK_PARENT_CYCLE"],
      [93, "BLOCK_PARENT_CYCLE"],
      [94, "BLOCK_PARENT_CYCLE"],
      [99, "BLOCK_PARENT_REFUSED"],
    ]);
  });

  test("no interval at all", () => {
    expect(clearWithBlocks([], [sound])).toMatchObject({ clearings: [], welfare: 0, refused: [{ reason: "BLOCK_INTERVAL_UNKNOWN" }] });
  });
});

describe("the budget", () => {
  const noon: readonly Line[] = [[1, "buy", 10, 100]];
  const many = Array.from({ length: 6 }, (_, i): PlainBlock => ({ id: 90 + i, legs: [[0, "sell", 4]], limit: 20 + i }));

  test("without any, the street clears as if there were no blocks, and the bound says what that may cost", () => {
    const result = clearWithBlocks(inputs([noon]), many.map(block), { clearings: 0 });
    expect(result).toMatchObject({ accepted: [], welfare: 0, search: { clearings: 0, finished: false } });
    expect(result.bound).toBeGreaterThanOrEqual(8 * 79);
    expect(result.gap).toBe(result.bound);
  });

  test("is kept", () => {
    for (const clearings of [1, 2, 3, 5]) {
      expect(clearWithBlocks(inputs([noon]), many.map(block), { clearings }).search.clearings).toBeLessThanOrEqual(clearings);
    }
    expect(clearWithBlocks(inputs([noon]), many.map(block))).toMatchObject({
      gap: 0,
      welfare: 4 * 80 + 4 * 79,
      search: { finished: true },
    });
  });
});

describe("on wires", () => {
  // The root sells at 50; node 1 has a home that buys, node 2 one that sells a block.
  const wires = [
    { parent: 0, into: 10, out: 10, fee: 2, lossPpm: 0 },
    { parent: 0, into: 10, out: 8, fee: 1, lossPpm: 0 },
  ];
  const given = street({
    wires,
    offers: [
      [0, "sell", 100, 50],
      [0, "buy", 100, 10],
      [1, "buy", 6, 60],
    ],
  });

  test.each([
    ["clear", clear],
    ["reference", reference],
  ] as const)("nodes have their own prices, edges their fees: %s", (_, mechanism) => {
    const one = block({ id: 90, home: 2, legs: [[0, "sell", 8]], limit: 5 });
    const result = clearWithBlocks([given], [one], { mechanism });
    const [trade] = result.clearings;
    // Eight fill the wire of node 2: six go to node 1, two to the root's buyer, whose 10 is the root's price. Node 2 has 5 to 9.
    expect(accepted(result)).toEqual([[90, 1000, 8 * 2]]);
    expect(trade).toMatchObject({
      nodes: [
        { price: 10, low: 10, high: 10 },
        { price: 12, low: 12, high: 12 },
        { price: 7, low: 5, high: 9 },
      ],
      flows: [
        { direction: "import", entered: 6, fees: 12, rent: 0 },
        { direction: "export", entered: 8, full: true, fees: 8, rent: 16 },
      ],
      welfare: 6 * 60 + 2 * 10 - 8 * 5 - 12 - 8,
      surplus: 36,
      volume: 8,
    });
    expect(filled(trade!)).toEqual({ 2: 2, 3: 6, 90: 8 });
  });

  test("what doesn't fit through its wire is refused", () => {
    const one = block({ id: 90, home: 2, legs: [[0, "sell", 9]], limit: 5 });
    const result = clearWithBlocks([given], [one], { mechanism: reference });
    expect(result.accepted).toEqual([]);
  });
});

test("one limit for all is energy times limit", () => {
  expect(valueAt(microPerKwh(30), "buy", [wh(2), wh(3)])).toBe(150);
  expect(valueAt(microPerKwh(30), "sell", [wh(2), wh(3)])).toBe(-150);
});

test("clearings with blocks in them have a root as any", () => {
  const result = run([[[1, "buy", 10, 100]]], [{ id: 90, legs: [[0, "sell", 10]], limit: 40 }]);
  expect(clearingDigest(result.clearings[0]!)).toMatch(/^0x[0-9a-f]{64}$/);
});
