import { expect, test } from "@jest/globals";
import { frameLength } from "../../../adapters/libp2p/encrypter.ts";

const bytes = (...values: readonly number[]) => ({ length: values.length, get: (index: number) => values[index]! });

test("a frame's length is two bytes, the higher first", () => {
  expect(frameLength(bytes(1, 2, 9))).toBe(258);
  expect(frameLength(bytes(255, 254))).toBe(65_534);
});

test("what ends before a length is told by one and the same error, of the kind that noise waits on", () => {
  const errors = [bytes(), bytes(7)].map((few) => {
    try {
      return frameLength(few);
    } catch (error) {
      return error;
    }
  });
  expect(errors[0]).toBeInstanceOf(RangeError);
  expect(errors[1]).toBe(errors[0]);
});
