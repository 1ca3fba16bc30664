import { doorOf } from "./door.ts";
import type { Ladders } from "./ladders.ts";
import type { Layout } from "./layout.ts";
import type { Matching } from "./match.ts";
import type { Reporter } from "./report.ts";
import type { Slots } from "./slots.ts";
import { ARENA_FULL, BUY, CALL, FILL_OR_KILL, GOOD_TILL_GATE, HANDLE_STALE, KILLED, LAPSED, LEVEL_FULL } from "./types.ts";

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
  const { begin } = reporter;
  const { hasRoom, append } = ladders;
  const { isFull, take } = slots;
  const { trade } = matching;
  const { isSound, refusalOf } = doorOf(layout);
  const atOnce = atOnceOf(reporter, matching);
  const [buy, call, goodTillGate] = [BUY, CALL, GOOD_TILL_GATE];

  function submit(book: number, side: number, force: number, tick: number, energy: number, home: number, reference: number): number {
    if (!isSound(book, side, force, tick, energy, home, reference)) return refusalOf(book, side, force, tick, energy, home, reference);
    const ladder = (book << 1) | side;
    const index = side === buy ? tick - lowestTick : highestTick - tick;
    if (force !== goodTillGate) return atOnce(ladder ^ 1, index, energy, home, force);
    const level = (ladder << shift) | index;
    if (!hasRoom(level, energy)) return LEVEL_FULL;
    if (isFull()) return ARENA_FULL;
    begin(energy);
    const meets = best[ladder ^ 1]! >= span - index && phases[book] !== call;
    const left = meets ? trade(ladder ^ 1, index, energy, home) : energy;
    if (left === 0) return 0;
    const slot = take();
    const at = slot << recordShift;
    homes[at] = home | 0;
    references[at] = reference | 0;
    append(slot, level, left);
    return handles[at]!;
  }

  return submit;
}

/** Orders that don't rest. */
function atOnceOf({ begin, end }: Reporter, { trade, isEnough }: Matching) {
  return (ladder: number, index: number, energy: number, home: number, force: number): 0 => {
    begin(energy);
    if (force === FILL_OR_KILL && !isEnough(ladder, index, energy, home)) return end(energy, KILLED);
    const left = trade(ladder, index, energy, home);
    return left === 0 ? 0 : end(left, LAPSED);
  };
}

export function amendOf(layout: Layout, { begin }: Reporter, ladders: Ladders, slots: Slots, { trade }: Matching): Operations["amend"] {
  const { shift, heads, phases } = layout;
  const { recordShift, levels, energies, homes, totals } = layout.orders;
  const { hasRoom, append, unlink } = ladders;
  const { release, slotOf } = slots;
  const { refusalOfTerms } = doorOf(layout);
  const indexOf = indexesOf(layout);

  function amend(handle: number, tick: number, energy: number): number {
    const slot = slotOf(handle);
    if (slot === 0) return HANDLE_STALE;
    const refused = refusalOfTerms(tick, energy);
    if (refused !== 0) return refused;
    const at = slot << recordShift;
    const ladder = levels[at]! >> shift;
    const level = (ladder << shift) | indexOf(ladder & 1, tick);
    const more = level === levels[at] ? energy - energies[at]! : energy;
    if (!hasRoom(level, more)) return LEVEL_FULL;
    begin(energy);
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
    if (left > 0) append(slot, level, left);
    else release(slot);
    return left > 0;
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
