import { closeSync, fdatasyncSync, openSync, writeSync, writevSync } from "node:fs";
import { bodyOf, SLOT_BYTES, type Slots, sealHeader, slotsOf } from "./group.ts";
import { FIRST_SLOT, type Segment, segmentPath } from "./segment.ts";
import { Spare, useAgain } from "./spare.ts";
import { systemTrouble } from "./trouble.ts";

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
  private readonly header: Slots = slotsOf(new ArrayBuffer(SLOT_BYTES));
  /** Oldest first; the current one is the last, or the last but one if the next is ready. */
  private segments: UsedSegment[];
  private current = -1;
  private fd = -1;
  private slot: number;
  private next: number;
  private link: number;
  private spare: Spare | null = null;
  private canPrepare = true;

  constructor({ folder, journal, segmentBytes, segments, end }: LogStart) {
    this.folder = folder;
    this.journal = journal;
    this.segmentBytes = segmentBytes;
    this.segments = [...segments];
    this.slot = end.slot;
    this.next = end.next;
    this.link = end.link;
    if (end.segment === null) this.makeNext(0);
    this.current = end.segment === null ? 0 : this.segments.findIndex(({ number }) => number === end.segment);
    this.open();
  }

  /** How many records the next group can have. */
  room(floor: number): number {
    if (this.isFull()) this.rotate(floor);
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
  mark(floor: number): void {
    if (this.isFull() && this.upcoming() !== undefined) this.rotate(floor);
    if (this.slot >= this.slots()) return;
    sealHeader(this.header, this.journal, { first: this.next, count: 0, link: this.link, body: 0 });
    writeAll(this.fd, [this.header.bytes], this.slot * SLOT_BYTES);
  }

  /**
   * Goes one step towards having the next segment ready, if that is due: at once when there is nothing else to do, else so that
   * it is ready when this one is half full. True: there is more to do. A disk that is too full for it fails only when it is needed.
   */
  prepare(floor: number, isIdle: boolean): boolean {
    if (!this.canPrepare || this.upcoming() !== undefined) return false;
    const used = (this.slot - FIRST_SLOT) / (this.slots() - FIRST_SLOT);
    if (!isIdle && (this.spare?.progress() ?? 0) >= 2 * used) return true;
    try {
      this.makeStep(floor);
    } catch (error) {
      if (systemTrouble(error) === null) throw error;
      this.dropSpare();
      this.canPrepare = false;
    }
    return this.canPrepare && this.upcoming() === undefined;
  }

  close(): void {
    this.dropSpare();
    closeSync(this.fd);
  }

  private slots(): number {
    return Math.floor(this.segments[this.current]!.bytes / SLOT_BYTES);
  }

  private isFull(): boolean {
    return this.slots() - this.slot < 2;
  }

  private upcoming(): UsedSegment | undefined {
    return this.segments[this.current + 1];
  }

  private rotate(floor: number): void {
    if (this.upcoming() === undefined) this.makeNext(floor);
    closeSync(this.fd);
    this.current++;
    this.slot = FIRST_SLOT;
    this.canPrepare = true;
    this.open();
  }

  private open(): void {
    const { number, bytes, first } = this.segments[this.current]!;
    this.fd = openSync(segmentPath(this.folder, number), "r+");
    if (first === null) this.segments[this.current] = { number, bytes, first: this.next };
  }

  private makeNext(floor: number): void {
    let isReady = false;
    while (!isReady) isReady = this.makeStep(floor);
  }

  /** True: the next segment is ready. */
  private makeStep(floor: number): boolean {
    const number = (this.segments.at(-1)?.number ?? 0) + 1;
    const made = this.spare === null ? this.reuse(floor, number) : null;
    if (made === null) this.spare ??= new Spare(this.folder, this.journal, { number, bytes: this.segmentBytes });
    const ready = made ?? this.spare!.step();
    if (ready === null) return false;
    this.spare = null;
    this.segments.push({ ...ready, first: null });
    return true;
  }

  /** The oldest segment, if all its records are covered by snapshots. */
  private reuse(floor: number, number: number): Segment | null {
    const [oldest, second] = this.segments;
    if (this.current < 1 || second!.first! > floor + 1) return null;
    const again = useAgain(this.folder, this.journal, oldest!, number);
    this.segments.shift();
    this.current--;
    return again;
  }

  private dropSpare(): void {
    this.spare?.giveUp();
    this.spare = null;
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
