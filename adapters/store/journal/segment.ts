import { closeSync, fdatasyncSync, fsyncSync, openSync, readdirSync, readSync, renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { SLOT_BYTES, type Slots, sealOf, slotsOf } from "./group.ts";
import { Unreadable } from "./trouble.ts";

/**
 * A file of the journal: a header in a block of its own, then slots. It has its full size and is written with zeros before it
 * gets its number, so that a commit changes no metadata of the file system.
 */
export interface Segment {
  readonly number: number;
  readonly bytes: number;
}

const SEGMENT = 0x5347_5743;
const VERSION = 1;
export const HEADER_BYTES = 4096;
/** Where the first group stands. */
export const FIRST_SLOT = HEADER_BYTES / SLOT_BYTES;

const NAME = /^(\d{10})\.segment$/;
export const segmentPath = (folder: string, number: number): string => join(folder, `${String(number).padStart(10, "0")}.segment`);
/** A segment that is being made or used again; it means nothing until it has its number. */
export const sparePath = (folder: string): string => join(folder, "spare.segment");

/** Numbers of the segments that are there, rising. */
export const segmentNumbers = (folder: string): readonly number[] =>
  readdirSync(folder)
    .flatMap((name) => NAME.exec(name)?.[1] ?? [])
    .map(Number)
    .sort((a, b) => a - b);

export function syncFolder(folder: string): void {
  const fd = openSync(folder, "r");
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** Turns the spare file, `fd`, into a segment: header, then name, each on disk before the next. */
export function nameSpare(folder: string, fd: number, journal: number, segment: Segment): void {
  const { words, bytes } = slotsOf(new ArrayBuffer(SLOT_BYTES));
  words.set([SEGMENT, VERSION, journal, segment.number, segment.bytes]);
  words[7] = sealOf(bytes.subarray(0, 28));
  writeSync(fd, bytes, 0, SLOT_BYTES, 0);
  fdatasyncSync(fd);
  renameSync(sparePath(folder), segmentPath(folder, segment.number));
  syncFolder(folder);
}

export interface OpenedSegment extends Segment {
  readonly journal: number;
  readonly path: string;
}

/** Reads and checks a segment's header. */
export function readSegment(folder: string, number: number): OpenedSegment {
  const path = segmentPath(folder, number);
  const { words, bytes } = readSlots(path, 0, SLOT_BYTES);
  if (bytes.length < SLOT_BYTES || words[7] !== sealOf(bytes.subarray(0, 28)) || words[0] !== SEGMENT || words[3] !== number) {
    throw new Unreadable("JOURNAL_DAMAGED", path, "its header, at offset 0, is damaged");
  }
  if (words[1] !== VERSION) throw new Unreadable("JOURNAL_FOREIGN", path, `it has version ${words[1]}, not ${VERSION}`);
  const { size } = statSync(path);
  if (size !== words[4]!) throw new Unreadable("JOURNAL_DAMAGED", path, `it ends at offset ${size}, not at ${words[4]}`);
  return { number, bytes: size, journal: words[2]!, path };
}

/** Bytes of a file from `start` on; fewer where it ends. What a killed process wrote is pushed to the disk first. */
export function readSlots(path: string, start: number, length: number): Slots {
  const fd = openSync(path, "r");
  try {
    fdatasyncSync(fd);
    const buffer = new ArrayBuffer(length);
    const bytes = new Uint8Array(buffer);
    let filled = 0;
    for (let got = -1; got !== 0 && filled < length; filled += got) got = readSync(fd, bytes, filled, length - filled, start + filled);
    return slotsOf(filled === length ? buffer : buffer.slice(0, filled - (filled % SLOT_BYTES)));
  } finally {
    closeSync(fd);
  }
}
