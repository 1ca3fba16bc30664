import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { toHex } from "../../engine/kernel/index.ts";
import { decodeBlock, decodeMessage, encodeBlock, encodeMessage } from "../../engine/messages/index.ts";
import { anyBlock, anyMessage, DIGESTS } from "../support/messages.ts";

const edit = fc.record({ at: fc.nat(), byte: fc.nat(255), how: fc.constantFrom("set", "insert", "remove", "double", "cut") });
type Edit = typeof edit extends fc.Arbitrary<infer T> ? T : never;

function edited(bytes: Uint8Array, edits: readonly Edit[]): Uint8Array {
  return edits.reduce((now: Uint8Array, { at, byte, how }) => {
    const place = at % (now.length + 1);
    const [head, tail] = [[...now.subarray(0, place)], [...now.subarray(place)]];
    if (how === "set") return Uint8Array.from([...head, byte, ...tail.slice(1)]);
    if (how === "insert") return Uint8Array.from([...head, byte, ...tail]);
    if (how === "remove") return Uint8Array.from([...head, ...tail.slice(1)]);
    return how === "double" ? Uint8Array.from([...head, ...tail, ...tail]) : Uint8Array.from(head);
  }, bytes);
}

test("random bytes: a message or a code, never an exception", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
      for (const decoded of [decodeMessage(bytes, DIGESTS), decodeBlock(bytes, DIGESTS)]) expect(typeof decoded.ok).toBe("boolean");
    }),
    { numRuns: 3000 },
  );
});

test("good messages with wrong bytes: never an exception, and one message is never told in two ways", () => {
  let accepted = 0;
  fc.assert(
    fc.property(anyMessage, fc.array(edit, { minLength: 1, maxLength: 4 }), (message, edits) => {
      const good = encodeMessage(message);
      const bytes = edited(good, edits);
      const decoded = decodeMessage(bytes, DIGESTS);
      if (!decoded.ok) return;
      accepted++;
      const isSame = JSON.stringify(decoded.value) === JSON.stringify(message);
      expect([isSame, toHex(encodeMessage(decoded.value))]).toEqual([toHex(bytes) === toHex(good), toHex(bytes)]);
    }),
    { numRuns: 4000 },
  );
  // The harness reaches the accepting side too, or it proves nothing.
  expect(accepted).toBeGreaterThan(100);
});

test("good blocks with wrong bytes", () => {
  fc.assert(
    fc.property(anyBlock, fc.array(edit, { minLength: 1, maxLength: 3 }), (block, edits) => {
      const bytes = edited(encodeBlock(block), edits);
      const decoded = decodeBlock(bytes, DIGESTS);
      if (decoded.ok) expect(toHex(encodeBlock(decoded.value))).toBe(toHex(bytes));
    }),
    { numRuns: 600 },
  );
});
