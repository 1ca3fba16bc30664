import { readdirSync, readFileSync, rmSync } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { assert } from "../../../engine/kernel/index.ts";
import { SLOT_BYTES, sealOf, slotsOf } from "./group.ts";
import { syncFolder } from "./segment.ts";

/** A state that stands for all records up to `sequence`. */
export interface Snapshot {
  readonly sequence: number;
  readonly bytes: Uint8Array;
}

const SNAPSHOT = 0x4e53_5743;
const VERSION = 1;
const HIGH = 2 ** 32;
const CHUNK_BYTES = 1 << 20;

const NAME = /^(\d{16})\.snapshot$/;
const pathOf = (folder: string, sequence: number): string => join(folder, `${String(sequence).padStart(16, "0")}.snapshot`);
const partPath = (folder: string): string => join(folder, "part.snapshot");

/** Sequences of the snapshots that are there, newest first. */
export const snapshotSequences = (folder: string): readonly number[] =>
  readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => b - a);

/** Under another name until it is on disk. Rejects with what the system says; a part of it doesn't stay. */
export async function saveSnapshot(folder: string, journal: number, { sequence, bytes }: Snapshot): Promise<void> {
  const part = partPath(folder);
  try {
    const file = await open(part, "w");
    try {
      let body = 0;
      for (let at = 0; at < bytes.length; at += CHUNK_BYTES) {
        const chunk = bytes.subarray(at, at + CHUNK_BYTES);
        body = crc32(chunk, body);
        await writeAll(file, chunk, SLOT_BYTES + at);
      }
      await writeAll(file, headerOf(journal, sequence, bytes.length, body), 0);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, pathOf(folder, sequence));
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
  syncFolder(folder);
}

async function writeAll(file: Awaited<ReturnType<typeof open>>, bytes: Uint8Array, position: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(bytes, done, bytes.length - done, position + done);
    done += bytesWritten;
  }
}

function headerOf(journal: number, sequence: number, length: number, body: number): Uint8Array {
  assert(length < 2 ** 31, "a snapshot has less than 2 GiB");
  const { words, bytes } = slotsOf(new ArrayBuffer(SLOT_BYTES));
  words.set([SNAPSHOT, VERSION, journal, sequence | 0, Math.floor(sequence / HIGH), length, body]);
  words[7] = sealOf(bytes.subarray(0, 28));
  return bytes;
}

export function readSnapshot(folder: string, journal: number, sequence: number): Snapshot | "damaged" {
  const file = readFileSync(pathOf(folder, sequence));
  if (file.length < SLOT_BYTES) return "damaged";
  const bytes = file.subarray(SLOT_BYTES);
  const header = headerOf(journal, sequence, bytes.length, crc32(bytes));
  return Buffer.compare(file.subarray(0, SLOT_BYTES), header) === 0 ? { sequence, bytes } : "damaged";
}

/** Leaves only those of `kept`. */
export function removeSnapshots(folder: string, isKept: (sequence: number) => boolean): void {
  rmSync(partPath(folder), { force: true });
  for (const sequence of snapshotSequences(folder)) if (!isKept(sequence)) rmSync(pathOf(folder, sequence));
}

export const snapshotPath = pathOf;
