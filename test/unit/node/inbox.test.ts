import { describe, expect, test } from "@jest/globals";
import { fromHex, type HomeId, interval, type Period, toHex, wh } from "../../../engine/kernel/index.ts";
import { asEvidence, encodeMessage, entryId, type Message } from "../../../engine/messages/index.ts";
import { idOf as numbered } from "../../support/book.ts";
import { cheapSigner } from "../../support/cheap-signer.ts";
import { AFTER_GATE, desk } from "../../support/inbox-desk.ts";
import { DIGESTS } from "../../support/messages.ts";
import {
  AT,
  asMessage,
  list,
  order,
  periodVote,
  proposal,
  REKEYED,
  reading,
  signedAgain,
  someDigest,
  vote,
} from "../../support/node-parts.ts";

const content = someDigest(4);
const forged = 3 as HomeId;

describe("each kind comes in once", () => {
  const table: readonly [string, Message, string][] = [
    ["order", asMessage.order(order(1)), "ORDER_SEEN"],
    ["reading", asMessage.reading(reading(1, 98, 50)), "READING_SEEN"],
    ["proposal", asMessage.proposal(proposal(1)), "MESSAGE_SEEN"],
    ["vote", asMessage.vote(vote(1)), "MESSAGE_SEEN"],
    ["period vote", asMessage.periodVote(periodVote(1, 1, content)), "MESSAGE_SEEN"],
  ];
  test.each(table)("%s", (_kind, message, seen) => {
    const { say, delivered } = desk();
    expect([say(message), say(message), say(message, "asked")]).toEqual(["accept ACCEPTED", `ignore ${seen}`, `ignore ${seen}`]);
    expect(delivered).toEqual([message]);
  });

  test("a list that was asked for comes in again: heard as one of too many, it may not have been kept", () => {
    const { say, delivered } = desk();
    const ways = ["gossip", "gossip", "unasked", "asked"] as const;
    expect(ways.map((way) => say(asMessage.list(list(1)), way))).toEqual([
      "accept ACCEPTED",
      "ignore MESSAGE_SEEN",
      "ignore MESSAGE_SEEN",
      "accept ACCEPTED",
    ]);
    expect(delivered).toEqual(Array(2).fill(asMessage.list(list(1))));
  });

  test("what there is no room for yet isn't counted as seen", () => {
    const { say, place, delivered } = desk();
    place.hasRoom = () => false;
    expect(say(asMessage.vote(vote(1)))).toBe("ignore TOO_MANY_MESSAGES");
    place.hasRoom = () => true;
    expect(say(asMessage.vote(vote(1)))).toBe("accept ACCEPTED");
    expect(delivered).toHaveLength(1);
  });

  test("one digest, two keys of one validator: the second vote for a period counts as well, once", () => {
    const { say, members } = desk();
    expect(say(asMessage.periodVote(periodVote(1, 1, content)))).toBe("accept ACCEPTED");
    members.update(REKEYED);
    const again = asMessage.periodVote(periodVote(1, 1, content, 77));
    expect([say(again), say(again)]).toEqual(["accept ACCEPTED", "ignore MESSAGE_SEEN"]);
  });

  test("one digest, two validators: each vote for a period counts", () => {
    const { say, delivered } = desk();
    expect([1, 2].map((home) => say(asMessage.periodVote(periodVote(home, 1, content))))).toEqual(["accept ACCEPTED", "accept ACCEPTED"]);
    expect(delivered).toHaveLength(2);
  });

  test("where all hear all, nothing is handed on, but everything is taken in", () => {
    const { say, delivered } = desk({ inReach: true });
    expect(say(asMessage.order(order(1)))).toBe("ignore ACCEPTED");
    expect(say(asMessage.vote(vote(1, {}, forged)))).toBe("reject SIGNATURE_INVALID");
    expect(delivered).toHaveLength(1);
  });
});

test("a vote for a period that this home can't check is nobody's fault by gossip; of an answer such votes are counted", () => {
  const message = asMessage.periodVote(periodVote(1, 1, content, forged));
  for (const one of [message, asMessage.periodVote(periodVote(4, 1, content))]) {
    const { say } = desk();
    expect([say(one), say(one, "unasked")]).toEqual([expect.stringMatching(/^ignore /), expect.stringMatching(/^(reject|ignore) /)]);
  }
  expect(desk().say(message, "unasked")).toBe("reject SIGNATURE_INVALID");
});

