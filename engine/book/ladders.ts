import { type Layout, MOST_INT } from "./layout.ts";
import type { Occupied } from "./occupied.ts";

/** Queues by price: who stands where. */
export interface Ladders {
  readonly hasRoom: (level: number, energy: number) => boolean;
  /** To the end of its level's queue. */
  readonly append: (slot: number, level: number, energy: number) => void;
  /** Out of its level's queue, from anywhere in it. */
  readonly unlink: (slot: number) => void;
  /** Who is the oldest of a level now, 0: nobody; who is the newest; and the energy of all. */
  readonly behead: (level: number, head: number, tail: number, total: number) => void;
}

export function laddersOf({ orders, heads }: Layout, { occupy, empty }: Occupied): Ladders {
  const { recordShift, levels, energies, nexts, previous, totals } = orders;
  const mostInt = MOST_INT;

  const hasRoom = (level: number, energy: number): boolean => totals[heads[level]! << recordShift]! <= mostInt - energy;

  function append(slot: number, level: number, energy: number): void {
    const at = slot << recordShift;
    const head = heads[level]!;
    levels[at] = level;
    energies[at] = energy;
    nexts[at] = 0;
    if (head === 0) {
      heads[level] = slot;
      previous[at] = slot;
      totals[at] = energy;
      occupy(level);
      return;
    }
    const first = head << recordShift;
    const tail = previous[first]!;
    previous[at] = tail;
    nexts[tail << recordShift] = slot;
    previous[first] = slot;
    totals[first]! += energy;
  }

  function unlink(slot: number): void {
    const at = slot << recordShift;
    const level = levels[at]!;
    const head = heads[level]!;
    const next = nexts[at]!;
    const before = previous[at]!;
    const first = head << recordShift;
    const total = totals[first]! - energies[at]!;
    if (head === slot) {
      behead(level, next, before, total);
      return;
    }
    nexts[before << recordShift] = next;
    previous[next === 0 ? first : next << recordShift] = before;
    totals[first] = total;
  }

  function behead(level: number, head: number, tail: number, total: number): void {
    heads[level] = head;
    if (head === 0) empty(level);
    else {
      const first = head << recordShift;
      previous[first] = tail;
      totals[first] = total;
    }
  }

  return { hasRoom, append, unlink, behead };
}
