import { readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { openJournal } from "../../../adapters/store/index.ts";
import { recover } from "../../../adapters/store/journal/recover.ts";
import { saveSnapshot } from "../../../adapters/store/journal/snapshot.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { appendAll, appendDurably, closeAll, keeping, openKeeping, upTo, wordsOf } from "../../support/journal.ts";

// Thousands of commits; a busy disk takes its time.
jest.setTimeout(180_000);

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, "journal");
});
afterEach(async () => {
  await closeAll();
  folder.remove();
});

const HEADER = 4096;
const slots = (count: number): number => HEADER + count * 32;
const SMALL = { segmentBytes: slots(100), ringRecords: 64 } as const;
const files = (ending: string): readonly string[] => readdirSync(path).filter((name) => /^\d/.test(name) && name.endsWith(ending));

describe("append and replay", () => {
  test("a new journal is empty, and its folder is for its owner alone", async () => {
    const { journal, recovered, sequences, snapshots } = await openKeeping(path, SMALL);
    expect(recovered).toEqual({ last: 0, snapshot: 0, passedOver: [] });
    expect([sequences, snapshots, journal.durable()]).toEqual([[], [], 0]);
    expect(statSync(path).mode & 0o777).toBe(0o700);
    await journal.close();
  });

  test("what was appended comes back in order, and sequences go on", async () => {
    const first = await openKeeping(path, SMALL);
    expect(first.journal.append(Int32Array.of(9, 1, -2, 3, -4, 5, 2 ** 31 - 1, -(2 ** 31), 9), 1)).toBe(1);
    expect(first.journal.append(Int32Array.of(0, 0, 0, 0, 0, 0, 0), 0)).toBe(2);
    await first.journal.close();
    const second = await openKeeping(path, SMALL);
    expect(second.sequences).toEqual([1, 2]);
    expect(second.words).toEqual([
      [1, -2, 3, -4, 5, 2 ** 31 - 1, -(2 ** 31)],
      [0, 0, 0, 0, 0, 0, 0],
    ]);
    expect(second.recovered.last).toBe(2);
    expect(second.journal.durable()).toBe(2);
    expect(second.journal.append(wordsOf(3), 0)).toBe(3);
    await second.journal.close();
    const third = await openKeeping(path, SMALL);
    expect(third.sequences).toEqual([1, 2, 3]);
    await third.journal.close();
  });

  test("a payload is seven words that are there", async () => {
    const { journal } = await openKeeping(path, SMALL);
    expect(() => journal.append(new Int32Array(7), 1)).toThrow("seven words");
    expect(() => journal.append(new Int32Array(7), -1)).toThrow("seven words");
    expect(journal.append(new Int32Array(8), 1)).toBe(1);
    await journal.close();
  });

  test("the caller's words may change at once", async () => {
    const { journal } = await openKeeping(path, SMALL);
    const words = new Int32Array(7);
    for (let sequence = 1; sequence <= 3; sequence++) journal.append(words.fill(sequence), 0);
    words.fill(99);
    await journal.close();
    const again = await openKeeping(path, SMALL);
    expect(again.words.map(([word]) => word)).toEqual([1, 2, 3]);
    await again.journal.close();
  });

  test("nobody is told before the disk has it, and everybody after", async () => {
    const { journal } = await openKeeping(path, SMALL);
    const told: number[] = [];
    appendAll(journal, 0, 3);
    expect(journal.durable()).toBe(0);
    await Promise.all([3, 1, 2].map((sequence) => journal.whenDurable(sequence).then(() => told.push(sequence))));
    expect([...told].sort()).toEqual([1, 2, 3]);
    expect(journal.durable()).toBe(3);
    await journal.whenDurable(2);
    await expect(journal.whenDurable(4)).rejects.toThrow("not appended");
    await journal.close();
  });

  test("records that were only appended go to the disk with the 64th append, a flush, or the close", async () => {
    const { journal } = await openKeeping(path, { ...SMALL, ringRecords: 1024 });
    appendAll(journal, 0, 70);
    while (journal.durable() < 63) await new Promise(setImmediate);
    expect(journal.durable()).toBe(63);
    journal.flush();
    while (journal.durable() < 70) await new Promise(setImmediate);
    appendAll(journal, 70, 1);
    await journal.close();
    const again = await openKeeping(path, SMALL);
    expect(again.sequences).toEqual(upTo(71));
    await again.journal.close();
  });

  test("after the close nothing goes in", async () => {
    const { journal } = await openKeeping(path, SMALL);
    await journal.close();
    expect(() => journal.flush()).toThrow("closed");
    expect(() => journal.snapshot(1, Uint8Array.of(1))).toThrow("closed");
    expect(() => appendAll(journal, 0, 64)).toThrow("closed");
  });
});

