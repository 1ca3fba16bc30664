import { assert } from "./assert.ts";
import { concat, fromHex } from "./bytes.ts";

/**
 * Values as contracts read them (https://docs.soliditylang.org/en/latest/abi-spec.html): one 32-byte word each. A number is a whole
 * one below 2^53 either way, in two's complement; hex and bytes stand at the word's right end.
 */
export type AbiField = number | string | Uint8Array;

/** Values of the low four bytes. */
const HALF_WORD = 2 ** 32;
const WORD = 32;

/** One word after the other: abi.encode of static values. */
export function abiWords(fields: readonly AbiField[]): Uint8Array {
  const bytes = new Uint8Array(WORD * fields.length);
  const view = new DataView(bytes.buffer);
  for (const [at, field] of fields.entries()) {
    if (typeof field === "number") putNumber(view, WORD * at, field);
    else {
      const raw = typeof field === "string" ? fromHex(field) : field;
      assert(raw.length <= WORD, "a word has 32 bytes");
      bytes.set(raw, WORD * (at + 1) - raw.length);
    }
  }
  return bytes;
}

function putNumber(view: DataView, at: number, value: number): void {
  const high = Math.floor(value / HALF_WORD);
  if (value < 0) for (let i = 0; i < 24; i += 4) view.setInt32(at + i, -1);
  view.setInt32(at + 24, high);
  view.setUint32(at + 28, value - high * HALF_WORD);
}

/** A part of a tuple: its words in place, or an offset there and its bytes behind. */
export interface AbiPart {
  readonly isDynamic: boolean;
  readonly bytes: Uint8Array;
}

export const abiStatic = (fields: readonly AbiField[]): AbiPart => ({ isDynamic: false, bytes: abiWords(fields) });

/** A struct. It is dynamic as soon as one of its parts is. */
export function abiTuple(parts: readonly AbiPart[]): AbiPart {
  const headLength = parts.reduce((length, part) => length + (part.isDynamic ? WORD : part.bytes.length), 0);
  const heads: Uint8Array[] = [];
  const tails: Uint8Array[] = [];
  let offset = headLength;
  for (const { isDynamic, bytes } of parts) {
    heads.push(isDynamic ? abiWords([offset]) : bytes);
    if (!isDynamic) continue;
    tails.push(bytes);
    offset += bytes.length;
  }
  return { isDynamic: parts.some((part) => part.isDynamic), bytes: concat([...heads, ...tails]) };
}

/** An array of as many as there are. */
export const abiArray = (members: readonly AbiPart[]): AbiPart => ({
  isDynamic: true,
  bytes: concat([abiWords([members.length]), abiTuple(members).bytes]),
});

/** `bytes`, filled up to whole words. */
export function abiBytes(value: Uint8Array): AbiPart {
  const padding = new Uint8Array((WORD - (value.length % WORD)) % WORD);
  return { isDynamic: true, bytes: concat([abiWords([value.length]), value, padding]) };
}

/** abi.encode of one value. */
export const abiEncode = (value: AbiPart): Uint8Array => abiTuple([value]).bytes;
