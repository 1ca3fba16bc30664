import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { clearFavouring } from "../../../engine/auction/blocks/favour.ts";
import { type BlockClearing, type BlockOrder, clearWithBlocks } from "../../../engine/auction/blocks/index.ts";
import { type Clearing, type ClearingInput, clear, type OrderEntry, type Trade } from "../../../engine/auction/index.ts";
import { block, inputs, type Leg, type PlainBlock } from "../../support/blocks.ts";
import { everySet, type TwinSet, twinSet } from "../../support/blocks-twin.ts";
import { idOf, type Line } from "../../support/book.ts";
import { anyMarket, randomMarket, SHAPE } from "../../support/networks.ts";

const HIGHEST = 12;
const side = fc.constantFrom("buy" as const, "sell" as const);
const limit = fc.nat(HIGHEST - 1);
const energy = fc.integer({ min: 1, max: 6 });
const line: fc.Arbitrary<Line> = fc.tuple(fc.nat(5), side, energy, limit);
const kPermille = fc.oneof(fc.constantFrom(0, 500, 1000), fc.integer({ min: 0, max: 1000 }));

interface Case {
  readonly given: readonly ClearingInput[];
  readonly blocks: readonly BlockOrder[];
}

/** Ids that don't follow the order in which blocks are written. */
const idFor = (i: number): number => 900 + ((7 * i) % 10);

const oneInterval: fc.Arbitrary<Case> = fc
  .record({
    lines: fc.array(line, { maxLength: 6 }),
    blocks: fc.array(fc.tuple(side, energy, limit), { minLength: 1, maxLength: 5 }),
    families: fc.array(fc.option(fc.nat(4)), { minLength: 5, maxLength: 5 }),
    groups: fc.array(fc.option(fc.constantFrom("a", "b"), { freq: 2 }), { minLength: 5, maxLength: 5 }),
    linked: fc.boolean(),
    kPermille,
  })
  .map(({ lines, blocks, families, groups, linked, kPermille: k }) => ({
    given: inputs([lines], 1, k),
    blocks: blocks.map(([way, amount, at], i) => {
      const parent = families[i];
      const plain: PlainBlock = { id: idFor(i), legs: [[0, way, amount]], limit: at };
      if (!linked) return block(plain);
      const child = parent !== null && parent !== undefined && parent < i ? { parent: idFor(parent) } : {};
      return block({ ...plain, ...child, ...(groups[i] ? { group: groups[i] } : {}) });
    }),
  }));

const anyLegs: fc.Arbitrary<readonly Leg[]> = fc.oneof(
  fc.tuple(side, energy, energy).map(([way, a, b]): readonly Leg[] => [
    [0, way, a],
    [1, way, b],
  ]),
  fc.tuple(energy, energy).map(([a, b]): readonly Leg[] => [
    [0, "buy", a],
    [1, "sell", b],
  ]),
  fc.tuple(fc.nat(1), side, energy).map(([at, way, a]): readonly Leg[] => [[at, way, a]]),
);

const valued = (legs: readonly Leg[], at: number): { readonly value: number } => ({
  value: legs.reduce((sum, [, way, amount]) => sum + (way === "buy" ? amount * at : -amount * at), 0),
});

const twoIntervals: fc.Arbitrary<Case> = fc
  .record({
    books: fc.tuple(fc.array(line, { maxLength: 5 }), fc.array(line, { maxLength: 5 })),
    blocks: fc.array(fc.tuple(anyLegs, limit), { minLength: 1, maxLength: 4 }),
    kPermille,
  })
  .map(({ books, blocks, kPermille: k }) => ({
    given: inputs(books, 1, k),
    blocks: blocks.map(([legs, at], i) => block({ id: idFor(i), legs, ...valued(legs, at) })),
  }));

