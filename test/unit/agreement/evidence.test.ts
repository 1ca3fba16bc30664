import { describe, expect, test } from "@jest/globals";
import { contradiction, convicts } from "../../../engine/agreement/index.ts";
import { interval, wh } from "../../../engine/kernel/index.ts";
import {
  asEvidence,
  authorOf,
  type Contradictable,
  idOf,
  type Proposal,
  type Signature,
  type SignedProposal,
  signedOf,
} from "../../../engine/messages/index.ts";
import { agentAddressOf, cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";
import { DIGESTS } from "../../support/messages.ts";
import { AT, list, order, proposal, reading, seal, someDigest, vote } from "../../support/node-parts.ts";

type Making<T extends readonly unknown[]> = (...given: T) => Contradictable;
const anOrder: Making<Parameters<typeof order>> = (...given) => ({ kind: "order", order: order(...given) });
const aSeal = (home: number, seq = 0, commitment = someDigest(1), at = AT): Contradictable => ({
  kind: "commit",
  commit: seal(order(home, { seq, interval: at }), { commitment }),
});
const aReading: Making<Parameters<typeof reading>> = (...given) => ({ kind: "reading", reading: reading(...given) });
const aList: Making<Parameters<typeof list>> = (...given) => ({ kind: "list", list: list(...given) });
const aVote: Making<Parameters<typeof vote>> = (...given) => ({ kind: "vote", vote: vote(...given) });
function aProposal(home: number, change: Partial<Proposal> = {}): Contradictable {
  const body = { ...proposal(home).body, ...change };
  const id = DIGESTS.proposal(body);
  const signed: SignedProposal = { body, id, signature: cheapSigner(home).sign(id) };
  return { kind: "proposal", proposal: signed };
}
const NEXT = interval(AT + 1);
const other = { value: someDigest(8) };

describe("what an honest home never says both of", () => {
  test.each<[string, Contradictable, Contradictable]>([
    ["two orders with one seq", anOrder(1), anOrder(1, { energy: wh(600) })],
    ["two seals of one place", aSeal(1), aSeal(1, 0, someDigest(2))],
    ["two readings of one interval", aReading(1, 98, 5), aReading(1, 98, 6)],
    ["two lists", aList(1), aList(1, AT, [someDigest(1)])],
    ["two proposals in one view", aProposal(1), aProposal(1, other)],
    ["a trade and a void in one view", aProposal(1), aProposal(1, { isVoid: true })],
    ["yes to two values", aVote(1), aVote(1, other)],
    ["finalize of two values", aVote(1, { kind: "finalize" }), aVote(1, { kind: "finalize", ...other })],
    ["finalize and no", aVote(1, { kind: "finalize" }), aVote(1, { kind: "nullify" })],
    ["no to two values, where no names none", aVote(1, { kind: "nullify" }), aVote(1, { kind: "nullify", ...other })],
  ])("%s", (_, one, two) => expect([contradiction(one, two), contradiction(two, one)]).toEqual([1, 1]));
});

describe("what goes together", () => {
  test.each<[string, Contradictable, Contradictable]>([
    ["yes, and no when the clock ran out", aVote(1), aVote(1, { kind: "nullify" })],
    ["yes and finalize", aVote(1), aVote(1, { kind: "finalize" })],
    ["yes to one and finalize of another, as a quorum had it", aVote(1), aVote(1, { kind: "finalize", ...other })],
    ["the same thing twice", aVote(1), aVote(1)],
    ["votes in two views", aVote(1), aVote(1, { view: 2, ...other })],
    ["votes in two intervals", aVote(1), aVote(1, { interval: NEXT, ...other })],
    ["finalize here and no in the next view", aVote(1, { kind: "finalize" }), aVote(1, { kind: "nullify", view: 2 })],
    ["finalize here and no in the next interval", aVote(1, { kind: "finalize" }), aVote(1, { kind: "nullify", interval: NEXT })],
    ["two homes' votes", aVote(1), aVote(2, other)],
    ["two homes' orders", anOrder(1), anOrder(2)],
    ["two seqs of one home", anOrder(1), anOrder(1, { seq: 1 })],
    ["orders for two intervals", anOrder(1), anOrder(1, { interval: NEXT })],
    ["an order and its seal", anOrder(1), aSeal(1)],
    ["seals of two places", aSeal(1), aSeal(1, 1, someDigest(2))],
    ["seals for two intervals", aSeal(1), aSeal(1, 0, someDigest(2), NEXT)],
    ["readings of two intervals", aReading(1, 98, 5), aReading(1, 99, 6)],
    ["two homes' readings", aReading(1, 98, 5), aReading(2, 98, 6)],
    ["lists for two intervals", aList(1), aList(1, NEXT, [someDigest(1)])],
    ["two validators' lists", aList(1), aList(2, AT, [someDigest(1)])],
    ["proposals in two views", aProposal(1), aProposal(1, { view: 2, ...other })],
    ["proposals for two intervals", aProposal(1), aProposal(1, { interval: NEXT, ...other })],
    ["a list and a vote of view 0", aList(1), aVote(1, { view: 0 })],
    ["a proposal and a no in its view", aProposal(1), aVote(1, { kind: "nullify" })],
    ["an order with seq 98 and a reading of interval 98", anOrder(1, { seq: 98 }), aReading(1, 98, 5)],
  ])("%s", (_, one, two) => expect([contradiction(one, two), contradiction(two, one)]).toEqual([null, null]));

  test("of all kinds in one place, none contradicts another's", () => {
    const every = [anOrder(1), aSeal(1), aReading(1, AT, 5), aList(1), aProposal(1), aVote(1), aVote(1, { kind: "finalize" })];
    const found = every.flatMap((one) => every.map((two) => contradiction(one, two)));
    expect(found).toEqual(found.map(() => null));
  });
});

test("who said it, by kind", () => {
  const every = [anOrder(1), aSeal(2), aReading(3, 98, 5), aList(0), aProposal(3), aVote(2)];
  expect(every.map(authorOf)).toEqual([1, 2, 3, 0, 3, 2]);
  for (const each of every) {
    const { id, signature } = signedOf(each);
    expect(id).toBe(idOf(each));
    expect(cheapRecover(id, signature)).toBe(agentAddressOf(authorOf(each)));
  }
});

describe("whom a stranger's pair convicts", () => {
  // Of interval AT two keys: one that was taken back at its end, in the eyes of some.
  const ROTATED = 901;
  const keysIn = (home: number, at: number) => (home === 5 ? [] : at === AT ? [home, ROTATED] : [home]).map(agentAddressOf);
  const context = { keysIn, recover: cheapRecover };
  const culprit = (one: Contradictable, two: Contradictable) => convicts(asEvidence(one, two)!.evidence, context);
  const spoiled = (message: Contradictable, signature: Signature): Contradictable =>
    message.kind === "vote" ? { kind: "vote", vote: { ...message.vote, signature } } : message;

  test.each<[string, Contradictable, Contradictable, number | null]>([
    ["the home that signed both", aVote(1), aVote(1, other), 1],
    ["also under another key of that interval", anOrder(1, {}, ROTATED), anOrder(1, { energy: wh(600) }, ROTATED), 1],
    ["not under two: they may be in two hands", anOrder(1, {}, ROTATED), anOrder(1, { energy: wh(600) }), null],
    [
      "not under a key that it had before",
      anOrder(1, { interval: NEXT }, ROTATED),
      anOrder(1, { interval: NEXT, energy: wh(600) }, ROTATED),
      null,
    ],
    ["a reading is signed in the interval after its own", aReading(1, AT - 1, 5, 0, ROTATED), aReading(1, AT - 1, 6, 0, ROTATED), 1],
    ["under the key of that one, not of its own", aReading(1, AT, 5, 0, ROTATED), aReading(1, AT, 6, 0, ROTATED), null],
    ["not for what goes together", aVote(1), aVote(1, { kind: "nullify" }), null],
    ["not when another signed the first", aVote(1, {}, 2), aVote(1, other), null],
    ["nor the second", aVote(1), aVote(1, other, 2), null],
    ["nor both", aVote(1, {}, 2), aVote(1, other, 2), null],
    ["not when one is unsigned", spoiled(aVote(1), new Uint8Array(65)), aVote(1, other), null],
    ["not under one signature for both", spoiled(aVote(1), vote(1, other).signature), aVote(1, other), null],
    ["nobody without a key", aVote(5), aVote(5, other), null],
  ])("%s", (_, one, two, expected) => expect(culprit(one, two)).toBe(expected));
});
