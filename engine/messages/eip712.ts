import { type Address, concat, type Digest, digest, fromHex, keccak, keccakDigest, utf8 } from "../kernel/index.ts";

/**
 * EIP-712 typed data (https://eips.ethereum.org/EIPS/eip-712): what is signed is the struct, never the bytes on the wire.
 * Struct hash = keccak(typeHash | one 32-byte word for each field); digest = keccak(0x1901 | domain separator | struct hash).
 */
export type Field = number | Digest | Address;

/** Values of the low four bytes. */
const HALF_WORD = 2 ** 32;

/** One static field: a number below 2^53, a digest or an address, right-aligned in 32 bytes. */
export function word(value: Field): Uint8Array {
  const bytes = new Uint8Array(32);
  if (typeof value === "number") {
    const view = new DataView(bytes.buffer);
    view.setUint32(24, Math.floor(value / HALF_WORD));
    view.setUint32(28, value % HALF_WORD);
  } else {
    const raw = fromHex(value);
    bytes.set(raw, 32 - raw.length);
  }
  return bytes;
}

/** A dynamic array field stands in its struct as the hash of its members' words; a member that is a struct is its struct hash. */
export const array = (members: readonly Field[]): Digest => keccakDigest(concat(members.map(word)));

/** A text field stands in its struct as its hash. */
export const text = (value: string): Digest => keccakDigest(utf8(value));

/** The hash of structs of one type, by their fields in order. A struct within names its own type after this one's. */
export function structOf(type: string): (fields: readonly Field[]) => Digest {
  const typeHash = keccak(utf8(type));
  return (fields) => keccakDigest(concat([typeHash, ...fields.map(word)]));
}

export type Signable = (structHash: Digest) => Digest;

/** What is signed in a domain; made once, as the separator is the dear part. */
export function domainOf(type: string, name: string, fields: readonly Field[]): Signable {
  const separator = keccak(concat([keccak(utf8(type)), keccak(utf8(name)), keccak(utf8("1")), ...fields.map(word)]));
  return (structHash) => digest(keccak(concat([PREFIX, separator, fromHex(structHash)])));
}

const PREFIX = Uint8Array.of(0x19, 0x01);
