import { assert, fromHex } from "../../engine/kernel/index.ts";
import type { RecoverSigner, Signer } from "../../src/ports/index.ts";
import { addressOf } from "./address.ts";
import type { Curve } from "./curve.ts";
import type { AgentKey } from "./keys.ts";

/** Signs digests with a home's agent key: 65 bytes r | s | v, low s, v 27 or 28. */
export function signerOf(key: AgentKey, curve: Curve): Signer {
  return { address: key.address, sign: (digest) => join(curve.sign(fromHex(digest), key.reveal())) };
}

function join({ rs, parity }: ReturnType<Curve["sign"]>): Uint8Array {
  // Parity 2 and 3 mean an r beyond the curve's order: one in 2^127 signatures.
  assert(parity === 0 || parity === 1, "a signature's parity is 0 or 1");
  const signature = new Uint8Array(65);
  signature.set(rs);
  signature[64] = 27 + parity;
  return signature;
}

/** Who signed. Strict: one signer and digest have exactly one accepted form, so a signature can't be reshaped by who relays it. */
export function recoverWith(curve: Curve): RecoverSigner {
  return (digest, signature) => {
    if (signature.length !== 65) return null;
    const parity = signature[64]! - 27;
    if ((parity !== 0 && parity !== 1) || !isLow(signature)) return null;
    const point = curve.recover(fromHex(digest), signature.subarray(0, 64), parity);
    return point === null ? null : addressOf(point);
  };
}

// Half of the curve's order; a signature's s may not be above it.
const HALF_ORDER = fromHex("0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

function isLow(signature: Uint8Array): boolean {
  for (let i = 0; i < 32; i++) {
    const difference = signature[32 + i]! - HALF_ORDER[i]!;
    if (difference !== 0) return difference < 0;
  }
  return true;
}
