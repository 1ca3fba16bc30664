import { AssertionError, assert } from "../../../engine/kernel/index.ts";
import { PAYLOAD_WORDS, SLOT_WORDS } from "./group.ts";
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

/** So many records are handed over together: an atomic store and a look at the writer for each record would cost a quarter of an engine's speed. */
const BATCH = 64;

const misfit = (): never => {
  throw new AssertionError("a record is seven words that are there");
};

/** The caller's end of the ring: records go in, the writer takes them out. No allocation per record. */
export class Ring {
  private readonly shared: Shared;
  private readonly control: Int32Array;
  private readonly words: Int32Array;
  private readonly mask: number;
  private last: number;
  /** Sequence up to which there is room, as of the last look. */
  private limit: number;

  constructor(shared: Shared, last: number) {
    this.shared = shared;
    this.control = shared.control;
    this.words = shared.ring;
    this.mask = shared.mask;
    this.last = last;
    this.limit = last;
  }

  append(payload: Int32Array, at: number): number {
    if (at < 0 || at + PAYLOAD_WORDS > payload.length) misfit();
    const sequence = this.last + 1;
    if (sequence > this.limit) this.awaitRoom();
    const { words } = this;
    const slot = (sequence & this.mask) * SLOT_WORDS;
    words[slot] = payload[at]!;
    words[slot | 1] = payload[(at + 1) | 0]!;
    words[slot | 2] = payload[(at + 2) | 0]!;
    words[slot | 3] = payload[(at + 3) | 0]!;
    words[slot | 4] = payload[(at + 4) | 0]!;
    words[slot | 5] = payload[(at + 5) | 0]!;
    words[slot | 6] = payload[(at + 6) | 0]!;
    this.last = sequence;
    if ((sequence & (BATCH - 1)) === 0) this.flush();
    return sequence;
  }

  appended(): number {
    return this.last;
  }

  /** Hands over what was appended. */
  flush(): void {
    const { control } = this;
    if (Atomics.load(control, STATE) !== RUNNING) this.refuse();
    Atomics.store(control, TAIL, this.last | 0);
    if (Atomics.load(control, ASLEEP) === 1) ringBell(control, WORK_BELL);
  }

  room(): number {
    this.limit = near(this.last, Atomics.load(this.control, WRITTEN)) + this.mask + 1;
    return this.limit - this.last;
  }

  durable(): number {
    return near(this.last, Atomics.load(this.control, DURABLE));
  }

  groups(): number {
    return Atomics.load(this.control, DURABLE_BELL) >>> 0;
  }

  /** Sleeps until the writer has freed a slot. */
  private awaitRoom(): void {
    this.flush();
    const { control } = this;
    for (;;) {
      const bell = Atomics.load(control, ROOM_BELL);
      if (this.room() > 0) return;
      if (Atomics.load(control, STATE) !== RUNNING) this.refuse();
      Atomics.wait(control, ROOM_BELL, bell);
    }
  }

  private refuse(): never {
    const death = deathOf(this.shared);
    assert(death !== null, "the journal is closed");
    throw death;
  }
}
