import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { homeId } from "../../../engine/kernel/index.ts";
import { AuthorBudget } from "../../../src/node/author-budget.ts";

const [A, B] = [homeId(1), homeId(2)];

describe("an author's budget", () => {
  test("is spent by what it signed, and comes back with time", () => {
    const budget = new AuthorBudget({ burst: 3, perSecond: 2 });
    for (let i = 0; i < 3; i++) {
      expect(budget.isSpent(A, 0)).toBe(false);
      budget.charge(A, 0);
    }
    expect([budget.isSpent(A, 0), budget.isSpent(A, 499), budget.isSpent(A, 500), budget.isSpent(A, 60_000)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("is one author's own, and asking costs nothing", () => {
    const budget = new AuthorBudget({ burst: 1, perSecond: 1 });
    for (let i = 0; i < 100; i++) expect(budget.isSpent(A, 0)).toBe(false);
    budget.charge(A, 0);
    expect([budget.isSpent(A, 0), budget.isSpent(B, 0)]).toEqual([true, false]);
  });

  test("in any stretch of time no more is taken than burst and rate allow, nor less than the rate", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 400 }), { maxLength: 200 }), (pauses) => {
        const budget = new AuthorBudget({ burst: 5, perSecond: 10 });
        let [at, taken] = [0, 0];
        for (const pause of pauses) {
          at += pause;
          if (budget.isSpent(A, at)) continue;
          budget.charge(A, at);
          taken++;
        }
        expect(taken).toBeLessThanOrEqual(5 + (at / 1_000) * 10);
        expect(taken).toBeGreaterThanOrEqual(Math.min(pauses.length, 5));
      }),
    );
  });
});
