import { closeSync, fdatasyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { HEADER_BYTES, nameSpare, type Segment, segmentPath, sparePath, syncFolder } from "./segment.ts";

/** Zeros are written and synced in slices of so many bytes, so that a commit never waits for a whole segment. */
const SLICE_BYTES = 256 * 1024;

/** A new segment in the making, slice by slice. */
export class Spare {
  private readonly folder: string;
  private readonly journal: number;
  private readonly segment: Segment;
  private readonly fd: number;
  private filled = 0;

  constructor(folder: string, journal: number, segment: Segment) {
    this.folder = folder;
    this.journal = journal;
    this.segment = segment;
    this.fd = openSync(sparePath(folder), "w");
  }

  /** From 0 to 1. */
  progress(): number {
    return this.filled / this.segment.bytes;
  }

  /** Writes one slice; the segment, once it is ready. */
  step(): Segment | null {
    const length = Math.min(SLICE_BYTES, this.segment.bytes - this.filled);
    this.filled += writeSync(this.fd, new Uint8Array(length), 0, length, this.filled);
    fdatasyncSync(this.fd);
    if (this.filled < this.segment.bytes) return null;
    nameSpare(this.folder, this.fd, this.journal, this.segment);
    closeSync(this.fd);
    return this.segment;
  }

  giveUp(): void {
    closeSync(this.fd);
    rmSync(sparePath(this.folder), { force: true });
  }
}

/**
 * A segment whose records nobody needs any more gets the next number. What stands in it stays: its sequences are too low to be
 * taken for groups that follow. It loses its old name first, so that no file has a number that isn't its own.
 */
export function useAgain(folder: string, journal: number, old: Segment, number: number): Segment {
  renameSync(segmentPath(folder, old.number), sparePath(folder));
  syncFolder(folder);
  const fd = openSync(sparePath(folder), "r+");
  try {
    const segment = { number, bytes: old.bytes };
    nameSpare(folder, fd, journal, segment);
    return segment;
  } finally {
    closeSync(fd);
  }
}

/** The least size of a segment: its header and one group of one record. */
export const LEAST_BYTES = HEADER_BYTES + 64;
