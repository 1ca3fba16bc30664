import type { Problem } from "../ports/index.ts";
import { suggest } from "./suggest.ts";

/** One problem as a line: "street.yaml:4:3: trading.sel: unknown key; did you mean \"sell\"?". */
export function renderProblem(problem: Problem): string {
  const nearest = problem.meant === undefined ? null : suggest(problem.meant.written, problem.meant.known);
  const wayOut = [nearest === null ? null : `did you mean "${nearest}"?`, problem.wayOut ?? null].filter((part) => part !== null).join(" ");
  const where = [placeOf(problem), problem.key ?? null].filter((part) => part !== null);
  return printable([...where, wayOut === "" ? problem.what : `${problem.what}; ${wayOut}`].join(": "));
}

/** All problems for the terminal, one a line, and how many more there are. */
export function renderProblems(problems: readonly Problem[], more = 0): string {
  const lines = problems.map(renderProblem);
  return [...lines, ...(more > 0 ? [`... and ${more} more`] : [])].join("\n");
}

function placeOf({ file, line, column }: Problem): string | null {
  if (file === null) return null;
  return [file, line, line === undefined ? undefined : column].filter((part) => part !== undefined).join(":");
}

/** What a file says must not steer the terminal: control characters are shown, not sent. */
const printable = (text: string): string =>
  text.replaceAll(/\p{Cc}/gu, (char) => `\\x${char.codePointAt(0)!.toString(16).padStart(2, "0")}`);
