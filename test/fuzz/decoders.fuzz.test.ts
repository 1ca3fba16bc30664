import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Interval, toHex } from "../../engine/kernel/index.ts";
import { decodeMembers, decodeMessage, encodeMembers, encodeMessage, type Message } from "../../engine/messages/index.ts";
import {
  decodeBlocks,
  decodeBlocksRequest,
  decodeFetch,
  decodeFetched,
  encodeBlocksRequest,
  encodeFetch,
  encodeFetched,
  heldMark,
} from "../../src/node/requests.ts";
import { chance } from "../support/chance.ts";
import { anyMessage, DIGESTS } from "../support/messages.ts";
import { someDigest } from "../support/node-parts.ts";

const RUNS = 10_000;
const next = chance(17);
const below = (limit: number): number => Math.floor(next() * limit);

/** A bit turned, a byte set, some cut off, or one put in. */
function spoiled(bytes: Uint8Array): Uint8Array {
  const at = below(bytes.length);
  const way = below(4);
  if (way === 0) return bytes.with(at, bytes[at]! ^ (1 << below(8)));
  if (way === 1) return bytes.with(at, below(256));
  if (way === 2) return bytes.slice(0, at);
  return Uint8Array.of(...bytes.subarray(0, at), below(256), ...bytes.subarray(at));
}

const MESSAGES = Map.groupBy(fc.sample(anyMessage, { numRuns: 1_500, seed: 5 }), ({ kind }) => kind);

test("all kinds of messages are tried", () =>
  expect([...MESSAGES.keys()].sort()).toEqual([
    "closed",
    "commit",
    "evidence",
    "list",
    "members",
    "order",
    "period-vote",
    "proposal",
    "reading",
    "vote",
  ]));

// What is decoded is encoded again to the same bytes: nobody can say one thing in two ways.
test.each([...MESSAGES])(
  "%s: ten thousand spoilt ones are refused, or are another message that has these bytes only",
  (_kind, messages) => {
    const good = messages.slice(0, 50).map(encodeMessage);
    const other: string[] = [];
    for (let run = 0; run < RUNS; run++) {
      const bytes = spoiled(good[run % good.length]!);
      const decoded = decodeMessage(bytes, DIGESTS);
      if (decoded.ok && toHex(encodeMessage(decoded.value)) !== toHex(bytes)) other.push(toHex(bytes));
    }
    expect(other).toEqual([]);
  },
);

describe("questions and answers", () => {
  const wanted = [1, 2, 3].map(someDigest);
  const some: readonly Message[] = [...MESSAGES.values()].flatMap((messages) => messages.slice(0, 2));
  const question = encodeFetch({ interval: 100 as Interval, wanted, held: wanted.map(heldMark) });
  const answer = encodeFetched({ block: Uint8Array.of(1, 2, 3), messages: some.map(encodeMessage) });
  const members = [...(MESSAGES.get("members") ?? [])].flatMap((message) =>
    message.kind === "members" ? [encodeMembers(message.members)] : [],
  );

  test.each<[string, readonly Uint8Array[], (bytes: Uint8Array) => unknown]>([
    ["a question for what is missing", [question], decodeFetch],
    ["an answer", [answer], decodeFetched],
    ["a question for blocks", [encodeBlocksRequest(100 as Interval)], decodeBlocksRequest],
    ["blocks", [answer], decodeBlocks],
    ["a member set", members, decodeMembers],
  ])("%s: ten thousand spoilt ones throw nothing", (_, good, decode) => {
    const isGood = good.every((bytes) => decode(bytes) !== null);
    let refused = 0;
    for (let run = 0; run < RUNS; run++) if (decode(spoiled(good[run % good.length]!)) === null) refused++;
    expect([isGood, refused > 0]).toEqual([true, true]);
  });
});
