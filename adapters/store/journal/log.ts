import { closeSync, fdatasyncSync, openSync, writeSync, writevSync } from "node:fs";
import { assert } from "../../../engine/kernel/index.ts";
import { bodyOf, SLOT_BYTES, type Slots, sealHeader, slotsOf } from "./group.ts";
import { FIRST_SLOT, type Segment, segmentPath } from "./segment.ts";
import { DEAD, MADE, MADE_BELL, MAKE, MAKE_BELL, MAKE_BYTES, OLD, ringBell, type Shared, STATE } from "./shared.ts";
import { makeSegment } from "./spare.ts";

/** A segment with groups in it, or ready for them. */
export interface UsedSegment extends Segment {
  /** Sequence with which it begins; null: nothing of the present chain stands in it. */
  readonly first: number | null;
}

/** Where the chain ends and goes on. */
export interface End {
  /** Number of the segment; null: there is none yet. */
  readonly segment: number | null;
  readonly slot: number;
  /** Sequence of the next record. */
  readonly next: number;
  readonly link: number;
}

export interface LogStart {
  readonly folder: string;
  readonly journal: number;
  /** Size of new segments. */
  readonly segmentBytes: number;
  readonly segments: readonly UsedSegment[];
  readonly end: End;
}

/** The writer's end of the files: groups behind each other, segment after segment. Throws what the system says. */
export class Log {
  private readonly folder: string;
  private readonly journal: number;
  private readonly segmentBytes: number;
  private readonly shared: Shared;
  private readonly header: Slots = slotsOf(new ArrayBuffer(SLOT_BYTES));
  /** Oldest first. */
  private readonly earlier: UsedSegment[];
  private current: UsedSegment;
  private upcoming: Segment | null;
  /** What the maker is at. */
  private ordered: Segment | null = null;
  private fd: number;
  private slot: number;
  private next: number;
  private link: number;

  constructor({ folder, journal, segmentBytes, segments, end }: LogStart, shared: Shared) {
    this.folder = folder;
    this.journal = journal;
    this.segmentBytes = segmentBytes;
    this.shared = shared;
    this.slot = end.slot;
    this.next = end.next;
    this.link = end.link;
    const at = segments.findIndex(({ number }) => number === end.segment);
    this.earlier = segments.slice(0, Math.max(at, 0));
    this.upcoming = segments[at + 1] ?? null;
    this.current = { ...(segments[at] ?? this.makeNow(1)), first: segments[at]?.first ?? end.next };
    this.fd = openSync(segmentPath(folder, this.current.number), "r+");
  }

  /** How many records the next group can have. */
  room(): number {
    if (this.isFull()) this.rotate();
    return this.slots() - this.slot - 1;
  }

  /** Writes a group; it isn't on disk before `sync`. */
  write(count: number, parts: readonly Uint8Array[]): void {
    const group = { first: this.next, count, link: this.link, body: bodyOf(parts) };
    const seal = sealHeader(this.header, this.journal, group);
    writeAll(this.fd, [this.header.bytes, ...parts], this.slot * SLOT_BYTES);
    this.link = seal;
    this.slot += 1 + count;
    this.next += count;
  }

  sync(): void {
    fdatasyncSync(this.fd);
  }

  /** Notes that all before is on disk, where the next group will stand. Not synced: it is a help, and no promise hangs on it. */
  mark(): void {
    if (this.isFull() && this.isNextReady()) this.rotate();
    if (this.slot >= this.slots()) return;
    sealHeader(this.header, this.journal, { first: this.next, count: 0, link: this.link, body: 0 });
    writeAll(this.fd, [this.header.bytes], this.slot * SLOT_BYTES);
  }

  /** Sees to it that the next segment is there before it is needed. */
  prepare(): void {
    if (this.upcoming !== null || this.ordered !== null) return;
    const old = this.takeNeedless();
    this.ordered = { number: this.current.number + 1, bytes: old?.bytes ?? this.segmentBytes };
    const { control } = this.shared;
    Atomics.store(control, MAKE_BYTES, this.ordered.bytes);
    Atomics.store(control, OLD, old?.number ?? 0);
    Atomics.store(control, MAKE, this.ordered.number);
    ringBell(control, MAKE_BELL);
  }

  close(): void {
    closeSync(this.fd);
  }

  private slots(): number {
    return Math.floor(this.current.bytes / SLOT_BYTES);
  }

  private isFull(): boolean {
    return this.slots() - this.slot < 2;
  }

  private rotate(): void {
    const { number, bytes } = this.upcoming ?? this.awaitNext();
    closeSync(this.fd);
    this.fd = openSync(segmentPath(this.folder, number), "r+");
    this.earlier.push(this.current);
    this.current = { number, bytes, first: this.next };
    this.upcoming = null;
    this.slot = FIRST_SLOT;
    this.prepare();
  }

  private isNextReady(): boolean {
    if (this.ordered !== null && Atomics.load(this.shared.control, MADE) === this.ordered.number) {
      this.upcoming = this.ordered;
      this.ordered = null;
    }
    return this.upcoming !== null;
  }

  /** A maker that failed didn't stop the journal; now it must have the segment, or say why it can't. */
  private awaitNext(): Segment {
    this.prepare();
    const { control } = this.shared;
    for (;;) {
      const bell = Atomics.load(control, MADE_BELL);
      if (this.isNextReady()) return this.upcoming!;
      const number = this.current.number + 1;
      if (Atomics.load(control, MADE) === -number) {
        this.ordered = null;
        return this.makeNow(number);
      }
      assert(Atomics.load(control, STATE) !== DEAD, "the maker stopped");
      Atomics.wait(control, MADE_BELL, bell);
    }
  }

  private makeNow(number: number): Segment {
    const segment = { number, bytes: this.segmentBytes };
    makeSegment(this.folder, this.journal, segment, () => true);
    return segment;
  }

  /** The oldest segment, if all its records are covered by snapshots. */
  private takeNeedless(): Segment | null {
    const floor = Number(Atomics.load(this.shared.floor, 0));
    const { first } = this.earlier[1] ?? this.current;
    return this.earlier.length > 0 && first !== null && first <= floor + 1 ? this.earlier.shift()! : null;
  }
}

/** A write may be cut short, by a full disk or a limit: the rest then says why it can't be written. */
function writeAll(fd: number, parts: readonly Uint8Array[], position: number): void {
  const total = parts.reduce((sum, { length }) => sum + length, 0);
  let done = writevSync(fd, parts, position);
  if (done === total) return;
  const all = Buffer.concat(parts);
  while (done < total) done += writeSync(fd, all, done, total - done, position + done);
}
