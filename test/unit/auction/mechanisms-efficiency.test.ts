import { describe, expect, test } from "@jest/globals";
import type { Clearing, ClearingInput } from "../../../engine/auction/index.ts";
import { MECHANISMS, type MechanismName } from "../../../engine/auction/index.ts";
import { interval } from "../../../engine/kernel/index.ts";
import { book, input, type Line } from "../../support/book.ts";
import { chance } from "../../support/chance.ts";

const welfareOf = (clearing: Clearing): number => (clearing.kind === "trade" ? clearing.welfare : 0);

/** Each book is of an interval of its own, so that MUDA's halves change. */
const booksOf = (count: number, lines: () => readonly Line[]): readonly ClearingInput[] =>
  Array.from({ length: count }, (_, i) => {
    const given = input(book(...lines()));
    const at = interval(i);
    return { ...given, interval: at, orders: given.orders.map((order) => ({ ...order, body: { ...order.body, interval: at } })) };
  });

const welfares = (books: readonly ClearingInput[], name: MechanismName): readonly number[] =>
  books.map((given) => welfareOf(MECHANISMS[name].clear(given)));
const total = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0);

/** n buyers and n sellers of 1 Wh with limits from 0 to 1, in millionths. */
function unitTraders(n: number, random: () => number): readonly Line[] {
  const line = (home: number, side: "buy" | "sell"): Line => [home, side, 1, Math.floor(random() * 1_000_001)];
  return Array.from({ length: n }, (_, i) => [line(i, "buy"), line(n + i, "sell")]).flat();
}

/** McAfee 1992, Table I, as re-run in market.md 2.2: the share of all gains from trade, the auctioneer's included. */
test.each([
  [2, 77.18],
  [3, 88.08],
  [4, 92.45],
  [5, 94.61],
  [10, 98.37],
])("McAfee, Table I: %i buyers and sellers realize %f %% of the gains", (n, percent) => {
  const random = chance(1992 + n);
  const books = booksOf(n === 2 ? 10_000 : 2500, () => unitTraders(n, random));
  const share = (100 * total(welfares(books, "mcafee"))) / total(welfares(books, "k-double-auction"));
  expect(Math.abs(share - percent)).toBeLessThan(1);
});

/** As in market.md, part 0: limits from 8 to 30 ct, 50 to 2000 Wh; per cent of the optimum, on average over books that trade. */
describe("what a street loses, by its length", () => {
  const line = (random: () => number, home: number, side: "buy" | "sell"): Line => [
    home,
    side,
    50 + Math.floor(random() * 1951),
    80_000 + 100 * Math.floor(random() * 2201),
  ];
  const streets = [5, 20, 100].map((n) => {
    const random = chance(2025 + n);
    const lines = (): readonly Line[] => Array.from({ length: n }, (_, i) => [line(random, i, "buy"), line(random, n + i, "sell")]).flat();
    const books = booksOf(4000 / n, lines);
    return { books, most: welfares(books, "k-double-auction") };
  });
  const efficiencies = (name: MechanismName): readonly number[] =>
    streets.map(({ books, most }) => {
      const shares = welfares(books, name).flatMap((welfare, i) => (most[i]! > 0 ? [(100 * welfare) / most[i]!] : []));
      return total(shares) / shares.length;
    });

  test("Huang loses what another implementation of it loses: 58.7, 95.3 and 99.3 %", () => {
    for (const [i, efficiency] of efficiencies("huang").entries())
      expect(Math.abs(efficiency - [58.7, 95.3, 99.3][i]!)).toBeLessThan([4, 1, 1][i]!);
  });

  test("McAfee is Huang unless the last orders trade whole, which unequal energies rarely do", () => {
    const [mcafee, huang] = [efficiencies("mcafee"), efficiencies("huang")];
    for (const [i, efficiency] of mcafee.entries()) expect(Math.abs(efficiency - huang[i]!)).toBeLessThan(1);
  });

  test("MUDA halves the street: terrible when it is thin, within 8 % of the optimum at 100 orders a side", () => {
    const [thin, middle, thick] = efficiencies("muda") as [number, number, number];
    expect([thin < 50, middle > 65 && middle < 85, thick > 92]).toEqual([true, true, true]);
  });
});
