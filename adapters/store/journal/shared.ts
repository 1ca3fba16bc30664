import { SLOT_BYTES, SLOT_WORDS } from "./group.ts";
import { type JournalCode, JournalFatal } from "./trouble.ts";

/**
 * The memory that the caller's thread and the journal's own share: a ring of records, and control words. Sequences stand there
 * as their lowest 32 bits; none that are compared are further apart than 2^31. A bell is a counter to sleep on: read it, look
 * whether there is something to do, and sleep only if it hasn't been rung since.
 */

/** Last sequence handed over; the caller's. */
export const TAIL = 0;
/** Last sequence written, so that its slot in the ring is free; the writer's. */
export const WRITTEN = 1;
/** Last sequence on disk; the writer's. */
export const DURABLE = 2;
/** Rung for the writer: there is something to do. */
export const WORK_BELL = 3;
/** Rung for a caller that found the ring full. */
export const ROOM_BELL = 4;
/** Rung for those who wait until something is on disk. */
export const DURABLE_BELL = 5;
/** 1: the writer sleeps, or is about to look a last time before it does. */
export const ASLEEP = 6;
export const STATE = 7;
/** Number of the segment that is to be made; the writer's, as are the next two. */
export const MAKE = 8;
/** Its size. */
export const MAKE_BYTES = 9;
/** Number of the segment that it is to be made of; 0: of none. */
export const OLD = 10;
/** Number of the segment that was made, or less than 0: it couldn't be; the maker's. */
export const MADE = 11;
export const MAKE_BELL = 12;
export const MADE_BELL = 13;
const TEXT_LENGTH = 14;
/** Last sequence for which segments need not be kept, 64 bits. */
const FLOOR_BYTE = 64;
const TEXT_BYTE = 72;
const CONTROL_BYTES = 1024;

export const RUNNING = 0;
export const CLOSING = 1;
export const CLOSED = 2;
export const DEAD = 3;

export interface Memory {
  readonly control: SharedArrayBuffer;
  readonly ring: SharedArrayBuffer;
}

export interface Shared {
  readonly control: Int32Array;
  readonly floor: BigInt64Array;
  readonly text: Uint8Array;
  readonly ring: Int32Array;
  readonly ringBytes: Uint8Array;
  /** Records in the ring less one: a sequence's slot is what this leaves of it. */
  readonly mask: number;
}

export const allocate = (records: number): Memory => ({
  control: new SharedArrayBuffer(CONTROL_BYTES),
  ring: new SharedArrayBuffer(records * SLOT_BYTES),
});

export function attach({ control, ring }: Memory): Shared {
  return {
    control: new Int32Array(control),
    floor: new BigInt64Array(control, FLOOR_BYTE, 1),
    text: new Uint8Array(control, TEXT_BYTE),
    ring: new Int32Array(ring),
    ringBytes: new Uint8Array(ring),
    mask: ring.byteLength / (SLOT_WORDS * 4) - 1,
  };
}

export function ringBell(control: Int32Array, bell: number): void {
  Atomics.add(control, bell, 1);
  Atomics.notify(control, bell);
}

/** A sequence from its lowest 32 bits and one that is near. */
export const near = (known: number, low: number): number => known + ((low - known) | 0);

/** Whoever sleeps looks up. */
export function ringAll(control: Int32Array): void {
  for (const bell of [WORK_BELL, ROOM_BELL, DURABLE_BELL, MAKE_BELL, MADE_BELL]) ringBell(control, bell);
}

/** The journal is dead from here on; everybody who waits is woken. */
export function die(shared: Shared, code: JournalCode, detail: string): void {
  const bytes = new Uint8Array(shared.text.length);
  const { written } = new TextEncoder().encodeInto(`${code} ${detail}`, bytes);
  shared.text.set(bytes);
  Atomics.store(shared.control, TEXT_LENGTH, written);
  Atomics.store(shared.control, STATE, DEAD);
  ringAll(shared.control);
}

/** What the journal died of, if it did. */
export function deathOf({ control, text }: Shared): JournalFatal | null {
  if (Atomics.load(control, STATE) !== DEAD) return null;
  const said = new TextDecoder().decode(text.slice(0, Atomics.load(control, TEXT_LENGTH)));
  const gap = said.indexOf(" ");
  return new JournalFatal(said.slice(0, gap) as JournalCode, said.slice(gap + 1));
}
