import { type Grid, type Hole, iso } from "./grid.ts";
import type { Problems } from "./problems.ts";

/** What is replayed of a file; unix seconds, `until` is exclusive. */
export interface Window {
  readonly from: number;
  readonly until: number;
}

export interface WindowWish {
  /** Unix seconds; null: from the file's start. */
  readonly from: number | null;
  /** null: as far as the file goes without a hole. */
  readonly intervals: number | null;
}

const WAY_OUT = "choose another window with --from and --intervals";

/** The window to replay, and what to tell about it; null with the reason among the problems. `step` is the replay's own. */
export function windowOf(
  grid: Grid,
  wish: WindowWish,
  step: number,
  problems: Problems,
): { readonly window: Window; readonly notes: readonly string[] } | null {
  const from = wish.from ?? grid.start;
  const wrong = wrongStart(grid, from, step);
  if (wrong !== null) {
    problems.add("READINGS_WINDOW", { key: "--from", what: wrong, wayOut: `the file has ${iso(grid.start)} to ${iso(grid.end)}` });
    return null;
  }
  const hole = grid.holes.find((each) => each.until > from);
  if (wish.intervals === null)
    return { window: { from, until: hole?.from ?? grid.end }, notes: hole === undefined ? [] : [endsBefore(hole)] };
  const until = from + wish.intervals * step;
  if (until > grid.end) {
    const left = Math.floor((grid.end - from) / step);
    problems.add("READINGS_WINDOW", {
      key: "--intervals",
      what: `${wish.intervals} intervals from ${iso(from)} go beyond the file, which has ${left}`,
      wayOut: WAY_OUT,
    });
    return null;
  }
  if (hole !== undefined && hole.from < until) {
    const fit = Math.floor((hole.from - from) / step);
    problems.add("READINGS_WINDOW", {
      line: hole.line,
      what: `the window crosses ${iso(hole.from)}, which no home has: ${why(hole)}`,
      wayOut: `use --intervals ${fit} or fewer, or --from ${iso(hole.until)} or later`,
    });
    return null;
  }
  return { window: { from, until }, notes: [] };
}

function wrongStart(grid: Grid, from: number, step: number): string | null {
  if (from < grid.start || from >= grid.end) return `${iso(from)} is outside the file`;
  if (from % step !== 0) return `${iso(from)} is not on the grid of ${step} s`;
  const hole = grid.holes.find((each) => each.from <= from && from < each.until);
  return hole === undefined ? null : `no home has ${iso(from)} (line ${hole.line}): ${why(hole)}`;
}

const why = (hole: Hole): string => `the time that ${hole.zone}, for one, has twice as its clocks go back`;

const endsBefore = (hole: Hole): string =>
  `the replay ends at ${iso(hole.from)}: from there to ${iso(hole.until)} no home has rows (before line ${hole.line}), ${why(hole)}`;
