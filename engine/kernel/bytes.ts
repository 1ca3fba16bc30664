import { assert } from "./assert.ts";

declare const digestBrand: unique symbol;
/** 32 bytes as lower-case hex with 0x: a keccak-256 digest, comparable with === and usable as a key. */
export type Digest = string & { readonly [digestBrand]: "digest" };

declare const addressBrand: unique symbol;
/** 20 bytes as lower-case hex with 0x: who signed. */
export type Address = string & { readonly [addressBrand]: "address" };

export const ZERO_DIGEST = `0x${"00".repeat(32)}` as Digest;

const DIGITS = Array.from("0123456789abcdef", (digit) => digit.charCodeAt(0));
const [ZERO, X] = [48, 120];
/** Bytes that are made into text at once: a call takes only so many arguments. */
const AT_ONCE = 1_024;

/** Of all bytes, or of those from one place to another. */
export function toHex(bytes: Uint8Array, from = 0, to = bytes.length): string {
  if (to - from <= AT_ONCE) return textOf("0x", bytes, from, to);
  let hex = "0x";
  for (let at = from; at < to; at += AT_ONCE) hex += textOf("", bytes, at, Math.min(to, at + AT_ONCE));
  return hex;
}

/** One flat text: adding digit after digit would leave a tree of pieces for each digest. */
function textOf(before: "0x" | "", bytes: Uint8Array, from: number, to: number): string {
  const codes: number[] = before === "" ? [] : [ZERO, X];
  for (let at = from; at < to; at++) codes.push(DIGITS[bytes[at]! >> 4]!, DIGITS[bytes[at]! & 15]!);
  return String.fromCharCode.apply(null, codes);
}

/** What each character code of a hex digit is worth; -1: none. */
const NIBBLE = Int8Array.from({ length: 128 }, (_, code) => "0123456789abcdef".indexOf(String.fromCharCode(code).toLowerCase()));

export function fromHex(hex: string): Uint8Array {
  assert(hex.startsWith("0x") && hex.length % 2 === 0, "hex starts with 0x and has two digits for each byte");
  const bytes = new Uint8Array((hex.length - 2) / 2);
  putHex(hex, bytes, 0);
  return bytes;
}

/** Writes what a hex text says into bytes, from a place on. */
export function putHex(hex: string, into: Uint8Array, from: number): void {
  for (let at = 2, to = from; at < hex.length; at += 2, to++) {
    const high = NIBBLE[hex.charCodeAt(at)] ?? -1;
    const low = NIBBLE[hex.charCodeAt(at + 1)] ?? -1;
    if (high < 0 || low < 0) assert(false, "hex has digits and letters from a to f");
    into[to] = 16 * high + low;
  }
}

export function digest(bytes: Uint8Array): Digest {
  assert(bytes.length === 32, "a digest has 32 bytes");
  return toHex(bytes) as Digest;
}

export function address(hex: string): Address {
  assert(/^0x[0-9a-f]{40}$/i.test(hex), `not an address: ${hex}`);
  return hex.toLowerCase() as Address;
}

export function concat(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** UTF-8 of a text; here because the engine runs on the language alone. */
export function utf8(text: string): Uint8Array {
  const escaped = encodeURIComponent(text);
  const bytes: number[] = [];
  for (let i = 0; i < escaped.length; i++) {
    if (escaped[i] === "%") {
      bytes.push(Number.parseInt(escaped.slice(i + 1, i + 3), 16));
      i += 2;
    } else bytes.push(escaped.charCodeAt(i));
  }
  return Uint8Array.from(bytes);
}

/** Numbers first to last, digests and texts by code unit: an order that depends on nothing but the values. */
export const compare = <T extends string | number>(a: T, b: T): number => (a < b ? -1 : a > b ? 1 : 0);
