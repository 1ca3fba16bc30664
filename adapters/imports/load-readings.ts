import { ok } from "../../engine/kernel/index.ts";
import type { Checked } from "../../src/ports/index.ts";
import { instantOf } from "./cells.ts";
import { type Grid, gridOf, STEPS } from "./grid.ts";
import { Problems, type ReadingsCode } from "./problems.ts";
import { type MeasuredHome, measuredHome } from "./series.ts";
import { Table } from "./table.ts";
import { readLines } from "./text.ts";
import { type Window, type WindowWish, windowOf } from "./window.ts";

/** Reads a CSV of measured homes (see this folder's README), plain or gzip, and refuses it with all its problems at once. */
export async function loadReadings(path: string, options: ReadingsOptions = {}): Promise<Checked<ReadingsFile, ReadingsCode>> {
  const problems = new Problems(path);
  const wish = wishOf(options, problems);
  const table = new Table(problems, options.homes ?? null);
  const sha256 = await readLines(path, problems, (line, number) => table.take(line, number));
  const file = sha256 === null ? null : check(table, wish, options, problems);
  if (problems.total > 0 || file === null || sha256 === null) return problems.failure();
  return ok({ file: path, sha256, ...file });
}

export interface ReadingsOptions {
  /** ISO UTC: where the replay starts; the file's start unless told. */
  readonly from?: string;
  /** How many intervals of the replay; up to the file's end, or its first hole, unless told. */
  readonly intervals?: number;
  /** Ids to take, in this order; all unless told. Rows of other homes are only looked at for their time. */
  readonly homes?: readonly string[];
  /** Seconds: shares each row evenly over steps of this length. Nothing is split unless told. */
  readonly split?: number;
}

export interface ReadingsFile {
  /** As the person wrote it. */
  readonly file: string;
  /** Of the file as it lies on the disk, hex. */
  readonly sha256: string;
  readonly rows: number;
  readonly kind: "gross" | "net";
  /** Step of the profiles: the file's own resolution, or that of a declared split. */
  readonly stepSeconds: number;
  /** The file's own resolution. */
  readonly fileStepSeconds: number;
  /** Of the whole file, unix seconds; `end` is exclusive. */
  readonly start: number;
  readonly end: number;
  /** What is replayed: every home has every step in it. */
  readonly window: Window;
  readonly homes: readonly MeasuredHome[];
  /** Sentences for people: what was declared, left out or cut. */
  readonly notes: readonly string[];
}

/** More power than a home's connection carries; most often a counter or another unit. */
const IMPLAUSIBLE_W = 100_000;

function wishOf(options: ReadingsOptions, problems: Problems): WindowWish {
  const from = options.from === undefined ? null : instantOf(options.from);
  if (from?.ok === false) problems.add("READINGS_WINDOW", { key: "--from", what: from.what, wayOut: from.wayOut });
  const intervals = options.intervals ?? null;
  if (intervals !== null && !(Number.isSafeInteger(intervals) && intervals > 0))
    problems.add("READINGS_WINDOW", {
      key: "--intervals",
      what: `${intervals} is no number of intervals`,
      wayOut: "give a whole number from 1",
    });
  return { from: from?.ok === true ? from.value : null, intervals };
}

