import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import LongestFirst, { SLOW } from "../../support/longest-first.js";

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
  const [unit, street, model, law] = [
    "/r/test/unit/a/b.test.ts",
    "/r/test/e2e/c.test.ts",
    "/r/test/models/d.test.ts",
    "/r/test/property/e.test.ts",
  ];

  test("in a fresh clone: slow kinds first, whatever their size, and the larger of one kind", () => {
    const small = "/r/test/e2e/small.test.ts";
    expect(ordered({ [unit]: 900, [law]: 5, [small]: 3, [model]: 4, [street]: 7 })).toEqual([street, small, model, law, unit]);
  });

  test("where all times are known: the longest first", () => {
    expect(ordered({ [unit]: 1, [street]: 1, [law]: 1 }, { [unit]: 9, [street]: 4, [law]: 6 })).toEqual([unit, law, street]);
  });

  test("the folders that it names are there", () => {
    const missing = SLOW.filter((folder) => !existsSync(fileURLToPath(new URL(`../../${folder}`, import.meta.url))));
    expect(missing).toEqual([]);
  });
});

test("properties begin with one seed", () => {
  const seed = Number(process.env.FAST_CHECK_SEED ?? 20_261_127);
  expect(fc.check(fc.property(fc.nat(), () => true)).seed).toBe(seed);
});
