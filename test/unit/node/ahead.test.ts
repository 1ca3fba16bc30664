import { describe, expect, test } from "@jest/globals";
import { interval } from "../../../engine/kernel/index.ts";
import { Ahead, isSaid } from "../../../src/node/ahead.ts";
import { AT, asMessage, list, order, periodVote, proposal, reading, seal, someDigest, vote } from "../../support/node-parts.ts";

const aVote = (home: number, at: number, view = 1) => ({ kind: "vote" as const, vote: vote(home, { interval: interval(at), view }) });

describe("what is said of intervals to come", () => {
  test("comes out in its interval, in the order in which it came in, once; what is past is forgotten", () => {
    const ahead = new Ahead();
    const said = [
      aVote(1, 101),
      { kind: "list" as const, list: list(2, interval(102)) },
      { kind: "proposal" as const, proposal: proposal(1, 1, interval(101)) },
      aVote(1, 103),
    ];
    for (const each of said) ahead.keep(each);
    expect([ahead.take(AT), ahead.take(interval(101)), ahead.take(interval(101))]).toEqual([[], [said[0], said[2]], []]);
    expect([ahead.take(interval(103)), ahead.take(interval(102))]).toEqual([[said[3]], []]);
  });

  test("one validator fills its own room alone, with whatever it says, and has it again when its turn has come", () => {
    const ahead = new Ahead();
    for (let view = 1; view <= 32; view++) ahead.keep(aVote(1, 108, view));
    for (let i = 0; i < 31; i++) ahead.keep({ kind: "list", list: list(1, interval(101), [someDigest(i)]) });
    expect(ahead.hasRoom(aVote(1, 101), AT)).toBe(true);
    ahead.keep({ kind: "proposal", proposal: proposal(1, 1, interval(101)) });
    expect([1, 2].map((home) => ahead.hasRoom(aVote(home, 101), AT))).toEqual([false, true]);
    expect(ahead.hasRoom({ kind: "list", list: list(1, interval(101)) }, AT)).toBe(false);
    expect(ahead.take(interval(101))).toHaveLength(32);
    expect(ahead.hasRoom(aVote(1, 102), interval(101))).toBe(true);
  });

  test("no more than eight intervals ahead", () => {
    const ahead = new Ahead();
    expect([108, 109].map((at) => ahead.hasRoom(aVote(1, at), AT))).toEqual([true, false]);
  });

  test("entries and votes for periods are none of it", () => {
    const kinds = [asMessage.list(list(1)), asMessage.proposal(proposal(1)), asMessage.vote(vote(1))];
    const others = [
      asMessage.order(order(1)),
      asMessage.commit(seal(order(1))),
      asMessage.reading(reading(1, 98, 5)),
      asMessage.periodVote(periodVote(1, 1, someDigest(1))),
    ];
    expect([...kinds, ...others].map(isSaid)).toEqual([true, true, true, false, false, false, false]);
  });
});
