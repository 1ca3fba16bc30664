import { describe, expect, test } from "@jest/globals";
import { faulty } from "../../../engine/agreement/index.ts";
import { faultsOf, runNetwork } from "../../../src/sim/index.ts";

/** One comparison that names the seed: what is left of it runs again with runNetwork(homes, seed). */
const check = (homes: number, seed: number): void =>
  expect({ homes, seed, faults: faultsOf(runNetwork(homes, seed)) }).toEqual({ homes, seed, faults: [] });

describe("loss, delay, crashes and up to f Byzantine: one value, everywhere, and nobody honest framed", () => {
  test.each([
    [4, 1500],
    [5, 600],
    [7, 500],
  ])("%i homes", (homes, seeds) => {
    for (let seed = 1; seed <= seeds; seed++) check(homes, seed);
  });

  test("small streets, without a fault to bear", () => {
    for (const homes of [1, 2, 3]) for (let seed = 1; seed <= 60; seed++) check(homes, seed);
  });

  test("the harness has what it needs: homes that lie, homes that are found lying, and deadlines that come", () => {
    const outcomes = Array.from({ length: 60 }, (_, seed) => runNetwork(7, seed));
    const liars = outcomes.map(({ validators, honest }) => validators.ids.length - honest.length);
    expect([...new Set(liars)].sort()).toEqual([0, 1, faulty({ ids: outcomes[0]!.validators.ids })]);
    expect(outcomes.filter(({ culprits }) => culprits.size > 0).length).toBeGreaterThan(10);
    const isVoid = outcomes.map(({ decided, isVoid: of }) => of([...decided.values()][0]!));
    expect(new Set(isVoid)).toEqual(new Set([true, false]));
  });
});
