/** One thing that is wrong with what a person gave us: where it is, what it is, and the way out. Data; `src/cli/problems.ts` makes the sentence. */
export interface Problem {
  /** Public, upper case, never renamed. */
  readonly code: string;
  /** As the person wrote it; null on the command line. */
  readonly file: string | null;
  /** From 1. */
  readonly line?: number;
  /** From 1. */
  readonly column?: number;
  /** The configuration key ("market.tick"), the CSV column or the flag. */
  readonly key?: string;
  /** Without a full stop. */
  readonly what: string;
  readonly wayOut?: string;
  /** What was written where one of `known` was meant; the nearest is offered. */
  readonly meant?: { readonly written: string; readonly known: readonly string[] };
}

/** A Result whose failure carries every problem found: the first ones as data, the rest as a count. */
export type Checked<T, Code extends string = string> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly code: Code; readonly detail: string; readonly problems: readonly Problem[]; readonly more: number };
