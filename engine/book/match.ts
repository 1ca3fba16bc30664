import type { Ladders } from "./ladders.ts";
import type { Layout } from "./layout.ts";
import type { Occupied } from "./occupied.ts";
import type { Reporter } from "./report.ts";
import type { Slots } from "./slots.ts";
import { FILLED, RESTS, SELF_TRADE } from "./types.ts";

/** What an order does to the other side of its book, best price first and oldest first, at the resting order's price. */
export interface Matching {
  /** The energy that is left to rest; 0 if none is, or if an order of the same home ended it. The report has all of that. */
  readonly trade: (ladder: number, index: number, energy: number, home: number) => number;
  /** Whether all of it would be traded. */
  readonly isEnough: (ladder: number, index: number, energy: number, home: number) => boolean;
}

/** `ladder` is the other side's, `index` the order's own: they meet where both indexes come to the span. */
export function matchingOf(layout: Layout, reporter: Reporter, occupied: Occupied, { behead }: Ladders, { release }: Slots): Matching {
  const { span, shift, heads, best, size } = layout;
  const { recordShift, handles, energies, nexts, previous, homes, references, totals } = layout.orders;
  const { trade: report, meetOwn, hasMetOwn, end } = reporter;
  const { lowestTick, highestTick } = size;
  const mask = (1 << shift) - 1;

  function trade(ladder: number, index: number, energy: number, home: number): number {
    const least = span - index;
    let left = energy;
    for (let meets = best[ladder]!; meets >= least && left > 0; meets = best[ladder]!) {
      if (hasMetOwn()) break;
      left = sweep((ladder << shift) | meets, left, home);
    }
    if (left === 0) return end(0, FILLED);
    if (hasMetOwn()) return end(left, SELF_TRADE);
    end(left, RESTS);
    return left;
  }

  function sweep(level: number, energy: number, home: number): number {
    const index = level & mask;
    const tick = ((level >> shift) & 1) !== 0 ? highestTick - index : lowestTick + index;
    let slot = heads[level]!;
    const first = slot << recordShift;
    const tail = previous[first]!;
    const total = totals[first]!;
    let left = energy;
    while (slot !== 0 && left > 0) {
      const at = slot << recordShift;
      if (homes[at] === home) {
        meetOwn();
        break;
      }
      const there = energies[at]!;
      let traded = left;
      if (there < traded) traded = there;
      report(handles[at]!, references[at]!, tick, traded);
      left -= traded;
      if (traded < there) {
        energies[at] = there - traded;
        break;
      }
      const next = nexts[at]!;
      release(slot);
      slot = next;
    }
    behead(level, slot, tail, total - (energy - left));
    return left;
  }

  return { trade, isEnough: enoughOf(layout, occupied) };
}

function enoughOf({ span, shift, orders, heads, best }: Layout, { below }: Occupied): Matching["isEnough"] {
  const { recordShift, energies, nexts, homes } = orders;
  return (ladder, index, energy, home) => {
    let left = energy;
    for (let meets = best[ladder]!; meets >= span - index; meets = below(ladder, meets)) {
      for (let slot = heads[(ladder << shift) | meets]!; slot !== 0; slot = nexts[slot << recordShift]!) {
        if (homes[slot << recordShift] === home) return false;
        left -= energies[slot << recordShift]!;
        if (left <= 0) return true;
      }
    }
    return false;
  };
}
