import { assert, putHex } from "../kernel/index.ts";

/**
 * The protobuf wire format (https://protobuf.dev/programming-guides/encoding/) as far as our messages need it: varints and
 * length-delimited fields. Fields are written in rising order and defaults (0, no bytes) are left out, as every proto3 writer
 * does; what is read must be what would be written, so one message has one encoding and gossip tells duplicates by their bytes.
 */
export type Field = { readonly number: number; readonly value: number | Uint8Array };

const VARINT = 0;
const BYTES = 2;
/** Bytes of a number below 2^53. */
const MAX_VARINT = 8;

const FIRST_ROOM = 1_024;
/** Rooms that were written in and are free again: to ask for memory costs more than to write a message. */
const FREE: Uint8Array<ArrayBuffer>[] = [];
const MOST_FREE = 8;
const LARGEST_FREE = 2 ** 16;
const NO_ROOM = new Uint8Array(0);

/** Writes one message; it is over with `finish`. */
export class Writer {
  #bytes = FREE.pop() ?? new Uint8Array(FIRST_ROOM);
  #length = 0;

  uint(number: number, value: number): this {
    if (value !== 0) {
      this.#varint(number * 8 + VARINT);
      this.#varint(value);
    }
    return this;
  }

  bytes(number: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.item(number, value);
  }

  /** One of a repeated field: written even when it is empty. */
  item(number: number, value: Uint8Array): this {
    this.#varint(number * 8 + BYTES);
    this.#varint(value.length);
    this.#makeRoom(value.length);
    this.#bytes.set(value, this.#length);
    this.#length += value.length;
    return this;
  }

  /** A bare number: one of a packed field's. */
  bare(value: number): this {
    this.#varint(value);
    return this;
  }

  /** Digests or other hex texts in one field, one after the other; each has `size` bytes. */
  hexes(number: number, texts: readonly string[], size: number): this {
    if (texts.length === 0) return this;
    this.#varint(number * 8 + BYTES);
    this.#varint(size * texts.length);
    this.#makeRoom(size * texts.length);
    for (const text of texts) {
      assert(text.length === 2 + 2 * size, "texts of one field have one size");
      putHex(text, this.#bytes, this.#length);
      this.#length += size;
    }
    return this;
  }

  finish(): Uint8Array {
    const written = this.#bytes.slice(0, this.#length);
    this.#leave();
    return written;
  }

  /** As the one field of a message around it. */
  finishIn(number: number): Uint8Array {
    if (this.#length === 0) return this.finish();
    const around = new Writer().#varint(number * 8 + BYTES).#varint(this.#length);
    const written = new Uint8Array(around.#length + this.#length);
    written.set(around.#bytes.subarray(0, around.#length));
    written.set(this.#bytes.subarray(0, this.#length), around.#length);
    around.#leave();
    this.#leave();
    return written;
  }

  #leave(): void {
    if (FREE.length < MOST_FREE && this.#bytes.length <= LARGEST_FREE && this.#bytes !== NO_ROOM) FREE.push(this.#bytes);
    this.#bytes = NO_ROOM;
    this.#length = 0;
  }

  #varint(value: number): this {
    let rest = value;
    while (rest > 127) {
      this.#byte((rest % 128) + 128);
      rest = Math.floor(rest / 128);
    }
    this.#byte(rest);
    return this;
  }

  #byte(value: number): void {
    this.#makeRoom(1);
    this.#bytes[this.#length++] = value;
  }

  #makeRoom(more: number): void {
    const needed = this.#length + more;
    if (needed <= this.#bytes.length) return;
    const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
    larger.set(this.#bytes);
    this.#bytes = larger;
  }
}

/** Numbers that may be negative as protobuf packs `sint64`: 0, -1, 1, -2 as the varints 0, 1, 2, 3; |value| below 2^52. */
export function packed(values: readonly number[]): Uint8Array {
  const writer = new Writer();
  for (const value of values) writer.bare(value < 0 ? -2 * value - 1 : 2 * value);
  return writer.finish();
}

/** The same read again, or null when the bytes end within a number. */
export function unpacked(bytes: Uint8Array): readonly number[] | null {
  const values: number[] = [];
  for (let at = 0; at < bytes.length; ) {
    const read = varint(bytes, at);
    if (read === null) return null;
    values.push(read.value % 2 === 0 ? read.value / 2 : -(read.value + 1) / 2);
    at = read.next;
  }
  return values;
}

/** Foreign bytes as fields, or null when they are not well-formed. */
export function readFields(bytes: Uint8Array): readonly Field[] | null {
  const fields: Field[] = [];
  let at = 0;
  while (at < bytes.length) {
    const tag = varint(bytes, at);
    if (tag === null) return null;
    const value = varint(bytes, tag.next);
    if (value === null) return null;
    const number = Math.floor(tag.value / 8);
    if (tag.value % 8 === VARINT) {
      fields.push({ number, value: value.value });
      at = value.next;
    } else if (tag.value % 8 === BYTES) {
      at = value.next + value.value;
      if (at > bytes.length) return null;
      fields.push({ number, value: bytes.subarray(value.next, at) });
    } else return null;
  }
  return fields;
}

function varint(bytes: Uint8Array, from: number): { readonly value: number; readonly next: number } | null {
  let value = 0;
  for (let at = from, scale = 1; at < bytes.length && at < from + MAX_VARINT; at++, scale *= 128) {
    const byte = bytes[at]!;
    value += (byte % 128) * scale;
    if (byte < 128) return Number.isSafeInteger(value) ? { value, next: at + 1 } : null;
  }
  return null;
}
