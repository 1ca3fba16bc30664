import { type Address, concat, type Digest, digest, keccak, keccakDigest, putHex, utf8 } from "../kernel/index.ts";

/**
 * EIP-712 typed data (https://eips.ethereum.org/EIPS/eip-712): what is signed is the struct, never the bytes on the wire.
 * Struct hash = keccak(typeHash | one 32-byte word for each field); digest = keccak(0x1901 | domain separator | struct hash).
 */
export type Field = number | Digest | Address;

/** Values of the low four bytes. */
const HALF_WORD = 2 ** 32;

/** One static field: a number below 2^53, a digest or an address, right-aligned in 32 bytes. */
export const word = (value: Field): Uint8Array => putWords([value], new Uint8Array(WORD), 0);

const WORD = 32;

/** One word after the other, from a place on; the bytes there are 0. */
function putWords(values: readonly Field[], into: Uint8Array, from: number): Uint8Array {
  let end = from;
  for (const value of values) {
    end += WORD;
    if (typeof value === "number") {
      putUint32(Math.floor(value / HALF_WORD), into, end - 8);
      putUint32(value % HALF_WORD, into, end - 4);
    } else putHex(value, into, end - (value.length - 2) / 2);
  }
  return into;
}

function putUint32(value: number, into: Uint8Array, at: number): void {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
}

/** A dynamic array field stands in its struct as the hash of its members' words; a member that is a struct is its struct hash. */
export const array = (members: readonly Field[]): Digest => keccakDigest(putWords(members, new Uint8Array(WORD * members.length), 0));

/** A field of any number of bytes stands in its struct as their hash. */
export const bytesField = (bytes: Uint8Array): Digest => keccakDigest(bytes);

/** A text field stands in its struct as its hash. */
export const text = (value: string): Digest => keccakDigest(utf8(value));

/** The hash of structs of one type, by their fields in order. A struct within names its own type after this one's. */
export function structOf(type: string): (fields: readonly Field[]) => Digest {
  const typeHash = keccak(utf8(type));
  // One piece of memory for all of a type: hashing is over before the next one is written.
  let room = new Uint8Array(0);
  return (fields) => {
    const length = WORD + WORD * fields.length;
    if (room.length !== length) room = new Uint8Array(length);
    room.fill(0, WORD);
    room.set(typeHash);
    return keccakDigest(putWords(fields, room, WORD));
  };
}

export type Signable = (structHash: Digest) => Digest;

/** What is signed in a domain; made once, as the separator is the dear part. */
export function domainOf(type: string, name: string, fields: readonly Field[]): Signable {
  const separator = keccak(concat([keccak(utf8(type)), keccak(utf8(name)), keccak(utf8("1")), ...fields.map(word)]));
  const room = concat([PREFIX, separator, new Uint8Array(WORD)]);
  return (structHash) => {
    putHex(structHash, room, room.length - WORD);
    return digest(keccak(room));
  };
}

const PREFIX = Uint8Array.of(0x19, 0x01);
