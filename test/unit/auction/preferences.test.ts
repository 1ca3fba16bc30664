import { describe, expect, test } from "@jest/globals";
import { clear } from "../../../engine/auction/index.ts";
import {
  type Agreement,
  clearWithPreferences,
  type PreferenceClearing,
  type Preferences,
} from "../../../engine/auction/preferences/index.ts";
import { type HomeId, homeId, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { book, idOf, input, type Line } from "../../support/book.ts";
import { street } from "../../support/networks.ts";

interface PlainAgreement {
  readonly id: number;
  readonly kind?: Agreement["kind"];
  readonly from: number;
  readonly to: number;
  readonly energy: number;
  readonly price?: number;
  readonly rank?: number;
  readonly agreedBy?: readonly number[];
}

const agreement = ({ id, kind = "contract", from, to, energy, price = 0, rank = 0, agreedBy = [from, to] }: PlainAgreement): Agreement => ({
  id: idOf(id),
  kind,
  seller: homeId(from),
  buyer: homeId(to),
  energy: wh(energy),
  price: microPerKwh(price),
  rank,
  agreedBy: new Set(agreedBy.map(homeId)),
});

const named = (friends: Readonly<Record<number, readonly number[]>>): Preferences["friends"] =>
  new Map(
    Object.entries(friends).map(([home, names]): [HomeId, ReadonlySet<HomeId>] => [homeId(Number(home)), new Set(names.map(homeId))]),
  );

interface Plain {
  readonly agreements?: readonly PlainAgreement[];
  readonly friends?: Readonly<Record<number, readonly number[]>>;
  readonly k?: number;
}

const preferences = ({ agreements = [], friends = {}, k = 500 }: Plain): Preferences => ({
  agreements: agreements.map(agreement),
  friends: named(friends),
  friendKPermille: k,
});

const run = (lines: readonly Line[], plain: Plain, tick = 1): PreferenceClearing =>
  clearWithPreferences(input(book(...lines), tick), preferences(plain));

const fillsOf = ({ fills }: PreferenceClearing) =>
  fills.map(({ stage, seller, buyer, energy, price }) => [stage, seller, buyer, energy, price]);
const reasons = ({ agreements }: PreferenceClearing) => agreements.map(({ energy, reason }) => [energy, reason]);

/** Homes 1 and 2 sell, 3 and 4 buy. */
const LINES: readonly Line[] = [
  [1, "sell", 10, 20],
  [2, "sell", 10, 30],
  [3, "buy", 6, 40],
  [4, "buy", 8, 50],
];

describe("agreements", () => {
  test("a contract delivers at its price, whatever the limits; the rest goes to the auction", () => {
    const result = run(LINES, { agreements: [{ id: 90, from: 2, to: 3, energy: 4, price: 45 }] });
    expect(fillsOf(result)).toEqual([["contract", 2, 3, 4, 45]]);
    expect(result.fills[0]).toMatchObject({ agreement: idOf(90), buy: idOf(3), sell: idOf(2), amount: 180, fees: 0 });
    expect(result.totals.map(({ wanted, contract, gift, friend, auction }) => [wanted, contract, gift, friend, auction])).toEqual([
      [10, 0, 0, 0, 10],
      [10, 4, 0, 0, 0],
      [6, 4, 0, 0, 2],
      [8, 0, 0, 0, 8],
    ]);
    // All 14 would have traded: 6 x 40 + 8 x 50 - 10 x 20 - 4 x 30, and so they do.
    expect(result.welfare).toEqual({ stages: 40, auction: 280, optimum: 320, cost: 0 });
    expect(result.clearing).toEqual(
      clear(input([...book(...LINES)].map((order, i) => ({ ...order, body: { ...order.body, energy: wh([10, 6, 2, 8][i]!) } })))),
    );
  });

  test("a gift costs what it keeps from somebody who would pay more", () => {
    const result = run(
      [
        [1, "sell", 10, 20],
        [3, "buy", 6, 25],
        [4, "buy", 10, 50],
      ],
      { agreements: [{ id: 90, kind: "gift", from: 1, to: 3, energy: 4 }] },
    );
    expect(fillsOf(result)).toEqual([["gift", 1, 3, 4, 0]]);
    // Four go to whom they are worth 25 rather than 50.
    expect(result.welfare).toEqual({ stages: 20, auction: 180, optimum: 300, cost: 100 });
  });

  test("contracts before gifts, lower ranks first, then lower ids; nobody gives more than its order has", () => {
    const result = run(LINES, {
      agreements: [
        { id: 90, kind: "gift", from: 1, to: 4, energy: 9, rank: -5 },
        { id: 91, from: 1, to: 3, energy: 3, price: 30, rank: 2 },
        { id: 92, from: 1, to: 3, energy: 3, price: 31, rank: 1 },
        { id: 93, from: 1, to: 3, energy: 3, price: 32, rank: 1 },
      ],
    });
    expect(fillsOf(result)).toEqual([
      ["contract", 1, 3, 3, 31],
      ["contract", 1, 3, 3, 32],
      ["gift", 1, 4, 4, 0],
    ]);
    expect(reasons(result)).toEqual([
      [4, "PREFERENCE_NOTHING_OFFERED"],
      [0, "PREFERENCE_NOTHING_WANTED"],
      [3, null],
      [3, null],
    ]);
  });

  test("it draws on the cheapest sells and the dearest buys", () => {
    const result = run(
      [
        [1, "sell", 3, 25],
        [1, "sell", 3, 20],
        [3, "buy", 4, 40],
        [3, "buy", 4, 45],
      ],
      { agreements: [{ id: 90, from: 1, to: 3, energy: 5, price: 30 }] },
    );
    expect(result.fills.map(({ sell, buy, energy }) => [sell, buy, energy])).toEqual([
      [idOf(2), idOf(4), 3],
      [idOf(1), idOf(4), 1],
      [idOf(1), idOf(3), 1],
    ]);
  });

  test.each<readonly [string, PlainAgreement]>([
    ["PREFERENCE_NOT_AGREED", { id: 90, from: 1, to: 3, energy: 4, agreedBy: [1] }],
    ["PREFERENCE_NOT_AGREED", { id: 90, from: 1, to: 3, energy: 4, agreedBy: [3, 4] }],
    ["PREFERENCE_ONE_HOME", { id: 90, from: 1, to: 1, energy: 4 }],
    ["PREFERENCE_OUT_OF_RANGE", { id: 90, from: 1, to: 3, energy: 0 }],
    ["PREFERENCE_OUT_OF_RANGE", { id: 90, from: 1, to: 3, energy: 1_000_000_000_000, price: 100_000 }],
    ["PREFERENCE_OUT_OF_RANGE", { id: 90, from: 1, to: 3, energy: 4, rank: Number.NaN }],
    ["PREFERENCE_GIFT_HAS_PRICE", { id: 90, kind: "gift", from: 1, to: 3, energy: 4, price: 10 }],
    ["PREFERENCE_PRICE_OFF_TICK", { id: 90, from: 1, to: 3, energy: 4, price: 5 }],
    ["PREFERENCE_NOTHING_OFFERED", { id: 90, from: 3, to: 4, energy: 4 }],
    ["PREFERENCE_NOTHING_WANTED", { id: 90, from: 1, to: 2, energy: 4 }],
  ])("%s: %j", (code, plain) => {
    const result = run(LINES, { agreements: [plain] }, 10);
    expect(reasons(result)).toEqual([[0, code]]);
    expect(result.clearing).toEqual(clear(input(book(...LINES), 10)));
    expect(result.welfare.cost).toBe(0);
  });

  test("PREFERENCE_TWICE", () => {
    const twice: readonly PlainAgreement[] = [
      { id: 90, from: 1, to: 3, energy: 4 },
      { id: 90, from: 1, to: 4, energy: 4 },
    ];
    expect(reasons(run(LINES, { agreements: twice }))).toEqual([
      [0, "PREFERENCE_TWICE"],
      [0, "PREFERENCE_TWICE"],
    ]);
  });
});

describe("friends", () => {
  test("two that name each other match first, in the middle of their limits", () => {
    const result = run(LINES, { friends: { 2: [3, 4], 3: [2] } });
    expect(fillsOf(result)).toEqual([["friend", 2, 3, 6, 35]]);
    // 4 named nobody. All 14 trade either way, but 6 at 30 rather than 4 at 30.
    expect(result.welfare).toEqual({ stages: 60, auction: 240, optimum: 320, cost: 20 });
  });

  test.each([
    [0, 30],
    [250, 32],
    [1000, 40],
  ])("k of %d: %d", (k, price) => {
    expect(fillsOf(run(LINES, { friends: { 2: [3], 3: [2] }, k }))).toEqual([["friend", 2, 3, 6, price]]);
  });

  test("rounded down to the tick", () => {
    expect(
      fillsOf(
        run(
          [
            [1, "sell", 1, 20],
            [2, "buy", 1, 50],
          ],
          { friends: { 1: [2], 2: [1] } },
          10,
        ),
      ),
    ).toEqual([["friend", 1, 2, 1, 30]]);
  });

  test("who gains most goes first; what doesn't pay is left; equal limits trade", () => {
    const friends = { 1: [3, 4], 2: [3, 4], 3: [1, 2], 4: [1, 2] };
    expect(fillsOf(run(LINES, { friends }))).toEqual([
      ["friend", 1, 4, 8, 35],
      ["friend", 1, 3, 2, 30],
      ["friend", 2, 3, 4, 35],
    ]);
    expect(
      fillsOf(
        run(
          [
            [1, "sell", 1, 41],
            [3, "buy", 1, 40],
          ],
          { friends },
        ),
      ),
    ).toEqual([]);
    expect(
      fillsOf(
        run(
          [
            [1, "sell", 1, 40],
            [3, "buy", 1, 40],
          ],
          { friends },
        ),
      ),
    ).toEqual([["friend", 1, 3, 1, 40]]);
  });

  test("a home is no friend of its own", () => {
    expect(
      fillsOf(
        run(
          [
            [1, "sell", 1, 20],
            [1, "buy", 1, 40],
          ],
          { friends: { 1: [1] } },
        ),
      ),
    ).toEqual([]);
  });

  test("friends get what contracts and gifts leave", () => {
    const result = run(LINES, { agreements: [{ id: 90, kind: "gift", from: 1, to: 4, energy: 5 }], friends: { 1: [4], 4: [1] } });
    expect(fillsOf(result)).toEqual([
      ["gift", 1, 4, 5, 0],
      ["friend", 1, 4, 3, 35],
    ]);
  });
});

describe("on wires", () => {
  // Home 1 at the end of a wire below the root, home 2 below home 1, home 3 on a wire of its own.
  const wires = [
    { parent: 0, into: 5, out: 7, fee: 2, lossPpm: 0 },
    { parent: 1, into: 9, out: 9, fee: 3, lossPpm: 0 },
    { parent: 0, into: 6, out: 9, fee: 1, lossPpm: 0 },
  ];
  const given = street({
    wires,
    offers: [
      [2, "sell", 20, 10],
      [3, "buy", 20, 40],
      [1, "buy", 20, 14],
      [0, "sell", 20, 30],
    ],
  });

  test("the buyer pays the fees of the way, and the narrowest wire ends it", () => {
    const result = clearWithPreferences(given, preferences({ agreements: [{ id: 90, from: 2, to: 3, energy: 8, price: 20 }] }));
    expect(result.fills).toMatchObject([{ energy: 6, amount: 120, fees: 36 }]);
    expect(reasons(result)).toEqual([[6, "PREFERENCE_EDGE_FULL"]]);
    // Node 3's wire is full. Of the 9 that leave node 2 three are left, and they go to home 1.
    expect(result.totals.map(({ auction }) => auction)).toEqual([3, 0, 3, 0]);
    expect(result.welfare).toEqual({ stages: 6 * 30 - 36, auction: 3 * 4 - 9, optimum: 6 * 30 - 36 + 3 * 4 - 9, cost: 0 });
  });

  test("a way down one wire only", () => {
    const result = clearWithPreferences(given, preferences({ agreements: [{ id: 90, kind: "gift", from: 2, to: 1, energy: 20 }] }));
    expect(result.fills).toMatchObject([{ energy: 9, amount: 0, fees: 27 }]);
    // Nine to home 1 for 14 - 10 - 3; home 3 buys from the root for 40 - 30 - 1 instead of 40 - 10 - 6.
    expect(result.welfare).toEqual({ stages: 9, auction: 54, optimum: 147, cost: 84 });
  });

  test("friends share what fees leave", () => {
    const result = clearWithPreferences(given, preferences({ friends: { 2: [3, 1], 3: [2], 1: [2] } }));
    // 40 - 10 - 6 in halves, then 14 - 10 - 3 rounded down; the buyer pays 22 + 6, and 10 + 3.
    expect(result.fills).toMatchObject([
      { buyer: 3, energy: 6, price: 22, fees: 36 },
      { buyer: 1, energy: 3, price: 10, fees: 9 },
    ]);
  });

  test("a way that loses energy is left to the auction", () => {
    const lossy = street({
      wires: [{ ...wires[0]!, lossPpm: 50_000 }],
      offers: [
        [0, "sell", 20, 10],
        [1, "buy", 4, 40],
      ],
    });
    const both = preferences({ agreements: [{ id: 90, from: 0, to: 1, energy: 4, price: 20 }], friends: { 0: [1], 1: [0] } });
    const result = clearWithPreferences(lossy, both);
    expect(reasons(result)).toEqual([[0, "PREFERENCE_PATH_LOSES"]]);
    expect(result.fills).toEqual([]);
    expect(result.clearing).toEqual(clear(lossy));
  });
});

test("no orders", () => {
  expect(run([], { friends: { 1: [2], 2: [1] } })).toMatchObject({
    fills: [],
    totals: [],
    clearing: { kind: "no-trade" },
    welfare: { stages: 0, auction: 0, optimum: 0, cost: 0 },
  });
});
