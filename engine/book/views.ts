import { bookAtDoor } from "./door.ts";
import type { Layout } from "./layout.ts";
import type { Occupied } from "./occupied.ts";
import { tickAt } from "./report.ts";
import { BUY, SELL } from "./types.ts";

/** One order that rests. */
export interface RestingOrder {
  readonly handle: number;
  readonly side: number;
  readonly tick: number;
  /** Wh that is left. */
  readonly energy: number;
  readonly home: number;
  readonly reference: number;
}

/** All orders of one price. */
export interface LevelView {
  readonly tick: number;
  readonly energy: number;
}

/** Reading a book; for people and for call auctions, not for the hot path: these allocate. One that isn't there holds nothing. */
export interface Views {
  /** In the order of their priority: buyers from the dearest down, then sellers from the cheapest up, the oldest first. */
  readonly resting: (book: number) => readonly RestingOrder[];
  /** The best `most` levels of one side. */
  readonly depth: (book: number, side: number, most: number) => readonly LevelView[];
}

export function viewsOf(layout: Layout, { below }: Occupied): Views {
  const { shift, heads, best } = layout;
  const { recordShift, handles, energies, nexts, homes, references, totals } = layout.orders;
  const { books, lowestTick, highestTick } = layout.size;

  function queue(ladder: number, index: number): readonly RestingOrder[] {
    const found: RestingOrder[] = [];
    for (let slot = heads[(ladder << shift) | index]!; slot !== 0; slot = nexts[slot << recordShift]!) {
      const at = slot << recordShift;
      found.push({
        handle: handles[at]!,
        side: ladder & 1,
        tick: tickAt(ladder & 1, index, lowestTick, highestTick),
        energy: energies[at]!,
        home: homes[at]!,
        reference: references[at]!,
      });
    }
    return found;
  }

  function* indexes(ladder: number): Generator<number> {
    for (let index = best[ladder] ?? -1; index >= 0; index = below(ladder, index)) yield index;
  }

  const side = (ladder: number): RestingOrder[] => [...indexes(ladder)].flatMap((index) => queue(ladder, index));

  return {
    resting: (book) => (bookAtDoor(book, books) === 0 ? [...side(2 * book + BUY), ...side(2 * book + SELL)] : []),
    depth: (book, sideOfBook, most) => {
      if (bookAtDoor(book, books) !== 0 || (sideOfBook !== BUY && sideOfBook !== SELL)) return [];
      const ladder = 2 * book + sideOfBook;
      return [...indexes(ladder)].slice(0, most).map((index) => ({
        tick: tickAt(sideOfBook, index, lowestTick, highestTick),
        energy: totals[heads[(ladder << shift) | index]! << recordShift]!,
      }));
    },
  };
}
