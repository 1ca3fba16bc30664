import { concat, type Digest, fail, keccakDigest, ok, type Result } from "../kernel/index.ts";
import { isName } from "./door.ts";
import type { Ladders } from "./ladders.ts";
import { FREE, type Layout, RESTING, USED } from "./layout.ts";
import { isCrossed } from "./phases.ts";
import { CLOSED, CONTINUOUS } from "./types.ts";
import type { Views } from "./views.ts";

export type SnapshotRefusal = "SNAPSHOT_FOREIGN" | "SNAPSHOT_OF_OTHER_SIZE" | "SNAPSHOT_DAMAGED";

export interface State {
  /**
   * The digest of what the arena holds, the same for every implementation: little-endian int32 words; for each book its phase, how
   * many orders rest, and of each in the order of `resting` side, tick, energy, home and reference. Handles don't count.
   */
  readonly stateHash: () => Digest;
  /** Everything that later operations depend on, handles too. */
  readonly snapshot: () => Uint8Array;
  /** Into an arena of the same size; a refused snapshot leaves it empty, its books closed. */
  readonly restore: (bytes: Uint8Array) => Result<void, SnapshotRefusal>;
}

export function stateOf(layout: Layout, ladders: Ladders, { resting }: Views): State {
  const { size, orders, phases, counts } = layout;
  const header = headerOf(layout);

  function stateHash(): Digest {
    const words: number[] = [];
    for (let book = 0; book < size.books; book++) {
      const found = resting(book);
      words.push(phases[book]!, found.length);
      for (const { side, tick, energy, home, reference } of found) words.push(side, tick, energy, home, reference);
    }
    return keccakDigest(bytesOf(Int32Array.from(words)));
  }

  const snapshot = (): Uint8Array =>
    concat([header, counts, phases, orders.words.subarray(0, (counts[USED]! + 1) << orders.recordShift)].map(bytesOf));

  function restore(bytes: Uint8Array): Result<void, SnapshotRefusal> {
    clear(layout);
    const words = wordsOf(bytes);
    if (words[0] !== MAGIC || words[1] !== VERSION) return fail("SNAPSHOT_FOREIGN");
    if (!header.every((word, at) => words[at] === word)) return fail("SNAPSHOT_OF_OTHER_SIZE");
    const isWhole = bytes.length % 4 === 0;
    if (isWhole && fill(layout, words.subarray(header.length)) && rebuild(layout, ladders)) return ok(undefined);
    clear(layout);
    return fail("SNAPSHOT_DAMAGED");
  }

  return { stateHash, snapshot, restore };
}

/** "CWBK", and how the words after it are to be read. */
const MAGIC = 0x4b425743;
const VERSION = 1;

const headerOf = ({ size }: Layout): Int32Array =>
  Int32Array.of(MAGIC, VERSION, size.books, size.lowestTick, size.highestTick, size.orders);

function clear({ orders, heads, bits, summary, best, phases, counts }: Layout): void {
  for (const words of [orders.words, heads, bits, summary, phases, counts]) words.fill(0);
  best.fill(-1);
}

function fill({ size, orders, phases, counts }: Layout, words: Int32Array): boolean {
  const used = words[USED] ?? -1;
  if (used < 0 || used >= size.orders || words.length !== counts.length + phases.length + ((used + 1) << orders.recordShift)) return false;
  counts.set(words.subarray(0, counts.length));
  phases.set(words.subarray(counts.length, counts.length + phases.length));
  orders.words.set(words.subarray(counts.length + phases.length));
  const isNobody = orders.words.subarray(0, 1 << orders.recordShift).every((word) => word === 0);
  return isNobody && phases.every((phase) => phase >= CLOSED && phase <= CONTINUOUS);
}

/** Queues and levels from the orders' own links, each of which is checked. An order is the oldest if nobody follows the one before it. */
function rebuild(layout: Layout, ladders: Ladders): boolean {
  const { phases, counts } = layout;
  const { recordShift, handles, nexts, previous } = layout.orders;
  let resting = 0;
  for (let slot = 1; slot <= counts[USED]!; slot++) {
    const at = slot << recordShift;
    if (handles[at]! <= 0 || nexts[previous[at]! << recordShift] !== 0) continue;
    const queued = requeue(layout, ladders, slot);
    if (queued === 0) return false;
    resting += queued;
  }
  const isTradable = phases.every((phase, book) => phase !== CONTINUOUS || !isCrossed(layout, book));
  return isTradable && resting === counts[RESTING] && isFreeListWhole(layout);
}

/** How many orders stand behind this first one, with it; 0: they can't. */
function requeue({ size, shift, span, orders, heads, phases }: Layout, { hasRoom, append }: Ladders, first: number): number {
  const { recordShift, handles, levels, energies, nexts, previous, homes, references } = orders;
  const [level, tail] = [levels[first << recordShift]!, previous[first << recordShift]!];
  const ladder = level >> shift;
  const isLevel = ladder >= 0 && ladder < 2 * size.books && (level & ((1 << shift) - 1)) <= span;
  if (!isLevel || phases[ladder >> 1] === CLOSED || heads[level] !== 0) return 0;
  let [queued, last] = [0, tail];
  for (let slot = first; slot !== 0; queued++) {
    const at = slot << recordShift;
    const [energy, next] = [energies[at] ?? 0, nexts[at] ?? 0];
    const isQueued = isHandleOf(handles[at] ?? 0, slot, size.orders) && levels[at] === level && previous[at] === last;
    const isNamed = isName(homes[at] ?? -1) && isName(references[at] ?? -1);
    const isAgain = slot === first && queued > 0;
    if (isAgain || !isQueued || !isNamed || energy <= 0 || !hasRoom(level, energy)) return 0;
    append(slot, level, energy);
    last = slot;
    slot = next;
  }
  return last === tail ? queued : 0;
}

const isHandleOf = (handle: number, slot: number, slots: number): boolean => handle > 0 && (handle & (slots - 1)) === slot;

/** Each slot is an order's, free, or used up. */
function isFreeListWhole({ size, orders, counts }: Layout): boolean {
  const { recordShift, handles, nexts } = orders;
  let usedUp = 0;
  for (let slot = 1; slot <= counts[USED]!; slot++) if (handles[slot << recordShift] === 0) usedUp++;
  let free = counts[USED]! - counts[RESTING]! - usedUp;
  for (let slot = counts[FREE]!; slot !== 0; free--) {
    const at = slot << recordShift;
    if (free === 0 || !isHandleOf(~(handles[at] ?? 0), slot, size.orders)) return false;
    slot = nexts[at]!;
  }
  return free === 0;
}

const bytesOf = (words: Int32Array): Uint8Array => {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  for (const [at, word] of words.entries()) view.setInt32(4 * at, word, true);
  return new Uint8Array(view.buffer);
};

const wordsOf = (bytes: Uint8Array): Int32Array => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int32Array.from({ length: bytes.byteLength >> 2 }, (_, at) => view.getInt32(4 * at, true));
};
