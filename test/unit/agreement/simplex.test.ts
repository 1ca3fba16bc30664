import { describe, expect, test } from "@jest/globals";
import { type AgreementInput, agreement, leadersOf, step } from "../../../engine/agreement/index.ts";
import { homeId, interval } from "../../../engine/kernel/index.ts";
import { idOf } from "../../support/book.ts";
import { AT, evaluated, LISTS, last, list, proposal, READY, START, timer, VALIDATORS, vote, votes, X, Y } from "../../support/simplex.ts";

const lost = (view: number): AgreementInput => ({ kind: "leader-lost", view });
const nullified = (upTo: number) => Array.from({ length: upTo }, (_, at) => votes("nullify", at + 1, [0, 1, 2])).flat();

test("who leads which view in this file", () => expect(leadersOf(VALIDATORS, AT)).toEqual([0, 1, 2, 3]));

describe("a follower's part", () => {
  test.each<[string, AgreementInput[], string[]]>([
    ["starts the view's clock", [START], ["view timer 1"]],
    ["works out what a proposal says", [START, list(0), list(1), list(2), proposal(1)], ["evaluate 10,11,12"]],
    ["asks for lists that it lacks", [START, list(0), proposal(1)], ["evaluate 10,11,12"]],
    ["says yes to what it found itself", [START, list(0), list(1), list(2), proposal(1), evaluated()], ["notarize 1 100"]],
    ["says yes once it has the last list", [START, list(0), list(1), evaluated(), proposal(1), list(2)], ["notarize 1 100"]],
    ["and no to another value", [...READY, proposal(1, Y)], ["nullify 1"]],
    ["says it once", [...READY, proposal(1), evaluated()], []],
    ["no to too few lists", [START, list(0), list(1), proposal(1, X, { lists: LISTS.slice(1) })], ["nullify 1"]],
    ["no to more lists than validators", [START, proposal(1, X, { lists: [10, 11, 12, 13, 14].map(idOf) })], ["nullify 1"]],
    ["no to a list twice", [START, list(0), list(1), proposal(1, X, { lists: [10, 11, 11].map(idOf) })], ["nullify 1"]],
    ["no to two lists of one validator", [...READY, list(2, 22), proposal(1, X, { lists: [11, 12, 22].map(idOf) })], ["nullify 1"]],
    ["not to who doesn't lead", [...READY, proposal(1, X, { leader: 1 })], []],
    ["not before its view", [...READY, proposal(2)], []],
    ["the first of two proposals stands", [...READY, proposal(1), proposal(1, Y, { id: 999 })], ["evidence against 0"]],
    ["too late: the clock ran out", [...READY, timer(1), proposal(1)], []],
    ["another view's clock says nothing", [...READY, timer(2)], []],
    ["no, when the clock runs out, and winds it again", [...READY, timer(1)], ["nullify 1", "view timer 1"]],
    ["also after a yes", [...READY, proposal(1), timer(1)], ["nullify 1", "view timer 1"]],
    ["but once", [...READY, timer(1), timer(1)], ["view timer 1"]],
    ["no, when the leader's link broke", [...READY, lost(1)], ["nullify 1"]],
    ["but once", [...READY, lost(1), lost(1)], []],
    ["then no yes any more", [...READY, lost(1), proposal(1)], []],
    ["not when it has proposed", [...READY, proposal(1), lost(1)], []],
    ["not of another view", [...READY, lost(2)], []],
    ["not when it has finalized", [...READY, ...votes("notarize", 1, [0, 1, 2]), lost(1)], []],
    ["also in the turn's last view", [...READY, ...nullified(3), lost(4)], ["nullify 4"]],
    ["and in the second turn of leaders the clock alone counts", [...READY, ...nullified(4), lost(5)], []],
  ])("%s", (_, inputs, expected) => expect(last(3, ...inputs)).toEqual(expected));

  test("a home that only follows says nothing, and learns what was decided", () => {
    expect(last(null, ...READY, proposal(1))).toEqual([]);
    expect(last(null, START, timer(1))).toEqual(["view timer 1"]);
    expect(last(9, ...votes("finalize", 1, [0, 1, 2]))).toEqual(["decide 100"]);
  });
});