describe("what is turned away reaches nobody", () => {
  const table: readonly [string, Message, string][] = [
    ["an order under another home's key", asMessage.order(order(1, {}, 2)), "reject SIGNATURE_INVALID"],
    ["an order of nobody", asMessage.order(order(5)), "ignore HOME_UNKNOWN"],
    ["an order of a home that may not trade yet", asMessage.order(order(4)), "ignore HOME_NOT_YET"],
    ["no energy", asMessage.order(order(1, { energy: wh(0) })), "reject ENERGY_OUT_OF_RANGE"],
    ["too much energy", asMessage.order(order(1, { energy: wh(25_001) })), "reject ENERGY_OUT_OF_RANGE"],
    ["off the tick", asMessage.order(order(1, { limit: 150_050 as never })), "reject PRICE_OFF_TICK"],
    ["a fifth order", asMessage.order(order(1, { seq: 4 })), "reject SEQ_OUT_OF_RANGE"],
    ["an order too far ahead", asMessage.order(order(1, { interval: interval(108) })), "ignore INTERVAL_TOO_FAR"],
    ["a reading of an interval that still runs", asMessage.reading(reading(1, 99, 50)), "ignore READING_TOO_EARLY"],
    ["a reading that is settled", asMessage.reading(reading(1, 97, 50)), "ignore READING_TOO_LATE"],
    ["a list of no validator", asMessage.list(list(4)), "ignore NOT_A_VALIDATOR"],
    ["a list in the wrong order", asMessage.list(list(1, AT, [someDigest(2), someDigest(1)])), "reject LIST_NOT_SORTED"],
    ["a vote in another's name", asMessage.vote(vote(1, {}, forged)), "reject SIGNATURE_INVALID"],
    ["a vote in view 0", asMessage.vote(vote(1, { view: 0 })), "reject VIEW_ZERO"],
    ["a view that nobody reaches", asMessage.vote(vote(1, { view: 100_001 })), "ignore VIEW_AHEAD"],
    ["to nullify a value", asMessage.vote(vote(1, { kind: "nullify", value: content })), "reject VALUE_MISPLACED"],
    ["a decided interval", asMessage.vote(vote(1, { interval: interval(99) })), "ignore INTERVAL_DECIDED"],
    ["nine ahead", asMessage.vote(vote(1, { interval: interval(109) })), "ignore INTERVAL_AHEAD"],
    ["a settled period", asMessage.periodVote(periodVote(1, 0, content)), "ignore PERIOD_SETTLED"],
    ["a period nine ahead", asMessage.periodVote(periodVote(1, 10, content)), "ignore PERIOD_AHEAD"],
    ["a period vote in another's name", asMessage.periodVote(periodVote(1, 1, content, forged)), "ignore SIGNATURE_INVALID"],
  ];
  test.each(table)("%s", (_what, message, expected) => {
    const { say, delivered, pool } = desk();
    expect(say(message)).toBe(expected);
    expect(delivered).toEqual([]);
    expect([...pool.orders.of(AT), ...pool.commits.of(AT), ...pool.readings.of(interval(98))]).toEqual([]);
  });

  test("eight ahead is near enough", () => {
    const { say } = desk();
    expect(say(asMessage.vote(vote(1, { interval: interval(108) })))).toBe("accept ACCEPTED");
    expect(say(asMessage.periodVote(periodVote(1, 9, content)))).toBe("accept ACCEPTED");
  });

  test("and no nearer than the epoch's end: who speaks then isn't agreed yet", () => {
    const { say } = desk({ epoch: 5 });
    expect([104, 105].map((at) => say(asMessage.vote(vote(1, { interval: interval(at) }))))).toEqual([
      "accept ACCEPTED",
      "ignore INTERVAL_AHEAD",
    ]);
  });

  // Four homes of four orders each: two seals and two orders in a place, and two readings of a home.
  test.each([
    [64, "accept ACCEPTED"],
    [65, "ignore LIST_TOO_LONG"],
  ])("a list of %i orders beside eight readings: %s", (length, expected) => {
    const { say } = desk();
    const { body } = list(1);
    const entries = (count: number) => Array.from({ length: count }, (_, i) => numbered(i + 1));
    const long = { ...body, orders: entries(length), readings: entries(8) };
    const id = DIGESTS.list(long);
    expect(say(asMessage.list({ body: long, id, signature: cheapSigner(1).sign(id) }))).toBe(expected);
  });

  const garbage: readonly [string, string][] = [
    ["nothing", "0x"],
    ["an end in the middle", "0x0aff01"],
    ["an unknown kind", "0x720101"],
    ["two messages in one", toHex(Uint8Array.from([...encodeMessage(asMessage.vote(vote(1))), ...encodeMessage(asMessage.vote(vote(2)))]))],
  ];
  test.each(garbage)("%s is rejected as malformed", (_what, hex) => {
    const { inbox, codes, delivered } = desk();
    expect(inbox.receive(fromHex(hex))).toBe("reject");
    expect(codes).toEqual(["MESSAGE_MALFORMED"]);
    expect(delivered).toEqual([]);
  });

  test("too large is rejected by its size", () => {
    const { inbox, codes } = desk();
    expect(inbox.receive(new Uint8Array(131_073))).toBe("reject");
    expect(codes).toEqual(["MESSAGE_TOO_LARGE"]);
  });

  test("a forgery does not make the true message a duplicate", () => {
    const { say } = desk();
    expect(say(asMessage.vote(vote(1, {}, forged)))).toBe("reject SIGNATURE_INVALID");
    expect(say(asMessage.vote(vote(1)))).toBe("accept ACCEPTED");
    expect(say(asMessage.order(order(1, {}, forged)))).toBe("reject SIGNATURE_INVALID");
    expect(say(asMessage.order(order(1)))).toBe("accept ACCEPTED");
  });
});