describe("sequences", () => {
  test.each([2 ** 31, 2 ** 32, 2 ** 33, 2 ** 40])("go beyond %d", async (height) => {
    const first = await openKeeping(path, SMALL);
    await appendDurably(first.journal, 1);
    await first.journal.close();
    // There by way of a snapshot, and no records.
    const { journal: name } = recover(path, keeping());
    await saveSnapshot(path, name!, { sequence: height - 100, bytes: Uint8Array.of(1) });
    let last = height - 100;
    for (let life = 0; life < 3; life++) {
      const { journal, recovered, sequences } = await openKeeping(path, { ...SMALL, ...(life === 0 ? { acceptLossFrom: last + 1 } : {}) });
      expect([recovered.last, journal.durable()]).toEqual([last, last]);
      expect(sequences).toEqual(upTo(last, height - 99));
      last = await appendDurably(journal, 90);
      expect([last, journal.durable()]).toEqual([height - 100 + 90 * (life + 1), last]);
      await journal.close();
    }
    expect(await openKeeping(path)).toMatchObject({ sequences: upTo(last, height - 99), snapshots: [{ sequence: height - 100 }] });
  });
});

describe("the ring", () => {
  test.each([2, 8, 64])("of %d records takes a stream that is far longer", async (ringRecords) => {
    const count = 200 * ringRecords;
    const { journal } = await openKeeping(path, { segmentBytes: slots(3000), ringRecords });
    expect(journal.room()).toBe(ringRecords);
    expect(appendAll(journal, 0, count)).toBe(count);
    await journal.whenDurable(count);
    expect(journal.room()).toBe(ringRecords);
    await journal.close();
    const again = await openKeeping(path);
    expect(again.sequences).toEqual(upTo(count));
    expect(again.words).toEqual(upTo(count).map((sequence) => [...wordsOf(sequence)]));
    await again.journal.close();
  });
});

describe("segments", () => {
  test.each([2, 3, 4, 17])("of %d slots are used one after the other", async (count) => {
    const options = { segmentBytes: slots(count), ringRecords: 8 };
    for (let life = 0; life < 3; life++) {
      const { journal, sequences } = await openKeeping(path, options);
      expect(sequences).toEqual(upTo(life * 20));
      for (let round = 0; round < 4; round++) await appendDurably(journal, 5);
      await journal.close();
    }
    const last = await openKeeping(path, options);
    expect(last.sequences).toEqual(upTo(60));
    await last.journal.close();
  });

  test("have their full size, and are written, not sparse", async () => {
    const { journal } = await openKeeping(path, { segmentBytes: 1 << 20 });
    await appendDurably(journal, 1);
    await journal.close();
    const [name] = files(".segment");
    const { size, blocks } = statSync(join(path, name!));
    expect(size).toBe(1 << 20);
    expect(blocks * 512).toBeGreaterThanOrEqual(1 << 20);
  });

  test("may change their size from one life to the next", async () => {
    for (const [life, count] of [5, 50, 3].entries()) {
      const { journal, sequences } = await openKeeping(path, { segmentBytes: slots(count), ringRecords: 16 });
      expect(sequences).toEqual(upTo(life * 30));
      await appendDurably(journal, 30);
      await journal.close();
    }
    const last = await openKeeping(path, SMALL);
    expect(last.sequences).toEqual(upTo(90));
    await last.journal.close();
  });

  test("the next one is ready before it is needed, and what is left of a half-made one goes", async () => {
    const { journal } = await openKeeping(path, SMALL);
    await appendDurably(journal, 1);
    await until(() => files(".segment").length === 2);
    expect(files(".segment")).toEqual(["0000000001.segment", "0000000002.segment"]);
    await journal.close();
    expect(readdirSync(path)).not.toContain("spare.segment");
  });

  test("wholly before the older of two snapshots are used again, and records after it are kept", async () => {
    const options = { segmentBytes: slots(11), ringRecords: 16 };
    const { journal } = await openKeeping(path, options);
    await appendDurably(journal, 100);
    const before = files(".segment").length;
    expect(before).toBeGreaterThanOrEqual(10);
    for (let sequence = 100; sequence < 1000; sequence += 20) {
      expect(await journal.snapshot(sequence, Uint8Array.of(sequence / 20))).toMatchObject({ ok: true });
      await appendDurably(journal, 20);
    }
    expect(files(".segment").length).toBeLessThan(2 * before);
    expect(files(".segment")).not.toContain("0000000001.segment");
    await journal.close();
    const again = await openKeeping(path, options);
    expect(again.snapshots).toEqual([{ sequence: 980, bytes: [49] }]);
    expect(again.sequences).toEqual(upTo(1000, 981));
    await again.journal.close();
  });

  test("between the two last snapshots are kept, for the newest may turn out to be damaged", async () => {
    const options = { segmentBytes: slots(11), ringRecords: 16 };
    const { journal } = await openKeeping(path, options);
    await appendDurably(journal, 10);
    for (const sequence of [1, 10]) await journal.snapshot(sequence, Uint8Array.of(sequence));
    for (let round = 0; round < 3; round++) await appendDurably(journal, 10);
    await journal.close();
    writeFileSync(join(path, files(".snapshot").at(-1)!), "");
    const again = await openKeeping(path, options);
    expect(again.snapshots).toEqual([{ sequence: 1, bytes: [1] }]);
    expect(again.sequences).toEqual(upTo(40, 2));
  });
});

