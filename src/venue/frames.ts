import { assert, concat } from "../../engine/kernel/index.ts";

/**
 * Bytes of any length in records of seven words. Word 0 of the first record is how many bytes there are, that of each further one
 * its place below 0: so a record that begins something new is known, also after a crash that left the last one unfinished.
 */
export const RECORD_WORDS = 7;
const DATA_BYTES = 4 * (RECORD_WORDS - 1);

export function framesOf(bytes: Uint8Array): Int32Array {
  const records = Math.max(1, Math.ceil(bytes.length / DATA_BYTES));
  const view = new DataView(new ArrayBuffer(records * 4 * RECORD_WORDS));
  for (let record = 0; record < records; record++) {
    view.setInt32(record * 4 * RECORD_WORDS, record === 0 ? bytes.length : -record, true);
    const part = bytes.subarray(record * DATA_BYTES, (record + 1) * DATA_BYTES);
    new Uint8Array(view.buffer).set(part, record * 4 * RECORD_WORDS + 4);
  }
  return Int32Array.from({ length: records * RECORD_WORDS }, (_, at) => view.getInt32(4 * at, true));
}

/** Puts records together again. */
export class FrameReader {
  #length = 0;
  #parts: Uint8Array[] = [];

  /** The bytes that this record was the last of; null: more belongs to them. */
  take(words: Int32Array, at: number): Uint8Array | null {
    const place = words[at]!;
    if (place >= 0) {
      this.#length = place;
      this.#parts = [];
    }
    assert(place >= 0 || place === -this.#parts.length, "records follow the one that began them");
    this.#parts.push(dataOf(words, at + 1));
    return this.#parts.length * DATA_BYTES < this.#length ? null : concat(this.#parts).subarray(0, this.#length);
  }
}

function dataOf(words: Int32Array, at: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(DATA_BYTES));
  for (let word = 0; word < RECORD_WORDS - 1; word++) view.setInt32(4 * word, words[at + word]!, true);
  return new Uint8Array(view.buffer);
}
