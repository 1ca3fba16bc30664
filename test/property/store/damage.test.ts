import { cpSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { openStore } from "../../../adapters/store/index.ts";
import { type Digest, interval } from "../../../engine/kernel/index.ts";
import type { Store } from "../../../src/ports/index.ts";
import { chance } from "../../support/chance.ts";
import { memoryFolder } from "../../support/folder.ts";

jest.setTimeout(300_000);

const next = chance(6);
const below = (limit: number): number => Math.floor(next() * limit);
const slotOf = (view: number) => ({ interval: interval(50), view, kind: "vote" });
const head = (value: number) => `0x${value.toString(16).padStart(64, "0")}` as Digest;
const bytesOf = (view: number) => Buffer.alloc(view % 7 === 0 ? 9000 : 100, view + 1);

const VOTES = 40;
const BLOCKS = 20;
const SECTOR = 512;
let folder: ReturnType<typeof memoryFolder>;
/** As kill -9 leaves it: all of the votes are in the log. */
let crashed: string;
/** The same after a clean end: all of it is in the file. */
let closed: string;
/** The log's size when the first so many votes were acknowledged. */
const sizes: number[] = [];

beforeAll(() => {
  folder = memoryFolder();
  [crashed, closed] = [join(folder.path, "crashed"), join(folder.path, "closed")];
  const opened = openStore(closed, { isComplete: true });
  if (!opened.ok) throw new Error(opened.detail);
  const log = join(closed, "signed.db-wal");
  for (let at = 1; at <= BLOCKS; at++) opened.value.saveBlock(interval(at), head(at), bytesOf(at));
  sizes.push(statSync(log).size);
  for (let view = 0; view < VOTES; view++) {
    opened.value.saveVote(slotOf(view), bytesOf(view));
    sizes.push(statSync(log).size);
  }
  cpSync(closed, crashed, { recursive: true });
  opened.value.close();
});
afterAll(() => folder.remove());

interface Outcome {
  readonly code: string;
  readonly detail: string;
  /** How many of the votes are there; what is there is as it was kept, without a gap. */
  readonly votes: number;
  /** Blocks likewise; or the code with which reading them ends. */
  readonly blocks: number | string;
}

/** Opens a copy with other bytes in one of its files. */
function outcomeWith(from: string, name: string, change: (path: string) => void): Outcome {
  const path = join(folder.path, "case");
  rmSync(path, { recursive: true, force: true });
  cpSync(from, path, { recursive: true });
  change(join(path, name));
  const first = openStore(path, { isComplete: true, onFatal: () => undefined });
  if (!first.ok) {
    expect(openStore(path)).toMatchObject({ ok: false, code: first.code });
    return { code: first.code, detail: first.detail, votes: 0, blocks: 0 };
  }
  const votes = first.value.votes(interval(50));
  const stand = votes.map(({ slot, bytes }, view) => slot.view === view && bytesOf(view).equals(bytes));
  const again = votes.map((_, view) => bytesOf(view).equals(first.value.saveVote(slotOf(view), Uint8Array.of(255))));
  expect([...stand, ...again]).not.toContain(false);
  const blocks = blocksOf(first.value);
  first.value.close();
  return { code: "", detail: "", votes: votes.length, blocks };
}

function blocksOf(store: Store): number | string {
  try {
    const blocks = store.blocks(interval(0), 1000);
    expect(blocks.map(({ bytes }, index) => bytesOf(index + 1).equals(bytes))).not.toContain(false);
    return blocks.length;
  } catch (error) {
    if ((error as Error).name !== "StoreFatal") throw error;
    return (error as { code: string }).code;
  }
}

function rewrite(path: string, change: (bytes: Buffer) => void): void {
  const bytes = readFileSync(path);
  change(bytes);
  writeFileSync(path, bytes);
}

const whole = (size: number): number => sizes.findLastIndex((end) => end <= size);

test("unharmed, all of it is there", () => {
  for (const from of [crashed, closed])
    expect(outcomeWith(from, "signed.db", () => {})).toEqual({ code: "", detail: "", votes: VOTES, blocks: BLOCKS });
});

test("a log that ends too early, or in zeros, leaves the whole commits before that", () => {
  for (let run = 0; run < 30; run++) {
    const size = sizes[0]! + below(sizes.at(-1)! - sizes[0]!);
    const cut = outcomeWith(crashed, "signed.db-wal", (path) => truncateSync(path, size));
    expect([size, cut.code, cut.votes]).toEqual([size, "", whole(size)]);
    const zeros = outcomeWith(crashed, "signed.db-wal", (path) => rewrite(path, (bytes) => bytes.fill(0, size)));
    expect([size, zeros.code, zeros.votes]).toEqual([size, "", whole(size)]);
  }
});

const harms: Readonly<Record<string, (bytes: Buffer, at: number) => void>> = {
  "a bit": (bytes, at) => (bytes[at]! ^= 1 << (at % 8)),
  "a sector of zeros": (bytes, at) => bytes.fill(0, at - (at % SECTOR), at - (at % SECTOR) + SECTOR),
};

test.each(Object.keys(harms))("%s in the log costs at most the last two commits, or the home doesn't start and says why", (harm) => {
  const codes = new Set<string>();
  for (let run = 0; run < 60; run++) {
    const at = below(sizes.at(-1)!);
    let isHarmed = false;
    const { code, detail, votes } = outcomeWith(crashed, "signed.db-wal", (path) =>
      rewrite(path, (bytes) => {
        const before = Buffer.from(bytes);
        harms[harm]!(bytes, at);
        isHarmed = !before.equals(bytes);
      }),
    );
    codes.add(code);
    if (code === "") expect([at, votes >= (isHarmed ? VOTES - 2 : VOTES)]).toEqual([at, true]);
    else {
      expect([at, code, isHarmed]).toEqual([at, "STORE_CORRUPT", true]);
      expect(detail).toMatch(/case\/signed\.db: its write-ahead log .*a signed\.db too if there is no newer copy/);
    }
  }
  expect(codes.has("STORE_CORRUPT")).toBe(true);
});

test("a bit in the last commit looks like an end that came too early, and costs that commit alone", () => {
  const at = sizes[VOTES - 1]! + 2000;
  const { code, votes } = outcomeWith(crashed, "signed.db-wal", (path) => rewrite(path, (bytes) => (bytes[at]! ^= 4)));
  expect([code, votes]).toEqual(["", VOTES - 1]);
});

test.each(Object.keys(harms))("%s in signed.db changes nothing, or the home doesn't start", (harm) => {
  const codes = new Set<string>();
  for (let run = 0; run < 40; run++) {
    const at = below(statSync(join(closed, "signed.db")).size);
    const { code, votes } = outcomeWith(closed, "signed.db", (path) => rewrite(path, (bytes) => harms[harm]!(bytes, at)));
    codes.add(code);
    if (code === "") expect([at, votes]).toEqual([at, VOTES]);
  }
  expect(codes.has("STORE_CORRUPT")).toBe(true);
});

test.each(Object.keys(harms))("%s in market.db changes no block, or the home doesn't start, or stops where it reads it", (harm) => {
  for (let run = 0; run < 60; run++) {
    const at = below(statSync(join(closed, "market.db")).size);
    const { code, votes, blocks } = outcomeWith(closed, "market.db", (path) => rewrite(path, (bytes) => harms[harm]!(bytes, at)));
    if (code === "") expect([at, votes, [BLOCKS, "STORE_CORRUPT"].includes(blocks)]).toEqual([at, VOTES, true]);
  }
});
