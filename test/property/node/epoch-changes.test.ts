import { describe, expect, jest, test } from "@jest/globals";
import { runSeed, scenarioOf, type Wishes } from "../../../src/sim/index.ts";

jest.setTimeout(300_000);

const wishesOf = (seed: number): Wishes => ({ homes: 4 + (seed % 4), intervals: 6 });

/** Schedules with a change of members: homes that join, leave or change keys, read early, late or never, beside what else goes wrong. */
const SEEDS = Array.from({ length: 400 }, (_, i) => 7_000 + i)
  .filter((seed) => (scenarioOf(seed, wishesOf(seed)).changes ?? []).length > 0)
  .slice(0, 50);

test("fifty of them, of every kind", () => {
  const kinds = new Set(SEEDS.flatMap((seed) => (scenarioOf(seed, wishesOf(seed)).changes ?? []).map(({ kind }) => kind)));
  expect([SEEDS.length, kinds]).toEqual([50, new Set(["join", "leave", "rotate"])]);
});

describe("members change between two intervals and never within one", () => {
  test.each(SEEDS)("seed %i", async (seed) => {
    const { broken } = await runSeed(seed, wishesOf(seed));
    expect(broken?.story.join("\n") ?? "every law held").toBe("every law held");
  });
});
