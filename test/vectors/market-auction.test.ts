import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { clear, reference, type Trade } from "../../engine/auction/index.ts";
import { book, input, type Line } from "../support/book.ts";

/**
 * Answers that we did not invent: the call-auction vectors that the project's sessions share, beside the repository.
 * Where a vector also carries the (inefficient) answer of the tool it came from, the efficient one is the one to meet.
 */
const FILE = new URL("../../../shared/vectors/market.json", import.meta.url);

interface Efficient {
  readonly traded_qty: number;
  readonly welfare: number;
  readonly price_interval: readonly [number, number];
  readonly price_k?: number;
  readonly fills: Readonly<Record<string, number>>;
}

interface Vector {
  readonly id: string;
  readonly family: string;
  readonly orders: readonly { readonly id: string; readonly side: "buy" | "sell"; readonly qty: number; readonly price: number }[];
  readonly expected: Efficient | { readonly efficient: Efficient };
}

const PRICE_SCALE = 100_000;

const vectors: readonly Vector[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")).vectors : [];
const present = vectors.length > 0 ? describe : describe.skip;
const why = vectors.length > 0 ? "" : " (skipped: ../shared/vectors/market.json is not there)";

present(`uniform k-double auction${why}`, () => {
  const uniform = vectors.filter(({ family }) => family === "uniform-k-double-auction");

  test("the vectors are there", () => expect(uniform.length).toBeGreaterThanOrEqual(5));

  for (const { id, orders, expected } of uniform) {
    const efficient = "efficient" in expected ? expected.efficient : expected;
    test.each([
      ["clear", clear],
      ["reference", reference],
    ])(`${id}: %s`, (_, mechanism) => {
      const lines = orders.map(({ side, qty, price }, i): Line => [i, side, qty, Math.round(price * PRICE_SCALE)]);
      const trade = mechanism(input(book(...lines))) as Trade;
      const fills = Object.fromEntries(trade.fills.map(({ home, energy }) => [orders[home]!.id, energy]));
      expect(fills).toEqual(efficient.fills);
      expect(trade.volume).toBe(efficient.traded_qty);
      expect(trade.welfare).toBe(Math.round(efficient.welfare * PRICE_SCALE));
      expect([trade.priceRange.low, trade.priceRange.high]).toEqual(efficient.price_interval.map((price) => price * PRICE_SCALE));
      if (efficient.price_k !== undefined) expect(trade.price).toBe(efficient.price_k * PRICE_SCALE);
    });
  }
});

present(`pro rata${why}`, () => {
  const expectedOf = (id: string): Record<string, Record<string, number>> =>
    vectors.find((vector) => vector.id === id)!.expected as unknown as Record<string, Record<string, number>>;

  /** What each gets in kWh, to the watt-hour, when all want the same price. */
  const proRata = (side: "buy" | "sell", kWh: readonly number[], available: number): readonly number[] => {
    const wants = kWh.map((energy, i): Line => [i, side, Math.round(energy * 1000), 10]);
    const { outcomes } = clear(input(book(...wants, [99, side === "buy" ? "sell" : "buy", available * 1000, 10])));
    return outcomes.slice(0, kWh.length).map(({ energy }) => energy / 1000);
  };

  test("ALLOC-MAXMIN, its pro-rata answer", () => {
    const expected = Object.values(expectedOf("ALLOC-MAXMIN").prorata!);
    expect(proRata("buy", [1, 3, 5], 6)).toEqual(expected.map((energy) => Math.round(energy * 1000) / 1000));
  });

  test("ALLOC-GSY-SCM-ORDER: two equal producers get equal shares, whoever came first", () => {
    expect(proRata("sell", [0.4, 0.4], 0.5)).toEqual(Object.values(expectedOf("ALLOC-GSY-SCM-ORDER").pro_rata!));
  });
});
