import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, expect, test } from "@jest/globals";
import fc from "fast-check";
import { loadReadings, READINGS_CODES, type ReadingsOptions } from "../../adapters/imports/index.ts";
import { renderProblems } from "../../src/cli/index.ts";
import { temporaryFolder } from "../support/folder.ts";

const folder = temporaryFolder();
const path = join(folder.path, "readings.csv");
afterAll(() => folder.remove());

const START = Date.UTC(2026, 5, 15) / 1000;
const STEPS = 12;
const row = (step: number, home: string): string => `${new Date((START + step * 900) * 1000).toISOString()},${home},${100 + step},${step}`;
const GOOD = [
  "timestamp_utc_iso,home_id,load_wh,pv_wh",
  ...Array.from({ length: STEPS }, (_, step) => ["a", "b", "c"].map((home) => row(step, home))).flat(),
];

/** Refused with reasons that can be shown, or taken with every step of the window in every home. Never thrown. */
async function judge(content: string | Uint8Array, options: ReadingsOptions = {}): Promise<boolean> {
  writeFileSync(path, content);
  const result = await loadReadings(path, options);
  if (!result.ok) {
    expect(result.problems.length).toBeGreaterThan(0);
    expect(result.problems.every(({ code }) => (READINGS_CODES as readonly string[]).includes(code))).toBe(true);
    expect(renderProblems(result.problems, result.more)).not.toMatch(/undefined|\[object|\p{Cc}(?<!\n)/u);
    return false;
  }
  const { homes, window, stepSeconds } = result.value;
  for (const { profile } of homes)
    for (let at = window.from; at < window.until; at += stepSeconds) {
      const energy = profile.energyAt(at / stepSeconds);
      expect(energy !== null && Number.isSafeInteger(energy.loadWh) && energy.loadWh >= 0 && energy.pvWh >= 0).toBe(true);
    }
  return true;
}

test("canary: the harness sees a good file and a bad one", async () => {
  expect(await judge(GOOD.join("\n"))).toBe(true);
  expect(await judge(GOOD.toSpliced(5, 1).join("\n"))).toBe(false);
});

test("any bytes", async () => {
  await fc.assert(
    fc.asyncProperty(fc.uint8Array({ maxLength: 400 }), fc.boolean(), async (bytes, zipped) => {
      expect(await judge(zipped ? gzipSync(bytes) : bytes)).toBe(false);
    }),
    { numRuns: 200 },
  );
});

test("any text behind a good header", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.oneof(fc.string({ unit: "binary", maxLength: 40 }), fc.constantFrom(...GOOD)), { maxLength: 8 }),
      async (lines) => {
        await judge([GOOD[0], ...lines].join("\n"));
      },
    ),
    { numRuns: 200 },
  );
});

test("a good gzip with some bytes changed or its end cut: refused, or unharmed", async () => {
  const packed = gzipSync(GOOD.join("\n"));
  await fc.assert(
    fc.asyncProperty(fc.nat(packed.length - 1), fc.integer({ min: 1, max: 255 }), fc.boolean(), async (at, flip, cut) => {
      const broken = cut ? packed.subarray(0, at) : Buffer.from(packed).fill(packed[at]! ^ flip, at, at + 1);
      await judge(broken);
    }),
    { numRuns: 200 },
  );
});

/** A change to one row of a good file that makes it wrong, whichever row it is. */
const HARMS: Readonly<Record<string, (lines: string[], at: number) => string[]>> = {
  "a row lost": (lines, at) => lines.toSpliced(at, 1),
  "a row twice": (lines, at) => lines.toSpliced(at, 0, lines[at]!),
  "a cell emptied": (lines, at) => lines.with(at, lines[at]!.replace(/\d+$/, "")),
  "a cell lost": (lines, at) => lines.with(at, lines[at]!.replace(/,\d+$/, "")),
  "a sign": (lines, at) => lines.with(at, lines[at]!.replace(/,(\d+),/, ",-$1,")),
  "a decimal": (lines, at) => lines.with(at, `${lines[at]}.5`),
  "a zone lost": (lines, at) => lines.with(at, lines[at]!.replace("Z", "")),
  "a time shifted": (lines, at) => lines.with(at, lines[at]!.replace(/:\d\d\.000Z/, ":07.000Z")),
  "a home misnamed": (lines, at) => lines.with(at, lines[at]!.replace(/,[abc],/, ",d,")),
  "a header": (lines, at) => lines.toSpliced(at, 0, lines[0]!),
};

test.each(Object.entries(HARMS))("%s anywhere is never taken", async (_, harm) => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 1, max: GOOD.length - 1 }), fc.boolean(), async (at, zipped) => {
      const content = harm([...GOOD], at).join("\n");
      expect(await judge(zipped ? gzipSync(content) : content)).toBe(false);
    }),
    { numRuns: 30 },
  );
});

test("any options", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.record(
        {
          from: fc.oneof(fc.string(), fc.constantFrom("2026-06-15T01:00:00Z", "2026-06-15T02:45Z")),
          intervals: fc.oneof(fc.double(), fc.integer({ min: 1, max: 20 })),
          homes: fc.array(fc.constantFrom("a", "b", "x", "__proto__", "")),
          split: fc.oneof(fc.double(), fc.constantFrom(300, 900)),
        },
        { requiredKeys: [] },
      ),
      async (options) => {
        await judge(GOOD.join("\n"), options);
      },
    ),
    { numRuns: 200 },
  );
});
