import { describe, expect, test } from "@jest/globals";
import { interval, wh } from "../../../engine/kernel/index.ts";
import { asEvidence, type Contradictable, entryId, type Message, membersDigest } from "../../../engine/messages/index.ts";
import { AFTER_GATE, BEFORE_GATE, type Coming, desk } from "../../support/inbox-desk.ts";
import { AT, asMessage, order, reading, seal, someDigest, vote } from "../../support/node-parts.ts";
import { NO_MINIMUMS } from "../../support/validators.ts";

const ORDER = asMessage.order(order(1));
const SEAL = asMessage.commit(seal(order(1)));
const NEXT = { interval: interval(101) };
const aVote = (home: number, value: number, signer = home): Contradictable => ({
  kind: "vote",
  vote: vote(home, { value: someDigest(value) }, signer),
});

describe("a street that seals its orders", () => {
  test.each<[string, number, readonly (readonly [Message, string])[]]>([
    [
      "seals come before the gate, orders after it",
      BEFORE_GATE,
      [
        [SEAL, "accept ACCEPTED"],
        [ORDER, "ignore INTERVAL_TOO_FAR"],
      ],
    ],
    [
      "after it orders, and no seals",
      AFTER_GATE,
      [
        [ORDER, "accept ACCEPTED"],
        [SEAL, "ignore INTERVAL_CLOSED"],
      ],
    ],
    ["a seal for the next interval is in time", AFTER_GATE, [[asMessage.commit(seal(order(1, NEXT))), "accept ACCEPTED"]]],
    ["an order for it is not", AFTER_GATE, [[asMessage.order(order(1, NEXT)), "ignore INTERVAL_TOO_FAR"]]],
    [
      "a seal twice",
      BEFORE_GATE,
      [
        [SEAL, "accept ACCEPTED"],
        [SEAL, "ignore COMMIT_SEEN"],
      ],
    ],
    ["a seal in another's name", BEFORE_GATE, [[asMessage.commit(seal(order(1), {}, 2)), "reject SIGNATURE_INVALID"]]],
    ["a fifth place", BEFORE_GATE, [[asMessage.commit(seal(order(1), { seq: 4 })), "reject SEQ_OUT_OF_RANGE"]]],
    ["eight intervals ahead", BEFORE_GATE, [[asMessage.commit(seal(order(1, { interval: interval(108) }))), "ignore INTERVAL_TOO_FAR"]]],
    ["an order of a decided interval", AFTER_GATE, [[asMessage.order(order(1, { interval: interval(99) })), "ignore INTERVAL_CLOSED"]]],
  ])("%s", (_, now, sayings) => {
    const { say } = desk({ now, isSealed: true });
    expect(sayings.map(([message]) => say(message))).toEqual(sayings.map(([, expected]) => expected));
  });

  test("readings come as ever", () => {
    const { say } = desk({ isSealed: true });
    expect(say(asMessage.reading(reading(1, 98, 50)))).toBe("accept ACCEPTED");
  });

  test("two seals of one place: both are kept, both are told, the home is convicted; a third is not looked at", () => {
    const { say, pool, delivered, convictions } = desk({ isSealed: true });
    const seals = [1, 2, 3].map((value) => seal(order(1), { commitment: someDigest(value) }));
    expect(seals.map((each) => say(asMessage.commit(each)))).toEqual(["accept ACCEPTED", "ignore SEQ_CONFLICT", "ignore TOO_MANY_ORDERS"]);
    expect(pool.commits.of(AT)).toHaveLength(2);
    expect(delivered).toHaveLength(2);
    const [one, two] = seals.map((commit): Contradictable => ({ kind: "commit", commit }));
    expect(convictions.all).toEqual([{ home: 1, evidence: asEvidence(one!, two!) }]);
  });
});

test("a street whose orders are open has no use for seals, asked for or not", () => {
  const { say, pool } = desk();
  expect((["gossip", "asked", "unasked"] as const).map((coming) => say(SEAL, coming))).toEqual(Array(3).fill("ignore ORDERS_NOT_SEALED"));
  expect(pool.commits.of(AT)).toEqual([]);
});

