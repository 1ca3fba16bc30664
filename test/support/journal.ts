import { type Journal, type JournalOptions, openJournal, type Recovered, type Replay } from "../../adapters/store/index.ts";

/** Seven words that tell records apart, from a sequence. */
export const wordsOf = (sequence: number): Int32Array =>
  Int32Array.from({ length: 7 }, (_, word) => Math.imul(sequence + word, 0x9e37_79b1));

/** A replay that keeps all it gets, as lists. */
export interface Kept extends Replay {
  readonly snapshots: { readonly sequence: number; readonly bytes: readonly number[] }[];
  readonly sequences: number[];
  readonly words: (readonly number[])[];
}

export function keeping(): Kept {
  const kept: Kept = {
    snapshots: [],
    sequences: [],
    words: [],
    snapshot: (sequence, bytes) => kept.snapshots.push({ sequence, bytes: [...bytes] }),
    record: (sequence, words, at) => {
      kept.sequences.push(sequence);
      kept.words.push([...words.subarray(at, at + 7)]);
    },
  };
  return kept;
}

export interface Opened extends Kept {
  readonly journal: Journal;
  readonly recovered: Recovered;
}

const opened: Journal[] = [];

/** For afterEach: a journal that a failed test left open keeps its thread, and the process. */
export async function closeAll(): Promise<void> {
  await Promise.allSettled(opened.splice(0).map((journal) => journal.close()));
}

/** With small segments, if nothing else is said. */
export async function openKeeping(path: string, options: JournalOptions = {}): Promise<Opened> {
  const kept = keeping();
  const result = await openJournal(path, kept, { segmentBytes: 65_536, ...options });
  if (!result.ok) throw new Error(`${result.code} ${result.detail}`);
  opened.push(result.value.journal);
  return { ...kept, ...result.value };
}

/** Appends the next `count` records, each with the words of its sequence, and waits until they are on disk. */
export async function appendDurably(journal: Journal, count: number): Promise<number> {
  const last = appendAll(journal, journal.durable(), count);
  await journal.whenDurable(last);
  return last;
}

export function appendAll(journal: Journal, after: number, count: number): number {
  let last = after;
  for (let i = 1; i <= count; i++) last = journal.append(wordsOf(after + i), 0);
  return last;
}

export const upTo = (last: number, first = 1): readonly number[] => Array.from({ length: last - first + 1 }, (_, at) => first + at);
