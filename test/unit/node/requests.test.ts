import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { DEFAULT_LIMITS } from "../../../adapters/libp2p/limits.ts";
import { interval } from "../../../engine/kernel/index.ts";
import {
  decodeBlocks,
  decodeBlocksRequest,
  decodeFetch,
  decodeFetched,
  encodeBlocks,
  encodeBlocksRequest,
  encodeFetch,
  encodeFetched,
  heldMark,
  MAX_ANSWER_BYTES,
  MAX_HELD,
  MAX_WANTED,
} from "../../../src/node/requests.ts";
import { anyDigest } from "../../support/messages.ts";
import { someDigest } from "../../support/node-parts.ts";

const bytes = (...values: number[]) => Uint8Array.from(values);

describe("what peers ask of one another", () => {
  test("by hand: field 1 is the interval, field 2 the digests in a row, field 3 the first 8 bytes of others", () => {
    expect(
      encodeFetch({ interval: interval(300), wanted: [someDigest(7)], held: [heldMark(someDigest(8)), heldMark(someDigest(9))] }),
    ).toEqual(Uint8Array.from([0x08, 0xac, 0x02, 0x12, 32, ...Array(32).fill(7), 0x1a, 16, ...Array(8).fill(8), ...Array(8).fill(9)]));
    expect(encodeFetch({ interval: interval(0), wanted: [], held: [] })).toEqual(bytes());
    expect(decodeFetch(bytes())).toEqual({ interval: 0, wanted: [], held: [] });
    expect(encodeBlocksRequest(interval(300))).toEqual(bytes(0x08, 0xac, 0x02));
    expect(encodeFetched({ block: bytes(5), messages: [bytes(6, 7), bytes(8)] })).toEqual(bytes(0x0a, 1, 5, 0x12, 2, 6, 7, 0x12, 1, 8));
    expect(encodeBlocks([bytes(9)])).toEqual(bytes(0x12, 1, 9));
  });

  test("what is written is read again", () => {
    fc.assert(
      fc.property(fc.nat(2 ** 32 - 1), fc.array(anyDigest, { maxLength: 20 }), fc.array(anyDigest), (at, wanted, others) => {
        const held = others.map(heldMark);
        expect(decodeFetch(encodeFetch({ interval: interval(at), wanted, held }))).toEqual({ interval: at, wanted, held });
        expect(decodeBlocksRequest(encodeBlocksRequest(interval(at)))).toBe(at);
      }),
      { numRuns: 100 },
    );
    const some = fc.uint8Array({ maxLength: 40 });
    fc.assert(
      fc.property(fc.option(fc.uint8Array({ minLength: 1, maxLength: 40 })), fc.array(some, { maxLength: 5 }), (block, messages) => {
        expect(decodeFetched(encodeFetched({ block, messages }))).toEqual({ block, messages });
        expect(decodeBlocks(encodeBlocks(messages))).toEqual(messages);
      }),
      { numRuns: 100 },
    );
  });

  const refused: readonly [string, Uint8Array, (given: Uint8Array) => unknown][] = [
    ["digests of 31 bytes", bytes(0x12, 31, ...new Uint8Array(31)), decodeFetch],
    ["digests that are a number", bytes(0x10, 5), decodeFetch],
    ["an interval that is bytes", bytes(0x0a, 1, 1), decodeFetch],
    ["an interval of 33 bits", bytes(0x08, 0x80, 0x80, 0x80, 0x80, 0x10), decodeFetch],
    ["more digests than anybody wants", Uint8Array.from([0x12, 0xa0, 0x40, ...new Uint8Array(32 * 257)]), decodeFetch],
    ["marks of 7 bytes", bytes(0x1a, 7, ...new Uint8Array(7)), decodeFetch],
    ["marks that are a number", bytes(0x18, 5), decodeFetch],
    ["more marks than fit", Uint8Array.from([0x1a, 0x88, 0x3c, ...new Uint8Array(8 * 961)]), decodeFetch],
    ["an end in the middle", bytes(0x12, 32, 1), decodeFetch],
    ["an answer with a number in it", bytes(0x08, 1), decodeFetched],
    ["a block cut short", bytes(0x0a, 9, 1), decodeFetched],
    ["blocks cut short", bytes(0x12, 9, 1), decodeBlocks],
    ["a start that is bytes", bytes(0x0a, 1, 1), decodeBlocksRequest],
    ["a start of 33 bits", bytes(0x08, 0x80, 0x80, 0x80, 0x80, 0x10), decodeBlocksRequest],
    ["a start without an end", bytes(0x08, 0x80), decodeBlocksRequest],
  ];
  test.each(refused)("%s: null", (_name, given, decode) => {
    expect(decode(given)).toBeNull();
  });

  test("no bytes make a decoder throw", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (given) => {
        for (const decode of [decodeFetch, decodeFetched, decodeBlocks, decodeBlocksRequest]) decode(given);
      }),
      { numRuns: 3_000 },
    );
    const like = fc.tuple(fc.array(anyDigest, { minLength: 1, maxLength: 4 }), fc.nat(), fc.nat(255)).map(([wanted, place, byte]) => {
      const encoded = encodeFetch({ interval: interval(77), wanted, held: wanted.map(heldMark) });
      encoded[place % encoded.length] = byte;
      return encoded;
    });
    fc.assert(
      fc.property(like, (given) => {
        for (const decode of [decodeFetch, decodeFetched, decodeBlocks, decodeBlocksRequest]) decode(given);
      }),
      { numRuns: 2_000 },
    );
  });

  test("a wish is cut to what may be asked, an answer to what may be sent", () => {
    const many = Array.from({ length: MAX_WANTED + 5 }, () => someDigest(3));
    const marks = Array.from({ length: MAX_HELD + 1 }, (_, i) => heldMark(someDigest(i % 256)));
    const question = encodeFetch({ interval: interval(1), wanted: many, held: marks });
    expect(question.length).toBeLessThanOrEqual(DEFAULT_LIMITS.request.maxBytes);
    expect(decodeFetch(question)!.wanted).toHaveLength(MAX_WANTED);
    // What was heard last is most likely what the peer still has.
    expect(decodeFetch(question)!.held).toEqual(marks.slice(1));
    const large = Array.from({ length: 30 }, (_, i) => new Uint8Array(100_000).fill(i));
    const answer = encodeBlocks(large);
    expect(answer.length).toBeLessThanOrEqual(MAX_ANSWER_BYTES);
    // Blocks come in a row: what doesn't fit ends the answer, nothing later slips in.
    expect(decodeBlocks(answer)).toEqual(large.slice(0, 8));
  });
});
