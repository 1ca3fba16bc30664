import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { MODELS } from "../../adapters/modbus/sunspec/generated/models.ts";
import { decodeModel, walkChain } from "../../adapters/modbus/sunspec/index.ts";
import { fail, ok } from "../../engine/kernel/index.ts";
import { MAP_KINDS, tryMap } from "../support/sunspec-maps.ts";

/** The share of `npm run bench:sunspec` that each change has to pass. */
const MAPS = 400;

const ids = Object.keys(MODELS).map(Number);
const word = fc.oneof(fc.integer({ min: 0, max: 65_535 }), fc.constantFrom(0, 1, 2, 3, 0x8000, 0xffff, 0x7fc0));
const registers = fc.array(fc.option(word, { freq: 20 }), { maxLength: 260 });

test("no registers make the decoder throw, hang or say something that is no value", () => {
  fc.assert(
    fc.property(fc.constantFrom(...ids, 64_900, 7), word, registers, (id, length, words) => {
      const points = decodeModel([id, length, ...words]);
      for (const value of points?.values() ?? []) {
        expect(value === null || typeof value === "string" || Number.isFinite(value)).toBe(true);
      }
      expect(points?.size ?? 0).toBeLessThanOrEqual(words.length + 2);
    }),
    { numRuns: 3_000 },
  );
});

test("no map makes the walk throw or run away", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(word, { maxLength: 400 }), async (words) => {
      const map = [0x5375, 0x6e53, ...words];
      let reads = 0;
      const chain = await walkChain(async (address, count) => {
        reads += 1;
        const from = address - 40_000;
        return from < 0 || from + count > map.length ? fail("DEVICE_EXCEPTION", "") : ok(map.slice(from, from + count));
      });
      expect(reads).toBeLessThanOrEqual(70);
      if (chain.ok) expect(chain.value.blocks.every(({ address, length }) => address + 1 + length <= 65_535)).toBe(true);
    }),
    { numRuns: 500 },
  );
});

test("no map and no device makes a survey or a reading throw, ask without end, or say what its registers don't", async () => {
  const kinds = new Map<string, number>();
  const wrong: string[] = [];
  let values = 0;
  for (let seed = 1; seed <= MAPS; seed += 1) {
    const tried = await tryMap(seed);
    kinds.set(tried.kind, (kinds.get(tried.kind) ?? 0) + 1);
    values += tried.values;
    wrong.push(...tried.wrong.map((each) => `seed ${seed}, ${tried.kind}: ${each}`));
  }
  expect(wrong.slice(0, 10)).toEqual([]);
  // It did get to see something.
  expect([...kinds.keys()].sort()).toEqual([...MAP_KINDS].sort());
  expect(values).toBeGreaterThan(20 * MAPS);
});
