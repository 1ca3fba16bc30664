import { doorOf } from "./door.ts";
import type { Ladders } from "./ladders.ts";
import { ENERGY, HANDLE, HOME, type Layout, LEVEL, LEVEL_SHIFT, ORDER_SHIFT, REFERENCE, TOTAL } from "./layout.ts";
import type { Matching } from "./match.ts";
import { FATE, LEFT, type Report, TRADES } from "./report.ts";
import type { Slots } from "./slots.ts";
import {
  ARENA_FULL,
  CALL,
  FILL_OR_KILL,
  FILLED,
  GOOD_TILL_GATE,
  HANDLE_STALE,
  KILLED,
  LAPSED,
  LEVEL_FULL,
  RESTS,
  SELF_TRADE,
  SELL,
} from "./types.ts";

/** Each returns below 0 for a refusal (`refusalOf` names it): then nothing has changed, the report neither. */
export interface Operations {
  /** The handle if the order, or its rest, rests; 0 if not. `home` is whose it is, `reference` how the caller calls it. */
  readonly submit: (book: number, side: number, force: number, tick: number, energy: number, home: number, reference: number) => number;
  /**
   * Another tick or energy for an order that rests. Less energy at the same tick keeps its place in the queue; anything else goes
   * to the end of a queue, and trades first where it can. The handle stays; 0 if nothing rests any more.
   */
  readonly amend: (handle: number, tick: number, energy: number) => number;
  /** The energy that rested. */
  readonly cancel: (handle: number) => number;
}

export function submitOf(layout: Layout, report: Report, ladders: Ladders, slots: Slots, matching: Matching): Operations["submit"] {
  const { shift, orders, phases } = layout;
  const { hasRoom, append } = ladders;
  const { isFull, take } = slots;
  const { trade, isEnough } = matching;
  const { order: orderAtDoor, terms: termsAtDoor } = doorOf(layout);
  const indexOf = indexesOf(layout);

  function submit(book: number, side: number, force: number, tick: number, energy: number, home: number, reference: number): number {
    const refused = orderAtDoor(book, side, force, home, reference) || termsAtDoor(tick, energy);
    if (refused !== 0) return refused;
    const ladder = (book << 1) | side;
    const index = indexOf(side, tick);
    const level = (ladder << shift) | index;
    if (force === GOOD_TILL_GATE) {
      if (!hasRoom(level, energy)) return LEVEL_FULL;
      if (isFull()) return ARENA_FULL;
    }
    begin(report);
    if (force === FILL_OR_KILL && !isEnough(ladder ^ 1, index, energy, home)) return end(report, energy, KILLED);
    const left = phases[book] === CALL ? energy : trade(ladder ^ 1, index, energy, home);
    if (left === 0) return end(report, 0, FILLED);
    if (report[FATE] === SELF_TRADE) return end(report, left, SELF_TRADE);
    if (force !== GOOD_TILL_GATE) return end(report, left, LAPSED);
    report[LEFT] = left;
    return rest(level, left, home, reference);
  }

  function rest(level: number, energy: number, home: number, reference: number): number {
    const slot = take();
    const at = slot << ORDER_SHIFT;
    orders[at + HOME] = home;
    orders[at + REFERENCE] = reference;
    append(slot, level, energy);
    return orders[at + HANDLE]!;
  }

  return submit;
}

export function amendOf(layout: Layout, report: Report, ladders: Ladders, slots: Slots, { trade }: Matching): Operations["amend"] {
  const { shift, orders, levels, phases } = layout;
  const { hasRoom, append, unlink } = ladders;
  const { release, slotOf } = slots;
  const { terms: termsAtDoor } = doorOf(layout);
  const indexOf = indexesOf(layout);

  function amend(handle: number, tick: number, energy: number): number {
    const slot = slotOf(handle);
    if (slot === 0) return HANDLE_STALE;
    const refused = termsAtDoor(tick, energy);
    if (refused !== 0) return refused;
    const at = slot << ORDER_SHIFT;
    const ladder = orders[at + LEVEL]! >> shift;
    const level = (ladder << shift) | indexOf(ladder & 1, tick);
    const more = level === orders[at + LEVEL] ? energy - orders[at + ENERGY]! : energy;
    if (!hasRoom(level, more)) return LEVEL_FULL;
    begin(report);
    report[LEFT] = energy;
    if (more > 0) return move(slot, ladder, level, energy);
    orders[at + ENERGY] = energy;
    levels[(level << LEVEL_SHIFT) + TOTAL]! += more;
    return handle;
  }

  function move(slot: number, ladder: number, level: number, energy: number): number {
    const at = slot << ORDER_SHIFT;
    unlink(slot);
    const isCall = phases[ladder >> 1] === CALL;
    const left = isCall ? energy : trade(ladder ^ 1, level & ((1 << shift) - 1), energy, orders[at + HOME]!);
    if (left > 0 && report[FATE] !== SELF_TRADE) {
      report[LEFT] = left;
      append(slot, level, left);
      return orders[at + HANDLE]!;
    }
    release(slot);
    return end(report, left, left === 0 ? FILLED : SELF_TRADE);
  }

  return amend;
}

export function cancelOf({ orders }: Layout, { unlink }: Ladders, { release, slotOf }: Slots): Operations["cancel"] {
  return function cancel(handle: number): number {
    const slot = slotOf(handle);
    if (slot === 0) return HANDLE_STALE;
    unlink(slot);
    release(slot);
    return orders[(slot << ORDER_SHIFT) + ENERGY]!;
  };
}

function indexesOf({ size: { lowestTick, highestTick } }: Layout): (side: number, tick: number) => number {
  return (side, tick) => (side === SELL ? highestTick - tick : tick - lowestTick);
}

function begin(report: Report): void {
  report[TRADES] = 0;
  report[FATE] = RESTS;
}

function end(report: Report, left: number, fate: number): 0 {
  report[LEFT] = left;
  report[FATE] = fate;
  return 0;
}
