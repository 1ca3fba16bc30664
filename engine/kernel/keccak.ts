import { createKeccak } from "hash-wasm";
import { type Digest, digest } from "./bytes.ts";

const hasher = await createKeccak(256);

/** keccak-256, the hash of the chain and of every message. */
export function keccak(bytes: Uint8Array): Uint8Array {
  return hasher.init().update(bytes).digest("binary");
}

export const keccakDigest = (bytes: Uint8Array): Digest => digest(keccak(bytes));
