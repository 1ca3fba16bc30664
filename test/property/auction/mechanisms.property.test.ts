import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Clearing,
  type ClearingInput,
  clear,
  clearingDigest,
  MECHANISMS,
  type MechanismName,
  mechanismOf,
  type OrderEntry,
  type Trade,
} from "../../../engine/auction/index.ts";
import { cost, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { book, idOf, input, type Line } from "../../support/book.ts";
import { arrivalChangesNothing } from "../../support/laws.ts";

const NAMES = Object.keys(MECHANISMS) as MechanismName[];
const withClaim = <K extends keyof (typeof MECHANISMS)["vcg"]["properties"]>(
  claim: K,
  value: (typeof MECHANISMS)["vcg"]["properties"][K],
) => NAMES.filter((name) => MECHANISMS[name].properties[claim] === value);
const runs = (numRuns: number) => ({ numRuns });
const RATIONINGS = ["pro-rata", "price-time", "max-min"] as const;

/** Few limits and small energies, so that ties, parts and shared levels are the rule. */
const anyBook = (most: { readonly orders: number; readonly energy: number; readonly homes: number }) =>
  fc
    .record({
      tick: fc.constantFrom(1, 7),
      k: fc.constantFrom(0, 500, 1000, 333),
      rationing: fc.constantFrom(...RATIONINGS),
      residual: fc.tuple(fc.nat(30), fc.nat(30)),
      lines: fc.array(
        fc.record({
          home: fc.nat(most.homes - 1),
          side: fc.constantFrom("buy" as const, "sell" as const),
          energy: fc.integer({ min: 1, max: most.energy }),
          limit: fc.oneof(fc.nat(5), fc.nat(30)),
        }),
        { maxLength: most.orders },
      ),
    })
    .map(({ tick, k, rationing, residual, lines }) => {
      const given = input(book(...lines.map((l): Line => [l.home, l.side, l.energy, l.limit * tick])), tick, k);
      const [low, high] = [Math.min(...residual) * tick, Math.max(...residual) * tick];
      return {
        ...given,
        orders: given.orders.map((order, i) => ({ ...order, rank: i })),
        rules: { ...given.rules, rationing, residual: { importPrice: microPerKwh(high), exportPrice: microPerKwh(low) } },
      };
    });

const BOOK = anyBook({ orders: 16, energy: 12, homes: 6 });

const asTrade = (clearing: Clearing): Trade | null => (clearing.kind === "trade" ? clearing : null);
const signed = (side: "buy" | "sell", n: number): number => (side === "buy" ? n : -n);

describe.each(NAMES)("%s", (name) => {
  const { clear: mechanism, properties } = MECHANISMS[name];

  test("what is bought is sold, within what was wanted; the books of energy, money, welfare and reasons add up", () => {
    fc.assert(
      fc.property(BOOK, (given) => {
        const clearing = mechanism(given);
        const all = (side: "buy" | "sell"): number =>
          given.orders.reduce((sum, { body }) => sum + (body.side === side ? body.energy : 0), 0);
        const volume = asTrade(clearing)?.volume ?? 0;
        expect([clearing.unsold, clearing.unbought]).toEqual([all("sell") - volume, all("buy") - volume]);
        expect(clearing.outcomes.map(({ order }) => order)).toEqual(given.orders.map(({ id }) => id));
        for (const outcome of clearing.outcomes) {
          expect(outcome.energy >= 0 && outcome.energy <= outcome.wanted).toBe(true);
          const kind = outcome.energy === outcome.wanted ? "filled" : outcome.energy > 0 ? "partly-filled" : "refused";
          expect([outcome.kind, outcome.reason === null]).toEqual([kind, kind === "filled"]);
          expect(outcome.edge).toBeNull();
        }
        if (clearing.kind === "no-trade") return expect(clearing.outcomes.every(({ energy }) => energy === 0)).toBe(true);
        let [energy, bought, surplus, welfare] = [0, 0, 0, 0];
        const fills = new Map(clearing.fills.map((fill) => [fill.order, fill]));
        for (const { order, home, side, limit, energy: got } of clearing.outcomes) {
          const fill = fills.get(order);
          expect([fill?.energy ?? 0, fill?.home ?? home, fill?.side ?? side]).toEqual([got, home, side]);
          if (fill !== undefined) expect([fill.energy > 0, fill.price]).toEqual([true, Math.floor(fill.amount / fill.energy)]);
          energy += signed(side, got);
          bought += side === "buy" ? got : 0;
          welfare += signed(side, got * limit);
          surplus += signed(side, fill?.amount ?? 0);
        }
        expect(fills.size).toBe(clearing.outcomes.filter(({ energy }) => energy > 0).length);
        expect({ energy, bought, surplus, welfare }).toEqual({
          energy: 0,
          bought: volume,
          surplus: clearing.surplus,
          welfare: clearing.welfare,
        });
        expect(volume).toBeGreaterThan(0);
        const { price, priceRange } = clearing;
        expect(price % given.rules.tick).toBe(0);
        expect(priceRange.low <= price && price <= priceRange.high).toBe(true);
        expect([clearing.flows, clearing.lostToCapacity, clearing.nodes]).toEqual([[], 0, [{ price, ...priceRange }]]);
        return expect(clearingDigest(clearing)).toMatch(/^0x/);
      }),
      runs(200),
    );
  });

  test("order of arrival changes nothing", () => {
    arrivalChangesNothing(BOOK, mechanism, 200);
  });

  test(`budget: ${properties.budget}`, () => {
    let seen = 0;
    fc.assert(
      fc.property(BOOK, (given) => {
        const surplus = asTrade(mechanism(given))?.surplus ?? 0;
        if (properties.budget === "balanced") expect(surplus).toBe(0);
        if (properties.budget === "surplus") expect(surplus).toBeGreaterThanOrEqual(0);
        if (properties.budget === "deficit") expect(surplus).toBeLessThanOrEqual(0);
        seen += surplus === 0 ? 0 : 1;
      }),
      { ...runs(300), seed: 5 },
    );
    expect(seen > 0).toBe(properties.budget !== "balanced");
  });

  test("individually rational: no fill beyond its limit", () => {
    fc.assert(
      fc.property(BOOK, (given) => {
        const clearing = asTrade(mechanism(given));
        const limits = new Map(given.orders.map(({ id, body }) => [id, body.limit]));
        for (const { order, side, energy, amount } of clearing?.fills ?? []) {
          expect(signed(side, cost(energy, limits.get(order)!) - amount)).toBeGreaterThanOrEqual(0);
          expect(amount).toBeGreaterThanOrEqual(0);
        }
      }),
      runs(300),
    );
    expect(properties.individuallyRational).toBe(true);
  });

  test(`efficient: ${properties.efficient}`, () => {
    let lost = 0;
    fc.assert(
      fc.property(BOOK, (given) => {
        const [got, best] = [mechanism(given), clear(given)].map((clearing) => asTrade(clearing)?.welfare ?? 0) as [number, number];
        expect(got).toBeLessThanOrEqual(best);
        if (properties.efficient) expect(got).toBe(best);
        lost += best - got;
      }),
      { ...runs(200), seed: 11 },
    );
    expect(lost === 0).toBe(properties.efficient);
  });

  test("a reason's price is honest: beyond it the order stands among those who trade; without one, nowhere", () => {
    fc.assert(
      fc.property(BOOK, (given) => {
        const clearing = mechanism(given);
        for (const outcome of clearing.outcomes) {
          if (outcome.kind === "filled" || setsTheRatio(name, clearing, outcome)) continue;
          const at = (limit: number) => outcomeWith(mechanism, given, outcome.order, limit);
          const best = outcome.side === "buy" ? 1_000_000 * given.rules.tick : 0;
          if (outcome.tradesAt === null) {
            expect(at(best).energy).toBeLessThanOrEqual(outcome.energy);
            continue;
          }
          const beyond = outcome.tradesAt + signed(outcome.side, given.rules.tick);
          const short = outcome.tradesAt - signed(outcome.side, given.rules.tick);
          if (beyond >= 0) expect(stands(at(beyond), outcome.energy)).toBe(true);
          if (short >= 0) expect(at(short).energy).toBeLessThanOrEqual(outcome.energy);
        }
      }),
      runs(120),
    );
  });
});

/** The one order whose reason holds its tongue: a buyer whose limit is the price could raise it, and get more, or less. */
const setsTheRatio = (name: MechanismName, clearing: Clearing, { side, limit, tradesAt }: Fate): boolean =>
  name === "supply-demand-ratio" && side === "buy" && tradesAt === null && limit === (asTrade(clearing)?.price ?? limit);

type Fate = Clearing["outcomes"][number];

function outcomeWith(mechanism: typeof clear, given: ClearingInput, id: string, limit: number): Fate {
  const orders = given.orders.map((order) => (order.id === id ? { ...order, body: { ...order.body, limit: microPerKwh(limit) } } : order));
  return mechanism({ ...given, orders }).outcomes.find(({ order }) => order === id)!;
}

/** It got more, or what its share rounds to. */
const stands = (fate: Fate, before: number): boolean => fate.energy > before || fate.reason === "RATIONED";

/** What a home's trades are worth to it by its true orders of one side: each Wh at the best limit left, buyers' Wh beyond at nothing. */
function utilityOf(clearing: Clearing, home: number, truth: readonly OrderEntry[]): number {
  const fills = (asTrade(clearing)?.fills ?? []).filter((fill) => fill.home === home);
  const side = truth[0]!.body.side;
  const units = truth.flatMap(({ body }) => Array<number>(body.energy).fill(body.limit)).sort((a, b) => signed(side, b - a));
  const energy = fills.reduce((sum, fill) => sum + fill.energy, 0);
  const amount = fills.reduce((sum, fill) => sum + fill.amount, 0);
  const value = units.slice(0, energy).reduce((sum, limit) => sum + limit, 0);
  if (side === "sell" && energy > units.length) throw new Error("sold what it doesn't have");
  return signed(side, value - amount);
}

const THIN = anyBook({ orders: 9, energy: 4, homes: 9 });
/** Every order is of a home of its own. */
const ALONE = anyBook({ orders: 9, energy: 4, homes: 1 }).map((given) => withHomes(given, (i) => i));
/** Homes 0 to 3 buy, 4 to 7 sell. */
const ONE_SIDED = THIN.map((given) => withHomes(given, (i, { body }) => (i % 4) + (body.side === "buy" ? 0 : 4)));

function withHomes(given: ClearingInput, homeOf: (i: number, order: OrderEntry) => number): ClearingInput {
  const orders = given.orders.map((order, i) => ({
    ...order,
    body: { ...order.body, home: homeOf(i, order) as OrderEntry["body"]["home"] },
  }));
  return { ...given, orders };
}

describe.each(withClaim("truthful", "limit"))("truthful in the limit: %s", (name) => {
  const { clear: mechanism } = MECHANISMS[name];
  test("a home with one order gains nothing by any other limit", () => {
    fc.assert(
      fc.property(ALONE, (given) => {
        for (const order of given.orders) {
          const honest = utilityOf(mechanism(given), order.body.home, [order]);
          for (const limit of limitsToTry(given)) {
            const orders = given.orders.map((each) => (each === order ? { ...each, body: { ...each.body, limit } } : each));
            expect(utilityOf(mechanism({ ...given, orders }), order.body.home, [order])).toBeLessThanOrEqual(honest);
          }
        }
      }),
      runs(120),
    );
  });
});

/** Every limit of the book, and one tick to both sides of it. */
function limitsToTry({ orders, rules }: ClearingInput) {
  const around = orders.flatMap(({ body: { limit } }) => [limit - rules.tick, limit, limit + rules.tick]);
  return [...new Set([0, ...around, 40 * rules.tick])].filter((limit) => limit >= 0).map((limit) => microPerKwh(limit));
}

describe.each(withClaim("truthful", "limit-and-energy"))("truthful in limit and energy: %s", (name) => {
  const { clear: mechanism } = MECHANISMS[name];

  test("a home with one order gains nothing by any other limit or energy", () => {
    fc.assert(
      fc.property(ALONE, (given) => {
        for (const order of given.orders) {
          const { home, side, energy } = order.body;
          const honest = utilityOf(mechanism(given), home, [order]);
          const most = side === "buy" ? energy + 3 : energy;
          for (const limit of limitsToTry(given))
            for (let told = 1; told <= most; told++) {
              const orders = given.orders.map((each) =>
                each === order ? { ...each, body: { ...each.body, limit, energy: wh(told) } } : each,
              );
              expect(utilityOf(mechanism({ ...given, orders }), home, [order])).toBeLessThanOrEqual(honest);
            }
        }
      }),
      runs(35),
    );
  });

  test("a home with several orders of one side gains nothing by any others", () => {
    const lie = fc.array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.nat(31)), { maxLength: 3 });
    fc.assert(
      fc.property(ONE_SIDED, fc.nat(8), fc.array(lie, { minLength: 12, maxLength: 12 }), (given, pick, lies) => {
        const home = given.orders[pick % Math.max(1, given.orders.length)]?.body.home;
        if (home === undefined) return;
        const truth = given.orders.filter(({ body }) => body.home === home);
        const others = given.orders.filter(({ body }) => body.home !== home);
        const has = truth.reduce((sum, { body }) => sum + body.energy, 0);
        const honest = utilityOf(mechanism(given), home, truth);
        for (const told of lies) {
          if (truth[0]!.body.side === "sell" && told.reduce((sum, [energy]) => sum + energy, 0) > has) continue;
          const own = told.map(([energy, limit], i) => ({
            id: idOf(1000 + i),
            rank: 1000 + i,
            body: { ...truth[0]!.body, energy: wh(energy), limit: microPerKwh(limit * given.rules.tick) },
          }));
          expect(utilityOf(mechanism({ ...given, orders: [...others, ...own] }), home, truth)).toBeLessThanOrEqual(honest);
        }
      }),
      runs(300),
    );
  });
});

