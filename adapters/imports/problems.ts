import type { Checked, Problem } from "../../src/ports/index.ts";

/** Everything that can be wrong with a readings file. Public: never renamed, each with a line in this folder's README. */
export const READINGS_CODES = [
  "READINGS_MISSING",
  "READINGS_NO_PERMISSION",
  "READINGS_NOT_A_FILE",
  "READINGS_UNREADABLE",
  "READINGS_EMPTY",
  "READINGS_TOO_LARGE",
  "READINGS_GZIP_CORRUPT",
  "READINGS_NOT_TEXT",
  "READINGS_FOREIGN_FORMAT",
  "READINGS_COLUMNS",
  "READINGS_HEADER_AGAIN",
  "READINGS_CELLS",
  "READINGS_TIME",
  "READINGS_HOME",
  "READINGS_UNKNOWN_ENERGY",
  "READINGS_NOT_AN_INTEGER",
  "READINGS_NEGATIVE",
  "READINGS_IMPLAUSIBLE",
  "READINGS_UNSORTED",
  "READINGS_DUPLICATE",
  "READINGS_RESOLUTION",
  "READINGS_OFF_GRID",
  "READINGS_GAP",
  "READINGS_HOME_UNKNOWN",
  "READINGS_WINDOW",
  "READINGS_SPLIT",
] as const;

export type ReadingsCode = (typeof READINGS_CODES)[number];

const SHOWN = 20;
/** One kind of trouble may not hide the others. */
const SHOWN_PER_CODE = 6;

/** Collects problems of one file: keeps the first of each kind, counts all. */
export class Problems {
  readonly #shown: Problem[] = [];
  readonly #counts = new Map<ReadingsCode, number>();

  readonly #file: string;

  constructor(file: string) {
    this.#file = file;
  }

  add(code: ReadingsCode, problem: Omit<Problem, "code" | "file">): void {
    const count = (this.#counts.get(code) ?? 0) + 1;
    this.#counts.set(code, count);
    if (count <= SHOWN_PER_CODE && this.#shown.length < SHOWN) this.#shown.push({ code, file: this.#file, ...problem });
  }

  count(code: ReadingsCode): number {
    return this.#counts.get(code) ?? 0;
  }

  get total(): number {
    return [...this.#counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** By line where they have one; what concerns the whole file comes first. */
  failure(): Extract<Checked<never, ReadingsCode>, { ok: false }> {
    const problems = [...this.#shown].sort((a, b) => (a.line ?? 0) - (b.line ?? 0));
    const first = problems[0]!;
    const detail = `${this.#file}: ${first.what}${this.total > 1 ? ` (and ${this.total - 1} more)` : ""}`;
    return { ok: false, code: first.code as ReadingsCode, detail, problems, more: this.total - problems.length };
  }
}
