import type { SignedKind } from "./state.ts";

/** Proof that a home signed two things where an honest one signs one. */
export interface EvidenceView {
  readonly id: string;
  readonly home: number;
  readonly name: string;
  readonly kind: SignedKind;
  readonly interval: string;
  /** null: before this program started. */
  readonly heardAt: string | null;
  /** Addresses of the keys that ever signed for the home. */
  readonly keys: readonly string[];
  readonly first: SignedMessageView;
  readonly second: SignedMessageView;
}

/** As hex: what was signed (the EIP-712 digest), the signature, and the message in the bytes that peers exchange. */
export interface SignedMessageView {
  readonly digest: string;
  readonly signature: string;
  readonly message: string;
}
