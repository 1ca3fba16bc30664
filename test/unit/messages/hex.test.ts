import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { concat, type Digest, fromHex, keccak, keccakDigest, putHex, toHex, utf8 } from "../../../engine/kernel/index.ts";
import { structOf, word } from "../../../engine/messages/eip712.ts";
import { Writer } from "../../../engine/messages/index.ts";

const naive = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString("hex")}`;

describe("bytes as hex", () => {
  test("of any length, also of more than are written at once, and of a part", () => {
    const anyBytes = fc.uint8Array({ maxLength: 3_100, size: "max" });
    fc.assert(
      fc.property(anyBytes, fc.nat(3_100), (bytes, cut) => {
        const from = Math.min(cut, bytes.length);
        expect(toHex(bytes)).toBe(naive(bytes));
        expect(toHex(bytes, from)).toBe(naive(bytes.subarray(from)));
        expect(toHex(bytes, 0, from)).toBe(naive(bytes.subarray(0, from)));
        expect(fromHex(naive(bytes))).toEqual(bytes);
      }),
    );
  });

  test.each(["0x0g", "0xé0", "0x 1", "00", "0x0"])("%s is none", (text) => {
    expect(() => fromHex(text)).toThrow(/^hex /);
  });

  test("written into others' bytes it touches no more than its own", () => {
    const bytes = new Uint8Array(6).fill(9);
    putHex("0xAb01", bytes, 2);
    expect([...bytes]).toEqual([9, 9, 0xab, 1, 9, 9]);
  });
});

describe("a message that is written", () => {
  test("stays as it is while others are written, within it and after it", () => {
    const inner = new Writer().uint(1, 300).finish();
    const whole = new Writer().hexes(3, ["0x0102", "0xfffe"], 2).bytes(4, inner).finishIn(2);
    const before = [...whole];
    for (let i = 0; i < 20; i++) new Writer().bytes(1, new Uint8Array(3_000).fill(7)).finish();
    expect([...whole]).toEqual(before);
    expect(before).toEqual([0x12, 11, 0x1a, 4, 1, 2, 0xff, 0xfe, 0x22, 3, 8, 0xac, 2]);
  });

  test("nothing in it is nothing, and texts of another size are refused", () => {
    expect(new Writer().hexes(1, [], 32).finishIn(2)).toEqual(new Uint8Array(0));
    expect(() => new Writer().hexes(1, ["0x01", "0x0102"], 1)).toThrow("texts of one field have one size");
  });
});

test("a struct's hash is of its own words, whatever was hashed before it", () => {
  const type = "Thing(uint64 some,bytes32 other)";
  const hash = structOf(type);
  const full = `0x${"f7".repeat(32)}` as Digest;
  hash([full, full]);
  expect(hash([1, 2 ** 40])).toBe(keccakDigest(concat([keccak(utf8(type)), word(1), word(2 ** 40)])));
  expect(hash([full])).toBe(keccakDigest(concat([keccak(utf8(type)), word(full)])));
});
