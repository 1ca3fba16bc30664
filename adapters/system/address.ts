import { type Address, address, assert, keccak, toHex } from "../../engine/kernel/index.ts";

/** The address of a public key (65 bytes, uncompressed). */
export function addressOf(publicKey: Uint8Array): Address {
  assert(publicKey.length === 65 && publicKey[0] === 4, "an uncompressed public key has 65 bytes");
  return address(toHex(keccak(publicKey.subarray(1)).subarray(12)));
}
