import { type Layout, MOST_INT } from "./layout.ts";
import {
  BOOK_CLOSED,
  BOOK_UNKNOWN,
  BUY,
  CALL,
  CLOSED,
  CONTINUOUS,
  ENERGY_BEYOND_BOOK,
  ENERGY_NOT_POSITIVE,
  FILL_OR_KILL,
  FORCE_NOT_IN_CALL,
  FORCE_UNKNOWN,
  GOOD_TILL_GATE,
  HOME_OUT_OF_RANGE,
  REFERENCE_OUT_OF_RANGE,
  SELL,
  SIDE_UNKNOWN,
  TICK_OFF_LADDER,
} from "./types.ts";

/** What is wrong with an operation's numbers: a refusal, or 0. Whatever is no whole number of its range has a code of its own. */
export interface Door {
  /** Nothing is: a short answer for what is asked of every order. */
  readonly isSound: (book: number, side: number, force: number, index: number, energy: number, home: number, reference: number) => boolean;
  readonly order: (book: number, side: number, force: number, home: number, reference: number) => number;
  readonly terms: (tick: number, energy: number) => number;
}

export function doorOf({ size, span, phases }: Layout): Door {
  const { books, lowestTick, highestTick } = size;
  const [sell, goodTillGate, fillOrKill, closed, call] = [SELL, GOOD_TILL_GATE, FILL_OR_KILL, CLOSED, CALL];

  /** `x >>> 0 === x`: a whole number, and not below 0. The index of a whole tick within the span is on the ladder. */
  const isSound: Door["isSound"] = (book, side, force, index, energy, home, reference) =>
    book >>> 0 === book &&
    book < books &&
    side >>> 0 === side &&
    side <= sell &&
    force >>> 0 === force &&
    force <= fillOrKill &&
    phases[book]! > (force === goodTillGate ? closed : call) &&
    index >= 0 &&
    index <= span &&
    (energy | 0) === energy &&
    energy > 0 &&
    (home | 0) === home &&
    (reference | 0) === reference &&
    (home | reference) >= 0;

  function order(number: number, side: number, force: number, home: number, reference: number): number {
    if (bookAtDoor(number, books) !== 0) return BOOK_UNKNOWN;
    if (side !== BUY && side !== SELL) return SIDE_UNKNOWN;
    if ((force | 0) !== force || force < GOOD_TILL_GATE || force > FILL_OR_KILL) return FORCE_UNKNOWN;
    if (!isName(home)) return HOME_OUT_OF_RANGE;
    if (!isName(reference)) return REFERENCE_OUT_OF_RANGE;
    const phase = phases[number]!;
    if (phase === CLOSED) return BOOK_CLOSED;
    return phase === CALL && force !== GOOD_TILL_GATE ? FORCE_NOT_IN_CALL : 0;
  }

  function terms(tick: number, energy: number): number {
    if ((tick | 0) !== tick || tick < lowestTick || tick > highestTick) return TICK_OFF_LADDER;
    if ((energy | 0) !== energy) return energy > MOST_INT ? ENERGY_BEYOND_BOOK : ENERGY_NOT_POSITIVE;
    return energy > 0 ? 0 : ENERGY_NOT_POSITIVE;
  }

  return { isSound, order, terms };
}

export const bookAtDoor = (book: number, books: number): number => ((book | 0) === book && book >= 0 && book < books ? 0 : BOOK_UNKNOWN);

/** Homes and references are numbers of the caller's, from 0 up. */
export const isName = (value: number): boolean => (value | 0) === value && value >= 0;

export const isPhase = (phase: number): boolean => (phase | 0) === phase && phase >= CLOSED && phase <= CONTINUOUS;
