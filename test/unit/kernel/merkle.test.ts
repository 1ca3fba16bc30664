import { describe, expect, test } from "@jest/globals";
import { keccak256, toBeHex } from "ethers";
import fc from "fast-check";
import {
  type Digest,
  digest,
  fromHex,
  leafHash,
  merkleProof,
  merkleTree,
  rootFrom,
  toHex,
  ZERO_DIGEST,
} from "../../../engine/kernel/index.ts";

const leavesOf = (values: readonly number[]): readonly Uint8Array[] => values.map((value) => leafHash(fromHex(toBeHex(value, 32))));
const twice = (value: number): string => keccak256(keccak256(toBeHex(value, 32)));
/** As OpenZeppelin's Hashes.commutativeKeccak256, in ethers. */
const pair = (a: string, b: string): string => keccak256(BigInt(a) < BigInt(b) ? a + b.slice(2) : b + a.slice(2));
const processProof = (leaf: string, proof: readonly string[]): string => proof.reduce(pair, leaf);

describe("small trees, written out", () => {
  const [a, b, c, d, e] = [1, 2, 3, 4, 5].map(twice) as [string, string, string, string, string];
  test.each<[number, string]>([
    [0, ZERO_DIGEST],
    [1, a],
    [2, pair(a, b)],
    [3, pair(pair(a, b), c)],
    [5, pair(pair(pair(a, b), pair(c, d)), e)],
  ])("of %i leaves", (count, root) => {
    expect(merkleTree(leavesOf(Array.from({ length: count }, (_, i) => i + 1))).root).toBe(root);
  });

  test("the odd one out has the siblings of its level only", () => {
    const tree = merkleTree(leavesOf([1, 2, 3, 4, 5]));
    expect(merkleProof(tree, 4)).toEqual([pair(pair(a, b), pair(c, d))]);
    expect(merkleProof(tree, 0)).toEqual([b, pair(c, d), e]);
  });

  test("no leaf, no proof", () => {
    for (const position of [-1, 2, 0.5])
      expect(() => merkleProof(merkleTree(leavesOf([1, 2])), position)).toThrow(`there is no leaf ${position}`);
  });
});

test("every leaf leads to the root, as OpenZeppelin would check it, and no other value does", () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(100_000), { minLength: 1, maxLength: 70 }), (values) => {
      const leaves = leavesOf(values);
      const tree = merkleTree(leaves);
      for (const [position, leaf] of leaves.entries()) {
        const proof = merkleProof(tree, position);
        expect(proof.length).toBeLessThanOrEqual(Math.ceil(Math.log2(values.length)));
        expect([rootFrom(leaf, proof), processProof(toHex(leaf), proof)]).toEqual([tree.root, tree.root]);
        expect(rootFrom(leafHash(leaf), proof)).not.toBe(tree.root);
      }
    }),
    { numRuns: 60 },
  );
});

test("a pair can't be taken for a leaf", () => {
  const [a, b] = leavesOf([1, 2]) as [Uint8Array, Uint8Array];
  const both = fromHex(toHex(a) < toHex(b) ? toHex(a) + toHex(b).slice(2) : toHex(b) + toHex(a).slice(2));
  expect(digest(leafHash(both))).not.toBe(merkleTree([a, b]).root);
  expect(keccak256(both)).toBe(merkleTree([a, b]).root as Digest);
});
