import { describe, expect, test } from "@jest/globals";
import { AbiCoder, concat, keccak256 } from "ethers";
import {
  clear,
  clearingDigest,
  clearingRoot,
  commitClearing,
  type FillLeaf,
  fillHash,
  type HomeLeaf,
  homeHash,
} from "../../../engine/auction/index.ts";
import { homeId, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { SignedOrder } from "../../../engine/messages/index.ts";
import { book, idOf, input, type Line } from "../../support/book.ts";

const signatureOf = (n: number): Uint8Array => Uint8Array.from({ length: 65 }, (_, at) => (at === 64 ? 27 : n));
const signed = (...lines: readonly Line[]): readonly SignedOrder[] =>
  book(...lines).map((order, i) => ({ ...order, signature: signatureOf(i + 1) }));

/** Home 5 sells twice, home 2 buys; home 9 gets nothing. */
const ORDERS = signed([5, "sell", 300, 10], [2, "buy", 500, 20], [5, "sell", 100, 10], [9, "buy", 50, 5]);
const TRADE = clear(input(ORDERS));
const abi = (types: string, values: readonly unknown[]): string =>
  keccak256(keccak256(AbiCoder.defaultAbiCoder().encode(types.split(" "), [...values])));
const pair = (a: string, b: string): string => keccak256(BigInt(a) < BigInt(b) ? concat([a, b]) : concat([b, a]));
const FILL = "uint256 bytes32 uint256 uint256 uint256 uint256 int256 uint256 uint256 uint256 bytes32 bytes32 uint256";
const HOME = "uint256 uint256 uint256 uint256 uint256 uint256 uint256 int256 uint256";

describe("written out by hand and hashed by another library", () => {
  // 400 Wh at 20: the buyer wants more.
  const half = (n: number): string => `0x${n.toString(16).padStart(2, "0").repeat(32)}`;
  const buyer = abi(FILL, [0, idOf(2), 2, 0, 400, 20, 8000, 500, 20, 1, half(2), half(2), 27]);
  const seller = abi(FILL, [1, idOf(1), 5, 1, 300, 20, 6000, 300, 10, 0, half(1), half(1), 27]);
  const other = abi(FILL, [2, idOf(3), 5, 1, 100, 20, 2000, 100, 10, 2, half(3), half(3), 27]);
  const homes = [
    abi(HOME, [0, 2, 5, 0, 1, 400, 0, -8000, 0]),
    abi(HOME, [1, 5, 7, 1, 2, 0, 400, 8000, 0]),
    abi(HOME, [2, 7, 0, 3, 0, 0, 0, 0, 2]),
  ];
  const commitment = commitClearing(TRADE, ORDERS, [homeId(7), homeId(7)]);

  test("fills", () => expect(commitment.fillsTree.root).toBe(pair(pair(buyer, seller), other)));
  test("homes", () => expect(commitment.homesTree.root).toBe(pair(pair(homes[0]!, homes[1]!), homes[2]!)));
  test("the root of both and of the rest", () => {
    const whole = keccak256(concat([commitment.fillsTree.root, commitment.homesTree.root, clearingDigest(TRADE)]));
    expect([commitment.root, clearingRoot(TRADE, ORDERS, [homeId(7), homeId(7)])]).toEqual([whole, whole]);
  });
});

test("without trade both trees are empty, and who withheld an order has a leaf all the same", () => {
  const nothing = clear(input(ORDERS.slice(3)));
  const { fillsTree, homesTree, root } = commitClearing(nothing, ORDERS.slice(3));
  expect([fillsTree.root, homesTree.root]).toEqual([ZERO_DIGEST, ZERO_DIGEST]);
  expect(root).toBe(keccak256(concat([ZERO_DIGEST, ZERO_DIGEST, clearingDigest(nothing)])));
  const { homes } = commitClearing(nothing, [], [homeId(0), homeId(3), homeId(0)]);
  expect(homes.map((leaf) => [leaf.position, leaf.home, leaf.nextHome, leaf.fillCount, leaf.withheld])).toEqual([
    [0, 0, 3, 0, 2],
    [1, 3, 0, 0, 1],
  ]);
});

test("a fill without its order is none of ours", () => {
  expect(() => commitClearing(TRADE, ORDERS.slice(1))).toThrow(`${idOf(1)} is filled and was not ordered`);
});

test("everything in a leaf is in its root", () => {
  const { fills, homes } = commitClearing(TRADE, ORDERS);
  const changed = <T extends object>(leaf: T): readonly T[] =>
    Object.entries(leaf).map(([key, value]) => {
      if (typeof value === "number") return { ...leaf, [key]: value + 1 };
      if (key === "side") return { ...leaf, side: value === "buy" ? "sell" : "buy" };
      return { ...leaf, [key]: value instanceof Uint8Array ? signatureOf(99) : idOf(99) };
    });
  expect(changed<FillLeaf>(fills[0]!)).toHaveLength(11);
  expect(changed<HomeLeaf>(homes[0]!)).toHaveLength(9);
  const roots = (leaves: readonly object[], hash: (leaf: never) => Uint8Array): number =>
    new Set(leaves.map((leaf) => `${hash(leaf as never)}`)).size;
  expect(roots([fills[0]!, ...changed<FillLeaf>(fills[0]!)], fillHash)).toBe(12);
  expect(roots([homes[0]!, ...changed<HomeLeaf>(homes[0]!)], homeHash)).toBe(10);
});
