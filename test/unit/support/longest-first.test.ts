import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import LongestFirst, { SLOW, STREETS } from "../../support/longest-first.js";

const context = (sizes: Readonly<Record<string, number>>) => ({
  config: { cache: false },
  hasteFS: { getSize: (path: string) => sizes[path] ?? 0 },
});
const ordered = (sizes: Readonly<Record<string, number>>, times: Readonly<Record<string, number>> = {}): readonly string[] => {
  const shared = context(sizes);
  const sequencer = new LongestFirst({});
  sequencer.time = ({ path }) => times[path];
  return sequencer.sort(Object.keys(sizes).map((path) => ({ path, context: shared }))).map(({ path }) => path);
};

describe("the order of suites", () => {
  const [unit, model, law] = ["/r/test/unit/a/b.test.ts", "/r/test/models/d.test.ts", "/r/test/property/e.test.ts"];

  test("in a fresh clone: slow kinds first, whatever their size, and the larger of one kind", () => {
    const small = "/r/test/models/small.test.ts";
    expect(ordered({ [unit]: 900, [law]: 5, [small]: 3, [model]: 4 })).toEqual([model, small, law, unit]);
  });

  test("where all times are known: the longest first", () => {
    expect(ordered({ [unit]: 1, [model]: 1, [law]: 1 }, { [unit]: 9, [model]: 4, [law]: 6 })).toEqual([unit, law, model]);
  });

  test("five others between two streets, and none lost", () => {
    const others = Array.from({ length: 12 }, (_, i) => `/r/test/unit/${i}.test.ts`);
    const [big, small] = ["/r/test/e2e/big.test.ts", "/r/test/e2e/small.test.ts"];
    const sizes = Object.fromEntries(others.map((path, i) => [path, 100 - i]));
    expect(ordered({ ...sizes, [small]: 1, [big]: 2 })).toEqual([big, ...others.slice(0, 5), small, ...others.slice(5)]);
    expect(ordered({ [small]: 1, [big]: 2, [unit]: 3 })).toEqual([big, unit, small]);
  });

  test("the folders that it names are there", () => {
    const missing = [...STREETS, ...SLOW].filter((folder) => !existsSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url))));
    expect(missing).toEqual([]);
  });
});

test("properties begin with one seed", () => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 20_261_127);
  expect(fc.check(fc.property(fc.nat(), () => true)).seed).toBe(seed);
});
