import { closeSync, fdatasyncSync, fsyncSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from "node:fs";
import { availableParallelism, loadavg } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { type Journal, openJournal, type Replay } from "../../adapters/store/index.ts";
import { atLeast, atMost, type Frame, median, p50, p99, type Row } from "./frame.ts";

/**
 * The journal: records durable per second, and how long a record waits until it is on disk, from the moment it was due (open
 * loop), beside one raw pwrite and fdatasync of a file of the same kind. Wall time: a disk is waited for. Left out: power cuts,
 * snapshots and the event loop's part in telling who waits; the caller looks at `durable` without pause.
 */
export const name = "journal";

const SEGMENT_BYTES = 64 * 1024 * 1024;
const RECORD_BYTES = 32;
const PAYLOAD_WORDS = 7;
const RATES = [10_000, 100_000, 1_000_000, 3_000_000, 6_000_000];
const TMPFS = 0x0102_1994;

/** Payloads, used round and round. */
const TABLE = 4096;
const PAYLOADS = Int32Array.from({ length: TABLE * PAYLOAD_WORDS }, (_, at) => Math.imul(at + 1, 0x9e37_79b1));

/** Sequence of the last one. */
function appendSome(journal: Journal, count: number): number {
  let last = 0;
  for (let i = 0; i < count; i++) last = journal.append(PAYLOADS, (i % TABLE) * PAYLOAD_WORDS);
  return last;
}

export async function run(frame: Frame): Promise<readonly Row[]> {
  const raw = openRaw(frame);
  raw.commits(1, 200);
  const loops: OpenLoop[] = [];
  const single: number[] = [];
  for (const rate of RATES) {
    single.push(p50(raw.commits(1, 400)));
    loops.push(await openLoop(frame, rate, raw));
    single.push(p50(raw.commits(1, 400)));
  }
  const rawUs = median(single);
  const rows = [rawRow(rawUs, frame.folder), ...loops.flatMap((loop) => loopRows(loop, rawUs)), ...(await floods(frame))];
  raw.close();
  return rows;
}

interface Raw {
  /** Microseconds of so many commits of `records` records each. */
  commits(records: number, times: number): readonly number[];
  close(): void;
}

/** The control: a file written with zeros and synced, then written over in place. */
function openRaw(frame: Frame): Raw {
  const fd = openSync(join(frame.folder, "raw"), "w");
  const zeros = new Uint8Array(1 << 20);
  for (let at = 0; at < SEGMENT_BYTES; at += zeros.length) writeSync(fd, zeros, 0, zeros.length, at);
  fsyncSync(fd);
  let position = 0;
  const commit = (bytes: Uint8Array): number => {
    if (position + bytes.length > SEGMENT_BYTES) position = 0;
    const start = performance.now();
    writeSync(fd, bytes, 0, bytes.length, position);
    fdatasyncSync(fd);
    position += bytes.length;
    return (performance.now() - start) * 1000;
  };
  return {
    commits: (records, times) => {
      const bytes = new Uint8Array(records * RECORD_BYTES).fill(1);
      return Array.from({ length: times }, () => commit(bytes));
    },
    close: () => closeSync(fd),
  };
}

function rawRow(us: number, folder: string): Row {
  const load = `load ${loadavg()[0]!.toFixed(1)} on ${availableParallelism()} cores, of which the journal keeps two busy`;
  const isMemory = statfsSync(folder).type === TMPFS;
  const note = isMemory ? "the temporary folder is in memory: these figures say nothing about a disk" : `the control; ${load}`;
  return { what: "raw pwrite and fdatasync of one record, p50", value: us, unit: "us", goal: null, note };
}

/** Medians over the rounds, of latencies from the moment a record was due until the caller saw that it is durable. */
interface OpenLoop {
  readonly rate: number;
  readonly p50Us: number;
  readonly p99Us: number;
  /** Records per second that became durable. */
  readonly achieved: number;
  readonly group: number;
  /** A raw commit of as many records as the average group. */
  readonly rawUs: number;
}

async function openLoop(frame: Frame, rate: number, raw: Raw): Promise<OpenLoop> {
  const rounds: Round[] = [];
  const raws: number[] = [];
  for (let round = 0; round < frame.rounds(5); round++) {
    const journal = await openNew(frame);
    rounds.push(offer(journal, rate, frame.quick ? 1 : 2));
    await journal.close();
    raws.push(p50(raw.commits(Math.max(1, Math.round(rounds.at(-1)!.group)), 200)));
  }
  const of = (key: keyof Round): number => median(rounds.map((round) => round[key]));
  return { rate, p50Us: of("p50Us"), p99Us: of("p99Us"), achieved: of("achieved"), group: of("group"), rawUs: median(raws) };
}

type Round = Omit<OpenLoop, "rate" | "rawUs">;

const SAMPLES = 200_000;

/** Record i is due at i / rate, whatever became of those before. The caller never sleeps: it appends what is due and looks what is durable. */
function offer(journal: Journal, rate: number, seconds: number): Round {
  const count = rate * seconds;
  const stride = Math.max(1, Math.ceil(count / SAMPLES));
  const latencies = new Float64Array(Math.ceil(count / stride));
  const before = journal.durable();
  const groups = journal.groups();
  const start = performance.now();
  let [appended, durable, sampled, now] = [0, 0, 0, start];
  while (durable < count) {
    const due = Math.min(count, Math.floor(((performance.now() - start) / 1000) * rate));
    // Not more than the ring takes: what is late is late in the figures too.
    const some = Math.min(due - appended, journal.room());
    if (some > 0) {
      appendSome(journal, some);
      journal.flush();
      appended += some;
    }
    durable = journal.durable() - before;
    now = performance.now();
    for (; sampled < durable; sampled += stride) latencies[sampled / stride] = (now - start) * 1000 - (sampled / rate) * 1e6;
  }
  const achieved = (count / (now - start)) * 1000;
  return { p50Us: p50(latencies), p99Us: p99(latencies), achieved, group: count / (journal.groups() - groups) };
}

function loopRows(loop: OpenLoop, rawUs: number): readonly Row[] {
  const { rate, group } = loop;
  const offered = rate >= 1e6 ? `${rate / 1e6} M/s` : `${rate / 1000} k/s`;
  const isGoal = rate === 1_000_000;
  return [
    {
      what: `offered ${offered}: due to durable, p50`,
      value: loop.p50Us,
      unit: "us",
      goal: null,
      note: `p99 ${Math.round(loop.p99Us)} us, groups of ${group.toFixed(1)}; raw commit of as many ${Math.round(loop.rawUs)} us`,
    },
    { what: "  achieved", value: loop.achieved, unit: "/s", goal: isGoal ? atLeast(rate * 0.99) : null, note: "" },
    {
      what: "  p50 as a multiple of one raw commit of one record",
      value: loop.p50Us / rawUs,
      unit: "x",
      goal: isGoal ? atMost(2) : null,
      note: "",
    },
  ];
}

/** As fast as it goes: nothing waits for its moment, the full ring holds the caller back. */
async function floods(frame: Frame): Promise<readonly Row[]> {
  const count = frame.quick ? 2_000_000 : 8_000_000;
  const perSecond: number[] = [];
  const appendNs: number[] = [];
  const replayed: number[] = [];
  for (let round = 0; round < frame.rounds(5); round++) {
    const journal = await openNew(frame);
    const start = performance.now();
    await journal.whenDurable(appendSome(journal, count));
    perSecond.push((count / (performance.now() - start)) * 1000);
    for (let burst = 0; burst < 50; burst++) appendNs.push(await appendCost(journal));
    const last = journal.durable();
    await journal.close();
    replayed.push(await replayRate(frame, last));
  }
  const note = "segments are made anew all the while";
  return [
    { what: "durable, as fast as it goes", value: median(perSecond), unit: "/s", goal: atLeast(1_000_000), note },
    { what: "  an append on the caller's thread, ring not full", value: median(appendNs), unit: "ns", goal: null, note: "bursts of 32 k" },
    {
      what: "  replay of all that",
      value: median(replayed),
      unit: "/s",
      goal: null,
      note: "read from the kernel's memory, checked, handed out",
    },
  ];
}

const BURST = 32_768;

async function appendCost(journal: Journal): Promise<number> {
  const start = performance.now();
  const last = appendSome(journal, BURST);
  const ns = ((performance.now() - start) * 1e6) / BURST;
  await journal.whenDurable(last);
  return ns;
}

/** Throws unless all that was durable comes back. */
async function replayRate(frame: Frame, last: number): Promise<number> {
  let count = 0;
  const start = performance.now();
  const journal = await openIn(frame, { snapshot: () => {}, record: () => void count++ });
  const perSecond = (count / (performance.now() - start)) * 1000;
  await journal.close();
  if (count !== last) throw new Error(`${count} records came back of ${last}`);
  return perSecond;
}

const folderOf = (frame: Frame): string => join(frame.folder, "journal");

/** With its next segment ready: that is being made for a moment after the start. */
async function openNew(frame: Frame): Promise<Journal> {
  rmSync(folderOf(frame), { recursive: true, force: true });
  const journal = await openIn(frame, { snapshot: () => {}, record: () => {} });
  while (!readdirSync(folderOf(frame)).includes("0000000002.segment")) await sleep(10);
  return journal;
}

async function openIn(frame: Frame, replay: Replay): Promise<Journal> {
  const opened = await openJournal(folderOf(frame), replay, { segmentBytes: SEGMENT_BYTES });
  if (!opened.ok) throw new Error(`${opened.code} ${opened.detail}`);
  return opened.value.journal;
}