describe("certificates", () => {
  test.each<[string, AgreementInput[], string[]]>([
    ["notarized: finalize, and on to the next view", votes("notarize", 1, [0, 1, 2]), ["finalize 1 100", "view timer 2"]],
    ["two are not enough", votes("notarize", 1, [0, 1]), []],
    ["one counts once", [...votes("notarize", 1, [0, 1]), vote("notarize", 1, 1)], []],
    ["not for different values", [...votes("notarize", 1, [0, 1]), vote("notarize", 1, 2, Y)], []],
    ["not in different views", [...votes("notarize", 1, [0, 1]), vote("notarize", 2, 2)], []],
    ["not by strangers", [...votes("notarize", 1, [0, 1]), vote("notarize", 1, 7)], []],
    ["not of another interval", [...votes("notarize", 1, [0, 1]), vote("notarize", 1, 2, X, interval(9))], []],
    ["nullified: on to the next view", votes("nullify", 1, [0, 1, 2]), ["view timer 2"]],
    ["who has said no does not finalize", [START, timer(1), ...votes("notarize", 1, [0, 1, 2])], ["view timer 2"]],
    ["finalized: decided", votes("finalize", 1, [0, 1, 2]), ["decide 100"]],
    ["decided, once", [...votes("finalize", 1, [0, 1, 2]), vote("finalize", 1, 3)], []],
    ["a view ahead is no reason to leave this one", votes("nullify", 2, [0, 1, 2]), []],
    ["but once this one is over, both are", [...votes("nullify", 2, [0, 1, 2]), ...votes("nullify", 1, [0, 1, 2])], ["view timer 3"]],
    ["a view ahead can be finalized", votes("notarize", 3, [0, 1, 2]), ["finalize 3 100"]],
    ["after a nullified view a fresh value", [...READY, ...votes("nullify", 1, [0, 1, 2]), proposal(2)], ["notarize 2 100"]],
    ["not before its nullification is known", [...READY, ...votes("notarize", 1, [0, 1, 2]), proposal(2)], []],
    [
      "after a notarized view the same value",
      [...READY, ...votes("notarize", 1, [0, 1, 3]), proposal(2, X, { parentView: 1 })],
      ["notarize 2 100"],
    ],
    ["no other", [...READY, ...votes("notarize", 1, [0, 1, 3]), proposal(2, Y, { parentView: 1 })], ["nullify 2"]],
    ["not from a view that was not notarized here", [...READY, ...votes("nullify", 1, [0, 1, 3]), proposal(2, X, { parentView: 1 })], []],
    ["a parent that is no earlier view", [...READY, ...votes("nullify", 1, [0, 1, 3]), proposal(2, X, { parentView: 2 })], ["nullify 2"]],
  ])("%s", (_, inputs, expected) => expect(last(2, ...inputs)).toEqual(expected));

  test("nothing is said about a decided interval", () =>
    expect(last(2, ...votes("finalize", 1, [0, 1, 3]), ...READY, proposal(1))).toEqual([]));

  test("a finalize carries the votes that it rests on", () => {
    const state = agreement(AT, VALIDATORS, homeId(2));
    const effects = votes("notarize", 1, [0, 1, 3]).flatMap((each) => step(state, each));
    expect(effects[0]).toMatchObject({
      kind: "vote",
      because: [0, 1, 3].map((validator) => ({ body: { kind: "notarize", view: 1, validator } })),
    });
  });
});

