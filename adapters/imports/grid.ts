import { zoneThatRepeats } from "./clock-change.ts";
import type { Problems } from "./problems.ts";
import type { HomeRows, Table } from "./table.ts";

/** Resolutions of market intervals, seconds. */
export const STEPS: readonly number[] = [300, 900, 1800, 3600];

/** Time that no home has: from the end of one row to the start of the next. */
export interface Hole {
  /** Unix seconds; `until` is exclusive. */
  readonly from: number;
  readonly until: number;
  /** The row after it. */
  readonly line: number;
  /** A zone that repeats exactly this time when its clocks go back. */
  readonly zone: string;
}

export interface Grid {
  readonly stepSeconds: number;
  /** Unix seconds; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** Tolerated outside the window that is replayed; by time. */
  readonly holes: readonly Hole[];
}

export const iso = (at: number): string => `${new Date(at * 1000).toISOString().slice(0, -5)}Z`;

/** The even grid that all rows lie on, and where it has holes; null with the reasons among the problems. */
export function gridOf(table: Table, problems: Problems): Grid | null {
  const { instants } = table;
  if (instants.length < 2) {
    problems.add("READINGS_RESOLUTION", { what: "rows of a single time tell no resolution", wayOut: "give at least two intervals" });
    return null;
  }
  const runs = runsOf(instants);
  const step = commonStep(runs);
  if (!STEPS.includes(step)) {
    problems.add("READINGS_RESOLUTION", {
      line: table.instantLines[1]!,
      what: `most rows are ${step} s apart`,
      wayOut: `a market interval has ${STEPS.map((each) => each / 60).join(", ")} minutes; export the readings so`,
    });
    return null;
  }
  if (instants[0]! % step !== 0 && !runs.some((run) => instants[run.index]! % step === 0)) {
    problems.add("READINGS_OFF_GRID", {
      line: table.instantLines[0]!,
      what: `rows start at ${iso(instants[0]!)}, which is no multiple of ${step} s of UTC`,
      wayOut: "use rows that start on the UTC grid, or a finer resolution",
    });
    return null;
  }
  const holes = holesOf(table, runs, step, problems);
  for (const home of table.homes.values()) refuseOwnGaps(home, table, step, problems);
  return { stepSeconds: step, start: instants[0]!, end: instants.at(-1)! + step, holes };
}

/** Consecutive rows that are equally far apart: `count` distances, the first one from `index` to `index` + 1. */
interface Run {
  readonly index: number;
  readonly apart: number;
  count: number;
}

function runsOf(instants: readonly number[]): readonly Run[] {
  const runs: Run[] = [];
  for (let index = 0; index + 1 < instants.length; index++) {
    const apart = instants[index + 1]! - instants[index]!;
    const last = runs.at(-1);
    if (last?.apart === apart) last.count++;
    else runs.push({ index, apart, count: 1 });
  }
  return runs;
}

/** The distance that most rows have; of two equally frequent ones the smaller. */
function commonStep(runs: readonly Run[]): number {
  const counts = new Map<number, number>();
  for (const run of runs) counts.set(run.apart, (counts.get(run.apart) ?? 0) + run.count);
  return [...counts].sort(([a, countA], [b, countB]) => countB - countA || a - b)[0]![0];
}

/** So many equal distances in a row are another resolution rather than accidents. */
const MIXED_RUN = 3;
/** Looking for zones is dear; a file with more holes than this is broken anyway. */
const MAX_SEARCHED = 50;

function holesOf(table: Table, runs: readonly Run[], step: number, problems: Problems): readonly Hole[] {
  const holes: Hole[] = [];
  let searched = 0;
  for (const run of runs) {
    if (run.apart === step) continue;
    const line = table.instantLines[run.index + 1]!;
    if (run.count >= MIXED_RUN && STEPS.includes(run.apart)) {
      problems.add("READINGS_RESOLUTION", {
        line,
        what: `from here rows are ${run.apart} s apart, elsewhere ${step} s: mixed resolution`,
        wayOut: "keep one resolution in one file",
      });
      continue;
    }
    for (let i = run.index; i < run.index + run.count; i++) {
      const from = table.instants[i]! + step;
      const until = table.instants[i + 1]!;
      if (!onGrid(table, i, step, problems)) continue;
      const zone = until - from <= 3600 && searched++ < MAX_SEARCHED ? zoneThatRepeats(from, until - from) : null;
      if (zone !== null) holes.push({ from, until, line: table.instantLines[i + 1]!, zone });
      else refuseHole(from, until, table.instantLines[i + 1]!, step, problems);
    }
  }
  return holes;
}

/** Whether both ends of the distance after row `i` lie on the grid; says so once for each that doesn't. */
function onGrid(table: Table, i: number, step: number, problems: Problems): boolean {
  const next = table.instants[i + 1]!;
  if (next % step !== 0)
    problems.add("READINGS_OFF_GRID", {
      line: table.instantLines[i + 1]!,
      what: `${iso(next)} is not on the file's grid of ${step} s`,
      wayOut: "move the row to the start of its interval, or delete it",
    });
  return next % step === 0 && table.instants[i]! % step === 0;
}

function refuseHole(from: number, until: number, line: number, step: number, problems: Problems): void {
  const count = (until - from) / step;
  problems.add("READINGS_GAP", {
    line,
    what: `${count === 1 ? "the interval" : `${count} intervals`} from ${iso(from)} ${count === 1 ? "is" : "are"} missing in every home`,
    wayOut: "fill them in at the source, or cut the file there; they are not taken as 0",
  });
}

/** Times that others have and this home hasn't, also before its first and after its last row. */
function refuseOwnGaps(home: HomeRows, table: Table, step: number, problems: Problems): void {
  if (comesRarely(home, table, step, problems)) return;
  const last = table.instants.length;
  for (let row = 0; row <= home.moments.length; row++) {
    const before = row === 0 ? -1 : home.moments.at(row - 1);
    const next = row === home.moments.length ? last : home.moments.at(row);
    if (next - before === 1) continue;
    const line = row === home.moments.length ? home.lines.at(row - 1) : home.lines.at(row);
    problems.add("READINGS_GAP", {
      line,
      what: `home ${home.id} has no row for ${iso(table.instants[before + 1]!)}${next - before > 2 ? ` and ${next - before - 2} more times` : ""}, others do`,
      wayOut: "fill it in at the source, or leave the home out with --homes; it is not taken as 0",
    });
  }
}

/** A home that reports hourly among others that report each quarter of an hour has another resolution, not a gap each time. */
function comesRarely(home: HomeRows, table: Table, step: number, problems: Problems): boolean {
  const own = Array.from({ length: home.moments.length }, (_, row) => table.instants[home.moments.at(row)]!);
  if (own.length < MIXED_RUN + 1) return false;
  const common = commonStep(runsOf(own));
  if (common === step || !STEPS.includes(common)) return false;
  problems.add("READINGS_RESOLUTION", {
    line: home.lines.at(1),
    what: `home ${home.id} has a row each ${common} s, the file each ${step} s: mixed resolution`,
    wayOut: "keep one resolution in one file, or leave the home out with --homes",
  });
  return true;
}
