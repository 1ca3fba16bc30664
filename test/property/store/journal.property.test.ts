import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import fc from "fast-check";
import type { Journal } from "../../../adapters/store/index.ts";
import { recover } from "../../../adapters/store/journal/recover.ts";
import { Unreadable } from "../../../adapters/store/journal/trouble.ts";
import { memoryFolder } from "../../support/folder.ts";
import { appendAll, appendDurably, closeAll, keeping, openKeeping, upTo, wordsOf } from "../../support/journal.ts";

jest.setTimeout(180_000);

let folder: ReturnType<typeof memoryFolder>;
beforeEach(() => {
  folder = memoryFolder();
});
afterEach(async () => {
  await closeAll();
  folder.remove();
});
let count = 0;
const newPath = (): string => join(folder.path, String(count++));

type Step = { readonly kind: "append" | "wait" | "snapshot" | "reopen"; readonly size: number };

const step = fc.record({
  kind: fc.constantFrom<Step["kind"]>("append", "append", "append", "wait", "snapshot", "reopen"),
  size: fc.integer({ min: 0, max: 90 }),
});
const options = fc.record({
  segmentBytes: fc.integer({ min: 2, max: 120 }).map((slots) => 4096 + 32 * slots),
  ringRecords: fc.constantFrom(2, 4, 16, 256),
});

test("whatever is appended, waited for, kept as a snapshot and opened again: what comes back is what went in", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 5, maxLength: 25 }),
      fc.array(options, { minLength: 1, maxLength: 4 }),
      async (steps, lives) => {
        const path = newPath();
        let [last, snapshot, life] = [0, 0, 0];
        const open = async (): Promise<Journal> => {
          const opened = await openKeeping(path, lives[life++ % lives.length]!);
          expect(opened.recovered).toEqual({ last, snapshot, passedOver: [] });
          expect(opened.snapshots).toEqual(snapshot === 0 ? [] : [{ sequence: snapshot, bytes: [snapshot % 256] }]);
          expect(opened.sequences).toEqual(upTo(last, snapshot + 1));
          expect(opened.words).toEqual(opened.sequences.map((sequence) => [...wordsOf(sequence)]));
          return opened.journal;
        };
        let journal = await open();
        for (const { kind, size } of [...steps, { kind: "reopen", size: 0 } as const]) {
          if (kind === "append") last = Math.max(last, appendAll(journal, last, size));
          else if (kind === "wait") await journal.whenDurable(last);
          else if (kind === "snapshot" && last > 0) {
            snapshot = Math.max(snapshot, last - (size % 20), 1);
            expect(await journal.snapshot(snapshot, Uint8Array.of(snapshot % 256))).toEqual({ ok: true, value: null });
          } else if (kind === "reopen") {
            await journal.close();
            journal = await open();
          }
        }
        await journal.close();
      },
    ),
    { numRuns: 15 },
  );
});

test("whatever one stretch of a segment becomes, nothing that is proven to have been on disk goes without a word", async () => {
  const lengths = [4, 1, 9, 2, 30, 3];
  const path = newPath();
  const { journal } = await openKeeping(path, { segmentBytes: 4096 + 32 * 80, ringRecords: 64 });
  for (const length of lengths) await appendDurably(journal, length);
  await journal.close();
  const file = join(path, "0000000001.segment");
  const good = readFileSync(file);
  const total = lengths.reduce((sum, length) => sum + length, 0);
  const end = 4096 + 32 * (total + lengths.length);
  const stretch = fc.record({ start: fc.integer({ min: 4096, max: end - 1 }), bytes: fc.uint8Array({ minLength: 1, maxLength: 300 }) });
  fc.assert(
    fc.property(stretch, ({ start, bytes }) => {
      const bad = Buffer.from(good);
      bad.set(bytes.subarray(0, bad.length - start), start);
      const isHarmed = !bad.subarray(0, end).equals(good.subarray(0, end));
      const isProven = bad.subarray(end, end + 32).equals(good.subarray(end, end + 32));
      writeFileSync(file, bad);
      const kept = keeping();
      let code = "";
      try {
        recover(path, kept);
      } catch (error) {
        if (!(error instanceof Unreadable)) throw error;
        code = error.code;
      }
      expect(kept.words).toEqual(upTo(kept.words.length).map((sequence) => [...wordsOf(sequence)]));
      if (isProven) expect([code, kept.words.length === total]).toEqual(isHarmed ? ["JOURNAL_DAMAGED", false] : ["", true]);
    }),
    { numRuns: 2000 },
  );
});
