import { renderProblems } from "../cli/index.ts";
import type { Problem } from "../ports/index.ts";

/** Ends the program before anything runs: every problem on its own line. Thrown by composition roots alone, caught in `cli.ts`. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";

  /** 2: the command line itself is wrong; 1: what it names. */
  readonly exit: 1 | 2;

  constructor(problems: readonly Problem[], more = 0) {
    super(renderProblems(problems, more));
    this.exit = problems.every(({ code }) => code === "USAGE") ? 2 : 1;
  }
}

/** One problem that has no place in a file. */
export const cannotStart = (code: string, what: string, wayOut?: string): CannotStart =>
  new CannotStart([{ code, file: null, what, ...(wayOut === undefined ? {} : { wayOut }) }]);
