import { cellsOf, energyOf, instantOf, short } from "./cells.ts";
import { type Columns, columnsOf } from "./header.ts";
import type { Problems, ReadingsCode } from "./problems.ts";

/** A cell that says nothing: a bad energy has its own problem and must not look like a gap as well. */
export const UNKNOWN = -1;

/** Numbers that grow in number; 4 bytes each. */
export class Growing {
  #items = new Int32Array(1024);
  length = 0;

  push(value: number): void {
    if (this.length === this.#items.length) {
      const larger = new Int32Array(this.length * 2);
      larger.set(this.#items);
      this.#items = larger;
    }
    this.#items[this.length++] = value;
  }

  at(index: number): number {
    return this.#items[index]!;
  }
}

/** The rows of one home; `moment` is the index of a row's instant among the file's instants. */
export interface HomeRows {
  readonly id: string;
  readonly moments: Growing;
  readonly lines: Growing;
  readonly first: Growing;
  readonly second: Growing;
}

const MAX_ROWS = 12_000_000;
const MAX_HOMES = 1_000;
/** A file with so many bad rows is not what it seems; the rest is not looked at. */
const MAX_BAD_ROWS = 100_000;
const HOME_ID = /^[\p{L}\p{N}][\p{L}\p{N} _.:-]{0,63}$/u;

type Wrong = { readonly code: ReadingsCode; readonly what: string; readonly wayOut: string };

const HEADER_AGAIN: Wrong = {
  code: "READINGS_HEADER_AGAIN",
  what: "the header comes again: two files in one",
  wayOut: "delete this line, or load the files one by one",
};

function wrongCells(cells: readonly string[] | null, columns: Columns): Wrong | null {
  const code = "READINGS_CELLS";
  if (cells === null) return { code, what: "a quote is left open", wayOut: "close it, or write the cell without quotes" };
  if (cells.every((cell) => cell === "")) return { code, what: "the row is empty", wayOut: "delete it" };
  if (cells.length === columns.count) return null;
  return { code, what: `${cells.length} cells where the header has ${columns.count}`, wayOut: "give each row a cell for each column" };
}

/** Takes a file line by line: checks the form of each row and keeps its numbers, column by column. */
export class Table {
  columns: Columns | null = null;
  rows = 0;
  /** Distinct instants in rising order, and the line where each first stands. */
  readonly instants: number[] = [];
  readonly instantLines: number[] = [];
  readonly homes = new Map<string, HomeRows>();

  readonly #problems: Problems;
  readonly #wanted: ReadonlySet<string> | null;
  #header = "";
  #timeText = "";
  #instant = Number.NEGATIVE_INFINITY;
  /** Homes that are in the file but not taken. */
  readonly left = new Set<string>();

  constructor(problems: Problems, wanted: readonly string[] | null) {
    this.#problems = problems;
    this.#wanted = wanted === null ? null : new Set(wanted);
  }

  /** false: reading on makes no sense. */
  take(line: string, number: number): boolean {
    if (line.trim() === "") return true;
    if (this.columns === null) {
      this.#header = line;
      this.columns = columnsOf(line, this.#problems);
      return this.columns !== null;
    }
    this.#row(line, number, this.columns);
    return !this.#tooMuch(number);
  }

  #row(line: string, number: number, columns: Columns): void {
    this.rows++;
    const cells = cellsOf(line);
    const wrong = line === this.#header ? HEADER_AGAIN : wrongCells(cells, columns);
    if (wrong !== null) this.#problems.add(wrong.code, { line: number, what: wrong.what, wayOut: wrong.wayOut });
    else if (cells !== null && this.#moveTo(cells[columns.time]!, number)) {
      const home = this.#homeOf(cells[columns.home]!, number);
      if (home !== null) this.#keep(home, cells, number, columns);
    }
  }

  /** Makes the row's time the current instant; false when it is no instant or goes back. */
  #moveTo(text: string, number: number): boolean {
    if (text === this.#timeText) return true;
    const instant = instantOf(text);
    if (!instant.ok) {
      this.#problems.add("READINGS_TIME", { line: number, what: instant.what, wayOut: instant.wayOut });
      return false;
    }
    if (instant.value < this.#instant) {
      this.#problems.add("READINGS_UNSORTED", { line: number, what: `${text} comes after a later time`, wayOut: "sort the rows by time" });
      return false;
    }
    if (instant.value > this.#instant) {
      this.instants.push(instant.value);
      this.instantLines.push(number);
    }
    this.#instant = instant.value;
    this.#timeText = text;
    return true;
  }

  #homeOf(id: string, number: number): HomeRows | null {
    const known = this.homes.get(id);
    if (known !== undefined) return known;
    if (!HOME_ID.test(id)) {
      const what = id === "" ? "the home is empty" : `"${short(id)}" is no name for a home`;
      this.#problems.add("READINGS_HOME", { line: number, what, wayOut: "name homes with up to 64 letters, digits, space or _ . : -" });
      return null;
    }
    if (this.#wanted !== null && !this.#wanted.has(id)) {
      this.left.add(id);
      return null;
    }
    const home = { id, moments: new Growing(), lines: new Growing(), first: new Growing(), second: new Growing() };
    this.homes.set(id, home);
    return home;
  }

  #keep(home: HomeRows, cells: readonly string[], number: number, columns: Columns): void {
    const moment = this.instants.length - 1;
    const last = home.moments.length - 1;
    if (last >= 0 && home.moments.at(last) === moment) {
      const what = `home ${home.id} has this time on line ${home.lines.at(last)} already`;
      this.#problems.add("READINGS_DUPLICATE", { line: number, what, wayOut: "keep one of the two rows" });
      return;
    }
    home.moments.push(moment);
    home.lines.push(number);
    home.first.push(this.#energy(cells[columns.first]!, columns.firstName, number));
    home.second.push(this.#energy(cells[columns.second]!, columns.secondName, number));
  }

  #energy(text: string, key: string, line: number): number {
    const energy = energyOf(text);
    if (energy.ok) return energy.value;
    this.#problems.add(energy.code, { line, key, what: energy.what, wayOut: energy.wayOut });
    return UNKNOWN;
  }

  #tooMuch(number: number): boolean {
    if (this.rows > MAX_ROWS || this.homes.size + this.left.size > MAX_HOMES) {
      this.#problems.add("READINGS_TOO_LARGE", {
        line: number,
        what: `more than ${MAX_ROWS} rows or ${MAX_HOMES} homes`,
        wayOut: "cut the file by time or by home",
      });
      return true;
    }
    return this.#problems.total > MAX_BAD_ROWS;
  }
}
