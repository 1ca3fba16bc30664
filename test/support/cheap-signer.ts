import { type Address, address, concat, equal, fromHex, toHex } from "../../engine/kernel/index.ts";
import type { RecoverSigner, Signer } from "../../src/ports/index.ts";

/** A signature that anybody can forge, for tests that are not about signatures: the signer's address, then most of the digest. */
export const cheapSigner = (number: number): Signer => {
  const own = agentAddressOf(number);
  return { address: own, sign: (signed) => concat([fromHex(own), fromHex(signed), new Uint8Array(12), Uint8Array.of(27)]) };
};

export const agentAddressOf = (number: number): Address => address(`0x${(0xa0_00_00 + number).toString(16).padStart(40, "0")}`);

export const cheapRecover: RecoverSigner = (signed, signature) =>
  equal(signature.subarray(20, 52), fromHex(signed)) ? address(toHex(signature.subarray(0, 20))) : null;
