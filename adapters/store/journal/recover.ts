import { closeSync, fdatasyncSync, openSync, writeSync } from "node:fs";
import { type Group, headerAt, isWhole, SLOT_BYTES, SLOT_WORDS, type Slots } from "./group.ts";
import type { End, UsedSegment } from "./log.ts";
import { FIRST_SLOT, HEADER_BYTES, type OpenedSegment, readSegment, readSlots, segmentNumbers } from "./segment.ts";
import { readSnapshot, type Snapshot, snapshotPath, snapshotSequences } from "./snapshot.ts";
import { cutOff } from "./spare.ts";
import { Damage, Unreadable } from "./trouble.ts";

/** Takes in what a journal holds: the newest good snapshot, if there is one, then each record after it, in order. */
export interface Replay {
  /** The state after all records up to `sequence`, as it was handed in. */
  snapshot(sequence: number, bytes: Uint8Array): void;
  /** Seven words from `at` on; `words` is used again. */
  record(sequence: number, words: Int32Array, at: number): void;
}

/** What was found in a folder. */
export interface Recovery {
  /** null: nothing is there yet. */
  readonly journal: number | null;
  readonly segments: readonly UsedSegment[];
  readonly end: End;
  /** Sequence of the snapshot that was handed out; 0: none. */
  readonly snapshot: number;
  /** Damaged snapshots that are newer than it. */
  readonly passedOver: readonly string[];
}

/**
 * Reads a journal and says where it goes on. A group that isn't whole ends it, if nothing proves that it ever was: it is what
 * a crash left of the one group that wasn't acknowledged. Proof is anything written after a later sync: a group or a mark with
 * a higher sequence further on, or a snapshot.
 */
export function recover(folder: string, replay: Replay, acceptLossFrom: number | null = null): Recovery {
  const segments = segmentNumbers(folder).map((number) => readSegment(folder, number));
  const journal = segments[0]?.journal ?? null;
  const foreign = segments.find((segment) => segment.journal !== journal);
  if (foreign !== undefined) throw new Unreadable("JOURNAL_FOREIGN", foreign.path, "it belongs to another journal");
  const { snapshot, passedOver } = newestGood(folder, journal);
  const after = snapshot?.sequence ?? 0;
  const found = { snapshot: after, passedOver, journal };
  if (journal === null) {
    if (snapshotSequences(folder).length > 0) throw new Unreadable("JOURNAL_DAMAGED", folder, "it has snapshots, but no segment");
    return { ...found, segments: [], end: { segment: null, slot: FIRST_SLOT, next: 1, link: 0 } };
  }
  const firsts = firstsOf(segments);
  if (snapshot !== null) replay.snapshot(after, snapshot.bytes);
  const end = endOf(folder, acceptLossFrom, () => new Reader(segments, replay, after).follow(startOf(segments, firsts, after)));
  const there = new Set(segmentNumbers(folder));
  const used = segments.map((segment, at) => ({ ...segment, first: isBehind(segment, end) ? null : firstAfter(firsts, at) }));
  return { ...found, segments: used.filter(({ number }) => there.has(number)), end };
}

const isBehind = ({ number }: OpenedSegment, { segment, slot }: End): boolean =>
  number > segment! || (number === segment && slot === FIRST_SLOT);

/** Where the journal ends, or where it is damaged if that is where the caller says it may end. */
function endOf(folder: string, acceptLossFrom: number | null, follow: () => End): End {
  try {
    return follow();
  } catch (error) {
    if (!(error instanceof Damage) || error.place.from !== acceptLossFrom) throw error;
    const { segment, slot, from, link } = error.place;
    cutOff(folder, segment, slot);
    return { segment, slot, next: from, link };
  }
}

function newestGood(folder: string, journal: number | null) {
  const passedOver: string[] = [];
  for (const sequence of journal === null ? [] : snapshotSequences(folder)) {
    const snapshot: Snapshot | "damaged" = readSnapshot(folder, journal!, sequence);
    if (snapshot !== "damaged") return { snapshot, passedOver };
    passedOver.push(snapshotPath(folder, sequence));
  }
  return { snapshot: null, passedOver };
}

/** The first group of each segment; null where none stands, or one from the segment's earlier use. */
function firstsOf(segments: readonly OpenedSegment[]): readonly (Group | null)[] {
  let highest = 0;
  return segments.map(({ path, journal }) => {
    const group = headerAt(readSlots(path, HEADER_BYTES, SLOT_BYTES), 0, journal);
    if (group === null || group.first < highest) return null;
    highest = group.first;
    return group;
  });
}

/** Where a segment begins, or the next one does whose beginning can be read. */
const firstAfter = (firsts: readonly (Group | null)[], at: number): number | null =>
  firsts.slice(at).find((group) => group !== null)?.first ?? null;

interface Start {
  readonly at: number;
  readonly next: number;
  readonly link: number;
}

