import type { Result } from "../../engine/kernel/index.ts";

/** Inputs on disk before anybody is told; records of seven words, in order. */
export interface Journal {
  /** Words of a record. Returns its sequence; sequences rise by one. */
  append(words: Int32Array, at: number): number;
  /** Rejects when the disk has failed: then nothing is acknowledged any more, and the process must stop. */
  whenDurable(sequence: number): Promise<void>;
  /** The state after all records up to `sequence`; what is before it needn't be replayed. */
  snapshot(sequence: number, bytes: Uint8Array): Promise<Result<null>>;
}

/** What a journal holds when it is opened: the newest snapshot, then each record after it. */
export interface JournalReplay {
  snapshot(sequence: number, bytes: Uint8Array): void;
  record(sequence: number, words: Int32Array, at: number): void;
}
