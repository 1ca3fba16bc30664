import { randomInt } from "node:crypto";
import { mkdirSync, rmSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { assert, ok, type Result } from "../../../engine/kernel/index.ts";
import { SLOT_BYTES } from "./group.ts";
import { type Lock, takeLock } from "./lock.ts";
import type { LogStart } from "./log.ts";
import { type Recovery, type Replay, recover } from "./recover.ts";
import { openRing, type Ring } from "./ring.ts";
import { sparePath } from "./segment.ts";
import { allocate, attach, CLOSING, DURABLE, deathOf, die, RUNNING, ringAll, type Shared, STATE, TAIL, WRITTEN } from "./shared.ts";
import { removeSnapshots, saveSnapshot, snapshotSequences } from "./snapshot.ts";
import { LEAST_BYTES } from "./spare.ts";
import { type JournalCode, refusal, systemTrouble, Unreadable } from "./trouble.ts";
import { Waiters } from "./waiters.ts";
import type { WorkerStart } from "./worker.ts";

export interface JournalOptions {
  /** Size of a new segment file, a multiple of 32. 64 MiB if not said. */
  readonly segmentBytes?: number;
  /** Records that fit between the caller and the disk, a power of two. 65 536 if not said, 2 MiB. */
  readonly ringRecords?: number;
  /** A journal that is damaged from exactly this sequence on loses what follows, for good; the refusal names the number. */
  readonly acceptLossFrom?: number;
}

/** What was found when a journal was opened. */
export interface Recovered {
  /** Sequence of the last record; 0: none. */
  readonly last: number;
  /** Sequence of the snapshot that was handed out; 0: none. */
  readonly snapshot: number;
  /** Files of damaged snapshots that were passed over for it. */
  readonly passedOver: readonly string[];
}

const DEFAULTS = { segmentBytes: 64 * 1024 * 1024, ringRecords: 65_536 } as const;

/**
 * The journal in `folder`, which is made when it is missing. Hands what it holds to `replay` before it returns; what `replay`
 * throws comes out of here.
 */
export async function openJournal(
  folder: string,
  replay: Replay,
  options: JournalOptions = {},
): Promise<Result<{ readonly journal: Journal; readonly recovered: Recovered }, JournalCode>> {
  const { segmentBytes, ringRecords } = { ...DEFAULTS, ...options };
  assert(
    segmentBytes % SLOT_BYTES === 0 && segmentBytes >= LEAST_BYTES && segmentBytes < 2 ** 31,
    "a segment has whole slots, below 2 GiB",
  );
  assert(ringRecords >= 2 && ringRecords <= 2 ** 24 && (ringRecords & (ringRecords - 1)) === 0, "a ring's length is a power of two");
  let lock: Lock | null = null;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    lock = takeLock(folder);
    const recovery = recover(folder, replay, options.acceptLossFrom ?? null);
    rmSync(sparePath(folder), { force: true });
    const journal = await start(folder, { recovery, lock, segmentBytes, ringRecords });
    const { snapshot, passedOver, end } = recovery;
    return ok({ journal, recovered: { last: end.next - 1, snapshot, passedOver } });
  } catch (error) {
    lock?.release();
    return refused(folder, error);
  }
}

function refused(folder: string, error: unknown) {
  if (error instanceof Unreadable) return refusal(error.code, error.path, error.message);
  const trouble = systemTrouble(error);
  if (trouble === null) throw error;
  return refusal(trouble.code, trouble.path ?? folder, trouble.what);
}

interface Parts {
  readonly recovery: Recovery;
  readonly lock: Lock;
  readonly segmentBytes: number;
  readonly ringRecords: number;
}

async function start(folder: string, { recovery, lock, segmentBytes, ringRecords }: Parts): Promise<Journal> {
  const { segments, end } = recovery;
  const memory = allocate(ringRecords);
  const shared = attach(memory);
  for (const word of [TAIL, WRITTEN, DURABLE]) shared.control[word] = end.next - 1;
  const name = recovery.journal ?? randomInt(1, 2 ** 31);
  const log: LogStart = { folder, journal: name, segmentBytes, segments, end };
  const data = { memory, log } satisfies WorkerStart;
  const threads = [startThread("worker.ts", data, shared)];
  await Promise.race([happens(threads[0]!, "message"), happens(threads[0]!, "exit")]);
  const death = deathOf(shared);
  if (death !== null) throw new Unreadable(death.code, folder, death.message);
  threads.push(startThread("maker.ts", data, shared));
  return new Journal(folder, name, shared, threads, lock, recovery);
}

const happens = (thread: Worker, event: string): Promise<void> => new Promise((resolve) => thread.once(event, () => resolve()));