/** The last segment that begins with the first record that is needed, or before it. */
function startOf(segments: readonly OpenedSegment[], firsts: readonly (Group | null)[], after: number): Start {
  const at = firsts.findLastIndex((group) => group !== null && group.first <= after + 1);
  if (at >= 0) return { at, next: firsts[at]!.first, link: firsts[at]!.link };
  const { number, path } = segments[0]!;
  if (after === 0 && number === 1 && firsts[0] === null) return { at: 0, next: 1, link: 0 };
  const begins = firstAfter(firsts, 0) ?? "nothing";
  const what = `records from sequence ${after + 1} on are missing: it begins with ${begins}`;
  throw new Damage(path, what, { segment: number, slot: FIRST_SLOT, from: after + 1, link: 0 });
}

class Reader {
  private readonly segments: readonly OpenedSegment[];
  private readonly replay: Replay;
  private readonly after: number;
  private next = 0;
  private link = 0;
  /** Where the last whole group stands. */
  private newest: { readonly path: string; readonly offset: number; readonly bytes: Uint8Array } | null = null;

  constructor(segments: readonly OpenedSegment[], replay: Replay, after: number) {
    this.segments = segments;
    this.replay = replay;
    this.after = after;
  }

  follow(start: Start): End {
    this.next = start.next;
    this.link = start.link;
    for (let at = start.at; ; at++) {
      const segment = this.segments[at]!;
      const slots = readSlots(segment.path, 0, segment.bytes);
      const slot = this.through(segment, slots);
      const isFull = segment.bytes / SLOT_BYTES - slot < 2;
      if (isFull && at + 1 < this.segments.length) continue;
      this.assertNothingLost(at, slot, slots);
      this.writeNewestAgain();
      return { segment: segment.number, slot, next: this.next, link: this.link };
    }
  }

  /** Hands out the groups of one segment; the slot where they end. */
  private through(segment: OpenedSegment, slots: Slots): number {
    let slot = FIRST_SLOT;
    while ((slot + 2) * SLOT_BYTES <= segment.bytes) {
      const group = headerAt(slots, slot, segment.journal);
      if (group === null || group.first !== this.next) return slot;
      if (group.link !== this.link) throw this.damage(segment, slot, "it doesn't follow from the records before it");
      if (group.count === 0 || !isWhole(slots, slot, group)) return slot;
      for (let i = 0; i < group.count; i++) this.handOut(slots.words, slot + 1 + i);
      const offset = slot * SLOT_BYTES;
      this.newest = { path: segment.path, offset, bytes: slots.bytes.subarray(offset, offset + (1 + group.count) * SLOT_BYTES) };
      this.link = group.seal;
      slot += 1 + group.count;
    }
    return slot;
  }

  private handOut(words: Int32Array, slot: number): void {
    const sequence = this.next++;
    if (sequence > this.after) this.replay.record(sequence, words, slot * SLOT_WORDS);
  }

  /** A group was begun only when all before it was on disk: one that is found behind the end proves that the end is damage. */
  private assertNothingLost(at: number, slot: number, slots: Slots): void {
    const segment = this.segments[at]!;
    const later = laterGroup(slots, slot, segment, this.next);
    if (later !== null) throw this.damage(segment, slot, `a later group, from sequence ${later}, is there`);
    for (const { path, bytes, journal } of this.segments.slice(at + 1)) {
      const first = laterGroup(readSlots(path, 0, bytes), FIRST_SLOT, { bytes, journal }, this.next);
      if (first !== null) throw this.damage(segment, slot, `a later group, from sequence ${first}, is in ${path}`);
    }
    if (this.next <= this.after) throw this.allDamaged(segment, slot);
  }

  private damage({ path, number }: OpenedSegment, slot: number, proof: string): Damage {
    const what = `damaged at offset ${slot * SLOT_BYTES}, from sequence ${this.next} on: ${proof}`;
    return new Damage(path, what, { segment: number, slot, from: this.next, link: this.link });
  }

  /** The snapshot stands for more than is here: the only way on is from it. */
  private allDamaged({ path }: OpenedSegment, slot: number): Damage {
    const what = `damaged at offset ${slot * SLOT_BYTES}, from sequence ${this.next} on: there is a snapshot of sequence ${this.after}`;
    return new Damage(path, what, { segment: this.segments[0]!.number, slot: FIRST_SLOT, from: this.after + 1, link: 0 });
  }

  /**
   * The last group may be in the kernel's memory alone, even after a sync of ours: a sync that failed in an earlier life has
   * marked it as clean. All groups before it were synced before it was begun.
   */
  private writeNewestAgain(): void {
    if (this.newest === null) return;
    const { path, offset, bytes } = this.newest;
    const fd = openSync(path, "r+");
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done, bytes.length - done, offset + done);
      fdatasyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}

/** Sequence of a group or mark from `slot` on that is later than `next`; those of a segment's earlier use are older. */
function laterGroup(slots: Slots, slot: number, { bytes, journal }: Pick<OpenedSegment, "bytes" | "journal">, next: number): number | null {
  for (let at = slot; (at + 1) * SLOT_BYTES <= bytes; at++) {
    const group = headerAt(slots, at, journal);
    if (group !== null && group.first > next) return group.first;
  }
  return null;
}
