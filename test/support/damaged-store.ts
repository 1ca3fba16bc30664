import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "../../adapters/store/index.ts";
import { type Digest, interval } from "../../engine/kernel/index.ts";
import type { Store } from "../../src/ports/index.ts";
import { memoryFolder } from "./folder.ts";

/** What became of a damaged copy of a store. */
export interface Outcome {
  readonly code: string;
  readonly detail: string;
  /** How many of the votes are there. */
  readonly votes: number;
  /** Blocks likewise; or the code with which reading them ends. */
  readonly blocks: number | string;
  /** What is there, votes and blocks, is as it was kept and without a gap, and no vote is given twice. */
  readonly isTrue: boolean;
}

export const VOTES = 40;
export const BLOCKS = 20;
const SECTOR = 512;
const slotOf = (view: number) => ({ interval: interval(50), view, kind: "vote" });
const head = (value: number) => `0x${value.toString(16).padStart(64, "0")}` as Digest;
const bytesOf = (view: number) => Buffer.alloc(view % 7 === 0 ? 9000 : 100, view + 1);

/** What a disk does to bytes at a place. */
export const HARMS: Readonly<Record<string, (bytes: Buffer, at: number) => void>> = {
  "a bit": (bytes, at) => (bytes[at]! ^= 1 << (at % 8)),
  "a sector of zeros": (bytes, at) => bytes.fill(0, at - (at % SECTOR), at - (at % SECTOR) + SECTOR),
};

/** A store with votes and blocks: `crashed` as kill -9 leaves it, all of the votes in the log; `closed` after a clean end, all of it in the file. */
export class DamagedStore {
  readonly #folder = memoryFolder();
  readonly crashed = join(this.#folder.path, "crashed");
  readonly closed = join(this.#folder.path, "closed");
  /** The log's size when the first so many votes were acknowledged. */
  readonly sizes: readonly number[];

  constructor() {
    const opened = openStore(this.closed, { isComplete: true });
    if (!opened.ok) throw new Error(opened.detail);
    const log = join(this.closed, "signed.db-wal");
    for (let at = 1; at <= BLOCKS; at++) opened.value.saveBlock(interval(at), head(at), bytesOf(at));
    const sizes = [statSync(log).size];
    for (let view = 0; view < VOTES; view++) {
      opened.value.saveVote(slotOf(view), bytesOf(view));
      sizes.push(statSync(log).size);
    }
    this.sizes = sizes;
    cpSync(this.closed, this.crashed, { recursive: true });
    opened.value.close();
  }

  /** How many votes are whole in a log of that size. */
  whole(size: number): number {
    return this.sizes.findLastIndex((end) => end <= size);
  }

  sizeOf(from: string, name: string): number {
    return statSync(join(from, name)).size;
  }

  /** Opens a copy with other bytes in one of its files. */
  outcomeWith(from: string, name: string, change: (path: string) => void): Outcome {
    const path = join(this.#folder.path, "case");
    rmSync(path, { recursive: true, force: true });
    cpSync(from, path, { recursive: true });
    change(join(path, name));
    const first = openStore(path, { isComplete: true, onFatal: () => undefined });
    if (!first.ok) {
      const again = openStore(path);
      return { code: first.code, detail: first.detail, votes: 0, blocks: 0, isTrue: !again.ok && again.code === first.code };
    }
    const votes = first.value.votes(interval(50));
    const stand = votes.map(({ slot, bytes }, view) => slot.view === view && bytesOf(view).equals(bytes));
    const again = votes.map((_, view) => bytesOf(view).equals(first.value.saveVote(slotOf(view), Uint8Array.of(255))));
    const { blocks, isTrue } = blocksOf(first.value);
    first.value.close();
    return { code: "", detail: "", votes: votes.length, blocks, isTrue: isTrue && ![...stand, ...again].includes(false) };
  }

  remove(): void {
    this.#folder.remove();
  }
}

function blocksOf(store: Store): Pick<Outcome, "blocks" | "isTrue"> {
  try {
    const blocks = store.blocks(interval(0), 1000);
    return { blocks: blocks.length, isTrue: blocks.every(({ bytes }, index) => bytesOf(index + 1).equals(bytes)) };
  } catch (error) {
    if ((error as Error).name !== "StoreFatal") throw error;
    return { blocks: (error as { code: string }).code, isTrue: true };
  }
}

/** True when the change changed anything. */
export function rewrite(path: string, change: (bytes: Buffer) => void): boolean {
  const bytes = readFileSync(path);
  const before = Buffer.from(bytes);
  change(bytes);
  writeFileSync(path, bytes);
  return !before.equals(bytes);
}
