import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { clearWithBlocks } from "../../engine/auction/blocks/index.ts";
import { clearIsland, type IslandRules } from "../../engine/auction/island/index.ts";
import { microPerKwh, wh as whOf } from "../../engine/kernel/index.ts";
import { block, inputs, type Leg } from "../support/blocks.ts";
import { book, input, type Line } from "../support/book.ts";

/** Answers about blocks and shares that we did not invent. Megawatt-hours become watt-hours here times a thousand, a unit of money a thousand. */
const FILE = new URL("../../../shared/vectors/market.json", import.meta.url);

interface VectorOrder {
  readonly id: string;
  readonly side: "buy" | "sell";
  readonly qty?: number;
  readonly profile?: readonly number[];
  readonly price: number;
  readonly block?: boolean;
  readonly mar?: number;
}

interface Vector {
  readonly id: string;
  readonly orders: readonly VectorOrder[];
}

const vectors: readonly Vector[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")).vectors : [];
const present = vectors.length > 0 ? describe : describe.skip;
const why = vectors.length > 0 ? "" : " (skipped: ../shared/vectors/market.json is not there)";
const vector = (id: string): Vector => vectors.find((one) => one.id === id)!;
const expected = <T>(id: string): T => (vector(id) as unknown as { readonly expected: T }).expected;

const wh = (quantity: number): number => Math.round(quantity * 1000);
const price = (units: number): number => units * 1000;

/** Orders that are no blocks stand in every interval for themselves. */
function cleared(id: string, ratioOf: (order: VectorOrder) => number) {
  const { orders } = vector(id);
  const quantities = ({ qty, profile }: VectorOrder): readonly number[] => (profile ?? [qty!]).map(wh);
  const count = quantities(orders[0]!).length;
  const plain = orders.filter((order) => order.block !== true);
  const numbered = (order: VectorOrder): number => 100 + orders.indexOf(order);
  const books = Array.from({ length: count }, (_, at) =>
    plain.map((order): Line => [numbered(order), order.side, quantities(order)[at]!, price(order.price)]),
  );
  const blocks = orders
    .filter((order) => order.block === true)
    .map((order) => {
      const legs = quantities(order).map((energy, at): Leg => [at, order.side, energy]);
      return block({ id: 9000 + numbered(order), home: numbered(order), legs, limit: price(order.price), ratio: ratioOf(order) });
    });
  const result = clearWithBlocks(inputs(books), blocks);
  const fills = result.clearings.map((clearing) => (clearing.kind === "trade" ? clearing.fills : []));
  const filled = (name: string): readonly number[] =>
    fills.map((all) =>
      all.filter(({ home }) => home === numbered(orders.find((order) => order.id === name)!)).reduce((sum, { energy }) => sum + energy, 0),
    );
  const prices = result.clearings.map((clearing) => (clearing.kind === "trade" ? clearing.price : null));
  const volumes = result.clearings.map((clearing) => (clearing.kind === "trade" ? clearing.volume : 0));
  return { result, filled, prices, volumes };
}

present(`blocks${why}`, () => {
  test("BLOCK-BICHLER-WP-5A: a block of which any part may stay out", () => {
    const id = "BLOCK-BICHLER-WP-5A";
    const answer = expected<{
      readonly price: number;
      readonly supply_volume: number;
      readonly dem1: number;
      readonly block4_plus_gen3: number;
    }>(id);
    const { filled, prices, volumes, result } = cleared(id, ({ mar }) => 1000 * (mar ?? 1));
    expect(prices).toEqual([price(answer.price)]);
    expect(volumes).toEqual([wh(answer.supply_volume)]);
    expect(filled("dem1")).toEqual([wh(answer.dem1)]);
    expect(filled("block4")[0]! + filled("gen3")[0]!).toBe(wh(answer.block4_plus_gen3));
    expect(result).toMatchObject({ gap: 0, paradoxical: [] });
  });

  test("the same, all or nothing: it is refused, and the price is that of the next seller", () => {
    const { filled, prices, result } = cleared("BLOCK-BICHLER-WP-5A", () => 1000);
    expect(prices).toEqual([price(100)]);
    expect([filled("block4"), filled("gen3"), filled("gen5")]).toEqual([[0], [wh(1)], [wh(9)]]);
    expect(result.refused).toMatchObject([{ reason: "BLOCK_PARADOXICAL", surplus: wh(11) * price(60) }]);
    expect(result.gap).toBe(0);
    expect(result.relaxedBound).toBeGreaterThan(result.welfare);
  });

  test("BLOCK-NONCONVEX-1: profiles over three intervals", () => {
    const id = "BLOCK-NONCONVEX-1";
    type Row = readonly number[];
    const answer = expected<{ readonly volume: Row; readonly price: Row; readonly S1: Row; readonly S2: Row }>(id);
    const { filled, prices, volumes, result } = cleared(id, () => 1000);
    expect(prices).toEqual(answer.price.map(price));
    expect(volumes).toEqual(answer.volume.map(wh));
    expect([filled("S1"), filled("S2")]).toEqual([answer.S1.map(wh), answer.S2.map(wh)]);
    expect(result).toMatchObject({ gap: 0, refused: [], relaxedBound: result.welfare });
  });
});

present(`an island's shares${why}`, () => {
  test.each([
    ["max-min", "maxmin"],
    ["pro-rata", "prorata"],
  ] as const)("ALLOC-MAXMIN: %s", (sharing, rule) => {
    const { demand, supply } = vector("ALLOC-MAXMIN").orders as unknown as {
      readonly demand: Readonly<Record<string, number>>;
      readonly supply: number;
    };
    const buys = Object.values(demand).map((energy, i): Line => [i, "buy", wh(energy), 100]);
    const given = input(book(...buys, [9, "sell", wh(supply), 10]));
    const rules: IslandRules = { priceCap: microPerKwh(50), essential: whOf(0), sharing };
    const result = clearIsland(given, rules, { classes: new Map(), outside: new Set() });
    const answer = expected<Readonly<Record<string, Readonly<Record<string, number>>>>>("ALLOC-MAXMIN")[rule]!;
    expect(result.ok && result.value.outcomes.slice(0, 3).map(({ energy }) => energy)).toEqual(Object.values(answer).map(wh));
  });
});
