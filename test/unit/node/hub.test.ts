import { describe, expect, test } from "@jest/globals";
import { address, type HomeId, homeId } from "../../../engine/kernel/index.ts";
import { type Hub, hearsMarket, isLinked, isNeighbour } from "../../../src/node/hub.ts";
import { SimulatedStreet } from "../../../src/sim/index.ts";

const AGENT = address(`0x${"01".repeat(20)}`);

function hub(homes: number, validators: readonly number[], self: number | null): Hub {
  return {
    from: 5,
    self: self === null ? null : homeId(self),
    members: {
      homes: Array.from({ length: homes }, (_, home) => ({ home: homeId(home), agent: AGENT })),
      validators: validators.map((home) => ({ home: homeId(home), class: "home" })),
    },
  };
}

const linksOf = (of: Hub, test: (hub: Hub, other: HomeId) => boolean = isLinked): readonly number[] =>
  of.members.homes.map(({ home }) => home).filter((home) => test(of, home));

describe("who is linked with whom, and who hears orders as they come", () => {
  test.each([
    ["four homes: all with all", hub(4, [0, 1], 3), [0, 1, 2], [0, 1, 2], true],
    ["five are a hub: a home with the validators", hub(5, [0, 3], 4), [0, 3], [0, 3], false],
    ["a validator with all; only those that certify hear what it hears", hub(5, [0, 3], 3), [0, 1, 2, 4], [0], true],
    ["who only follows, with all, and hears all", hub(5, [0, 3], null), [0, 1, 2, 3, 4], [0, 3], true],
    ["all certify: as in a small street", hub(5, [0, 1, 2, 3, 4], 2), [0, 1, 3, 4], [0, 1, 3, 4], true],
    ["a home that isn't in force yet", hub(5, [0, 3], 9), [0, 3], [0, 3], false],
  ] as const)("%s", (_what, of, links, neighbours, hears) => {
    expect([linksOf(of), linksOf(of, isNeighbour), hearsMarket(of)]).toEqual([links, neighbours, hears]);
  });

  test("links are the same from both sides, and far fewer than all with all", () => {
    const street = (self: number): Hub => hub(100, [0, 1, 2, 3, 4, 50, 99], self);
    const pairs = Array.from({ length: 100 }, (_, one) =>
      linksOf(street(one)).map((other) => `${Math.min(one, other)} ${Math.max(one, other)}`),
    );
    const counts = new Map<string, number>();
    for (const pair of pairs.flat()) counts.set(pair, (counts.get(pair) ?? 0) + 1);
    expect([...new Set(counts.values())]).toEqual([2]);
    // 7 validators among themselves, and 93 homes with each of them.
    expect(counts.size).toBe(21 + 93 * 7);
  });
});

describe("a hub that agrees: production nodes, four of nine certify", () => {
  const FAULTS = { loss: 0.1, duplication: 0.05, delayMs: { least: 5, most: 60 } };

  async function run(hubFrom: number, faults: typeof FAULTS | undefined) {
    const street = new SimulatedStreet({ seed: 11, homes: 9, validators: 4, hubFrom, ...(faults === undefined ? {} : { faults }) });
    await street.start();
    await street.runTo(9);
    street.stop();
    return street;
  }

  test.each([
    ["on a good network", undefined],
    ["with one of ten messages lost", FAULTS],
  ])("every home works out the same results, with every home's orders in them, %s", async (_what, faults) => {
    const street = await run(5, faults);
    const results = street.homes.map(({ certified }) => certified.map(({ evaluation }) => evaluation.value));
    expect(results[0]!.length).toBeGreaterThanOrEqual(8);
    for (const each of results) expect(each.slice(0, 8)).toEqual(results[0]!.slice(0, 8));
    const authors = new Set(street.homes[0]!.certified.flatMap(({ evaluation }) => evaluation.orders.map(({ body }) => Number(body.home))));
    expect([...authors].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  test("the results are those of the same street with all linked to all", async () => {
    const valuesOf = (street: SimulatedStreet) => street.homes[8]!.certified.slice(0, 8).map(({ evaluation }) => evaluation.value);
    expect(valuesOf(await run(5, undefined))).toEqual(valuesOf(await run(99, undefined)));
  });
});
