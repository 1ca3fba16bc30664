import { crc32 } from "node:zlib";

/**
 * What stands in a segment file: slots of 32 bytes. A group is one header and its records, written in one go and synced before
 * the next one is begun; it is on disk as a whole or it doesn't count. The eighth word of a record is 0, that of a header never
 * is, so that no record can pass for a header, whatever its payload says.
 */
export const SLOT_WORDS = 8;
export const SLOT_BYTES = 32;
export const PAYLOAD_WORDS = 7;

const GROUP = 0x5052_4757;
const HIGH = 2 ** 32;

/** One piece of memory, seen both ways. Words are little-endian on every machine that Node runs our code on. */
export interface Slots {
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
}

export function slotsOf(buffer: ArrayBufferLike): Slots {
  return { words: new Int32Array(buffer), bytes: new Uint8Array(buffer) };
}

export interface Group {
  /** Sequence of its first record. */
  readonly first: number;
  /** 0: a mark, which says that all before it is on disk and is overwritten by the group that follows. */
  readonly count: number;
  /** `seal` of the group before. */
  readonly link: number;
  /** Checksum of its records. */
  readonly body: number;
  /** Checksum of this header, and so of the records and of the whole chain before. */
  readonly seal: number;
}

/** Never 0: zeros are no header. */
export const sealOf = (bytes: Uint8Array): number => crc32(bytes) | 0 || 1;

export const bodyOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, part) => crc32(part, sum), 0) | 0;

/** Writes a header into the first slot of `header` and returns its seal. */
export function sealHeader(header: Slots, journal: number, { first, count, link, body }: Omit<Group, "seal">): number {
  const { words, bytes } = header;
  words.set([GROUP, journal, first | 0, Math.floor(first / HIGH), count, link, body]);
  words[7] = sealOf(bytes.subarray(0, 28));
  return words[7]!;
}

/** The header in slot `at`, if one of this journal stands there unharmed. */
export function headerAt({ words, bytes }: Slots, at: number, journal: number): Group | null {
  const word = at * SLOT_WORDS;
  if (words[word] !== GROUP || words[word + 1] !== journal) return null;
  const seal = words[word + 7]!;
  const start = at * SLOT_BYTES;
  if (seal !== sealOf(bytes.subarray(start, start + 28))) return null;
  const first = words[word + 3]! * HIGH + (words[word + 2]! >>> 0);
  return { first, count: words[word + 4]!, link: words[word + 5]!, body: words[word + 6]!, seal };
}

/** Whether the records behind the header in slot `at` are all there. */
export function isWhole({ bytes }: Slots, at: number, { count, body }: Group): boolean {
  const start = (at + 1) * SLOT_BYTES;
  const end = start + count * SLOT_BYTES;
  return end <= bytes.length && bodyOf([bytes.subarray(start, end)]) === body;
}
