import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { BUY, openArena, openReference, REFUSALS, type ReferenceArena, SELL } from "../../../engine/book/index.ts";
import { anyStream, outcome, Player, type Step, type Stream } from "../../support/book-streams.ts";
import { expectSame, given, type Told, told, tradesOf } from "../../support/order-books.ts";

/** The arena against its naive twin: the same answers to whatever is asked. */
const met = new Map<string, number>();
const meet = (what: string): void => void met.set(what, (met.get(what) ?? 0) + 1);

/** With each handle as the number of the order that it names, by its place among those that came to rest. */
function seen({ arena, handles }: Player) {
  const named = (handle: number): number => handles.lastIndexOf(handle);
  return {
    told: told(arena, 0),
    traded: [...tradesOf(arena)].map(({ handle }) => named(handle)),
    count: arena.restingCount(),
  };
}

function state(arena: ReferenceArena, handles: readonly number[], k: number) {
  const books = [...Array(arena.size.books).keys(), arena.size.books, -1, 0.5];
  return {
    hash: arena.stateHash(),
    resting: books.map((book) => arena.resting(book).map(({ handle, ...order }) => ({ order: handles.lastIndexOf(handle), ...order }))),
    depth: books.flatMap((book) => [BUY, SELL, 2].map((side) => arena.depth(book, side, 3))),
    indicated: arena.size.highestTick > 10_000 ? [] : books.map((book) => arena.indicate(book, k)),
  };
}

function expectTwins({ size, steps }: Stream, k: number): void {
  const [fast, naive] = [new Player(given(openArena(size))), new Player(given(openReference(size)))];
  for (const [nth, step] of steps.entries()) {
    const [one, other] = [fast.play(step), naive.play(step)];
    expectSame([nth, outcome(step, one), seen(fast)], [nth, outcome(step, other), seen(naive)]);
    if (nth % 7 === 0) expectSame(state(fast.arena, fast.handles, k), state(naive.arena, naive.handles, k));
    note(step, outcome(step, one), told(fast.arena, 0));
  }
  expectSame(state(fast.arena, fast.handles, k), state(naive.arena, naive.handles, k));
}

function note(step: Step, result: string | number | boolean, after: Told): void {
  meet(`${step.kind} ${typeof result === "string" ? result : ""}`.trim());
  if (typeof result === "string" || !("fate" in after) || (step.kind !== "submit" && step.kind !== "amend")) return;
  meet(`${step.kind} ${after.fate}${after.trades.length > 0 ? " after trades" : ""}`);
}

test("small ladders", () => {
  fc.assert(fc.property(anyStream([1, 3, 12, 33, 64], 150), fc.nat(1000), expectTwins), { numRuns: 250 });
});

test("large ladders", () => {
  fc.assert(fc.property(anyStream([1025, 65_536], 100), fc.nat(1000), expectTwins), { numRuns: 40 });
});

test("the streams reach every refusal and every fate", () => {
  const expected = [
    ...REFUSALS.filter(
      (code) => !["COMMAND_UNKNOWN", "REFERENCE_OUT_OF_RANGE", "BOOK_CROSSED", "PHASE_UNKNOWN", "HANDLE_STALE"].includes(code),
    ).map((code) => `submit ${code}`),
    ...["TICK_OFF_LADDER", "ENERGY_NOT_POSITIVE", "ENERGY_BEYOND_BOOK", "LEVEL_FULL", "HANDLE_STALE"].map((code) => `amend ${code}`),
    ...["cancel", "cancel HANDLE_STALE", "handle HANDLE_STALE", "phase", "phase BOOK_UNKNOWN", "phase BOOK_CROSSED", "phase PHASE_UNKNOWN"],
    ...["rests", "filled", "lapsed", "self-trade"].map((fate) => `submit ${fate} after trades`),
    ...["submit rests", "submit lapsed", "submit killed", "submit self-trade", "amend rests", "amend self-trade"],
    ...["rests", "filled"].map((fate) => `amend ${fate} after trades`),
  ];
  expect(expected.filter((what) => !met.has(what))).toEqual([]);
});
