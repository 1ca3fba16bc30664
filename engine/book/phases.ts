import { bookAtDoor, isPhase } from "./door.ts";
import type { Ladders } from "./ladders.ts";
import { HEAD, type Layout, LEVEL_SHIFT, NEXT, ORDER_SHIFT, TAIL, TOTAL } from "./layout.ts";
import type { Slots } from "./slots.ts";
import { BOOK_CROSSED, CLOSED, CONTINUOUS, PHASE_UNKNOWN } from "./types.ts";

export interface Phases {
  /**
   * How a book goes on. Closing it is its gate: what rests ends; the number of those orders comes back, 0 in other cases. A book
   * whose prices cross can't trade continuously: clear it first.
   */
  readonly setPhase: (book: number, phase: number) => number;
}

export function phasesOf(layout: Layout, { empty }: Ladders, { release }: Slots): Phases {
  const { span, shift, orders, levels, best, phases, size } = layout;

  function setPhase(book: number, phase: number): number {
    if (bookAtDoor(book, size.books) !== 0) return bookAtDoor(book, size.books);
    if (!isPhase(phase)) return PHASE_UNKNOWN;
    const [buyers, sellers] = [2 * book, 2 * book + 1];
    const isCrossed = best[buyers]! >= 0 && best[sellers]! >= 0 && best[buyers]! + best[sellers]! >= span;
    if (phase === CONTINUOUS && isCrossed) return BOOK_CROSSED;
    phases[book] = phase;
    return phase === CLOSED ? clearLadder(buyers) + clearLadder(sellers) : 0;
  }

  function clearLadder(ladder: number): number {
    let ended = 0;
    while (best[ladder]! >= 0) ended += clearLevel((ladder << shift) | best[ladder]!);
    return ended;
  }

  function clearLevel(level: number): number {
    const queue = level << LEVEL_SHIFT;
    let ended = 0;
    for (let slot = levels[queue + HEAD]!; slot !== 0; ended++) {
      const next = orders[(slot << ORDER_SHIFT) + NEXT]!;
      release(slot);
      slot = next;
    }
    levels[queue + HEAD] = 0;
    levels[queue + TAIL] = 0;
    levels[queue + TOTAL] = 0;
    empty(level);
    return ended;
  }

  return { setPhase };
}