const setOf = (result: BlockClearing, { given, blocks }: Case): TwinSet => {
  const taken = new Set(result.accepted.map(({ block: id }) => id));
  return twinSet(
    given,
    blocks.filter(({ id }) => taken.has(id)),
    HIGHEST,
  );
};

const mostOf = (sets: readonly TwinSet[]): number => Math.max(...sets.filter(({ holds }) => holds).map(({ welfare }) => welfare));

/** What holds of every answer, however good the search. */
function holdsUp(result: BlockClearing, one: Case): void {
  const { blocks } = one;
  const set = setOf(result, one);
  expect(result.welfare).toBe(set.welfare);
  for (const [at, clearing] of result.clearings.entries()) {
    if (clearing.kind === "trade") expect(set.supports[at]).toContain(clearing.price);
    const fills = clearing.kind === "trade" ? clearing.fills : [];
    const net = fills.reduce((sum, fill) => sum + (fill.side === "buy" ? fill.energy : -fill.energy), 0);
    const money = fills.reduce((sum, fill) => sum + (fill.side === "buy" ? fill.amount : -fill.amount), 0);
    expect([net, money]).toEqual([0, 0]);
    for (const { order, side: way, price } of fills) {
      const { limit: at } = clearing.outcomes.find((outcome) => outcome.order === order)!;
      expect(way === "buy" ? price <= at : price >= at).toBe(true);
    }
  }
  for (const { block: id, surplus, legs } of result.accepted) {
    const told = blocks.find((each) => each.id === id)!;
    const fills = result.clearings
      .flatMap((clearing) => (clearing.kind === "trade" ? clearing.fills : []))
      .filter(({ order }) => order === id);
    expect(legs.map((leg) => leg.energy).sort()).toEqual(told.legs.map((leg) => leg.energy).sort());
    const paid = fills.reduce((sum, fill) => sum + (fill.side === "buy" ? fill.amount : -fill.amount), 0);
    expect(surplus + paid).toBe(told.value + 0);
    expect(surplus).toBeGreaterThanOrEqual(0);
  }
  for (const { block: id, reason, surplus } of result.refused) {
    expect(result.paradoxical.includes(id)).toBe(reason === "BLOCK_PARADOXICAL");
    if (reason === "BLOCK_PARADOXICAL") expect(surplus).toBeGreaterThan(0);
    if (reason === "BLOCK_OUT_OF_MONEY") expect(surplus).toBeLessThan(0);
  }
  expect([...result.accepted, ...result.refused].length).toBe(blocks.length);
  expect(result.gap).toBe(result.bound - result.welfare);
}

describe("one interval", () => {
  test("the best of all sets, at prices that all of it support", () => {
    fc.assert(
      fc.property(oneInterval, (one) => {
        const result = clearWithBlocks(one.given, one.blocks);
        holdsUp(result, one);
        const sets = everySet(one.given, one.blocks, HIGHEST);
        expect(result.welfare).toBe(mostOf(sets));
        expect(result).toMatchObject({ gap: 0, search: { finished: true } });
      }),
      { numRuns: 600 },
    );
  });

  test("the price is k of the way through every price that orders and blocks accept", () => {
    fc.assert(
      fc.property(oneInterval, (one) => {
        const result = clearWithBlocks(one.given, one.blocks);
        const { blocks, supports } = setOf(result, one);
        const [trade] = result.clearings;
        if (trade!.kind !== "trade") return;
        const accepts = ({ value, legs: [leg] }: BlockOrder, price: number): boolean =>
          value >= (leg!.side === "buy" ? 1 : -1) * leg!.energy * price;
        const all = supports[0]!.filter((price) => blocks.every((each) => accepts(each, price)));
        const [low, high] = [all[0]!, all.at(-1)!];
        expect(trade!.priceRange).toEqual({ low, high });
        expect(trade!.price).toBe(low + Math.floor(((high - low) * one.given[0]!.rules.kPermille) / 1000));
        expect(trade!.nodes).toEqual([{ price: trade!.price, low, high }]);
      }),
      { numRuns: 400 },
    );
  });

  test("if blocks were divisible there would be just as much as an auction of them as orders finds", () => {
    fc.assert(
      fc.property(oneInterval, ({ given, blocks }) => {
        const free = blocks.map((each) => ({ ...each, parent: null, group: null }));
        const divisible = clear({ ...given[0]!, orders: [...given[0]!.orders, ...free.map(asOrder)] });
        expect(clearWithBlocks(given, free).relaxedBound).toBe(divisible.kind === "trade" ? divisible.welfare : 0);
      }),
      { numRuns: 300 },
    );
  });
});

