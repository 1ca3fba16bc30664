import { renderProblems } from "../cli/index.ts";
import type { Problem } from "../ports/index.ts";

/** Ends the program before anything runs: every problem on its own line, exit 1. Thrown by composition roots alone, caught in `cli.ts`. */
export class CannotStart extends Error {
  override readonly name = "CannotStart";

  constructor(problems: readonly Problem[], more = 0) {
    super(renderProblems(problems, more));
  }
}

/** One problem that has no place in a file. */
export const cannotStart = (code: string, what: string, wayOut?: string): CannotStart =>
  new CannotStart([{ code, file: null, what, ...(wayOut === undefined ? {} : { wayOut }) }]);
