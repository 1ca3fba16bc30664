import { doorOf } from "./door.ts";
import type { Ladders } from "./ladders.ts";
import type { Layout } from "./layout.ts";
import type { Matching } from "./match.ts";
import type { Reporter } from "./report.ts";
import type { Slots } from "./slots.ts";
import {
  ARENA_FULL,
  BUY,
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

export function submitOf(layout: Layout, reporter: Reporter, ladders: Ladders, slots: Slots, matching: Matching): Operations["submit"] {
  const { span, shift, best, phases, size } = layout;
  const { recordShift, handles, homes, references } = layout.orders;
  const { lowestTick, highestTick } = size;
  const { begin, end, hasMetOwn } = reporter;
  const { hasRoom, append } = ladders;
  const { isFull, take } = slots;
  const { trade, isEnough } = matching;
  const { isSound, order: orderAtDoor, terms: termsAtDoor } = doorOf(layout);
  const [buy, call, goodTillGate, fillOrKill, rests, filled] = [BUY, CALL, GOOD_TILL_GATE, FILL_OR_KILL, RESTS, FILLED];

  function submit(book: number, side: number, force: number, tick: number, energy: number, home: number, reference: number): number {
    const index = side === buy ? tick - lowestTick : highestTick - tick;
    // A small fraction of a tick would be lost in its index.
    const isWhole = (tick | 0) === tick;
    if (!isWhole || !isSound(book, side, force, index, energy, home, reference)) {
      return orderAtDoor(book, side, force, home, reference) || termsAtDoor(tick, energy);
    }
    const ladder = (book << 1) | side;
    const level = (ladder << shift) | index;
    if (force === goodTillGate) {
      if (!hasRoom(level, energy)) return LEVEL_FULL;
      if (isFull()) return ARENA_FULL;
    }
    begin();
    if (force === fillOrKill && !isEnough(ladder ^ 1, index, energy, home)) return end(energy, KILLED);
    const meets = best[ladder ^ 1]! >= span - index && phases[book] !== call;
    const left = meets ? trade(ladder ^ 1, index, energy, home) : energy;
    if (left === 0) return end(0, filled);
    if (hasMetOwn()) return end(left, SELF_TRADE);
    if (force !== goodTillGate) return end(left, LAPSED);
    end(left, rests);
    const slot = take();
    const at = slot << recordShift;
    homes[at] = home;
    references[at] = reference;
    append(slot, level, left);
    return handles[at]!;
  }

  return submit;
}

export function amendOf(layout: Layout, reporter: Reporter, ladders: Ladders, slots: Slots, { trade }: Matching): Operations["amend"] {
  const { shift, heads, phases } = layout;
  const { recordShift, levels, energies, homes, totals } = layout.orders;
  const { begin, end, hasMetOwn } = reporter;
  const { hasRoom, append, unlink } = ladders;
  const { release, slotOf } = slots;
  const { terms: termsAtDoor } = doorOf(layout);
  const indexOf = indexesOf(layout);

  function amend(handle: number, tick: number, energy: number): number {
    const slot = slotOf(handle);
    if (slot === 0) return HANDLE_STALE;
    const refused = termsAtDoor(tick, energy);
    if (refused !== 0) return refused;
    const at = slot << recordShift;
    const ladder = levels[at]! >> shift;
    const level = (ladder << shift) | indexOf(ladder & 1, tick);
    const more = level === levels[at] ? energy - energies[at]! : energy;
    if (!hasRoom(level, more)) return LEVEL_FULL;
    begin();
    end(energy, RESTS);
    if (more > 0) return move(slot, level, energy) ? handle : 0;
    energies[at] = energy;
    totals[heads[level]! << recordShift]! += more;
    return handle;
  }

  /** Whether anything of it still rests. */
  function move(slot: number, level: number, energy: number): boolean {
    unlink(slot);
    const ladder = level >> shift;
    const index = level & ((1 << shift) - 1);
    const isCall = phases[ladder >> 1] === CALL;
    const left = isCall ? energy : trade(ladder ^ 1, index, energy, homes[slot << recordShift]!);
    if (left > 0 && !hasMetOwn()) {
      end(left, RESTS);
      append(slot, level, left);
      return true;
    }
    release(slot);
    end(left, left === 0 ? FILLED : SELF_TRADE);
    return false;
  }

  return amend;
}

export function cancelOf({ orders }: Layout, { unlink }: Ladders, { release, slotOf }: Slots): Operations["cancel"] {
  const { recordShift, energies } = orders;
  return function cancel(handle: number): number {
    const slot = slotOf(handle);
    if (slot === 0) return HANDLE_STALE;
    unlink(slot);
    release(slot);
    return energies[slot << recordShift]!;
  };
}

function indexesOf({ size: { lowestTick, highestTick } }: Layout): (side: number, tick: number) => number {
  return (side, tick) => (side !== 0 ? highestTick - tick : tick - lowestTick);
}
