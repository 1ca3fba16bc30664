import { expect } from "@jest/globals";
import {
  type Arena,
  BUY,
  CALL,
  CLOSED,
  CONTINUOUS,
  FILLED,
  GOOD_TILL_GATE,
  IMMEDIATE_OR_CANCEL,
  openReference,
  refusalOf,
  SELL,
} from "../../engine/book/index.ts";
import { given } from "./order-books.ts";

const MOST = 2 ** 31 - 1;

/** Words of a snapshot before the first book's phase: 6 of the header and 4 counts. */
export const FIRST_PHASE = 10;
/** Words of an order. */
export const ORDER_WORDS = 8;

export function phasesOf(arena: Arena): readonly number[] {
  const bytes = arena.snapshot();
  const view = new DataView(bytes.buffer);
  return Array.from({ length: arena.size.books }, (_, book) => view.getInt32(4 * (FIRST_PHASE + book), true));
}

/** What it shows could have come about by the rules: the naive twin, given the same orders, is in the same state. */
export function expectSound(arena: Arena): void {
  const twin = given(openReference(arena.size));
  const handles = new Set<number>();
  for (const [book, phase] of phasesOf(arena).entries()) {
    if (phase !== CLOSED) twin.setPhase(book, CALL);
    for (const { handle, side, tick, energy, home, reference } of arena.resting(book)) {
      handles.add(handle);
      expect(refusalOf(twin.submit(book, side, GOOD_TILL_GATE, tick, energy, home, reference))).toBe(null);
    }
    expect(refusalOf(twin.setPhase(book, phase))).toBe(null);
    expect([BUY, SELL].map((side) => arena.depth(book, side, 1000))).toEqual([BUY, SELL].map((side) => twin.depth(book, side, 1000)));
    expect(arena.indicate(book, 500)).toEqual(twin.indicate(book, 500));
  }
  expect([arena.stateHash(), arena.restingCount(), handles.size]).toEqual([twin.stateHash(), twin.restingCount(), twin.restingCount()]);
}

/** Every order can be taken out again, and then the arena trades as a new one does; if it has a place left that isn't used up. */
export function expectUsable(arena: Arena, isWorn = false): void {
  for (let book = 0; book < arena.size.books; book++) {
    for (const { handle, energy } of arena.resting(book)) expect(arena.cancel(handle)).toBe(energy);
  }
  expect(arena.restingCount()).toBe(0);
  const { lowestTick, highestTick } = arena.size;
  arena.setPhase(0, CLOSED);
  arena.setPhase(0, CONTINUOUS);
  const handle = arena.submit(0, SELL, GOOD_TILL_GATE, lowestTick, MOST, 1, 1);
  if (isWorn && refusalOf(handle) === "ARENA_FULL") return;
  expect(handle).toBeGreaterThan(0);
  expect(arena.submit(0, BUY, IMMEDIATE_OR_CANCEL, highestTick, 7, 2, 2)).toBe(0);
  expect([...arena.report.subarray(0, 3)]).toEqual([1, 0, FILLED]);
  expect([arena.cancel(handle), refusalOf(arena.cancel(handle)), arena.restingCount()]).toEqual([MOST - 7, "HANDLE_STALE", 0]);
}