const asOrder = ({ id, home, legs: [leg], value }: BlockOrder): OrderEntry => ({
  id,
  body: {
    home,
    interval: leg!.interval,
    side: leg!.side,
    energy: leg!.energy,
    limit: Math.abs(value / leg!.energy) as OrderEntry["body"]["limit"],
    seq: 0,
  },
});

describe("two intervals", () => {
  test("nobody loses, everybody else is content, and no set is better than the bound says", () => {
    fc.assert(
      fc.property(twoIntervals, (one) => {
        const result = clearWithBlocks(one.given, one.blocks);
        holdsUp(result, one);
        const sets = everySet(one.given, one.blocks, HIGHEST);
        const most = mostOf(sets);
        expect(result.welfare).toBeLessThanOrEqual(most);
        const fitting = sets.filter(({ supports }) => supports.every((all) => all.length > 0));
        for (const { welfare } of fitting) expect(result.relaxedBound).toBeGreaterThanOrEqual(welfare);
        // Where one block alone has a choice between intervals, its limits are found if there are any.
        if (one.blocks.filter(({ legs }) => legs.length > 1).length <= 1) expect(result.welfare).toBe(most);
      }),
      { numRuns: 300 },
    );
  });

  test("a small budget is kept, and its bound is honest", () => {
    fc.assert(
      fc.property(twoIntervals, fc.nat(8), (one, clearings) => {
        const small = clearWithBlocks(one.given, one.blocks, { clearings });
        const large = clearWithBlocks(one.given, one.blocks);
        expect(small.search.clearings).toBeLessThanOrEqual(clearings);
        holdsUp(small, one);
        expect(small.bound).toBeGreaterThanOrEqual(large.welfare);
        if (small.search.finished) expect(small.welfare).toBe(large.welfare);
      }),
      { numRuns: 200 },
    );
  });
});

test("order of arrival changes nothing", () => {
  fc.assert(
    fc.property(twoIntervals, fc.nat(5), ({ given, blocks }, turn) => {
      const turned = [...blocks.slice(turn % blocks.length), ...blocks.slice(0, turn % blocks.length)].reverse();
      const others = given.map((each) => ({ ...each, orders: [...each.orders].reverse() }));
      expect(clearWithBlocks(others, turned)).toEqual(clearWithBlocks(given, blocks));
    }),
    { numRuns: 100 },
  );
});

