import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { raisedInTree } from "../../../engine/auction/allocate.ts";
import { isDeep, raisedInDeepTree } from "../../../engine/auction/deep.ts";
import { clear, type Trade } from "../../../engine/auction/index.ts";
import { marketOf } from "../../../engine/auction/market.ts";
import { chance } from "../../support/chance.ts";
import { anyMarket, type Offer, street } from "../../support/networks.ts";

/** One node behind the other, each with an order or two; no fee and no loss, and wires narrower than what wants to pass. */
function line(nodes: number, seed: number, width = 500) {
  const next = chance(seed);
  const upTo = (most: number): number => Math.floor(next() * (most + 1));
  const wires = Array.from({ length: nodes - 1 }, (_, i) => ({
    parent: i,
    into: width + upTo(width),
    out: width + upTo(width),
    fee: 0,
    lossPpm: 0,
  }));
  const offers = Array.from({ length: 2 * nodes }, (): Offer => {
    return [upTo(nodes - 1), next() < 0.5 ? "buy" : "sell", 1 + upTo(20), 1 + upTo(1000)];
  });
  return street({ wires, offers });
}

describe("treaps and lists", () => {
  test("raise the same orders by the same energy, whatever the tree", () =>
    fc.assert(
      fc.property(anyMarket({ nodes: 12, orders: 24, energy: 12 }), (given) => {
        const market = marketOf(given);
        expect(raisedInDeepTree(market)).toEqual(raisedInTree(market));
      }),
      { numRuns: 500 },
    ));

  test.each([1, 2, 3])("on long lines too, seed %i", (seed) => {
    const market = marketOf(line(2_200, seed, 500 * seed ** 2));
    expect(isDeep(market)).toBe(true);
    expect(raisedInDeepTree(market)).toEqual(raisedInTree(market));
  });

  test("with losses they raise as much in all, but for what a float can't hold", () =>
    fc.assert(
      fc.property(anyMarket({ nodes: 12, orders: 24, energy: 12, losses: [0, 20_000, 100_000] }), (given) => {
        const market = marketOf(given);
        const [deep, flat] = [raisedInDeepTree(market), raisedInTree(market)].map((raised) => raised.reduce((sum, each) => sum + each, 0));
        expect(deep!).toBeCloseTo(flat!, 5);
      }),
      { numRuns: 300 },
    ));

  test("a tree is deep when its orders are far from the root, not when one branch is", () => {
    expect(isDeep(marketOf(line(1_000, 1)))).toBe(false);
    expect(isDeep(marketOf(line(1_900, 1)))).toBe(false);
    expect(isDeep(marketOf(line(2_200, 1)))).toBe(true);
  });

  test("a clearing of a deep line holds to its wires", () => {
    const given = line(2_200, 4, 30);
    const { fills, flows } = clear(given) as Trade;
    const sums = fills.reduce((sum, { side, energy }) => sum + (side === "buy" ? energy : -energy), 0);
    expect(sums).toBe(0);
    expect(
      flows.every(
        ({ node, direction, entered }) =>
          entered <= given.network.nodes[node]!.edge![direction === "export" ? "exportCapacity" : "importCapacity"],
      ),
    ).toBe(true);
    expect(flows.some(({ full }) => full)).toBe(true);
  });
});
