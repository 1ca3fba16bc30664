import { AssertionError, assert } from "../../../engine/kernel/index.ts";
import {
  ASLEEP,
  DURABLE,
  DURABLE_BELL,
  deathOf,
  near,
  ROOM_BELL,
  RUNNING,
  ringBell,
  type Shared,
  STATE,
  TAIL,
  WORK_BELL,
  WRITTEN,
} from "./shared.ts";

/** The caller's end of the ring: records go in, the writer takes them out. No allocation per record. */
export interface Ring {
  append(payload: Int32Array, at: number): number;
  /** Hands over what was appended. */
  flush(): void;
  /** Sequence of the last record that was appended. */
  appended(): number;
  room(): number;
  durable(): number;
  groups(): number;
}

/** So many records are handed over together: atomics for each record would cost a quarter of an engine's speed. */
const BATCH = 64;

/**
 * Closures over constants, and two counters in an array: the compiler needn't load and check fields, nor make objects of
 * sequences beyond 2^31. `append` has one question to ask, and what is rare is in `turn`.
 */
export function openRing(shared: Shared, last: number): Ring {
  const { control, ring: words, mask } = shared;
  /** Lowest 32 bits of the last sequence, and how many records may follow before the next turn. */
  const cursor = Int32Array.of(last, 0);
  let high = last - (last >>> 0);

  function append(payload: Int32Array, at: number): number {
    if (at < 0 || at + 7 > payload.length) throw misfit();
    if (cursor[1] === 0) turn();
    cursor[1]!--;
    const low = (cursor[0]! + 1) | 0;
    cursor[0] = low;
    const slot = (low & mask) << 3;
    words[slot] = payload[at]!;
    words[slot | 1] = payload[(at + 1) | 0]!;
    words[slot | 2] = payload[(at + 2) | 0]!;
    words[slot | 3] = payload[(at + 3) | 0]!;
    words[slot | 4] = payload[(at + 4) | 0]!;
    words[slot | 5] = payload[(at + 5) | 0]!;
    words[slot | 6] = payload[(at + 6) | 0]!;
    return high + (low >>> 0);
  }

  /** Once per batch: hands over what there is, and sees that there is room. Batches end so that none crosses 2^32. */
  function turn(): void {
    flush();
    const untilEnd = BATCH - ((cursor[0]! + 1) & (BATCH - 1));
    cursor[1] = Math.min(awaitRoom(), untilEnd);
    if (cursor[0] === -1) high += 2 ** 32;
  }

  /** How much there is; sleeps until the writer has freed a slot. */
  function awaitRoom(): number {
    for (;;) {
      const bell = Atomics.load(control, ROOM_BELL);
      const free = room();
      if (free > 0) return free;
      if (Atomics.load(control, STATE) !== RUNNING) refuse();
      Atomics.wait(control, ROOM_BELL, bell);
    }
  }

  function flush(): void {
    if (Atomics.load(control, STATE) !== RUNNING) refuse();
    Atomics.store(control, TAIL, cursor[0]!);
    if (Atomics.load(control, ASLEEP) === 1) ringBell(control, WORK_BELL);
  }

  function refuse(): never {
    const death = deathOf(shared);
    assert(death !== null, "the journal is closed");
    throw death;
  }

  const appended = (): number => high + (cursor[0]! >>> 0);
  const room = (): number => mask + 1 - ((cursor[0]! - Atomics.load(control, WRITTEN)) | 0);
  const durable = (): number => near(appended(), Atomics.load(control, DURABLE));
  const groups = (): number => Atomics.load(control, DURABLE_BELL) >>> 0;
  return { append, flush, appended, room, durable, groups };
}

const misfit = (): Error => new AssertionError("a record is seven words that are there");
