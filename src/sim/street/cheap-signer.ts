import { type Address, address, concat, equal, fromHex, toHex } from "../../../engine/kernel/index.ts";
import type { RecoverSigner, Signer } from "../../ports/index.ts";

/**
 * A signature that anybody could forge, for runs that are not about signatures: the signer's address, then the digest. One byte of
 * the rest may be any, as ECDSA has many signatures of one key under one digest.
 */
export const cheapSigner = (number: number): Signer => cheapSignerOf(agentAddressOf(number));

function cheapSignerOf(own: Address): Signer {
  const bytes = fromHex(own);
  return { address: own, sign: (signed) => concat([bytes, fromHex(signed), TAIL]) };
}

const TAIL = concat([new Uint8Array(12), Uint8Array.of(27)]);
const FREE_AT = 60;

export const agentAddressOf = (number: number): Address => address(`0x${(0xa0_00_00 + number).toString(16).padStart(40, "0")}`);

export const cheapRecover: RecoverSigner = (signed, signature) =>
  equal(signature.subarray(20, 52), fromHex(signed)) && isTail(signature) ? address(toHex(signature.subarray(0, 20))) : null;

const isTail = (signature: Uint8Array): boolean =>
  signature.length === 52 + TAIL.length && TAIL.every((byte, place) => 52 + place === FREE_AT || signature[52 + place] === byte);

/** How the homes of a simulated street sign, by number. */
export interface StreetKeys {
  readonly signer: (number: number) => Signer;
  readonly recover: RecoverSigner;
}

export const CHEAP_KEYS: StreetKeys = { signer: cheapSigner, recover: cheapRecover };

/** The same homes at the same addresses, with signatures that cost nothing. */
export const cheaply = ({ signer }: StreetKeys): StreetKeys => ({
  signer: (number) => cheapSignerOf(signer(number).address),
  recover: cheapRecover,
});
