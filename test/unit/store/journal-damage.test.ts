import {
  closeSync,
  copyFileSync,
  cpSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { openJournal } from "../../../adapters/store/index.ts";
import { recover } from "../../../adapters/store/journal/recover.ts";
import { segmentNumbers } from "../../../adapters/store/journal/segment.ts";
import { Unreadable } from "../../../adapters/store/journal/trouble.ts";
import { memoryFolder } from "../../support/folder.ts";
import { appendAll, appendDurably, closeAll, keeping, openKeeping, upTo, wordsOf } from "../../support/journal.ts";

// Thousands of commits; a busy disk takes its time.
jest.setTimeout(180_000);

const HEADER = 4096;
const SLOT = 32;
const SECTOR = 512;

let folder: ReturnType<typeof memoryFolder>;
beforeAll(() => {
  folder = memoryFolder();
});
afterEach(closeAll);
afterAll(() => folder.remove());

/** A journal whose groups have these lengths, in a folder of its own; closed, so that a mark stands behind the last one. */
async function withGroups(name: string, lengths: readonly number[], segmentSlots = 200): Promise<string> {
  const path = join(folder.path, name);
  const { journal } = await openKeeping(path, { segmentBytes: HEADER + segmentSlots * SLOT, ringRecords: 256 });
  for (const length of lengths) await appendDurably(journal, length);
  await journal.close();
  return path;
}

const fileOf = (path: string, number = 1): string => join(path, `${String(number).padStart(10, "0")}.segment`);

/** Offsets where the groups of these lengths begin, and where the last one ends. */
function offsetsOf(lengths: readonly number[]): readonly number[] {
  const offsets = [HEADER];
  for (const length of lengths) offsets.push(offsets.at(-1)! + (1 + length) * SLOT);
  return offsets;
}

/** The last record that comes back, or the code with which all is refused. What comes back has no gap and is what went in. */
function outcome(path: string): number | string {
  const kept = keeping();
  try {
    const { end, snapshot } = recover(path, kept);
    expect(kept.sequences).toEqual(upTo(end.next - 1, snapshot + 1));
    expect(kept.words).toEqual(kept.sequences.map((sequence) => [...wordsOf(sequence)]));
    return end.next - 1;
  } catch (error) {
    if (error instanceof Unreadable) return error.code;
    throw error;
  }
}

/** The outcome with other bytes in the file, which is then as it was. */
function outcomeWith(path: string, change: (bytes: Buffer) => void, number = 1): number | string {
  const good = readFileSync(fileOf(path, number));
  const bad = Buffer.from(good);
  change(bad);
  writeFileSync(fileOf(path, number), bad);
  try {
    return outcome(path);
  } finally {
    writeFileSync(fileOf(path, number), good);
  }
}

const LENGTHS = [3, 1, 5, 2] as const;
const TOTALS = [0, 3, 4, 9, 11] as const;
const OFFSETS = offsetsOf(LENGTHS);
const END = OFFSETS.at(-1)!;
describe("every byte", () => {
  let path: string;
  beforeAll(async () => {
    path = await withGroups("every-byte", LENGTHS);
  });

  test("unharmed, all of it comes back", () => expect(outcome(path)).toBe(11));

  const flips = [0x01, 0x80, 0xff];

  test("turned, in what a mark says is on disk, is damage; in the mark it is nothing", () => {
    for (let offset = HEADER; offset < END + SLOT; offset++) {
      for (const flip of flips) {
        const got = outcomeWith(path, (bytes) => (bytes[offset]! ^= flip));
        expect([offset, got]).toEqual([offset, offset < END ? "JOURNAL_DAMAGED" : 11]);
      }
    }
  });

  test("turned, without a mark, is damage before the last group and a torn tail in it", () => {
    for (let offset = HEADER; offset < END; offset++) {
      for (const flip of flips) {
        const got = outcomeWith(path, (bytes) => (bytes.fill(0, END)[offset]! ^= flip));
        expect([offset, got]).toEqual([offset, offset < OFFSETS[3]! ? "JOURNAL_DAMAGED" : 9]);
      }
    }
  });

  test("from which on nothing was written leaves the whole groups before it", () => {
    for (let offset = HEADER; offset <= END; offset++) {
      const good = readFileSync(fileOf(path));
      // A group whose last bytes are 0 is whole without them.
      const needed = OFFSETS.map((start) => start - trailingZeros(good, start));
      const whole = needed.findLastIndex((last) => last <= Math.max(offset, HEADER));
      expect([offset, outcomeWith(path, (bytes) => bytes.fill(0, offset))]).toEqual([offset, TOTALS[whole]]);
    }
  });

  test("that is missing at the file's end is damage: a segment has its full size before it is used", () => {
    const { length } = readFileSync(fileOf(path));
    for (const size of [length - 1, END, HEADER, 31, 0]) {
      truncateSync(fileOf(path), size);
      expect(outcome(path)).toBe("JOURNAL_DAMAGED");
    }
  });
});

function trailingZeros(bytes: Buffer, end: number): number {
  let count = 0;
  while (bytes[end - 1 - count] === 0) count++;
  return count;
}

describe("a write that was cut short", () => {
  const before = [3, 1];
  // One group: the caller hands over before each 64th record.
  const after = [...before, 56];
  let path: string;
  let old: Buffer;
  let fresh: Buffer;
  beforeAll(async () => {
    path = await withGroups("before", before);
    old = readFileSync(fileOf(path));
    const again = await openKeeping(path, { ringRecords: 256 });
    await appendDurably(again.journal, 56);
    await again.journal.close();
    fresh = readFileSync(fileOf(path)).fill(0, offsetsOf(after).at(-1)!);
  });

  test("at any byte leaves what was acknowledged", () => {
    const [start, end] = [offsetsOf(before).at(-1)!, offsetsOf(after).at(-1)!];
    for (let offset = start; offset <= end; offset++) {
      writeFileSync(fileOf(path), Buffer.concat([fresh.subarray(0, offset), old.subarray(offset)]));
      const isWhole = fresh.subarray(offset, end).equals(old.subarray(offset, end));
      expect([offset, outcome(path)]).toEqual([offset, isWhole ? 60 : 4]);
    }
  });

  test("with any of its sectors on disk and any not, in whatever order, leaves what was acknowledged", () => {
    const first = Math.floor(offsetsOf(before).at(-1)! / SECTOR);
    const count = Math.floor((offsetsOf(after).at(-1)! - 1) / SECTOR) - first + 1;
    expect(count).toBeGreaterThanOrEqual(4);
    for (let chosen = 0; chosen < 2 ** count; chosen++) {
      const mixed = Buffer.from(old);
      for (let sector = 0; sector < count; sector++) {
        const at = (first + sector) * SECTOR;
        if (chosen & (1 << sector)) fresh.copy(mixed, at, at, at + SECTOR);
      }
      writeFileSync(fileOf(path), mixed);
      expect([chosen, outcome(path)]).toEqual([chosen, chosen === 2 ** count - 1 ? 60 : 4]);
    }
  });

  test("is written over by the next life, and what is left of it behind doesn't come back", async () => {
    for (const kept of [1, 40, 700, 1700]) {
      const start = offsetsOf(before).at(-1)!;
      const torn = Buffer.concat([fresh.subarray(0, start + kept), old.subarray(start + kept)]);
      torn.fill(0xee, start + kept + 8, start + kept + 16);
      writeFileSync(fileOf(path), torn);
      for (const [life, total] of [4, 6, 8].entries()) {
        const { journal, recovered, sequences } = await openKeeping(path, { ringRecords: 256 });
        expect([kept, life, recovered.last, sequences]).toEqual([kept, life, total, upTo(total)]);
        await appendDurably(journal, 2);
        await journal.close();
      }
    }
  });
});

describe("segments", () => {
  // Ten slots each: groups of 3 fill them with 4 and 4 and leave 2 for one of 1.
  const lives = async (name: string): Promise<string> => withGroups(name, [3, 3, 1, 3, 3, 1, 3], 10);

  test("damage in an earlier one is found, wherever it is", async () => {
    const path = await lives("segments");
    expect(outcome(path)).toBe(17);
    for (let offset = HEADER; offset < HEADER + 10 * SLOT; offset++) {
      for (const number of [1, 2]) {
        expect([number, offset, outcomeWith(path, (bytes) => (bytes[offset]! ^= 4), number)]).toEqual([number, offset, "JOURNAL_DAMAGED"]);
      }
    }
  });

  test("any bit of a header that counts", async () => {
    const path = await lives("headers");
    // A fourth is there if it was made before the end.
    for (const number of segmentNumbers(path)) {
      for (let offset = 0; offset < 32; offset++) {
        expect(outcomeWith(path, (bytes) => (bytes[offset]! ^= 16), number)).toBe("JOURNAL_DAMAGED");
      }
      expect(outcomeWith(path, (bytes) => bytes.fill(7, 32, HEADER), number)).toBe(17);
    }
  });

  test("one that is missing between others is damage; so is the first without a snapshot", async () => {
    for (const number of [1, 2]) {
      const path = await lives(`missing-${number}`);
      rmSync(fileOf(path, number));
      expect(outcome(path)).toBe("JOURNAL_DAMAGED");
    }
  });

  test("two that changed their places", async () => {
    const path = await lives("places");
    const [one, two] = [1, 2].map((number) => readFileSync(fileOf(path, number)));
    writeFileSync(fileOf(path, 1), two!);
    writeFileSync(fileOf(path, 2), one!);
    expect(outcome(path)).toBe("JOURNAL_DAMAGED");
  });

  test("one of another journal, and one of another version", async () => {
    const path = await lives("own");
    const other = await lives("other");
    copyFileSync(fileOf(other, 2), fileOf(path, 2));
    expect(outcome(path)).toBe("JOURNAL_FOREIGN");
  });

  test("one of another past: each is good in itself, and their sequences fit, but not what went before", async () => {
    const options = { segmentBytes: HEADER + 10 * SLOT, ringRecords: 256 };
    const path = await withGroups("past", [3, 3, 1], 10);
    const other = join(folder.path, "other-past");
    cpSync(path, other, { recursive: true });
    for (const [each, word] of [
      [path, 1],
      [other, 2],
    ] as const) {
      const { journal } = await openKeeping(each, options);
      for (const length of [3, 3, 1, 3]) {
        let last = 0;
        for (let i = 0; i < length; i++) last = journal.append(new Int32Array(7).fill(word), 0);
        await journal.whenDurable(last);
      }
      await journal.close();
    }
    copyFileSync(fileOf(other, 2), fileOf(path, 2));
    expect(recoverCode(path)).toBe("JOURNAL_DAMAGED");
    copyFileSync(fileOf(other, 3), fileOf(path, 3));
    expect(recoverCode(path)).toBe("OPEN");
  });
});

function recoverCode(path: string): string {
  try {
    recover(path, keeping());
    return "OPEN";
  } catch (error) {
    return (error as Unreadable).code;
  }
}

test("in a segment that is used again, its earlier groups are not taken for its own, wherever a write is cut", async () => {
  const path = join(folder.path, "again");
  const options = { segmentBytes: HEADER + 20 * SLOT, ringRecords: 64 };
  const { journal } = await openKeeping(path, options);
  // So many that the group after them, and a mark behind it, stand in the middle of a segment and not in the next.
  for (let round = 0; round < 29; round++) {
    const last = await appendDurably(journal, 4);
    await journal.snapshot(last, Uint8Array.of(round));
  }
  await journal.close();
  const old = imagesOf(path);
  const again = await openKeeping(path, options);
  await appendDurably(again.journal, 3);
  await again.journal.close();
  const fresh = imagesOf(path);
  const file = [...old.keys()].find((name) => !old.get(name)!.equals(fresh.get(name)!))!;
  expect([...old.keys()]).not.toContain("0000000001.segment");
  const start = fresh.get(file)!.indexOf(Buffer.from(wordsOf(117).buffer)) - SLOT;
  for (let offset = start; offset <= start + 4 * SLOT; offset++) {
    writeFileSync(join(path, file), Buffer.concat([fresh.get(file)!.subarray(0, offset), old.get(file)!.subarray(offset)]));
    expect([offset, outcome(path)]).toEqual([offset, offset >= start + 4 * SLOT - 4 ? 119 : 116]);
  }
});

const imagesOf = (path: string): ReadonlyMap<string, Buffer> =>
  new Map(
    readdirSync(path)
      .filter((name) => /^\d+\.segment$/.test(name))
      .map((name) => [name, readFileSync(join(path, name))]),
  );

describe("snapshots", () => {
  async function snapshotted(name: string): Promise<string> {
    const path = join(folder.path, name);
    const { journal } = await openKeeping(path, { segmentBytes: HEADER + 20 * SLOT, ringRecords: 64 });
    await appendDurably(journal, 30);
    await journal.snapshot(10, Uint8Array.from(upTo(10)));
    await journal.snapshot(20, Uint8Array.from(upTo(20)));
    await journal.close();
    return path;
  }
  const newest = (path: string): string => join(path, "0000000000000020.snapshot");
  const older = (path: string): string => join(path, "0000000000000010.snapshot");

  function found(path: string): readonly [snapshot: number | undefined, records: number, passedOver: number] {
    const kept = keeping();
    const { passedOver } = recover(path, kept);
    return [kept.snapshots[0]?.sequence, kept.sequences.length, passedOver.length];
  }

  test("a newest one with any byte turned, cut or empty falls back to the one before", async () => {
    const path = await snapshotted("newest");
    expect(found(path)).toEqual([20, 10, 0]);
    const good = readFileSync(newest(path));
    for (let offset = 0; offset < good.length; offset++) {
      const bad = Buffer.from(good);
      bad[offset]! ^= 32;
      writeFileSync(newest(path), bad);
      expect([offset, found(path)]).toEqual([offset, [10, 20, 1]]);
      writeFileSync(newest(path), good.subarray(0, offset));
      expect([offset, found(path)]).toEqual([offset, [10, 20, 1]]);
    }
    writeFileSync(newest(path), Buffer.concat([good, Buffer.of(0)]));
    expect(found(path)).toEqual([10, 20, 1]);
    writeFileSync(older(path), "");
    expect(found(path)).toEqual([undefined, 30, 2]);
  });

  test("one of another journal is none of ours; one under another's name neither", async () => {
    const [path, other] = [await snapshotted("ours"), await snapshotted("theirs")];
    copyFileSync(newest(other), newest(path));
    expect(found(path)).toEqual([10, 20, 1]);
    copyFileSync(older(path), newest(path));
    expect(found(path)).toEqual([10, 20, 1]);
  });

  test("after a damaged one, the next leaves two good ones", async () => {
    const path = await snapshotted("next");
    writeFileSync(newest(path), "damaged");
    const { journal, recovered } = await openKeeping(path, { ringRecords: 64 });
    expect(recovered).toEqual({ last: 30, snapshot: 10, passedOver: [newest(path)] });
    await journal.snapshot(30, Uint8Array.of(30));
    await journal.close();
    expect(readdirSync(path).filter((name) => name.endsWith("snapshot"))).toEqual([
      "0000000000000010.snapshot",
      "0000000000000030.snapshot",
    ]);
  });

  test("one that stands for more than the journal holds proves that records are gone", async () => {
    const path = await snapshotted("proof");
    const bytes = readFileSync(fileOf(path, 2));
    // The second segment's groups are gone, and their marks.
    writeFileSync(fileOf(path, 2), bytes.fill(0, HEADER));
    expect(outcome(path)).toBe("JOURNAL_DAMAGED");
  });

  test("snapshots without any segment", async () => {
    const path = await snapshotted("alone");
    for (const name of readdirSync(path)) if (name.endsWith(".segment")) rmSync(join(path, name));
    expect(outcome(path)).toBe("JOURNAL_DAMAGED");
  });
});

test("the refusal names file, offset, sequence, proof and the way out, and the lock is free after it", async () => {
  const path = await withGroups("told", LENGTHS);
  const fd = openSync(fileOf(path), "r+");
  writeSync(fd, Buffer.of(0xff, 0xff), 0, 2, OFFSETS[1]! + 40);
  closeSync(fd);
  for (let attempt = 0; attempt < 2; attempt++) {
    const refused = await openJournal(path, keeping());
    expect(refused).toEqual({
      ok: false,
      code: "JOURNAL_DAMAGED",
      detail: `${fileOf(path)}: damaged at offset ${OFFSETS[1]}, from sequence 4 on: a later group, from sequence 5, is there (acceptLossFrom: 4 goes on without what follows); put the newest copy of the folder back`,
    });
  }
});

describe("a loss that is accepted", () => {
  const options = { segmentBytes: HEADER + 10 * SLOT, ringRecords: 256 };

  test.each([
    [1, 3, 0],
    [1, 40 + 4 * SLOT, 3],
    [2, 40, 7],
    [3, 40, 14],
  ])("segment %d, damaged %d bytes behind its header: it goes on after record %d, for good", async (number, offset, last) => {
    const path = await withGroups(`loss-${number}-${offset}`, [3, 3, 1, 3, 3, 1, 3], 10);
    const bytes = readFileSync(fileOf(path, number));
    bytes[HEADER + offset]! ^= 8;
    writeFileSync(fileOf(path, number), bytes);
    for (const wrong of [last, last + 2]) {
      expect(await openJournal(path, keeping(), { ...options, acceptLossFrom: wrong })).toMatchObject({ code: "JOURNAL_DAMAGED" });
    }
    const { journal, sequences } = await openKeeping(path, { ...options, acceptLossFrom: last + 1 });
    expect(sequences).toEqual(upTo(last));
    await appendDurably(journal, 5);
    await journal.close();
    const again = await openKeeping(path, options);
    expect(again.sequences).toEqual(upTo(last + 5));
  });

  test("records between a snapshot and what is left: it goes on from the snapshot", async () => {
    const path = join(folder.path, "loss-gap");
    const { journal } = await openKeeping(path, options);
    for (let round = 0; round < 20; round++) await appendDurably(journal, 3);
    await journal.snapshot(20, Uint8Array.of(20));
    await journal.close();
    for (const number of [1, 2, 3, 4, 5]) rmSync(fileOf(path, number));
    expect(outcome(path)).toBe("JOURNAL_DAMAGED");
    for (const [life, acceptLossFrom] of [21, undefined, undefined].entries()) {
      const again = await openKeeping(path, { ...options, ...(acceptLossFrom === undefined ? {} : { acceptLossFrom }) });
      expect(again.snapshots).toEqual([{ sequence: 20, bytes: [20] }]);
      expect(again.sequences).toEqual(upTo(20 + 2 * life, 21));
      appendAll(again.journal, again.recovered.last, 2);
      await again.journal.close();
    }
  });

  test("a snapshot of more than is there: it goes on from the snapshot", async () => {
    const path = await withGroups("loss-snapshot", [5]);
    const { journal } = await openKeeping(path);
    await journal.snapshot(4, Uint8Array.of(4));
    await journal.close();
    writeFileSync(fileOf(path), readFileSync(fileOf(path)).fill(0, HEADER + SLOT));
    expect(outcome(path)).toBe("JOURNAL_DAMAGED");
    const again = await openKeeping(path, { acceptLossFrom: 5 });
    expect([again.snapshots, again.sequences]).toEqual([[{ sequence: 4, bytes: [4] }], []]);
    expect(appendAll(again.journal, 4, 1)).toBe(5);
    await again.journal.close();
    expect(outcome(path)).toBe(5);
  });
});