describe("two that exclude each other are kept as evidence", () => {
  test("orders: the second is not handed on, is kept, is told; a third is not even looked at", () => {
    const { say, pool, delivered, convictions } = desk();
    const [first, second, third] = [500, 600, 700].map((energy) => order(1, { energy: wh(energy) }));
    expect([first!, second!, third!].map((each) => say(asMessage.order(each)))).toEqual([
      "accept ACCEPTED",
      "ignore SEQ_CONFLICT",
      "ignore TOO_MANY_ORDERS",
    ]);
    expect([first!, second!, third!].map((each) => pool.has(entryId(each)))).toEqual([true, true, false]);
    expect(delivered).toHaveLength(2);
    expect(convictions.all.map(({ home, evidence }) => [home, evidence])).toEqual([
      [1, asEvidence({ kind: "order", order: first! }, { kind: "order", order: second! })],
    ]);
  });

  test("one order under two signatures: another entry in the same place, so both are kept and told; it accuses nobody", () => {
    const { say, pool, delivered, convictions } = desk();
    const pair = [order(1), signedAgain(order(1))];
    expect(pair.map((each) => say(asMessage.order(each)))).toEqual(["accept ACCEPTED", "ignore SEQ_CONFLICT"]);
    expect(say(asMessage.order(pair[0]!))).toBe("ignore ORDER_SEEN");
    expect(pair.map((each) => pool.has(entryId(each)))).toEqual([true, true]);
    expect([delivered.length, convictions.all]).toEqual([2, []]);
  });

  test("readings too", () => {
    const { say, pool, delivered } = desk();
    const pair = [reading(1, 98, 500), reading(1, 98, 600)];
    expect(pair.map((each) => say(asMessage.reading(each)))).toEqual(["accept ACCEPTED", "ignore READING_CONFLICT"]);
    expect(pair.map((each) => pool.has(entryId(each)))).toEqual([true, true]);
    expect(delivered).toHaveLength(2);
  });

  test("a forged twin incriminates nobody", () => {
    const { say, pool } = desk();
    say(asMessage.order(order(1)));
    expect(say(asMessage.order(order(1, { energy: wh(600) }, forged)))).toBe("reject SIGNATURE_INVALID");
    expect(pool.orders.of(AT)).toHaveLength(1);
  });

  test("two lists of one validator are both handed on: the agreement keeps the evidence", () => {
    const { say } = desk();
    expect(say(asMessage.list(list(1)))).toBe("accept ACCEPTED");
    expect(say(asMessage.list(list(1, AT, [someDigest(1)])))).toBe("accept ACCEPTED");
  });
});

describe("what was asked for is taken whatever the time", () => {
  test("an order whose gate has closed is taken for the interval that is being agreed on, not for one before", () => {
    const { say } = desk({ now: AFTER_GATE });
    const late = asMessage.order(order(1));
    expect(say(late)).toBe("ignore INTERVAL_CLOSED");
    expect(say(late, "asked")).toBe("accept ACCEPTED");
    expect(say(asMessage.order(order(1, { interval: interval(99) })), "asked")).toBe("ignore INTERVAL_CLOSED");
    expect(say(asMessage.order(order(1, { interval: interval(109) })), "asked")).toBe("ignore INTERVAL_TOO_FAR");
  });

  test("a home whose clock is behind takes the readings that its neighbours agree on", () => {
    const { say } = desk({ now: (100 * 900 - 2_000) * 1000 });
    const early = asMessage.reading(reading(1, 98, 50));
    expect(say(early)).toBe("ignore READING_TOO_EARLY");
    expect(say(early, "asked")).toBe("accept ACCEPTED");
    expect(say(asMessage.reading(reading(1, 99, 60)), "asked")).toBe("ignore READING_TOO_EARLY");
  });

  test("a signature is asked for all the same", () => {
    const { say } = desk({ now: AFTER_GATE });
    expect(say(asMessage.order(order(1, {}, forged)), "asked")).toBe("reject SIGNATURE_INVALID");
  });
});

test("where the node stands is asked for each message", () => {
  const { say, place } = desk();
  place.current = interval(101);
  place.nextPeriod = 2 as Period;
  expect(say(asMessage.vote(vote(1)))).toBe("ignore INTERVAL_DECIDED");
  expect(say(asMessage.periodVote(periodVote(1, 1, content)))).toBe("ignore PERIOD_SETTLED");
  expect(say(asMessage.reading(reading(1, 98, 50)))).toBe("ignore READING_TOO_LATE");
});

test("a counter that falls below what was settled is ignored", () => {
  const { say, pool } = desk();
  pool.settle(interval(99), interval(97), [reading(1, 97, 1_000)]);
  expect(say(asMessage.reading(reading(1, 98, 999)))).toBe("ignore COUNTER_FELL");
  expect(say(asMessage.reading(reading(1, 98, 1_000)))).toBe("accept ACCEPTED");
});
