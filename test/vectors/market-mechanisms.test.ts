import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import {
  type Clearing,
  type ClearingInput,
  type ClearingMechanism,
  clear,
  type Fill,
  MECHANISMS,
  mechanismOf,
  mudaBy,
  type Posted,
  type Trade,
} from "../../engine/auction/index.ts";
import { microPerKwh } from "../../engine/kernel/index.ts";
import { book, input, type Line } from "../support/book.ts";

/** Answers that we did not invent: vectors of the other mechanisms that the project's sessions share, beside the repository. */
const FILE = new URL("../../../shared/vectors/market.json", import.meta.url);

interface VectorOrder {
  readonly id: string;
  readonly side: "buy" | "sell";
  readonly qty: number;
  readonly price: number;
}

interface Vector {
  readonly id: string;
  readonly family: string;
  readonly orders: readonly VectorOrder[];
  readonly params: {
    readonly divisor?: number;
    readonly compensation?: number;
    readonly left?: readonly string[];
  };
  readonly expected: Readonly<Record<string, unknown>>;
}

const PRICE_SCALE = 100_000;
const ENERGY_SCALE = 1000;
const MONEY_SCALE = PRICE_SCALE * ENERGY_SCALE;

const vectors: readonly Vector[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")).vectors : [];
const present = vectors.length > 0 ? describe : describe.skip;
const why = vectors.length > 0 ? "" : " (skipped: ../shared/vectors/market.json is not there)";
const family = (name: string): readonly Vector[] => vectors.filter((vector) => vector.family === name);

/** Each order of a vector is of a home of its own. */
const inputOf = ({ orders }: Vector): ClearingInput =>
  input(book(...orders.map(({ side, qty, price }, i): Line => [i, side, Math.round(qty * ENERGY_SCALE), Math.round(price * PRICE_SCALE)])));

const fillsOf = (clearing: Clearing): readonly Fill[] => (clearing.kind === "trade" ? clearing.fills : []);
const bySide = (clearing: Clearing, side: Fill["side"]): readonly Fill[] => fillsOf(clearing).filter((fill) => fill.side === side);
const volumeOf = (clearing: Clearing): number => (clearing.kind === "trade" ? clearing.volume / ENERGY_SCALE : 0);
const surplusOf = (clearing: Clearing): number => (clearing.kind === "trade" ? clearing.surplus / MONEY_SCALE : 0);
const named = (vector: Vector, clearing: Clearing, of: (fill: Fill) => number): Record<string, number> =>
  Object.fromEntries(fillsOf(clearing).map((fill) => [vector.orders[fill.home]!.id, of(fill)]));
const energyOf = ({ energy }: Fill): number => energy / ENERGY_SCALE;

/** Each side trades at one price, and at this one. */
function expectPrice(clearing: Clearing, side: Fill["side"], price: unknown): void {
  for (const fill of bySide(clearing, side)) expect(fill.amount).toBe(Math.round(Number(price) * PRICE_SCALE) * fill.energy);
}

const atLeast = (name: string, count: number): void =>
  test("the vectors are there", () => expect(family(name).length).toBeGreaterThanOrEqual(count));

present(`McAfee${why}`, () => {
  atLeast("mcafee-trade-reduction", 4);
  const books = family("mcafee-trade-reduction").filter(({ orders }) => orders.length > 0);
  test.each(books.map((vector) => [vector.id, vector] as const))("%s", (_, vector) => {
    const clearing = MECHANISMS.mcafee.clear(inputOf(vector));
    const { trades, buyer_price, seller_price, budget_surplus } = vector.expected;
    expect([volumeOf(clearing), surplusOf(clearing)]).toEqual([trades, budget_surplus]);
    expectPrice(clearing, "buy", buyer_price);
    expectPrice(clearing, "sell", seller_price);
  });
});

present(`VCG${why}`, () => {
  atLeast("vcg", 1);
  test.each(family("vcg").map((vector) => [vector.id, vector] as const))("%s", (_, vector) => {
    const clearing = MECHANISMS.vcg.clear(inputOf(vector));
    const { trades, payments, budget } = vector.expected;
    expect([volumeOf(clearing), surplusOf(clearing)]).toEqual([trades, budget]);
    expect(named(vector, clearing, ({ side, amount }) => (side === "buy" ? amount : -amount) / MONEY_SCALE)).toEqual(payments);
  });
});

present(`Huang${why}`, () => {
  atLeast("huang-2002-multiunit", 3);
  test.each(family("huang-2002-multiunit").map((vector) => [vector.id, vector] as const))("%s", (_, vector) => {
    const clearing = MECHANISMS.huang.clear(inputOf(vector));
    const { buyer_price, seller_price, fills, buy_qty } = vector.expected as {
      readonly fills: Record<string, number>;
    } & Vector["expected"];
    expect(volumeOf(clearing)).toBe(buy_qty);
    expect(named(vector, clearing, energyOf)).toEqual(Object.fromEntries(Object.entries(fills).filter(([, energy]) => energy > 0)));
    expectPrice(clearing, "buy", buyer_price);
    expectPrice(clearing, "sell", seller_price);
  });
});

present(`MUDA, split given${why}`, () => {
  /** The vector's tool posts the middle of the last bid and the last offer that trade, which needn't clear the half it comes from. */
  function middleOfLastPair(half: ClearingInput): Posted | null {
    const own = clear(half);
    if (own.kind === "no-trade") return null;
    const limits = (side: Fill["side"]): readonly number[] =>
      own.outcomes.filter((outcome) => outcome.side === side && outcome.energy > 0).map(({ limit }) => limit);
    const price = microPerKwh(Math.floor((Math.min(...limits("buy")) + Math.max(...limits("sell"))) / 2));
    return { price, setBy: [] };
  }

  const withSplit = family("muda").filter(({ params }) => params.left !== undefined);
  test("the vectors are there", () => expect(withSplit.length).toBeGreaterThanOrEqual(1));
  test.each(withSplit.map((vector) => [vector.id, vector] as const))("%s", (_, vector) => {
    const isLeft = (home: number): boolean => vector.params.left!.includes(vector.orders[home]!.id);
    const own: Record<string, number | undefined> = {};
    const post = (half: ClearingInput): Posted | null => {
      const posted = middleOfLastPair(half);
      own[isLeft(half.orders[0]!.body.home) ? "left" : "right"] = posted?.price;
      return posted;
    };
    const muda: ClearingMechanism = mudaBy({ halfOf: (_, home) => (isLeft(home) ? "left" : "right"), post });
    const clearing = muda(inputOf(vector));
    const { price_left_market_own, price_right_market_own, fills, fees } = vector.expected;
    const scaled = (price: unknown): number => Math.round(Number(price) * PRICE_SCALE);
    expect(own).toEqual({ left: scaled(price_left_market_own), right: scaled(price_right_market_own) });
    expect(named(vector, clearing, energyOf)).toEqual(fills);
    const fee = (fill: Fill): number => Math.abs(fill.amount - fill.energy * (isLeft(fill.home) ? own.right! : own.left!)) / MONEY_SCALE;
    const charged = Object.entries(named(vector, clearing, fee)).filter(([, each]) => each !== 0);
    expect(Object.fromEntries(charged)).toEqual(fees);
  });
});

/** In these vectors the outside prices are the lowest bid and the highest offer. */
function withOutsidePrices(vector: Vector): ClearingInput | null {
  const given = inputOf(vector);
  const limits = (side: Fill["side"]): readonly number[] =>
    given.orders.filter(({ body }) => body.side === side).map(({ body }) => body.limit);
  const [importPrice, exportPrice] = [microPerKwh(Math.min(...limits("buy"))), microPerKwh(Math.max(...limits("sell")))];
  return importPrice < exportPrice ? null : { ...given, rules: { ...given.rules, residual: { importPrice, exportPrice } } };
}

present(`mid-market rate${why}`, () => {
  atLeast("mid-market-rate", 2);
  // Where the lowest bid is below the highest offer the vector's tool takes another rule.
  const priced = family("mid-market-rate").flatMap((vector) => {
    const given = withOutsidePrices(vector);
    return given === null ? [] : [[vector.id, vector, given] as const];
  });
  test.each(priced)("%s", (_, { params, expected }, given) => {
    const trade = mechanismOf("mid-market-rate", params).clear(given) as Trade;
    expect(Math.round(trade.price / (PRICE_SCALE / 100)) / 100).toBe(expected.price);
  });
});

present(`supply-demand ratio${why}`, () => {
  atLeast("supply-demand-ratio", 2);
  const priced = family("supply-demand-ratio").flatMap((vector) => {
    const given = withOutsidePrices(vector);
    return given === null ? [] : [[vector.id, vector, given] as const];
  });
  test.each(priced)("%s", (_, { params, expected }, given) => {
    const compensationPermille = Math.round((params.compensation ?? 0) * 1000);
    const { price, unsold } = mechanismOf("supply-demand-ratio", { compensationPermille }).clear(given) as Trade;
    const supply = given.orders.reduce((sum, { body }) => sum + (body.side === "sell" ? body.energy : 0), 0);
    // The vectors give what sellers get on average, for what they sell here and what the supplier takes.
    const average = (price * (supply - unsold) + given.rules.residual.exportPrice * unsold) / supply;
    expect(Math.abs(average / PRICE_SCALE - Number(expected.price))).toBeLessThanOrEqual(Number(expected.tolerance ?? 0.0005));
  });
});

present(`pay-as-bid${why}`, () => {
  atLeast("pay-as-bid", 1);
  interface Pairs {
    readonly trades: readonly (readonly [bid: string, offer: string, energy: number, price: number])[];
  }
  test.each(family("pay-as-bid").map((vector) => [vector.id, vector] as const))("%s: as its tool or better", (_, vector) => {
    const { trades } = vector.expected as unknown as Pairs;
    const clearing = MECHANISMS["pay-as-bid"].clear(inputOf(vector)) as Trade;
    const priceOf = (id: string): number => vector.orders.find((order) => order.id === id)!.price;
    const welfare = trades.reduce((sum, [bid, offer, energy]) => sum + energy * (priceOf(bid) - priceOf(offer)), 0);
    expect(clearing.welfare / MONEY_SCALE).toBeGreaterThanOrEqual(welfare - 1e-9);
    for (const fill of bySide(clearing, "buy")) expect(fill.price / PRICE_SCALE).toBe(vector.orders[fill.home]!.price);
    expect(clearing.surplus).toBe(0);
  });

  test("PAB-GSY-1: with bids by falling and offers by rising limit the pairs are the tool's", () => {
    const vector = vectors.find(({ id }) => id === "PAB-GSY-1")!;
    const clearing = MECHANISMS["pay-as-bid"].clear(inputOf(vector)) as Trade;
    expect(named(vector, clearing, energyOf)).toEqual({ bid3: 20, bid2: 5, off4: 25 });
    expect(named(vector, clearing, ({ amount }) => amount / MONEY_SCALE)).toEqual({ bid3: 60, bid2: 10, off4: 70 });
  });
});
