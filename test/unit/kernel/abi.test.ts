import { expect, test } from "@jest/globals";
import { AbiCoder } from "ethers";
import fc from "fast-check";
import { abiArray, abiBytes, abiEncode, abiStatic, abiTuple, abiWords, toHex } from "../../../engine/kernel/index.ts";

const encode = (types: readonly string[], values: readonly unknown[]): string => AbiCoder.defaultAbiCoder().encode([...types], [...values]);

test.each<[number]>([
  [0],
  [1],
  [-1],
  [2 ** 32 - 1],
  [2 ** 32],
  [-(2 ** 32)],
  [-(2 ** 32) - 1],
  [Number.MAX_SAFE_INTEGER],
  [Number.MIN_SAFE_INTEGER],
])("%i is a word of two's complement", (value) => expect(toHex(abiWords([value]))).toBe(encode(["int256"], [value])));

test("hex and bytes stand at the right end, and no more than a word", () => {
  expect(toHex(abiWords(["0xab", Uint8Array.of(1, 2)]))).toBe(encode(["uint256", "uint256"], [0xab, 0x102]));
  expect(() => abiWords([new Uint8Array(33)])).toThrow("a word has 32 bytes");
});

test("structs, arrays and bytes are laid out as ethers does it", () => {
  const anyInner = fc.record({ numbers: fc.array(fc.maxSafeInteger(), { maxLength: 4 }), tail: fc.uint8Array({ maxLength: 70 }) });
  fc.assert(
    fc.property(fc.maxSafeInteger(), fc.array(anyInner, { maxLength: 4 }), fc.uint8Array({ maxLength: 70 }), (head, inner, tail) => {
      const found = abiTuple([
        abiStatic([head]),
        abiArray(inner.map(({ numbers, tail: own }) => abiTuple([abiArray(numbers.map((each) => abiStatic([each]))), abiBytes(own)]))),
        abiTuple([abiStatic([1, 2]), abiStatic([3])]),
        abiBytes(tail),
      ]);
      const type = "tuple(int256,tuple(int256[],bytes)[],tuple(uint256,uint256,uint256),bytes)";
      const value = [head, inner.map(({ numbers, tail: own }) => [numbers, own]), [1, 2, 3], tail];
      expect(toHex(abiEncode(found))).toBe(encode([type], [value]));
    }),
    { numRuns: 200 },
  );
});

test("a struct of words only is its words", () => {
  expect(toHex(abiEncode(abiTuple([abiStatic([1]), abiStatic([2])])))).toBe(encode(["tuple(uint256,uint256)"], [[1, 2]]));
});
