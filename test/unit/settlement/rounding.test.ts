import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { nano } from "../../../engine/kernel/index.ts";
import { toMicro } from "../../../engine/settlement/index.ts";

const round = (...amounts: number[]) => toMicro(amounts.map((each) => nano(each)));

describe("rounding a group to micro", () => {
  test.each<[string, number[], number[], number]>([
    ["nothing", [], [], 0],
    ["whole micros stay", [5000, -3000, 0], [5, -3, 0], 0],
    ["one alone: nearest", [1499], [1], 499],
    ["one alone: halves go up", [1500], [2], -500],
    ["a debt alone: nearest", [-1499], [-1], -499],
    ["a debt alone: halves go up", [-1500], [-1], -500],
    ["three thirds of one micro", [333, 333, 334], [0, 0, 1], 0],
    ["the greatest remainder is rounded up", [100, 900, 600, 400], [0, 1, 1, 0], 0],
    ["of equal remainders the earlier place", [500, 500, 500, 500], [1, 1, 0, 0], 0],
    ["buyer and seller", [-1234, 1234], [-1, 1], 0],
    ["a buyer and two sellers", [-3000, 1500, 1500], [-3, 2, 1], 0],
    ["two buyers and a seller", [-1500, -1500, 3000], [-1, -2, 3], 0],
    ["a total that is no whole micro", [700, 700, 700], [1, 1, 0], 100],
    ["large ones", [9_007_199_254_740_991], [9_007_199_254_741], -9],
  ])("%s", (_, amounts, micro, residue) => {
    const rounded = round(...amounts);
    expect(rounded.micro.map((each) => each + 0)).toEqual(micro.map((each) => each + 0));
    expect(rounded.residue + 0).toBe(residue);
  });

  const anyAmount = fc.oneof(
    fc.integer({ min: -3000, max: 3000 }),
    fc.integer({ min: -(10 ** 12), max: 10 ** 12 }),
    fc.integer({ min: -9, max: 9 }).map((each) => each * 500),
  );
  const anyGroup = fc.array(anyAmount, { maxLength: 40 });

  test("what was there is there: sum and residue make the total, and nobody moves by a whole micro", () => {
    fc.assert(
      fc.property(anyGroup, (amounts) => {
        const { micro, residue } = round(...amounts);
        const total = amounts.reduce((whole, each) => whole + each, 0);
        expect(micro.length).toBe(amounts.length);
        expect(micro.every((each, i) => Number.isSafeInteger(each) && Math.abs(each * 1000 - amounts[i]!) < 1000)).toBe(true);
        expect(micro.reduce((whole, each) => whole + each, 0) * 1000 + residue).toBe(total);
        expect(Math.abs(residue)).toBeLessThanOrEqual(500);
      }),
      { numRuns: 500 },
    );
  });

  test("a group that sums to zero still does, without residue", () => {
    fc.assert(
      fc.property(anyGroup, (amounts) => {
        const { micro, residue } = round(...amounts, -amounts.reduce((whole, each) => whole + each, 0));
        expect(micro.reduce((whole, each) => whole + each, 0) + residue + 0).toBe(0);
      }),
    );
  });

  test("nobody with a greater remainder is passed over", () => {
    fc.assert(
      fc.property(anyGroup, (amounts) => {
        const { micro } = round(...amounts);
        const ups = amounts.filter((each, i) => micro[i]! * 1000 > each).map((each) => ((each % 1000) + 1000) % 1000);
        const downs = amounts.filter((each, i) => micro[i]! * 1000 <= each).map((each) => ((each % 1000) + 1000) % 1000);
        expect(Math.min(1000, ...ups)).toBeGreaterThanOrEqual(Math.max(0, ...downs));
      }),
    );
  });
});
