import { describe, expect, test } from "@jest/globals";
import type { AgreementInput } from "../../../engine/agreement/index.ts";
import { all, DEADLINE, evaluated, LISTS, last, list, proposal, READY, START, timer, vote, votes, X, Y } from "../../support/simplex.ts";

/** The value of these lists without their orders. */
const V = Y;
const VOID = { isVoid: true };
const voided = evaluated(V, LISTS, true);
const OVER = votes("nullify", 1, [0, 1, 2]);

describe("a follower's part: X trades, V is void", () => {
  test.each<[string, AgreementInput[], string[]]>([
    ["before its deadline it agrees to a trade", [...READY, proposal(1)], ["notarize 1 100"]],
    ["after it, to no fresh one", [...READY, DEADLINE, proposal(1)], ["nullify 1"]],
    ["whatever is in it: it isn't even worked out", [START, DEADLINE, proposal(1)], ["nullify 1"]],
    ["nor to one that came before and could not be judged yet", [START, list(0), list(1), list(2), proposal(1), DEADLINE], ["nullify 1"]],
    ["who has said yes before says it once", [...READY, proposal(1), DEADLINE], []],
    ["a void before the deadline waits", [...READY, voided, proposal(1, V, VOID)], []],
    ["it says yes to it at its deadline", [...READY, voided, proposal(1, V, VOID), DEADLINE], ["notarize 1 200"]],
    ["or at once behind it", [...READY, voided, DEADLINE, proposal(1, V, VOID)], ["notarize 1 200"]],
    ["a void is worked out before it is right, so that nothing is lost", [...READY, proposal(1, V, VOID)], ["evaluate void 10,11,12"]],
    ["what these lists trade is no word on their void", [...READY, DEADLINE, proposal(1, V, VOID)], ["evaluate void 10,11,12"]],
    ["a void of another value is wrong at any time", [...READY, voided, proposal(1, X, VOID)], ["nullify 1"]],
    ["a void of too few lists too", [...READY, voided, proposal(1, V, { ...VOID, lists: LISTS.slice(1) })], ["nullify 1"]],
    ["the clock runs out for a void that waits", [...READY, voided, proposal(1, V, VOID), timer(1)], ["nullify 1", "view timer 1"]],
    ["then nothing more is said in this view", [...READY, voided, proposal(1, V, VOID), timer(1), DEADLINE], []],
    ["in the next view as in the first: no trade", [...READY, DEADLINE, ...OVER, proposal(2)], ["nullify 2"]],
    ["but a void", [...READY, voided, DEADLINE, ...OVER, proposal(2, V, VOID)], ["notarize 2 200"]],
  ])("%s", (_, inputs, expected) => expect(last(3, ...inputs)).toEqual(expected));

  const NOTARIZED = votes("notarize", 1, [0, 1, 2]);
  test.each<[string, AgreementInput[], string[]]>([
    [
      "a trade that was notarized before is handed on after",
      [...READY, ...NOTARIZED, DEADLINE, proposal(2, X, { parentView: 1 })],
      ["notarize 2 100"],
    ],
    ["and finalized", [...READY, DEADLINE, ...NOTARIZED], ["finalize 1 100", "view timer 2"]],
    ["what hands on names no lists", [...READY, ...NOTARIZED, proposal(2, X, { parentView: 1, lists: LISTS })], ["nullify 2"]],
    ["and never says void", [...READY, ...NOTARIZED, proposal(2, X, { parentView: 1, isVoid: true })], ["nullify 2"]],
    ["not even behind the deadline", [...READY, ...NOTARIZED, DEADLINE, proposal(2, X, { parentView: 1, isVoid: true })], ["nullify 2"]],
    [
      "a void that was notarized is handed on before this home's own deadline",
      [...READY, ...votes("notarize", 1, [0, 1, 2], V), proposal(2, V, { parentView: 1 })],
      ["notarize 2 200"],
    ],
    [
      "a fresh void beside a notarized trade waits for a nullification that never comes",
      [...READY, voided, ...NOTARIZED, DEADLINE, proposal(2, V, VOID)],
      [],
    ],
  ])("%s", (_, inputs, expected) => expect(last(3, ...inputs)).toEqual(expected));

  test("the deadline is passed once: a second one changes nothing", () => {
    expect(all(3, ...READY, DEADLINE, DEADLINE, proposal(1)).slice(-3)).toEqual([[], [], ["nullify 1"]]);
  });

  test("who only follows says nothing at it", () => expect(last(null, ...READY, proposal(1), DEADLINE)).toEqual([]));

  test("a decided interval has no deadline", () =>
    expect(last(3, ...READY, voided, proposal(1, V, VOID), ...votes("finalize", 1, [0, 1, 2]), DEADLINE)).toEqual([]));
});

describe("the leader's part", () => {
  const WAITED = [START, list(0), list(1), list(2), timer(1, "lists")];
  test.each<[string, number, AgreementInput[], string[]]>([
    ["before the deadline it works out a trade", 0, WAITED, ["evaluate 10,11,12"]],
    ["at the deadline a void instead", 0, [...WAITED, DEADLINE], ["evaluate void 10,11,12"]],
    ["a trade that is worked out by then comes too late", 0, [...WAITED, DEADLINE, evaluated()], ["evaluate void 10,11,12"]],
    ["it proposes the void", 0, [...WAITED, DEADLINE, voided], ["propose 1 void 200 after 0 from 3"]],
    ["not twice in one view: what it proposed before stands", 0, [...WAITED, evaluated(), DEADLINE], []],
    ["a void from all lists needs no wait", 0, [START, DEADLINE, list(0), list(1), list(2), list(3)], ["evaluate void 10,11,12,13"]],
    [
      "in a later view, after nullifications, a void",
      1,
      [...READY, voided, DEADLINE, ...votes("nullify", 1, [0, 2, 3]), timer(2, "lists")],
      ["propose 2 void 200 after 0 from 3"],
    ],
    [
      "a trade that was notarized it hands on, deadline or not",
      1,
      [...READY, ...votes("notarize", 1, [0, 2, 3]), DEADLINE, timer(2, "hand-on")],
      ["propose 2 100 after 1 from 0"],
    ],
    [
      "a void that was notarized it hands on without saying so: its value says it",
      1,
      [...READY, DEADLINE, ...votes("notarize", 1, [0, 2, 3], V), timer(2, "hand-on")],
      ["propose 2 200 after 1 from 0"],
    ],
  ])("%s", (_, self, inputs, expected) => expect(last(self, ...inputs)).toEqual(expected));

  test("its own void, put in again, gets its own vote", () => {
    expect(last(0, ...WAITED, DEADLINE, voided, proposal(1, V, VOID))).toEqual(["notarize 1 200"]);
  });
});

test("after a restart the deadline comes behind the own words: what was said before it stands", () => {
  expect(
    all(3, vote("notarize", 1, 3), DEADLINE, ...READY, proposal(1))
      .flat()
      .filter((each) => /notarize|nullify/.test(each)),
  ).toEqual([]);
  expect(last(3, vote("notarize", 1, 3), DEADLINE, ...votes("notarize", 1, [0, 1]))).toEqual(["finalize 1 100", "view timer 2"]);
});
