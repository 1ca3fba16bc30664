import { expect, test } from "@jest/globals";
import { clear, clearingRules, largestMarket } from "../../../engine/auction/index.ts";
import { microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { book, input, type Line } from "../../support/book.ts";
import { RULES } from "../../support/rules.ts";

/** What sellers with one limit get of a buyer's energy. */
const shared = (wants: readonly number[], available: number): readonly number[] => {
  const sellers = wants.map((energy, i): Line => [i, "sell", energy, 1]);
  return clear(input(book(...sellers, [99, "buy", available, 1])))
    .outcomes.slice(0, wants.length)
    .map(({ energy }) => energy);
};

test.each<[string, readonly number[], number, readonly number[]]>([
  ["exact shares", [2, 4, 6], 6, [1, 2, 3]],
  ["0.5, 1.0 and 2.5: the half of the lower id", [1, 2, 5], 4, [1, 1, 2]],
  ["1.33, 1.33 and 1.33 of 4", [2, 2, 2], 4, [2, 1, 1]],
  ["the largest remainder beats the lower id: 0.67 and 1.33", [1, 2], 2, [1, 1]],
  ["0.4, 0.4, 0.4 and 1.8: both left go to the last and the first", [1, 1, 1, 7], 4, [1, 0, 0, 3]],
  ["one for a hundred", Array.from({ length: 100 }, () => 7), 1, [1, ...Array.from({ length: 99 }, () => 0)]],
  ["all but one", [10, 10, 10], 29, [10, 10, 9]],
  ["everything", [10, 20], 30, [10, 20]],
])("pro rata: %s", (_name, wants, available, expected) => {
  expect(shared(wants, available)).toEqual(expected);
});

test("products beyond 2^53 stay exact: 5e9 of 3e9 + 6e9 is 1666666666.67 and 3333333333.33", () => {
  expect(shared([3_000_000_000, 6_000_000_000], 5_000_000_000)).toEqual([1_666_666_667, 3_333_333_333]);
});

test("beyond 2^53 the watt-hour goes where exact arithmetic sends it; rounded products would give it to the first", () => {
  const wants = [639_374_271_396, 103_566_781_317, 330_202_775_894];
  expect(shared(wants, 579_331_438_755)).toEqual([345_163_068_245, 55_910_019_541, 178_258_350_969]);
});

test.each<[number, number, number, number]>([
  // maxPrice, maxOrderWh, maxOrdersPerHome -> floor((2^53 - 1) / product)
  [1_000_000, 25_000, 4, 90_071],
  [100_000_000, 1_000_000, 10, 9],
  [100_000_000, 1_000_000_000_000, 1, 0],
  [0, 1_000_000, 1, 9_007_199_254],
])("largest market at %d micro/kWh, %d Wh, %d orders: %d homes", (maxPrice, maxOrderWh, maxOrdersPerHome, homes) => {
  expect(largestMarket({ ...RULES, maxPrice: microPerKwh(maxPrice), maxOrderWh: wh(maxOrderWh), maxOrdersPerHome })).toBe(homes);
});

test("the auction takes tick and k from the market rules", () => {
  expect(clearingRules(RULES)).toEqual({ tick: 100, kPermille: 500, rationing: "pro-rata", residual: RULES.residual });
});
