import { ENERGY, HEAD, type Layout, LEVEL, LEVEL_SHIFT, MOST_INT, NEXT, ORDER_SHIFT, PREVIOUS, TAIL, TOTAL } from "./layout.ts";

/** Queues by price: who stands where, and which price is the best. */
export interface Ladders {
  /** The next occupied index below this one; -1: none. */
  readonly below: (ladder: number, index: number) => number;
  readonly isEmpty: (level: number) => boolean;
  readonly hasRoom: (level: number, energy: number) => boolean;
  /** To the end of its level's queue. */
  readonly append: (slot: number, level: number, energy: number) => void;
  /** Out of its level's queue, from anywhere in it. */
  readonly unlink: (slot: number) => void;
  /** The last of a level has gone. */
  readonly empty: (level: number) => void;
}

export function laddersOf({ shift, orders, levels, bits, summary, best }: Layout): Ladders {
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
    const [ladder, index] = [level >> shift, level & mask];
    if (index > best[ladder]!) best[ladder] = index;
  }

  function empty(level: number): void {
    const left = bits[level >> 5]! & ~(1 << (level & 31));
    bits[level >> 5] = left;
    if (left === 0) summary[level >> 10]! &= ~(1 << ((level >> 5) & 31));
    const [ladder, index] = [level >> shift, level & mask];
    if (index === best[ladder]) best[ladder] = below(ladder, index);
  }

  function append(slot: number, level: number, energy: number): void {
    const [at, queue] = [slot << ORDER_SHIFT, level << LEVEL_SHIFT];
    const tail = levels[queue + TAIL]!;
    orders[at + LEVEL] = level;
    orders[at + ENERGY] = energy;
    orders[at + NEXT] = 0;
    orders[at + PREVIOUS] = tail;
    levels[queue + TAIL] = slot;
    levels[queue + TOTAL]! += energy;
    if (tail !== 0) orders[(tail << ORDER_SHIFT) + NEXT] = slot;
    else {
      levels[queue + HEAD] = slot;
      occupy(level);
    }
  }

  function unlink(slot: number): void {
    const at = slot << ORDER_SHIFT;
    const level = orders[at + LEVEL]!;
    const queue = level << LEVEL_SHIFT;
    const [next, previous] = [orders[at + NEXT]!, orders[at + PREVIOUS]!];
    levels[queue + TOTAL]! -= orders[at + ENERGY]!;
    if (next !== 0) orders[(next << ORDER_SHIFT) + PREVIOUS] = previous;
    else levels[queue + TAIL] = previous;
    if (previous !== 0) orders[(previous << ORDER_SHIFT) + NEXT] = next;
    else levels[queue + HEAD] = next;
    if ((next | previous) === 0) empty(level);
  }

  const hasRoom = (level: number, energy: number): boolean => levels[(level << LEVEL_SHIFT) + TOTAL]! <= MOST_INT - energy;

  const isEmpty = (level: number): boolean => levels[(level << LEVEL_SHIFT) + HEAD] === 0;

  return { below, isEmpty, hasRoom, append, unlink, empty };
}