/** A thread that stops by itself is a bug of ours; whoever waits is told all the same. */
function startThread(file: string, workerData: WorkerStart, shared: Shared): Worker {
  const thread = new Worker(new URL(`./${file}`, import.meta.url), { workerData });
  thread.on("error", (error) => {
    if (deathOf(shared) === null) die(shared, "JOURNAL_FAILED", `a thread stopped: ${error.stack}`);
  });
  return thread;
}

/** Records in, on disk before anybody is told. Sequences count from 1 and go on through all lives. */
export class Journal {
  /**
   * Takes seven words from `at` on and returns the record's sequence. Records are handed to the disk in batches: call `flush` at
   * the end of a turn. Sleeps while the ring is full: an input that can't be journaled can't be accepted either, and this way no
   * caller can lose one by overlooking a refusal; who would rather refuse asks `room` first. Throws JournalFatal once the
   * journal is dead, though not at once: nothing is acknowledged any more, which is what counts.
   */
  readonly append: (words: Int32Array, at: number) => number;

  private readonly folder: string;
  private readonly name: number;
  private readonly shared: Shared;
  private readonly ring: Ring;
  private readonly waiters: Waiters;
  private readonly lock: Lock;
  private readonly ended: Promise<unknown>;
  /** Sequences of good snapshots, newest first. */
  private kept: readonly number[];
  private saving: Promise<unknown> = Promise.resolve();
  private closing: Promise<void> | null = null;

  constructor(folder: string, name: number, shared: Shared, threads: readonly Worker[], lock: Lock, recovery: Recovery) {
    this.folder = folder;
    this.name = name;
    this.shared = shared;
    this.lock = lock;
    this.ring = openRing(shared, recovery.end.next - 1);
    this.append = this.ring.append;
    this.waiters = new Waiters(shared, this.ring);
    this.kept = snapshotSequences(folder)
      .filter((sequence) => sequence <= recovery.snapshot)
      .slice(0, 2);
    setFloor(shared, this.kept);
    this.ended = Promise.all(threads.map((thread) => happens(thread, "exit")));
  }

  flush(): void {
    this.ring.flush();
  }

  /** How many records can be appended without waiting for the disk. */
  room(): number {
    return this.ring.room();
  }

  /** All records up to this sequence are on disk and may be acknowledged. */
  durable(): number {
    return this.ring.durable();
  }

  /** How many groups were synced since it was opened, to 2^32; appended records through this is the average group. */
  groups(): number {
    return this.ring.groups();
  }

  /** Flushes. Rejects with JournalFatal if the journal died before. */
  async whenDurable(sequence: number): Promise<void> {
    assert(sequence <= this.ring.appended(), `sequence ${sequence} was not appended yet`);
    if (sequence <= this.ring.durable()) return;
    try {
      this.ring.flush();
    } catch (death) {
      // It may have died since, after bringing this record to disk.
      if (sequence > this.ring.durable()) throw death;
    }
    await this.waiters.wait(sequence);
  }

  /**
   * Keeps `bytes` as the state after all records up to `sequence`; they mustn't change before it is done. The last two are kept,
   * so that a damaged one costs time and no data, and segments wholly before the older one are used again. A snapshot that
   * couldn't be written is refused, and the journal goes on.
   */
  snapshot(sequence: number, bytes: Uint8Array): Promise<Result<null, JournalCode>> {
    assert(this.closing === null, "the journal is closed");
    const saved = this.saving.then(() => this.save(sequence, bytes));
    this.saving = saved.catch(() => null);
    return saved;
  }

  private async save(sequence: number, bytes: Uint8Array): Promise<Result<null, JournalCode>> {
    assert(sequence > 0 && sequence >= (this.kept[0] ?? 0), `there is a newer snapshot than ${sequence}`);
    await this.whenDurable(sequence);
    try {
      await saveSnapshot(this.folder, this.name, { sequence, bytes });
      this.kept = [sequence, ...this.kept.filter((older) => older < sequence)].slice(0, 2);
      removeSnapshots(this.folder, (each) => this.kept.includes(each));
    } catch (error) {
      return refused(this.folder, error);
    }
    setFloor(this.shared, this.kept);
    return ok(null);
  }

  /** All that was appended is on disk when it is done; until then the process lives. Rejects with JournalFatal if that can't be. */
  close(): Promise<void> {
    this.closing ??= this.end();
    return this.closing;
  }

  private async end(): Promise<void> {
    await this.saving;
    const { control } = this.shared;
    if (deathOf(this.shared) === null) this.ring.flush();
    Atomics.compareExchange(control, STATE, RUNNING, CLOSING);
    ringAll(control);
    await this.ended;
    this.lock.release();
    const death = deathOf(this.shared);
    if (death !== null) throw death;
  }
}

/** Records before the older of two snapshots aren't needed any more; with one alone they are, should it be damaged. */
function setFloor({ floor }: Shared, kept: readonly number[]): void {
  Atomics.store(floor, 0, BigInt(kept.length === 2 ? kept[1]! : 0));
}
