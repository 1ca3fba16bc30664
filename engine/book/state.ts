import { concat, type Digest, fail, keccakDigest, ok, type Result } from "../kernel/index.ts";
import { isName } from "./door.ts";
import type { Ladders } from "./ladders.ts";
import { ENERGY, FREE, HANDLE, HOME, type Layout, LEVEL, NEXT, ORDER_SHIFT, PREVIOUS, REFERENCE, RESTING, USED } from "./layout.ts";
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

  const snapshot = (): Uint8Array => concat([header, counts, phases, orders.subarray(0, (counts[USED]! + 1) << ORDER_SHIFT)].map(bytesOf));

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

function clear({ orders, levels, bits, summary, best, phases, counts }: Layout): void {
  for (const words of [orders, levels, bits, summary, phases, counts]) words.fill(0);
  best.fill(-1);
}

function fill({ size, orders, phases, counts }: Layout, words: Int32Array): boolean {
  const used = words[USED] ?? -1;
  if (used < 0 || used >= size.orders || words.length !== counts.length + phases.length + ((used + 1) << ORDER_SHIFT)) return false;
  counts.set(words.subarray(0, counts.length));
  phases.set(words.subarray(counts.length, counts.length + phases.length));
  orders.set(words.subarray(counts.length + phases.length));
  return phases.every((phase) => phase >= CLOSED && phase <= CONTINUOUS);
}

/** Queues and levels from the orders' own links, each of which is checked. */
function rebuild(layout: Layout, ladders: Ladders): boolean {
  const { orders, phases, counts } = layout;
  let resting = 0;
  for (let slot = 1; slot <= counts[USED]!; slot++) {
    const at = slot << ORDER_SHIFT;
    if (orders[at + HANDLE]! <= 0 || orders[at + PREVIOUS] !== 0) continue;
    const queued = requeue(layout, ladders, slot);
    if (queued === 0) return false;
    resting += queued;
  }
  const isTradable = phases.every((phase, book) => phase !== CONTINUOUS || !isCrossed(layout, book));
  return isTradable && resting === counts[RESTING] && isFreeListWhole(layout);
}

/** How many orders stand behind this first one, with it; 0: they can't. */
function requeue({ size, shift, span, orders, phases }: Layout, { hasRoom, append, isEmpty }: Ladders, first: number): number {
  const level = orders[(first << ORDER_SHIFT) + LEVEL]!;
  const ladder = level >> shift;
  const isLevel = ladder >= 0 && ladder < 2 * size.books && (level & ((1 << shift) - 1)) <= span;
  if (!isLevel || phases[ladder >> 1] === CLOSED || !isEmpty(level)) return 0;
  let queued = 0;
  for (let slot = first, previous = 0; slot !== 0; queued++) {
    const at = slot << ORDER_SHIFT;
    const [energy, next] = [orders[at + ENERGY] ?? 0, orders[at + NEXT] ?? 0];
    const isQueued =
      isHandleOf(orders[at + HANDLE] ?? 0, slot, size.orders) && orders[at + LEVEL] === level && orders[at + PREVIOUS] === previous;
    const isNamed = isName(orders[at + HOME] ?? -1) && isName(orders[at + REFERENCE] ?? -1);
    if (!isQueued || !isNamed || energy <= 0 || !hasRoom(level, energy)) return 0;
    append(slot, level, energy);
    previous = slot;
    slot = next;
  }
  return queued;
}

const isHandleOf = (handle: number, slot: number, slots: number): boolean => handle > 0 && (handle & (slots - 1)) === slot;

/** Each slot is an order's, free, or used up. */
function isFreeListWhole({ size, orders, counts }: Layout): boolean {
  let usedUp = 0;
  for (let slot = 1; slot <= counts[USED]!; slot++) if (orders[(slot << ORDER_SHIFT) + HANDLE] === 0) usedUp++;
  let free = counts[USED]! - counts[RESTING]! - usedUp;
  for (let slot = counts[FREE]!; slot !== 0; free--) {
    const at = slot << ORDER_SHIFT;
    if (free === 0 || !isHandleOf(-(orders[at + HANDLE] ?? 0), slot, size.orders)) return false;
    slot = orders[at + NEXT]!;
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
