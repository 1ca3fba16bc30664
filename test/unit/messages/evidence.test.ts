import { describe, expect, test } from "@jest/globals";
import { keccak256 } from "ethers";
import fc from "fast-check";
import { fromHex, homeId } from "../../../engine/kernel/index.ts";
import {
  asEvidence,
  type Contradictable,
  decodeMessage,
  encodeMessage,
  entryId,
  idOf,
  type Message,
  Writer,
} from "../../../engine/messages/index.ts";
import { anyContradictable, DIGESTS } from "../../support/messages.ts";
import { list, order, proposal, reading, seal, vote } from "../../support/node-parts.ts";

const EVERY: readonly Contradictable[] = [
  { kind: "order", order: order(1) },
  { kind: "commit", commit: seal(order(1)) },
  { kind: "reading", reading: reading(1, 98, 5) },
  { kind: "list", list: list(1) },
  { kind: "proposal", proposal: proposal(1) },
  { kind: "vote", vote: vote(1) },
];
const pair = (first: Uint8Array, second: Uint8Array): Uint8Array =>
  new Writer().bytes(9, new Writer().bytes(1, first).bytes(2, second).finish()).finish();
const codeOf = (bytes: Uint8Array): string => {
  const decoded = decodeMessage(bytes, DIGESTS);
  return decoded.ok ? decoded.value.kind : decoded.code;
};

describe("a pair", () => {
  test("has one name and one order, whoever found it; the same message twice is no pair", () => {
    fc.assert(
      fc.property(anyContradictable, anyContradictable, (one, other) => {
        const found = asEvidence(one, other);
        expect(found).toEqual(asEvidence(other, one));
        expect(asEvidence(one, one)).toBeNull();
        if (found === null) return;
        const ids = [found.evidence.first, found.evidence.second].map(idOf);
        expect(ids[0]! < ids[1]!).toBe(true);
        expect(found.id).toBe(keccak256(`${ids[0]}${ids[1]!.slice(2)}`));
      }),
      { numRuns: 200 },
    );
  });

  test("is named by what was signed: each kind's own digest", () => {
    expect(EVERY.map(idOf)).toEqual([order(1).id, seal(order(1)).id, reading(1, 98, 5).id, list(1).id, proposal(1).id, vote(1).id]);
  });

  test.each(EVERY.map((each) => [each.kind, each] as const))("of %s and any other goes over the wire", (_, one) => {
    for (const other of EVERY) {
      const message = asEvidence(one, other);
      if (message !== null) expect(decodeMessage(encodeMessage(message), DIGESTS)).toEqual({ ok: true, value: message });
    }
  });
});

const varint = (value: number): number[] => (value < 128 ? [value] : [(value % 128) + 128, ...varint(Math.floor(value / 128))]);

describe("what is refused", () => {
  const [low, high] = (() => {
    const { evidence } = asEvidence(EVERY[0]!, EVERY[5]!)!;
    return [evidence.first, evidence.second].map(encodeMessage) as [Uint8Array, Uint8Array];
  })();
  const good = pair(low, high);
  const members: Message = {
    kind: "members",
    members: {
      version: 1,
      stakes: null,
      homes: [],
      validators: [{ home: homeId(1), class: "home" }],
      minimums: { home: 0, operator: 0, utility: 0 },
    },
    id: order(1).id,
  };
  const periodVote: Message = {
    kind: "period-vote",
    periodVote: { body: { period: 1, validator: 1, digest: order(1).id } as never, id: order(1).id, signature: new Uint8Array(65) },
  };

  test.each<[string, string, Uint8Array]>([
    ["the lower digest first", "evidence", good],
    ["the higher first", "MESSAGE_MALFORMED", pair(high, low)],
    ["one twice", "MESSAGE_MALFORMED", pair(low, low)],
    ["one alone", "MESSAGE_MALFORMED", new Writer().bytes(9, new Writer().bytes(1, low).finish()).finish()],
    ["nothing", "MESSAGE_MALFORMED", pair(new Uint8Array(0), new Uint8Array(0))],
    ["evidence as its first", "MESSAGE_MALFORMED", pair(good, high)],
    ["evidence as its second", "MESSAGE_MALFORMED", pair(low, good)],
    ["a member set, which nobody signed", "MESSAGE_MALFORMED", pair(low, encodeMessage(members))],
    ["a period vote, whose content nobody can see", "MESSAGE_MALFORMED", pair(low, encodeMessage(periodVote))],
    ["a message cut short", "MESSAGE_MALFORMED", pair(low, high.subarray(0, -1))],
    ["a message with more behind it", "MESSAGE_MALFORMED", pair(low, Uint8Array.from([...high, ...low]))],
    [
      "a third message",
      "MESSAGE_MALFORMED",
      new Writer().bytes(9, new Writer().bytes(1, low).bytes(2, high).bytes(3, low).finish()).finish(),
    ],
  ])("%s: %s", (_, expected, bytes) => expect(codeOf(bytes)).toBe(expected));

  test.each([1, 2])("evidence in evidence in evidence, 100 kB of it, as message %i: refused at the first look", (place) => {
    // From the inside out; each level's two heads stand before all that is within.
    const heads: number[][] = [];
    for (let size = high.length; size < 100_000; ) {
      for (const number of [place, 9]) {
        const head = [number * 8 + 2, ...varint(size)];
        heads.unshift(head);
        size += head.length;
      }
    }
    expect(heads.length).toBeGreaterThan(20_000);
    const bomb = Uint8Array.from([...heads.flat(), ...high]);
    expect(codeOf(bomb)).toBe("MESSAGE_MALFORMED");
  });
});

test("a seal names the order and its signature: another signature under the same order is another seal", () => {
  const { id, signature } = order(1);
  expect(entryId(order(1))).toBe(keccak256(Uint8Array.from([...fromHex(id), ...signature])));
  expect(entryId({ id, signature: signature.map((byte, i) => (i === 0 ? byte ^ 1 : byte)) })).not.toBe(entryId(order(1)));
});