describe("what may be listed: it came by gossip, while time counted", () => {
  const listed = (message: Message, now: number, coming: Coming, isSealed: boolean): boolean | string => {
    const { say, pool } = desk({ now, isSealed });
    const verdict = say(message, coming);
    const [held] = [...pool.orders.of(AT), ...pool.commits.of(AT)];
    return verdict === "accept ACCEPTED" ? held!.isTimely : verdict;
  };
  test.each<[string, Message, number, Coming, boolean, boolean | string]>([
    ["an open order by gossip before the gate", ORDER, BEFORE_GATE, "gossip", false, true],
    ["in an answer to another question: as by gossip", ORDER, BEFORE_GATE, "unasked", false, true],
    ["asked for: another has named it, this home didn't hold it", ORDER, BEFORE_GATE, "asked", false, false],
    ["asked for after the gate", ORDER, AFTER_GATE, "asked", false, false],
    ["unasked after the gate: too late", ORDER, AFTER_GATE, "unasked", false, "ignore INTERVAL_CLOSED"],
    ["a seal by gossip before the gate", SEAL, BEFORE_GATE, "gossip", true, true],
    ["a seal that was asked for", SEAL, AFTER_GATE, "asked", true, false],
    ["a seal in an answer, unasked, after the gate", SEAL, AFTER_GATE, "unasked", true, "ignore INTERVAL_CLOSED"],
    ["a sealed order before this home's gate, asked for", ORDER, BEFORE_GATE, "asked", true, false],
    ["unasked", ORDER, BEFORE_GATE, "unasked", true, "ignore INTERVAL_TOO_FAR"],
  ])("%s", (_, message, now, coming, isSealed, expected) => expect(listed(message, now, coming, isSealed)).toBe(expected));

  test("what comes once this home has said that its gate is closed is never in time again, whatever its clock says", () => {
    const { say, pool, place } = desk({ isSealed: true });
    place.closed.add(AT);
    say(SEAL);
    say(asMessage.commit(seal(order(1, NEXT))));
    expect([AT, NEXT.interval].map((at) => pool.commits.of(at).map(({ isTimely }) => isTimely))).toEqual([[false], [true]]);
  });

  test("the key that signed is kept with it", () => {
    const { say, pool, members } = desk();
    say(ORDER);
    expect(pool.orders.agentOf(entryId(order(1)))).toBe(members.agentOf(order(1).body.home));
  });
});

describe("member sets", () => {
  const set = {
    version: 9,
    stakes: null,
    homes: [],
    validators: [{ home: order(2).body.home, class: "home" as const }],
    minimums: NO_MINIMUMS,
  };
  const message: Message = { kind: "members", members: set, id: membersDigest(set) };

  test.each<[Coming, string, boolean]>([
    ["asked", "accept ACCEPTED", true],
    ["unasked", "ignore MEMBERS_UNASKED", false],
    ["gossip", "ignore MEMBERS_UNASKED", false],
  ])("%s: %s", (coming, expected, isKnown) => {
    const { say, members, delivered } = desk();
    expect(say(message, coming)).toBe(expected);
    expect(members.known(membersDigest(set))).toEqual(isKnown ? set : null);
    expect(delivered).toHaveLength(isKnown ? 1 : 0);
    // To know a set is not to obey it.
    expect(members.validators.ids).toEqual([0, 1, 2, 3]);
  });
});

describe("evidence", () => {
  const lie = (home = 1, value = 20, signer = home): Message => asEvidence(aVote(home, 9), aVote(home, value, signer))!;
  test.each<[string, readonly Message[], string]>([
    ["valid", [lie()], "accept ACCEPTED"],
    ["again", [lie(), lie()], "ignore EVIDENCE_SEEN"],
    ["another of the same home", [lie(), lie(1, 21)], "accept ACCEPTED"],
    ["enough", [...Array.from({ length: 32 }, (_, i) => lie(1, 20 + i)), lie(1, 80)], "ignore EVIDENCE_ENOUGH"],
    ["unfounded", [asEvidence(aVote(1, 9), aVote(2, 20))!], "reject EVIDENCE_UNFOUNDED"],
    ["forged", [lie(1, 20, 2)], "reject SIGNATURE_INVALID"],
    ["of a stranger", [lie(5)], "ignore HOME_UNKNOWN"],
  ])("%s", (_, messages, expected) => {
    const { say } = desk();
    expect(messages.map((each) => say(each)).at(-1)).toBe(expected);
  });

  test("found in what came in: an order beside another in its place", () => {
    const { say, convictions } = desk();
    const [one, two] = [500, 600].map((energy) => asMessage.order(order(2, { energy: wh(energy) })) as Contradictable);
    say(one!);
    expect(convictions.all).toEqual([]);
    say(two!, "asked");
    expect(convictions.all).toEqual([{ home: 2, evidence: asEvidence(one!, two!) }]);
  });
});
