import { assert } from "./assert.ts";
import { type Digest, digest, fromHex, ZERO_DIGEST } from "./bytes.ts";
import { keccak } from "./keccak.ts";

/**
 * A Merkle tree as OpenZeppelin's MerkleProof verifies it: leaves hashed twice, so that none can be taken for a pair; pairs hashed
 * with the lower one first; the odd one out moves up unhashed. A proof doesn't tell where its leaf stands: leaves say it themselves.
 */
export interface MerkleTree {
  /** Zero when there is no leaf. */
  readonly root: Digest;
  /** Hashes of 32 bytes one after the other, of the leaves first and of the root last. */
  readonly levels: readonly Uint8Array[];
}

const HASH = 32;

/** What stands in the tree for a leaf of these bytes. */
export const leafHash = (bytes: Uint8Array): Uint8Array => keccak(keccak(bytes));

/** Of leaves by their `leafHash`, in order. Built once, in as many hashes as there are leaves; proofs of it take none. */
export function merkleTree(leaves: readonly Uint8Array[]): MerkleTree {
  const base = new Uint8Array(HASH * leaves.length);
  for (const [at, leaf] of leaves.entries()) base.set(leaf, HASH * at);
  const levels: Uint8Array[] = [base];
  for (let level: Uint8Array = base; level.length > HASH; ) {
    level = above(level);
    levels.push(level);
  }
  return { root: leaves.length === 0 ? ZERO_DIGEST : digest(levels.at(-1)!), levels };
}

/** The siblings that lead from a leaf to the root, the lowest first. */
export function merkleProof({ levels }: MerkleTree, position: number): readonly Digest[] {
  assert(Number.isInteger(position) && position >= 0 && HASH * position < levels[0]!.length, `there is no leaf ${position}`);
  const proof: Digest[] = [];
  let at = position;
  for (const level of levels.slice(0, -1)) {
    const sibling = HASH * (at % 2 === 0 ? at + 1 : at - 1);
    if (sibling < level.length) proof.push(digest(level.subarray(sibling, sibling + HASH)));
    at = Math.floor(at / 2);
  }
  return proof;
}

/** The root that a leaf's hash and its siblings lead to. */
export function rootFrom(leaf: Uint8Array, proof: readonly Digest[]): Digest {
  const both = new Uint8Array(2 * HASH);
  let node = leaf;
  for (const sibling of proof) node = pair(both, node, fromHex(sibling));
  return digest(node);
}

function above(level: Uint8Array): Uint8Array {
  const nodes = level.length / HASH;
  const parents = new Uint8Array(HASH * Math.ceil(nodes / 2));
  const both = new Uint8Array(2 * HASH);
  for (let at = 0; at < nodes; at += 2) {
    const left = level.subarray(HASH * at, HASH * (at + 1));
    const right = level.subarray(HASH * (at + 1), HASH * (at + 2));
    parents.set(right.length === 0 ? left : pair(both, left, right), (HASH * at) / 2);
  }
  return parents;
}

/** `both` is only room for the two. */
function pair(both: Uint8Array, a: Uint8Array, b: Uint8Array): Uint8Array {
  const isRising = isBelow(a, b);
  both.set(isRising ? a : b);
  both.set(isRising ? b : a, HASH);
  return keccak(both);
}

function isBelow(a: Uint8Array, b: Uint8Array): boolean {
  for (let i = 0; i < HASH; i++) if (a[i] !== b[i]) return a[i]! < b[i]!;
  return false;
}
