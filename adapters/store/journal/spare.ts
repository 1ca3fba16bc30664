import { closeSync, fdatasyncSync, fstatSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { SLOT_BYTES } from "./group.ts";
import { HEADER_BYTES, nameSpare, type Segment, segmentNumbers, segmentPath, sparePath, syncFolder } from "./segment.ts";

/** Zeros are written and synced in slices of so many bytes: a commit of the other thread waits for one slice at most. */
const SLICE_BYTES = 1024 * 1024;

/** The least size of a segment: its header and one group of one record. */
export const LEAST_BYTES = HEADER_BYTES + 64;

/** A new segment; false: `goOn` said no before it was done, and nothing of it is left. */
export function makeSegment(folder: string, journal: number, segment: Segment, goOn: () => boolean): boolean {
  const path = sparePath(folder);
  const fd = openSync(path, "w");
  try {
    const zeros = new Uint8Array(Math.min(SLICE_BYTES, segment.bytes));
    for (let filled = 0; filled < segment.bytes; ) {
      if (!goOn()) {
        rmSync(path);
        return false;
      }
      filled += writeSync(fd, zeros, 0, Math.min(zeros.length, segment.bytes - filled), filled);
      fdatasyncSync(fd);
    }
    nameSpare(folder, fd, journal, segment);
    return true;
  } catch (error) {
    rmSync(path, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/**
 * A segment whose records nobody needs any more becomes the next one. What stands in it stays: its sequences are too low to be
 * taken for groups that follow. It loses its old name first, so that no file has a number that isn't its own.
 */
export function useAgain(folder: string, journal: number, old: number, segment: Segment): void {
  renameSync(segmentPath(folder, old), sparePath(folder));
  syncFolder(folder);
  const fd = openSync(sparePath(folder), "r+");
  try {
    nameSpare(folder, fd, journal, segment);
  } finally {
    closeSync(fd);
  }
}

/** What stands from `slot` of a segment on, and in the segments after it, is gone; done anew if it was interrupted. */
export function cutOff(folder: string, number: number, slot: number): void {
  for (const later of segmentNumbers(folder).filter((each) => each > number)) rmSync(segmentPath(folder, later));
  const fd = openSync(segmentPath(folder, number), "r+");
  try {
    const { size } = fstatSync(fd);
    const zeros = new Uint8Array(SLICE_BYTES);
    for (let at = slot * SLOT_BYTES; at < size; ) at += writeSync(fd, zeros, 0, Math.min(zeros.length, size - at), at);
    fdatasyncSync(fd);
  } finally {
    closeSync(fd);
  }
  syncFolder(folder);
}
