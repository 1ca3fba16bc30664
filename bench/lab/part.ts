import type { Row } from "../engine/frame.ts";

/** What a part of the laboratory works with. */
export interface LabFrame {
  /** Fewer of everything, to see that it runs; figures are rough. */
  readonly quick: boolean;
  /** Thrown away at the end. */
  readonly folder: string;
  /** What chance is drawn from; printed, and `--seed N` repeats it. Moments of real processes don't repeat exactly. */
  readonly seed: number;
  readonly say: (line: string) => void;
}

/** A file of bench/lab that exports a `part` is one; its name is the file's. */
export interface LabPart {
  readonly method: readonly string[];
  readonly leftOut: readonly string[];
  readonly run: (frame: LabFrame) => Promise<readonly Row[]>;
}
