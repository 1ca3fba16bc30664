import { bookAtDoor, isPhase } from "./door.ts";
import type { Ladders } from "./ladders.ts";
import type { Layout } from "./layout.ts";
import type { Slots } from "./slots.ts";
import { BOOK_CROSSED, BUY, CLOSED, CONTINUOUS, PHASE_UNKNOWN, SELL } from "./types.ts";

export interface Phases {
  /**
   * How a book goes on. Closing it is its gate: what rests ends; the number of those orders comes back, 0 in other cases. A book
   * whose prices cross can't trade continuously: clear it first.
   */
  readonly setPhase: (book: number, phase: number) => number;
}

export function phasesOf(layout: Layout, { behead }: Ladders, { release }: Slots): Phases {
  const { shift, orders, heads, best, phases, size } = layout;
  const { recordShift, nexts } = orders;

  function setPhase(book: number, phase: number): number {
    if (bookAtDoor(book, size.books) !== 0) return bookAtDoor(book, size.books);
    if (!isPhase(phase)) return PHASE_UNKNOWN;
    if (phase === CONTINUOUS && isCrossed(layout, book)) return BOOK_CROSSED;
    phases[book] = phase;
    return phase === CLOSED ? clearLadder(2 * book + BUY) + clearLadder(2 * book + SELL) : 0;
  }

  function clearLadder(ladder: number): number {
    let ended = 0;
    while (best[ladder]! >= 0) ended += clearLevel((ladder << shift) | best[ladder]!);
    return ended;
  }

  function clearLevel(level: number): number {
    let ended = 0;
    for (let slot = heads[level]!; slot !== 0; ended++) {
      const next = nexts[slot << recordShift]!;
      release(slot);
      slot = next;
    }
    behead(level, 0, 0, 0);
    return ended;
  }

  return { setPhase };
}

/** Whether a buyer's price reaches a seller's. */
export function isCrossed({ span, best }: Layout, book: number): boolean {
  const [buyer, seller] = [best[2 * book + BUY]!, best[2 * book + SELL]!];
  return buyer >= 0 && seller >= 0 && buyer + seller >= span;
}