function check(table: Table, wish: WindowWish, options: ReadingsOptions, problems: Problems): Omit<ReadingsFile, "file" | "sha256"> | null {
  const { columns } = table;
  if (columns === null || table.rows === 0) {
    problems.add("READINGS_EMPTY", {
      what: columns === null ? "the file has no line with text" : "the file has a header but no rows",
      wayOut: "export the readings again",
    });
    return null;
  }
  refuseUnknownHomes(table, options.homes ?? [], problems);
  // Rows out of order, and rows whose time nobody knows, would make gaps where there are none.
  if (
    problems.count("READINGS_UNSORTED") +
      problems.count("READINGS_TIME") +
      problems.count("READINGS_CELLS") +
      problems.count("READINGS_HOME") >
    0
  )
    return null;
  const grid = gridOf(table, problems);
  if (grid === null) return null;
  refuseImplausible(table, grid, problems);
  const parts = partsOf(grid, options.split, problems);
  if (parts === null) return null;
  // Where the file has gaps, what was asked of it is not the question yet.
  const replay = problems.total > 0 ? null : windowOf(grid, wish, grid.stepSeconds / parts, problems);
  if (replay === null) return null;
  const ids = options.homes ?? [...table.homes.keys()];
  return {
    rows: table.rows,
    kind: columns.kind,
    stepSeconds: grid.stepSeconds / parts,
    fileStepSeconds: grid.stepSeconds,
    start: grid.start,
    end: grid.end,
    window: replay.window,
    homes: [...new Set(ids)].map((id) => measuredHome(table.homes.get(id)!, table, grid, columns.kind, parts)),
    notes: [...splitNote(grid, parts), ...replay.notes, ...columnsNote(columns.ignored), ...homesNote(table)],
  };
}

function refuseUnknownHomes(table: Table, wanted: readonly string[], problems: Problems): void {
  const known = [...table.homes.keys(), ...table.left];
  if (table.homes.size === 0 && wanted.length === 0 && table.left.size > 0)
    problems.add("READINGS_HOME_UNKNOWN", { key: "--homes", what: "no home was named", wayOut: `the file has ${few(known)}` });
  for (const id of wanted)
    if (!table.homes.has(id))
      problems.add("READINGS_HOME_UNKNOWN", {
        key: "--homes",
        what: `the file has no home "${id}"`,
        wayOut: `it has ${few(known)}`,
        meant: { written: id, known },
      });
}

function refuseImplausible(table: Table, grid: Grid, problems: Problems): void {
  const { columns } = table;
  const most = (IMPLAUSIBLE_W * grid.stepSeconds) / 3600;
  for (const home of table.homes.values()) {
    for (let row = 0; row < home.moments.length; row++) {
      for (const [key, energy] of [
        [columns!.firstName, home.first.at(row)],
        [columns!.secondName, home.second.at(row)],
      ] as const)
        if (energy > most)
          problems.add("READINGS_IMPLAUSIBLE", {
            line: home.lines.at(row),
            key,
            what: `home ${home.id}: ${energy} Wh in ${grid.stepSeconds / 60} minutes is more than ${IMPLAUSIBLE_W / 1000} kW`,
            wayOut: "give energy per interval in Wh, not a counter and not mWh",
          });
    }
  }
}

/** Into how many parts each row is split; 1 unless a split was declared. */
function partsOf(grid: Grid, split: number | undefined, problems: Problems): number | null {
  if (split === undefined || split === grid.stepSeconds) return 1;
  if (STEPS.includes(split) && grid.stepSeconds % split === 0) return grid.stepSeconds / split;
  const fit = STEPS.filter((step) => step < grid.stepSeconds && grid.stepSeconds % step === 0).map((step) => step / 60);
  problems.add("READINGS_SPLIT", {
    key: "--split",
    what: `rows of ${grid.stepSeconds / 60} minutes can't be split evenly into ${split / 60} minutes`,
    wayOut: fit.length > 0 ? `these fit: ${fit.join(", ")} minutes` : "use the file's own resolution",
  });
  return null;
}

const splitNote = (grid: Grid, parts: number): readonly string[] =>
  parts === 1
    ? []
    : [`declared split: each row of ${grid.stepSeconds / 60} minutes is shared evenly over ${parts} intervals; measured are only the sums`];

const columnsNote = (ignored: readonly string[]): readonly string[] =>
  ignored.length === 0 ? [] : [`columns left unread: ${few(ignored)}`];

const homesNote = (table: Table): readonly string[] => (table.left.size === 0 ? [] : [`homes left out: ${few([...table.left])}`]);

const few = (names: readonly string[]): string =>
  names.length > 12 ? `${names.slice(0, 12).join(", ")} and ${names.length - 12} more` : names.join(", ");