test("supply-demand-ratio is balanced and rational under every compensation", () => {
  fc.assert(
    fc.property(BOOK, fc.integer({ min: 0, max: 1000 }), (given, compensationPermille) => {
      const clearing = asTrade(mechanismOf("supply-demand-ratio", { compensationPermille }).clear(given));
      if (clearing === null) return;
      const { importPrice, exportPrice } = given.rules.residual;
      expect(clearing.surplus).toBe(0);
      expect(clearing.price >= Math.min(exportPrice, importPrice) && clearing.price <= importPrice).toBe(true);
      for (const { limit, side, energy } of clearing.outcomes)
        if (energy > 0) expect(signed(side, limit - clearing.price)).toBeGreaterThanOrEqual(0);
    }),
    runs(200),
  );
});

test("as large as a market may be: every amount below 2^53, and still exact", () => {
  const MOST_WH = Math.floor(Number.MAX_SAFE_INTEGER / microPerKwh.max / 10);
  const LARGE = fc.array(
    fc.record({
      home: fc.nat(4),
      side: fc.constantFrom("buy" as const, "sell" as const),
      energy: fc.integer({ min: MOST_WH - 50, max: MOST_WH }),
      limit: fc.integer({ min: microPerKwh.max - 1000, max: microPerKwh.max }),
    }),
    { maxLength: 10 },
  );
  fc.assert(
    fc.property(LARGE, (all) => {
      const plain = input(book(...all.map((l): Line => [l.home, l.side, l.energy, l.limit])));
      const residual = { importPrice: microPerKwh(microPerKwh.max), exportPrice: microPerKwh(microPerKwh.max - 1001) };
      const given = { ...plain, rules: { ...plain.rules, residual } };
      for (const name of NAMES) {
        const clearing = asTrade(MECHANISMS[name].clear(given));
        let [energy, money] = [0n, 0n];
        for (const fill of clearing?.fills ?? []) {
          const sign = BigInt(signed(fill.side, 1));
          const { limit } = given.orders.find(({ id }) => id === fill.order)!.body;
          energy += sign * BigInt(fill.energy);
          money += sign * BigInt(fill.amount);
          expect(sign * (BigInt(fill.energy) * BigInt(limit) - BigInt(fill.amount)) >= 0n).toBe(true);
          expect(BigInt(fill.price)).toBe(BigInt(fill.amount) / BigInt(fill.energy));
        }
        expect([energy, money]).toEqual([0n, BigInt(clearing?.surplus ?? 0)]);
      }
    }),
    runs(200),
  );
});
