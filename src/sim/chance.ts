/** Chance from a seed, 0 to 1 (mulberry32): a run can be run again. */
export function chance(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b_79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** What is drawn again and again from one chance. */
export interface Dice {
  /** From 0 up to and without 1. */
  readonly roll: () => number;
  /** A whole number from 0 up to and without `end`. */
  readonly below: (end: number) => number;
  readonly happens: (probability: number) => boolean;
  readonly pick: <T>(from: readonly T[]) => T;
  /** So many different ones, in drawn order. */
  readonly some: <T>(from: readonly T[], count: number) => readonly T[];
}

export function diceOf(seed: number): Dice {
  const roll = chance(seed);
  const below = (end: number): number => Math.floor(roll() * end);
  return {
    roll,
    below,
    happens: (probability) => roll() < probability,
    pick: (from) => from[below(from.length)]!,
    some: (from, count) => {
      const left = [...from];
      return Array.from({ length: Math.min(count, left.length) }, () => left.splice(below(left.length), 1)[0]!);
    },
  };
}
