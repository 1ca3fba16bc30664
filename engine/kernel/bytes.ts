import { assert } from "./assert.ts";

declare const digestBrand: unique symbol;
/** 32 bytes as lower-case hex with 0x: a keccak-256 digest, comparable with === and usable as a key. */
export type Digest = string & { readonly [digestBrand]: "digest" };

declare const addressBrand: unique symbol;
/** 20 bytes as lower-case hex with 0x: who signed. */
export type Address = string & { readonly [addressBrand]: "address" };

export const ZERO_DIGEST = `0x${"00".repeat(32)}` as Digest;

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

export function toHex(bytes: Uint8Array): string {
  let hex = "0x";
  for (const byte of bytes) hex += HEX[byte];
  return hex;
}

/** What each character code of a hex digit is worth; -1: none. */
const NIBBLE = Int8Array.from({ length: 128 }, (_, code) => "0123456789abcdef".indexOf(String.fromCharCode(code).toLowerCase()));

export function fromHex(hex: string): Uint8Array {
  assert(hex.startsWith("0x") && hex.length % 2 === 0, "hex starts with 0x and has two digits for each byte");
  const bytes = new Uint8Array((hex.length - 2) / 2);
  for (let i = 0, at = 2; i < bytes.length; i++, at += 2) {
    const high = NIBBLE[hex.charCodeAt(at)] ?? -1;
    const low = NIBBLE[hex.charCodeAt(at + 1)] ?? -1;
    assert(high >= 0 && low >= 0, "hex has digits and letters from a to f");
    bytes[i] = 16 * high + low;
  }
  return bytes;
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
