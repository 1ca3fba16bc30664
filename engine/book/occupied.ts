import type { Layout } from "./layout.ts";

/** Which levels aren't empty, and so which price is the best. */
export interface Occupied {
  /** The next occupied index below this one; -1: none. */
  readonly below: (ladder: number, index: number) => number;
  /** The first of a level has come. */
  readonly occupy: (level: number) => void;
  /** The last of a level has gone. */
  readonly empty: (level: number) => void;
}

export function occupiedOf({ shift, bits, summary, best }: Layout): Occupied {
  const wordShift = shift - 5;
  const summaryShift = shift - 10;
  const mask = (1 << shift) - 1;

  function below(ladder: number, index: number): number {
    const near = bits[(ladder << wordShift) + (index >> 5)]! & ((1 << (index & 31)) - 1);
    if (near !== 0) return (index & ~31) | (31 - Math.clz32(near));
    const base = ladder << summaryShift;
    let at = index >> 10;
    let words = summary[base + at]! & ((1 << ((index >> 5) & 31)) - 1);
    while (words === 0) {
      if (--at < 0) return -1;
      words = summary[base + at]!;
    }
    const word = (at << 5) | (31 - Math.clz32(words));
    return (word << 5) | (31 - Math.clz32(bits[(ladder << wordShift) + word]!));
  }

  function occupy(level: number): void {
    bits[level >> 5]! |= 1 << (level & 31);
    summary[level >> 10]! |= 1 << ((level >> 5) & 31);
    const ladder = level >> shift;
    const index = level & mask;
    if (index > best[ladder]!) best[ladder] = index;
  }

  function empty(level: number): void {
    const left = bits[level >> 5]! & ~(1 << (level & 31));
    bits[level >> 5] = left;
    if (left === 0) summary[level >> 10]! &= ~(1 << ((level >> 5) & 31));
    const ladder = level >> shift;
    const index = level & mask;
    if (index === best[ladder]) best[ladder] = below(ladder, index);
  }

  return { below, occupy, empty };
}
