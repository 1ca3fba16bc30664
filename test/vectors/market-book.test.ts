import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import {
  BUY,
  CONTINUOUS,
  FIRST_TRADE,
  GOOD_TILL_GATE,
  openArena,
  SELL,
  TRADE_ENERGY,
  TRADE_REFERENCE,
  TRADE_SHIFT,
  TRADE_TICK,
  TRADES,
} from "../../engine/book/index.ts";

/** Continuous double auctions among the vectors that the project's sessions share, beside the repository. */
const FILE = new URL("../../../shared/vectors/market.json", import.meta.url);

interface Vector {
  readonly id: string;
  readonly family: string;
  readonly orders: readonly { readonly id: string; readonly side: "buy" | "sell"; readonly qty: number; readonly price: number }[];
  readonly expected: {
    readonly trades: readonly (readonly [buyer: string, seller: string, energy: number, price: number])[];
    readonly resting: readonly (readonly [id: string, side: string, energy: number, price: number])[];
  };
}

const all: readonly Vector[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")).vectors : [];
const vectors = all.filter(({ family }) => family === "continuous-double-auction");
const present = all.length > 0 ? describe : describe.skip;

present(`continuous double auction${all.length > 0 ? "" : " (skipped: ../shared/vectors/market.json is not there)"}`, () => {
  test("the vectors are there", () => expect(vectors.length).toBeGreaterThan(0));

  test.each(vectors.map((vector) => [vector.id, vector] as const))("%s", (_, { orders, expected }) => {
    const opened = openArena({ books: 1, lowestTick: 0, highestTick: 100, orders: 16 });
    if (!opened.ok) throw new Error(opened.code);
    const { setPhase, submit, report, resting } = opened.value;
    setPhase(0, CONTINUOUS);
    const trades = orders.flatMap(({ id, side, qty, price }, at) => {
      submit(0, side === "buy" ? BUY : SELL, GOOD_TILL_GATE, price, qty, at, at);
      return Array.from({ length: report[TRADES]! }, (__, nth) => {
        const row = FIRST_TRADE + (nth << TRADE_SHIFT);
        const other = orders[report[row + TRADE_REFERENCE]!]!.id;
        return [...(side === "buy" ? [id, other] : [other, id]), report[row + TRADE_ENERGY], report[row + TRADE_TICK]];
      });
    });
    expect(trades).toEqual(expected.trades);
    expect(
      resting(0).map(({ reference, side, energy, tick }) => [orders[reference]!.id, side === BUY ? "buy" : "sell", energy, tick]),
    ).toEqual(expected.resting);
  });
});