describe("the leader's part", () => {
  test.each<[string, number, AgreementInput[], string[]]>([
    ["waits for a quorum of lists", 0, [START, list(0), list(1)], []],
    ["then a little for the others", 0, [START, list(0), list(1), list(2)], ["lists timer 1"]],
    ["with all lists not at all", 0, [START, list(0), list(1), list(2), list(3)], ["evaluate 10,11,12,13"]],
    ["works out what they hold", 0, [START, list(2), list(1), list(0), timer(1, "lists")], ["evaluate 10,11,12"]],
    ["proposes it", 0, [START, list(0), list(1), list(2), timer(1, "lists"), evaluated()], ["propose 1 100 after 0 from 3"]],
    ["once", 0, [START, list(0), list(1), list(2), timer(1, "lists"), evaluated(), list(3)], []],
    ["a second list of one validator counts for nothing", 0, [START, list(0), list(1), list(1, 21)], ["evidence against 1"]],
    ["nobody else proposes", 1, [START, list(0), list(1), list(2), list(3)], []],
    [
      "hands on what was notarized, after a little",
      1,
      [...READY, ...votes("notarize", 1, [0, 2, 3])],
      ["finalize 1 100", "view timer 2", "hand-on timer 2"],
    ],
    ["the value and its view", 1, [...READY, ...votes("notarize", 1, [0, 2, 3]), timer(2, "hand-on")], ["propose 2 100 after 1 from 0"]],
    [
      "a fresh value after a nullified view",
      1,
      [...READY, ...votes("nullify", 1, [0, 2, 3]), timer(2, "lists")],
      ["propose 2 100 after 0 from 3"],
    ],
    [
      "without a wait for who led a nullified view",
      1,
      [START, list(1), list(2), list(3), evaluated(X, [11, 12, 13].map(idOf)), ...votes("nullify", 1, [1, 2, 3])],
      ["view timer 2", "propose 2 100 after 0 from 3"],
    ],
    ["but with one for anybody else", 1, [...READY, ...votes("nullify", 1, [0, 2, 3])], ["view timer 2", "lists timer 2"]],
    [
      "what was notarized before a nullified view",
      2,
      [...READY, ...votes("notarize", 1, [0, 1, 3]), ...votes("nullify", 2, [0, 1, 3]), timer(3, "hand-on")],
      ["propose 3 100 after 1 from 0"],
    ],
  ])("%s", (_, self, inputs, expected) => expect(last(self, ...inputs)).toEqual(expected));
});

describe("two lives are one", () => {
  test.each<[string, AgreementInput[], string[]]>([
    ["who has finalized says no to no later proposal", [vote("finalize", 1, 2), ...READY, proposal(1, Y)], []],
    ["nor yes", [vote("finalize", 1, 2, Y), ...READY, proposal(1)], []],
    ["nor no when the clock runs out", [vote("finalize", 1, 2), START, timer(1)], ["view timer 1"]],
    ["who has said no does not finalize", [vote("nullify", 1, 2), ...votes("notarize", 1, [0, 1, 3])], ["view timer 2"]],
    ["who has said yes says no second yes", [vote("notarize", 1, 2, Y), ...READY, proposal(1)], []],
    [
      "even hundreds of views ahead",
      [vote("finalize", 400, 2), ...Array.from({ length: 399 }, (_, i) => votes("nullify", i + 1, [0, 1, 3])).flat(), timer(400)],
      ["view timer 400"],
    ],
  ])("%s", (_, inputs, expected) => expect(last(2, ...inputs)).toEqual(expected));

  test("a proposal of an earlier life is not made again", () => {
    expect(last(0, proposal(1), START, list(0), list(1), list(2), list(3), evaluated(Y, [10, 11, 12, 13].map(idOf)))).toEqual([
      "evaluate 10,11,12",
    ]);
  });
});

describe("evidence: what excludes each other", () => {
  test.each<[string, AgreementInput[], string[]]>([
    ["two yes in one view", [vote("notarize", 1, 0), vote("notarize", 1, 0, Y)], ["evidence against 0"]],
    ["two finalize in one view", [vote("finalize", 1, 0), vote("finalize", 1, 0, Y)], ["evidence against 0"]],
    ["finalize and no", [vote("finalize", 1, 0), vote("nullify", 1, 0)], ["evidence against 0"]],
    ["no and finalize", [vote("nullify", 1, 0), vote("finalize", 1, 0)], ["evidence against 0"]],
    ["yes and no is honest", [vote("notarize", 1, 0), vote("nullify", 1, 0)], []],
    ["yes and finalize of another is honest", [vote("notarize", 1, 0), vote("finalize", 1, 0, Y)], []],
    ["other views are other matters", [vote("finalize", 1, 0), vote("nullify", 2, 0)], []],
    ["so are other homes", [vote("finalize", 1, 0), vote("nullify", 1, 1)], []],
    ["two lists", [list(0), list(0, 20)], ["evidence against 0"]],
    ["the same list again", [list(0), list(0)], []],
    ["the same proposal again", [proposal(1), proposal(1)], []],
    ["a no that names a value is no word", [vote("nullify", 1, 0, X), vote("finalize", 1, 0)], []],
  ])("%s", (_, inputs, expected) => expect(last(null, ...inputs)).toEqual(expected));
});
