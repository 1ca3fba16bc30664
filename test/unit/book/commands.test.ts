import { describe, expect, test } from "@jest/globals";
import {
  AMEND,
  CALL,
  CANCEL,
  CLOSED,
  CONTINUOUS,
  FILL_OR_KILL,
  IMMEDIATE_OR_CANCEL,
  PHASE,
  refusalOf,
  SELL,
  SUBMIT,
  submitWord,
} from "../../../engine/book/index.ts";
import { given, IMPLEMENTATIONS, marketOf, SIZE, told } from "../../support/order-books.ts";

describe.each(IMPLEMENTATIONS)("operations as words: %s", (_name, open) => {
  const opened = () => {
    const market = marketOf(given(open(SIZE)));
    const apply = (...words: readonly number[]): number => market.arena.apply(Int32Array.from(words), 0);
    return { ...market, apply, tell: (...words: readonly number[]) => told(market.arena, apply(...words)) };
  };

  test("submit with side and force, amend, cancel, phase", () => {
    const { apply, tell, rests } = opened();
    expect(apply(PHASE, 1, CONTINUOUS)).toBe(0);
    const handle = apply(submitWord(SELL, 0), 1, -7, 20, 5, 77);
    expect(rests(1)).toEqual([[77, "sell", -7, 20]]);
    expect(tell(submitWord(0, IMMEDIATE_OR_CANCEL), 1, -7, 4, 6, 78)).toEqual({ fate: "filled", left: 0, trades: [[77, -7, 4]] });
    expect(tell(submitWord(0, FILL_OR_KILL), 1, -7, 17, 6, 79)).toEqual({ fate: "killed", left: 17, trades: [] });
    expect(tell(AMEND, handle, 3, 9)).toEqual({ fate: "rests", left: 9, trades: [] });
    expect(rests(1)).toEqual([[77, "sell", 3, 9]]);
    expect([apply(CANCEL, handle), apply(PHASE, 1, CALL), apply(PHASE, 1, CLOSED)]).toEqual([9, 0, 0]);
  });

  test("the word of a submission is kind, side and force from the low byte up", () => {
    expect([submitWord(0, 0), submitWord(1, 0), submitWord(1, 2)]).toEqual([0x1, 0x101, 0x20101]);
  });

  test("what the operation refuses, the command refuses", () => {
    const { apply } = opened();
    apply(PHASE, 0, CONTINUOUS);
    const codes = [
      apply(submitWord(2, 0), 0, 10, 5, 1, 1),
      apply(submitWord(0, 3), 0, 10, 5, 1, 1),
      apply(submitWord(0, -1), 0, 10, 5, 1, 1),
      apply(SUBMIT, 9, 10, 5, 1, 1),
      apply(SUBMIT, 1, 10, 5, 1, 1),
      apply(AMEND, 5, 10, 5),
      apply(CANCEL, -5),
      apply(PHASE, 0, 7),
      apply(9),
    ].map(refusalOf);
    expect(codes).toEqual([
      "SIDE_UNKNOWN",
      "FORCE_UNKNOWN",
      "FORCE_UNKNOWN",
      "BOOK_UNKNOWN",
      "BOOK_CLOSED",
      "HANDLE_STALE",
      "HANDLE_STALE",
      "PHASE_UNKNOWN",
      "COMMAND_UNKNOWN",
    ]);
  });

  test("words that are missing are wrong ones", () => {
    const { apply } = opened();
    apply(PHASE, 0, CONTINUOUS);
    const codes = [apply(), apply(SUBMIT), apply(SUBMIT, 0, 10, 5, 1), apply(SUBMIT, 0, 10), apply(AMEND), apply(CANCEL), apply(PHASE, 0)];
    expect(codes.map(refusalOf)).toEqual([
      "COMMAND_UNKNOWN",
      "BOOK_UNKNOWN",
      "REFERENCE_OUT_OF_RANGE",
      "HOME_OUT_OF_RANGE",
      "HANDLE_STALE",
      "HANDLE_STALE",
      "PHASE_UNKNOWN",
    ]);
  });

  test("is read from where it stands in a journal", () => {
    const { arena, rests } = opened();
    const journal = Int32Array.of(PHASE, 0, CONTINUOUS, 0, 0, 0, 0, submitWord(SELL, 0), 0, 10, 5, 1, 42, 0);
    expect([arena.apply(journal, 0), arena.apply(journal, 7) > 0, rests()]).toEqual([0, true, [[42, "sell", 10, 5]]]);
    expect(refusalOf(arena.apply(journal, 14))).toBe("COMMAND_UNKNOWN");
  });
});
