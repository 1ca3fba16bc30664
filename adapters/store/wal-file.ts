import { readFileSync, statSync } from "node:fs";

/**
 * Looks at a write-ahead log before SQLite does, which takes whatever comes before the first frame that doesn't hold and forgets
 * the rest without a word. That is right for the end of a commit that was never synced. But every commit is synced before the
 * next one is written, so what a later commit stands behind was on disk once: then the log is damaged.
 * https://www.sqlite.org/fileformat2.html#the_write_ahead_log
 */
export function walDamage(database: string): string | null {
  const path = `${database}-wal`;
  // Without a database SQLite throws its log away.
  if (sizeOf(database) === 0 || sizeOf(path) === 0) return null;
  return damageIn(readFileSync(path));
}

/** The same of a log that has been read. */
export function damageIn(log: Buffer): string | null {
  const header = headerOf(log);
  if (header === null) return log.length > HEADER && log.some((byte) => byte !== 0) ? "its write-ahead log has no head" : null;
  const bad = firstBad(log, header);
  const commit = frameFrom(log, header, bad + 1, isCommit);
  const isProven = commit !== null && frameFrom(log, header, commit + 1, () => true) !== null;
  return isProven ? `its write-ahead log is damaged in frame ${bad}, and later commits stand behind it` : null;
}

/** A database's file as it would be once SQLite had written into it what its log has committed. */
export function mergedWith(file: Buffer, log: Buffer): Buffer {
  const header = headerOf(log);
  if (header === null) return file;
  const good = firstBad(log, header);
  const commit = lastCommit(log, header, good);
  if (commit === null) return file;
  const { pageSize } = header;
  const merged = Buffer.alloc(log.readUInt32BE(offsetOf(header, commit) + 4) * pageSize);
  file.copy(merged);
  for (let frame = 0; frame <= commit; frame++) {
    const at = offsetOf(header, frame);
    log.copy(merged, (log.readUInt32BE(at) - 1) * pageSize, at + FRAME_HEADER, at + FRAME_HEADER + pageSize);
  }
  return merged;
}

interface Header {
  readonly pageSize: number;
  readonly isBigEndian: boolean;
  /** Twice 32 bits, which a frame must have to belong to this log and not to one that was written over. */
  readonly salts: Buffer;
  readonly sum: Sum;
}

type Sum = readonly [number, number];

const HEADER = 32;
const FRAME_HEADER = 24;
const MAGIC = 0x377f0682;

const sizeOf = (path: string): number => statSync(path, { throwIfNoEntry: false })?.size ?? 0;

function headerOf(log: Buffer): Header | null {
  if (log.length < HEADER || (log.readUInt32BE(0) & ~1) >>> 0 !== MAGIC) return null;
  const isBigEndian = (log.readUInt32BE(0) & 1) === 1;
  const sum = added([0, 0], log.subarray(0, 24), isBigEndian);
  return isSum(log, 24, sum) ? { pageSize: log.readUInt32BE(8), isBigEndian, salts: log.subarray(16, 24), sum } : null;
}

/** The number of the first frame that doesn't hold, or of the one that isn't there. */
function firstBad(log: Buffer, header: Header): number {
  let { sum } = header;
  for (let frame = 0; ; frame++) {
    const at = offsetOf(header, frame);
    if (!belongs(log, header, at)) return frame;
    sum = added(sum, log.subarray(at, at + 8), header.isBigEndian);
    sum = added(sum, log.subarray(at + FRAME_HEADER, at + FRAME_HEADER + header.pageSize), header.isBigEndian);
    if (!isSum(log, at + 16, sum)) return frame;
  }
}

/** The first such frame of this log at or behind `from`, whatever its sum. */
function frameFrom(log: Buffer, header: Header, from: number, isSuch: (log: Buffer, at: number) => boolean): number | null {
  for (let frame = from; offsetOf(header, frame) < log.length; frame++) {
    const at = offsetOf(header, frame);
    if (belongs(log, header, at) && isSuch(log, at)) return frame;
  }
  return null;
}

/** null: none of the first `frames` ends a commit. */
function lastCommit(log: Buffer, header: Header, frames: number): number | null {
  for (let frame = frames - 1; frame >= 0; frame--) if (isCommit(log, offsetOf(header, frame))) return frame;
  return null;
}

const offsetOf = ({ pageSize }: Header, frame: number): number => HEADER + frame * (FRAME_HEADER + pageSize);

const belongs = (log: Buffer, { pageSize, salts }: Header, at: number): boolean =>
  at + FRAME_HEADER + pageSize <= log.length && log.subarray(at + 8, at + 16).equals(salts);

/** The size of the database after it, in pages, is only in the last frame of a commit. */
const isCommit = (log: Buffer, at: number): boolean => log.readUInt32BE(at + 4) !== 0;

const isSum = (log: Buffer, at: number, [first, second]: Sum): boolean =>
  log.readUInt32BE(at) === first && log.readUInt32BE(at + 4) === second;

function added([first, second]: Sum, bytes: Buffer, isBigEndian: boolean): Sum {
  const word = (at: number): number => (isBigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at));
  for (let at = 0; at < bytes.length; at += 8) {
    first = (first + word(at) + second) >>> 0;
    second = (second + word(at + 4) + first) >>> 0;
  }
  return [first, second];
}
