import type { Ladders } from "./ladders.ts";
import { ENERGY, HANDLE, HEAD, HOME, type Layout, LEVEL_SHIFT, NEXT, ORDER_SHIFT, PREVIOUS, REFERENCE, TAIL, TOTAL } from "./layout.ts";
import {
  FATE,
  FIRST_TRADE,
  type Report,
  TRADE_ENERGY,
  TRADE_HANDLE,
  TRADE_REFERENCE,
  TRADE_SHIFT,
  TRADE_TICK,
  TRADES,
  tickAt,
} from "./report.ts";
import type { Slots } from "./slots.ts";
import { SELF_TRADE } from "./types.ts";

/** What an order does to the other side of its book, best price first and oldest first, at the resting order's price. */
export interface Matching {
  /** The energy that isn't traded; the report has the trades, and `SELF_TRADE` where an order of the same home ended it. */
  readonly trade: (ladder: number, index: number, energy: number, home: number) => number;
  /** Whether all of it would be traded. */
  readonly isEnough: (ladder: number, index: number, energy: number, home: number) => boolean;
}

/** `ladder` is the other side's, `index` the order's own: they meet where both indexes come to the span. */
export function matchingOf(layout: Layout, report: Report, { below, empty }: Ladders, { release }: Slots): Matching {
  const { span, shift, orders, levels, best } = layout;
  const { lowestTick, highestTick } = layout.size;
  const mask = (1 << shift) - 1;

  function trade(ladder: number, index: number, energy: number, home: number): number {
    let left = energy;
    for (let meets = best[ladder]!; meets >= span - index; meets = best[ladder]!) {
      left = sweep((ladder << shift) | meets, left, home);
      if (left === 0 || report[FATE] === SELF_TRADE) break;
    }
    return left;
  }

  function sweep(level: number, energy: number, home: number): number {
    const queue = level << LEVEL_SHIFT;
    const tick = tickAt((level >> shift) & 1, level & mask, lowestTick, highestTick);
    let left = energy;
    let slot = levels[queue + HEAD]!;
    while (slot !== 0 && left > 0) {
      const at = slot << ORDER_SHIFT;
      if (orders[at + HOME] === home) {
        report[FATE] = SELF_TRADE;
        break;
      }
      const there = orders[at + ENERGY]!;
      const traded = Math.min(there, left);
      tell(at, tick, traded);
      left -= traded;
      if (traded < there) {
        orders[at + ENERGY] = there - traded;
        break;
      }
      const next = orders[at + NEXT]!;
      release(slot);
      slot = next;
    }
    behead(level, slot, energy - left);
    return left;
  }

  function behead(level: number, slot: number, taken: number): void {
    const queue = level << LEVEL_SHIFT;
    levels[queue + TOTAL]! -= taken;
    levels[queue + HEAD] = slot;
    if (slot !== 0) orders[(slot << ORDER_SHIFT) + PREVIOUS] = 0;
    else {
      levels[queue + TAIL] = 0;
      empty(level);
    }
  }

  function tell(at: number, tick: number, energy: number): void {
    const row = FIRST_TRADE + (report[TRADES]!++ << TRADE_SHIFT);
    report[row + TRADE_HANDLE] = orders[at + HANDLE]!;
    report[row + TRADE_REFERENCE] = orders[at + REFERENCE]!;
    report[row + TRADE_TICK] = tick;
    report[row + TRADE_ENERGY] = energy;
  }

  return { trade, isEnough: enoughOf(layout, below) };
}

function enoughOf({ span, shift, orders, levels, best }: Layout, below: Ladders["below"]): Matching["isEnough"] {
  return (ladder, index, energy, home) => {
    let left = energy;
    for (let meets = best[ladder]!; meets >= span - index; meets = below(ladder, meets)) {
      for (let slot = levels[((ladder << shift) | meets) << LEVEL_SHIFT]!; slot !== 0; slot = orders[(slot << ORDER_SHIFT) + NEXT]!) {
        const at = slot << ORDER_SHIFT;
        if (orders[at + HOME] === home) return false;
        left -= orders[at + ENERGY]!;
        if (left <= 0) return true;
      }
    }
    return false;
  };
}