describe("on wires", () => {
  const placed = fc.array(fc.tuple(fc.nat(5), side, energy, limit, fc.constantFrom(0, 400, 1000)), { minLength: 1, maxLength: 4 });

  test("node by node nobody loses, and money and energy add up", () => {
    fc.assert(
      fc.property(anyMarket({ nodes: 5, orders: 8, energy: 8 }), placed, (given, offers) => {
        const { tick } = given.rules;
        const blocks = offers.map(([home, way, amount, at, ratio], i) => {
          const legs: readonly Leg[] = [[0, way, amount]];
          return block({ id: 900 + i, home: home % given.network.nodes.length, legs, limit: at * tick, ratio });
        });
        const result = clearWithBlocks([given], blocks);
        const plain = clear(given);
        expect(result.welfare).toBeGreaterThanOrEqual(plain.kind === "trade" ? plain.welfare : 0);
        expect(result.bound).toBeGreaterThanOrEqual(result.welfare);
        expect(result.relaxedBound).toBeGreaterThanOrEqual(result.bound);
        for (const { surplus } of result.accepted) expect(surplus).toBeGreaterThanOrEqual(0);
        const [clearing] = result.clearings;
        if (clearing!.kind === "trade") addsUp(clearing!, given);
      }),
      { numRuns: 300 },
    );
  });

  const street = anyMarket({ nodes: 6, orders: 12, energy: 10 });
  const nobody = new Set([idOf(5000)]);

  test("favouring nobody changes nothing: finer prices round back", () => {
    fc.assert(
      fc.property(street, fc.constantFrom(0, 1000), (given, k) => {
        const ends = { ...given, rules: { ...given.rules, kPermille: k } };
        expect(clearFavouring(clear, ends, nobody)).toEqual(clear(ends));
      }),
      { numRuns: 400 },
    );
    // Between the ends a finer price may tell another wire from another limit as the reason; all else is the same.
    const bare = (clearing: Clearing) => ({
      ...clearing,
      outcomes: clearing.outcomes.map((each) => ({ ...each, reason: null, edge: null })),
    });
    fc.assert(
      fc.property(street, (given) => {
        expect(bare(clearFavouring(clear, given, nobody))).toEqual(bare(clear(given)));
      }),
      { numRuns: 400 },
    );
  });

  test("where energy gets lost nobody loses money", () => {
    fc.assert(
      fc.property(fc.nat(100_000), placed, (seed, offers) => {
        const given = randomMarket(seed, { ...SHAPE, lossPpm: 60_000, energy: 500, capacity: 900 });
        const blocks = offers.map(([home, way, amount, at, ratio], i) => {
          const legs: readonly Leg[] = [[0, way, 100 * amount]];
          return block({ id: 900 + i, home, legs, limit: at, ratio });
        });
        const result = clearWithBlocks([given], blocks, { clearings: 60 });
        for (const { surplus } of result.accepted) expect(surplus).toBeGreaterThanOrEqual(0);
        for (const trade of result.clearings) {
          if (trade.kind !== "trade") continue;
          const paid = trade.fills.reduce((sum, fill) => sum + (fill.side === "buy" ? fill.amount : -fill.amount), 0);
          expect([trade.surplus, trade.flows.reduce((sum, { fees, rent }) => sum + fees + rent, 0)]).toEqual([paid, paid]);
        }
      }),
      { numRuns: 60 },
    );
  });

  /** The same as of any clearing on wires: prices support fills, edges earn what is left. */
  function addsUp(trade: Trade, { network, rules }: ClearingInput): void {
    const sum = (way: "buy" | "sell", of: "energy" | "amount"): number =>
      trade.fills.filter((fill) => fill.side === way).reduce((total, fill) => total + fill[of], 0);
    expect(sum("buy", "energy")).toBe(sum("sell", "energy"));
    expect(sum("buy", "amount") - sum("sell", "amount")).toBe(trade.surplus);
    expect(trade.flows.reduce((total, { fees, rent }) => total + fees + rent, 0)).toBe(trade.surplus);
    for (const { rent } of trade.flows) expect(rent).toBeGreaterThanOrEqual(0);
    for (const { home, side: way, limit: at, energy: got, wanted } of trade.outcomes) {
      const { price } = trade.nodes[network.homes.get(home) ?? 0]!;
      if (price === null) continue;
      expect(price % rules.tick).toBe(0);
      const gain = way === "buy" ? at - price : price - at;
      if (got > 0) expect(gain).toBeGreaterThanOrEqual(0);
      if (got < wanted && trade.flows.length === 0) expect(gain).toBeLessThanOrEqual(0);
    }
  }
});

test("ids of these tests are sound", () => {
  expect(new Set(Array.from({ length: 5 }, (_, i) => idOf(idFor(i)))).size).toBe(5);
});
