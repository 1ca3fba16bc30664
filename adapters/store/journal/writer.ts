import { SLOT_BYTES } from "./group.ts";
import type { Log } from "./log.ts";
import {
  ASLEEP,
  CLOSED,
  CLOSING,
  DEAD,
  DURABLE,
  DURABLE_BELL,
  near,
  ROOM_BELL,
  ringAll,
  ringBell,
  type Shared,
  STATE,
  TAIL,
  WORK_BELL,
  WRITTEN,
} from "./shared.ts";

/**
 * Takes what is in the ring to the disk, group after group, until the journal closes. A group is all that was handed over by the
 * time the one before was on disk; with one record waiting it is one record. Throws what the system says, and has then
 * acknowledged nothing that isn't on disk.
 */
export function runWriter(log: Log, shared: Shared, last: number): void {
  const { control } = shared;
  let written = last;
  let isMarked = false;
  for (;;) {
    const bell = Atomics.load(control, WORK_BELL);
    const state = Atomics.load(control, STATE);
    if (state === DEAD) return;
    const waiting = near(written, Atomics.load(control, TAIL)) - written;
    if (waiting > 0) {
      written = writeGroup(log, shared, written, Math.min(waiting, log.room()));
      isMarked = false;
    } else if (!isMarked) {
      log.mark();
      isMarked = true;
    } else if (state === CLOSING) {
      break;
    } else {
      sleep(control, bell, written);
    }
  }
  log.sync();
  Atomics.store(control, STATE, CLOSED);
  ringAll(control);
}

/** Sequence of the group's last record: it is on disk. */
function writeGroup(log: Log, shared: Shared, written: number, count: number): number {
  const { control } = shared;
  const last = written + count;
  log.write(count, partsOf(shared, written + 1, count));
  Atomics.store(control, WRITTEN, last | 0);
  ringBell(control, ROOM_BELL);
  log.sync();
  Atomics.store(control, DURABLE, last | 0);
  ringBell(control, DURABLE_BELL);
  return last;
}

/** One piece of the ring, or two around its edge. */
function partsOf({ ringBytes, mask }: Shared, first: number, count: number): readonly Uint8Array[] {
  const start = first & mask;
  const untilEdge = Math.min(count, mask + 1 - start);
  const head = ringBytes.subarray(start * SLOT_BYTES, (start + untilEdge) * SLOT_BYTES);
  return untilEdge === count ? [head] : [head, ringBytes.subarray(0, (count - untilEdge) * SLOT_BYTES)];
}

function sleep(control: Int32Array, bell: number, written: number): void {
  Atomics.store(control, ASLEEP, 1);
  if (Atomics.load(control, TAIL) === (written | 0)) Atomics.wait(control, WORK_BELL, bell);
  Atomics.store(control, ASLEEP, 0);
}
