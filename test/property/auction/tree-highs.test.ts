import { beforeAll, describe, expect, test } from "@jest/globals";
import { type ClearingInput, type ClearingMechanism, clear, reference } from "../../../engine/auction/index.ts";
import { openHighs } from "../../support/highs.ts";
import { type MarketShape, randomMarket, SHAPE } from "../../support/networks.ts";

/** An optimum that shares nothing with us: HiGHS on random trees with capacities, islands, fees and losses. A failure names its seed. */
let highs: Awaited<ReturnType<typeof openHighs>>;
beforeAll(async () => {
  highs = await openHighs();
});

const RATIONINGS = ["pro-rata", "max-min", "price-time"] as const;

/** All sizes in turn, with and without a supplier, with few limits (ties) and with many. */
const marketOf = (seed: number, shape: Partial<MarketShape>): ClearingInput =>
  randomMarket(seed, {
    ...SHAPE,
    nodes: 1 + (seed % 40),
    orders: 2 + ((seed * 7) % 80),
    levels: seed % 4 === 0 ? 1000 : 12,
    fee: seed % 4 === 0 ? 90 : 3,
    energy: seed % 3 === 0 ? 3 : 40,
    capacity: seed % 5 === 0 ? 200 : 25,
    supplier: seed % 2 === 0,
    rationing: RATIONINGS[seed % 3]!,
    ...shape,
  });

const reached = (mechanism: ClearingMechanism, market: ClearingInput): { readonly welfare: number; readonly volume: number } => {
  const { kind, ...rest } = { welfare: 0, volume: 0, ...mechanism(market) };
  return kind === "trade" ? rest : { welfare: 0, volume: 0 };
};

/** Whole numbers are at stake, and small enough that HiGHS's floats are far nearer to them than a half. */
const nearestWhole = (value: number): number => {
  expect(Math.abs(value - Math.round(value))).toBeLessThan(0.01);
  return Math.round(value) + 0;
};

describe("without losses", () => {
  const both = (mechanism: ClearingMechanism, seeds: number, shape: Partial<MarketShape>): void => {
    for (let seed = 0; seed < seeds; seed++) {
      const market = marketOf(seed, shape);
      const { welfare, volume } = reached(mechanism, market);
      const [most, doubled] = [nearestWhole(highs.welfare(market)), nearestWhole(highs.doubled(market))];
      expect({ seed, welfare, volume }).toEqual({ seed, welfare: most, volume: doubled - 2 * most });
    }
  };

  test("clear has HiGHS's welfare, and of all such fills the most volume: 700 trees of 1 to 40 nodes", () => both(clear, 700, {}));
  test("and 20 of 150 nodes and 300 orders", () => both(clear, 20, { nodes: 150, orders: 300 }));
  test("and chains of one child each, where everything adds up in one wire: 100 of them", () =>
    both(clear, 100, { nodes: 12, orders: 30, levels: 4, energy: 5, capacity: 12, supplier: false }));
  test("so has the naive twin: 200 trees", () => both(reference, 200, { nodes: 9, orders: 14 }));
});

describe("with losses", () => {
  /** Whole delivery moves each edge and each order by about a watt-hour: one at the highest limit for each of them. */
  const bound = ({ network, orders }: ClearingInput): number =>
    (network.nodes.length - 1 + orders.length) * Math.max(0, ...orders.map(({ body }) => body.limit));

  const within = (seeds: number, shape: Partial<MarketShape>): void => {
    for (let seed = 0; seed < seeds; seed++) {
      const market = marketOf(seed, shape);
      const short = highs.welfare(market) - reached(clear, market).welfare;
      const float = 0.01;
      expect({ seed, above: short < -float, below: short > bound(market) + float }).toEqual({ seed, above: false, below: false });
    }
  };

  test("welfare is never above HiGHS's, and below it by no more than the rounding rule gives away: 500 trees", () =>
    within(500, { lossPpm: 200_000, energy: 400, capacity: 500 }));
  test("and 20 of 150 nodes and 300 orders", () => within(20, { lossPpm: 50_000, nodes: 150, orders: 300, energy: 2000, capacity: 4000 }));
  test("and of a few watt-hours only, where every rounding shows: 200 trees", () =>
    within(200, { lossPpm: 500_000, energy: 3, capacity: 5 }));
});
