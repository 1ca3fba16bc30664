import { describe, expect, test } from "@jest/globals";
import { type Agreement, agreement, hasRoomFor, step, VIEWS_AHEAD } from "../../../engine/agreement/index.ts";
import { type Digest, homeId, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { VoteKind } from "../../../engine/messages/index.ts";
import { idOf } from "../../support/book.ts";
import { AT, VALIDATORS, vote, words, X, Y } from "../../support/simplex.ts";

const Z = idOf(300);

/** What a home of four has heard, each as it came. */
function heard(...votes: readonly ReturnType<typeof vote>[]): Agreement {
  const state = agreement(AT, VALIDATORS, homeId(0));
  for (const each of votes) step(state, each);
  return state;
}
const room = (state: Agreement, kind: VoteKind, view: number, validator: number, value: Digest = kind === "nullify" ? ZERO_DIGEST : X) =>
  hasRoomFor(state, { kind, interval: AT, view, value, validator: homeId(validator) });

describe("of one validator two votes of a kind in a view, and more only beside an honest one's", () => {
  const two = [vote("notarize", 1, 3, Y), vote("notarize", 1, 3, Z)];

  test.each<readonly [string, Agreement, boolean]>([
    ["the first", heard(), true],
    ["the second", heard(vote("notarize", 1, 3, Y)), true],
    ["the third", heard(...two), false],
    ["the third, for what one other voted for, who may lie as well", heard(...two, vote("notarize", 1, 1)), false],
    ["the third, for what two others voted for", heard(...two, vote("notarize", 1, 1), vote("notarize", 1, 2)), true],
    ["the third, whose other two are of another kind", heard(vote("finalize", 1, 3, Y), vote("finalize", 1, 3, Z)), true],
    ["the third, whose other two are of another view", heard(vote("notarize", 2, 3, Y), vote("notarize", 2, 3, Z)), true],
    ["the third, whose other two are of another validator", heard(vote("notarize", 1, 2, Y), vote("notarize", 1, 2, Z)), true],
    ["one that is held", heard(vote("notarize", 1, 3), ...two), true],
  ])("%s", (_, state, has) => expect(room(state, "notarize", 1, 3)).toBe(has));

  test("a quorum that the third belongs to comes about, when it comes again", () => {
    const state = heard(...two);
    const say = (validator: number) =>
      room(state, "notarize", 1, validator) ? step(state, vote("notarize", 1, validator)).map(words) : "no room";
    expect([3, 1, 3, 2, 3].map(say)).toEqual(["no room", [], "no room", [], ["evidence against 3", "finalize 1 100", "view timer 2"]]);
  });
});

test("a vote that comes once a view is notarized makes no other certificate", () => {
  const state = heard(vote("notarize", 1, 1), vote("notarize", 1, 2), vote("notarize", 1, 3));
  const [certificate, ...others] = state.certificates.values();
  expect([certificate?.signatures.map(({ validator }) => validator), others]).toEqual([[1, 2, 3], []]);
  expect(step(state, vote("notarize", 1, 0))).toEqual([]);
  expect([...state.certificates.values()]).toEqual([certificate]);
});

test("views that are far ahead have none yet; it goes with the home's own view", () => {
  const state = heard();
  const rooms = (...views: readonly number[]) => views.map((view) => room(state, "nullify", view, 3));
  expect(rooms(1, 1 + VIEWS_AHEAD, 2 + VIEWS_AHEAD, 100_000)).toEqual([true, true, false, false]);
  for (const validator of [1, 2, 3]) step(state, vote("nullify", 1, validator));
  expect(rooms(1, 2 + VIEWS_AHEAD, 3 + VIEWS_AHEAD)).toEqual([true, true, false]);
});