describe("snapshots", () => {
  test("the newest comes back, with the records after it", async () => {
    const { journal } = await openKeeping(path, SMALL);
    await appendDurably(journal, 10);
    expect(await journal.snapshot(4, Uint8Array.of(4, 4))).toEqual({ ok: true, value: null });
    expect(await journal.snapshot(7, Uint8Array.of(7, 7))).toEqual({ ok: true, value: null });
    expect(await journal.snapshot(9, new Uint8Array(0))).toEqual({ ok: true, value: null });
    expect(files(".snapshot")).toEqual(["0000000000000007.snapshot", "0000000000000009.snapshot"]);
    await journal.close();
    const again = await openKeeping(path, SMALL);
    expect(again.snapshots).toEqual([{ sequence: 9, bytes: [] }]);
    expect(again.sequences).toEqual([10]);
    expect(again.recovered).toEqual({ last: 10, snapshot: 9, passedOver: [] });
    await again.journal.close();
  });

  test("one that stands for more than is on disk waits until it is", async () => {
    const { journal } = await openKeeping(path, SMALL);
    appendAll(journal, 0, 5);
    expect(await journal.snapshot(5, Uint8Array.of(5))).toMatchObject({ ok: true });
    expect(journal.durable()).toBe(5);
    await expect(journal.snapshot(6, Uint8Array.of(6))).rejects.toThrow("not appended");
    await expect(journal.snapshot(4, Uint8Array.of(6))).rejects.toThrow("newer");
    expect(await journal.snapshot(5, Uint8Array.of(55))).toMatchObject({ ok: true });
    await journal.close();
    const again = await openKeeping(path, SMALL);
    expect(again.snapshots).toEqual([{ sequence: 5, bytes: [55] }]);
    await again.journal.close();
  });

  test("records that a snapshot made needless aren't read: a journal that only has those after it will do", async () => {
    const options = { segmentBytes: slots(6), ringRecords: 4 };
    const { journal } = await openKeeping(path, options);
    await appendDurably(journal, 50);
    await journal.snapshot(48, Uint8Array.of(48));
    await journal.close();
    rmSync(join(path, "0000000001.segment"));
    const again = await openKeeping(path, options);
    expect([again.snapshots, again.sequences]).toEqual([[{ sequence: 48, bytes: [48] }], [49, 50]]);
    await again.journal.close();
  });
});

test("an error of the one who replays comes out, and the journal isn't locked after it", async () => {
  const { journal } = await openKeeping(path, SMALL);
  await appendDurably(journal, 1);
  await journal.close();
  const bad = () => {
    throw new RangeError("not mine");
  };
  await expect(openJournal(path, { ...keeping(), record: bad }, SMALL)).rejects.toThrow("not mine");
  const again = await openKeeping(path, SMALL);
  await again.journal.close();
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}
