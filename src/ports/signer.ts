import type { Address, Digest } from "../../engine/kernel/index.ts";
import type { Signature } from "../../engine/messages/index.ts";

export interface Signer {
  readonly address: Address;
  sign(digest: Digest): Signature;
}

/** Who signed; null when the bytes are no signature (wrong length, high s, no point on the curve). */
export type RecoverSigner = (digest: Digest, signature: Signature) => Address | null;
