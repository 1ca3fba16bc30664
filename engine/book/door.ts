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
  IMMEDIATE_OR_CANCEL,
  REFERENCE_OUT_OF_RANGE,
  SELL,
  SIDE_UNKNOWN,
  TICK_OFF_LADDER,
} from "./types.ts";

/** What is wrong with an operation's numbers. */
export interface Door {
  /** Nothing is: short, for it is asked of every order. */
  readonly isSound: (book: number, side: number, force: number, tick: number, energy: number, home: number, reference: number) => boolean;
  /** A refusal, or 0. Whatever is no whole number of its range has a code of its own. */
  readonly refusalOf: (book: number, side: number, force: number, tick: number, energy: number, home: number, reference: number) => number;
  readonly refusalOfTerms: (tick: number, energy: number) => number;
}

export function doorOf({ size, phases }: Layout): Door {
  const { books, lowestTick, highestTick } = size;
  const [buy, sell, goodTillGate, closed] = [BUY, SELL, GOOD_TILL_GATE, CLOSED];

  /** `x >>> 0 === x`: a whole number, and not below 0. */
  const isSound: Door["isSound"] = (book, side, force, tick, energy, home, reference) =>
    book >>> 0 === book &&
    book < books &&
    (side === buy || side === sell) &&
    (force === goodTillGate ? phases[book] !== closed : isForce(force) && phases[book] === CONTINUOUS) &&
    (tick | 0) === tick &&
    tick >= lowestTick &&
    tick <= highestTick &&
    (energy | 0) === energy &&
    energy > 0 &&
    (home | 0) === home &&
    (reference | 0) === reference &&
    (home | reference) >= 0;

  const refusalOf: Door["refusalOf"] = (book, side, force, tick, energy, home, reference) => {
    if (bookAtDoor(book, books) !== 0) return BOOK_UNKNOWN;
    if (side !== BUY && side !== SELL) return SIDE_UNKNOWN;
    if (!isForce(force)) return FORCE_UNKNOWN;
    if (!isName(home)) return HOME_OUT_OF_RANGE;
    if (!isName(reference)) return REFERENCE_OUT_OF_RANGE;
    if (phases[book] === CLOSED) return BOOK_CLOSED;
    if (phases[book] === CALL && force !== GOOD_TILL_GATE) return FORCE_NOT_IN_CALL;
    return refusalOfTerms(tick, energy);
  };

  function refusalOfTerms(tick: number, energy: number): number {
    if ((tick | 0) !== tick || tick < lowestTick || tick > highestTick) return TICK_OFF_LADDER;
    if ((energy | 0) !== energy) return energy > MOST_INT ? ENERGY_BEYOND_BOOK : ENERGY_NOT_POSITIVE;
    return energy > 0 ? 0 : ENERGY_NOT_POSITIVE;
  }

  return { isSound, refusalOf, refusalOfTerms };
}

const isForce = (force: number): boolean => force === GOOD_TILL_GATE || force === IMMEDIATE_OR_CANCEL || force === FILL_OR_KILL;

export const bookAtDoor = (book: number, books: number): number => ((book | 0) === book && book >= 0 && book < books ? 0 : BOOK_UNKNOWN);

/** Homes and references are numbers of the caller's, from 0 up. */
export const isName = (value: number): boolean => (value | 0) === value && value >= 0;

export const isPhase = (phase: number): boolean => (phase | 0) === phase && phase >= CLOSED && phase <= CONTINUOUS;
