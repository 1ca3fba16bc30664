import { SigningKey } from "ethers/crypto";

/** Writes what the vault reads from contracts/README.md alone, so that it and engine/settlement meet as strangers. */
export function vectorBytes(deltas: readonly number[]): string {
  const lanes = Math.ceil(deltas.length / 8) * 8;
  const zigzag = (delta: bigint): bigint => (delta << 1n) ^ (delta >> 63n);
  const words = Array.from({ length: lanes }, (_, home) =>
    zigzag(BigInt(deltas[home] ?? 0))
      .toString(16)
      .padStart(8, "0"),
  );
  return `0x${words.join("")}`;
}

/** A home's change in ticks in a vector of such bytes; 0 behind its end. */
export function changeOf(vector: Uint8Array, home: number): number {
  if (4 * home >= vector.length) return 0;
  const zigzag = new DataView(vector.buffer, vector.byteOffset).getUint32(4 * home);
  return (zigzag >>> 1) ^ -(zigzag & 1);
}

export function wideBytes(deltas: readonly (readonly [id: number, delta: bigint])[]): string {
  return `0x${deltas.map(([id, delta]) => id.toString(16).padStart(2, "0") + BigInt.asUintN(64, delta).toString(16).padStart(16, "0")).join("")}`;
}

export interface Entry {
  readonly index: number;
  /** 65 bytes as hex. */
  readonly signature: string;
}

export const signEntry = (index: number, key: string, digest: string): Entry => ({
  index,
  signature: new SigningKey(key).sign(digest).serialized,
});

export const certificateBytes = (entries: readonly Entry[]): string =>
  `0x${entries.map(({ index, signature }) => index.toString(16).padStart(2, "0") + signature.slice(2)).join("")}`;

const CURVE_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

/** The other valid signature of the same key over the same digest: s in the upper half of the curve's order. */
export function highS({ index, signature }: Entry): Entry {
  const s = CURVE_ORDER - BigInt(`0x${signature.slice(66, 130)}`);
  const v = signature.slice(130) === "1b" ? "1c" : "1b";
  return { index, signature: `${signature.slice(0, 66)}${s.toString(16).padStart(64, "0")}${v}` };
}
