import { describe, expect, test } from "@jest/globals";
import { clear, explainNoTrade, explainOutcome, explainPrice, type Words } from "../../../engine/auction/index.ts";
import { book, input, type Line } from "../../support/book.ts";

const WORDS: Words = { price: (price) => `${(price / 10_000).toFixed(1)} ct`, home: (home) => `home ${home}` };

const priceSentence = (lines: readonly Line[], k = 500): string => {
  const clearing = clear(input(book(...lines), 100, k));
  return clearing.kind === "trade" ? explainPrice(clearing, k, WORDS) : explainNoTrade(clearing, WORDS);
};

const BETWEEN: readonly Line[] = [
  [7, "buy", 500, 164_000],
  [3, "sell", 500, 120_000],
];

describe("who set the price", () => {
  test.each<[string, readonly Line[], number]>([
    ["home 3's offer at 12.0 ct and home 7's bid at 16.4 ct; the price is the middle", BETWEEN, 500],
    ["home 3's offer at 12.0 ct and home 7's bid at 16.4 ct; the price is the lower", BETWEEN, 0],
    ["home 3's offer at 12.0 ct and home 7's bid at 16.4 ct; the price is the higher", BETWEEN, 1000],
    ["home 3's offer at 12.0 ct and home 7's bid at 16.4 ct; the price is 13.1 ct, 25 % of the way up", BETWEEN, 250],
    [
      "home 7's bid at 16.4 ct set the price",
      [
        [7, "buy", 900, 164_000],
        [3, "sell", 500, 120_000],
      ],
      500,
    ],
    [
      "home 3's offer (and 1 more) at 12.0 ct set the price",
      [
        [7, "buy", 500, 164_000],
        [3, "sell", 500, 120_000],
        [4, "sell", 500, 120_000],
      ],
      500,
    ],
  ])("%s", (sentence, lines, k) => expect(priceSentence(lines, k)).toBe(sentence));

  test("where losses, rounded to ticks, leave no limit at an end", () => {
    const clearing = clear(input(book(...BETWEEN), 100, 500));
    if (clearing.kind !== "trade") throw new Error("no trade");
    const unset = { ...clearing, priceSetBy: { low: [], high: [] }, priceRange: { low: clearing.price, high: clearing.price } };
    expect(explainPrice(unset, 500, WORDS)).toBe("limits behind wires with losses set the price");
  });
});

describe("why nothing traded", () => {
  test.each<[string, readonly Line[]]>([
    ["nobody wanted to buy or sell", []],
    ["nobody wanted to buy", [[1, "sell", 5, 100]]],
    ["nobody offered energy", [[1, "buy", 5, 100]]],
    [
      "the best bid, 10.0 ct, stayed below the cheapest offer, 12.5 ct",
      [
        [1, "buy", 5, 100_000],
        [2, "sell", 5, 125_000],
      ],
    ],
  ])("%s", (sentence, lines) => expect(priceSentence(lines)).toBe(sentence));
});

describe("what became of an order", () => {
  const REFUSING: readonly Line[] = [
    [1, "buy", 100, 200_000],
    [2, "sell", 100, 100_000],
    [3, "buy", 100, 140_000],
    [4, "sell", 100, 160_000],
  ];
  const LONG: readonly Line[] = [
    [1, "buy", 900, 164_000],
    [2, "sell", 500, 120_000],
  ];
  test.each<[string, readonly Line[], number, number]>([
    ["bought all it wanted", REFUSING, 0, 500],
    ["sold all it offered", REFUSING, 1, 500],
    ["the price, 15.0 ct, was above its limit", REFUSING, 2, 500],
    ["the price, 15.0 ct, was below its limit", REFUSING, 3, 500],
    ["its limit was just the price, 14.0 ct, and orders with better limits took all there was", REFUSING, 2, 0],
    ["bought a part: its limit was just the price, 16.4 ct, and orders with that limit had to share", LONG, 0, 500],
    [
      "sold a part: its limit was just the price, 10.0 ct, and orders with that limit had to share",
      [
        [1, "buy", 5, 200_000],
        [2, "sell", 9, 100_000],
      ],
      1,
      500,
    ],
    ["nobody offered energy", [[1, "buy", 5, 100]], 0, 500],
    ["nobody wanted to buy", [[1, "sell", 5, 100]], 0, 500],
    [
      "the best bid, 10.0 ct, stayed below the cheapest offer, 12.5 ct",
      [
        [1, "buy", 5, 100_000],
        [2, "sell", 5, 125_000],
      ],
      0,
      500,
    ],
  ])("%s", (sentence, lines, index, k) => {
    const clearing = clear(input(book(...lines), 100, k));
    expect(explainOutcome(clearing.outcomes[index]!, clearing, WORDS)).toBe(sentence);
  });
});
