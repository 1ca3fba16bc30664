import { createHash } from "node:crypto";
import { chmodSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "@jest/globals";
import { loadReadings, READINGS_CODES, type ReadingsFile, type ReadingsOptions } from "../../../adapters/imports/index.ts";
import { renderProblems } from "../../../src/cli/index.ts";
import type { HomeProfile } from "../../../src/ports/index.ts";
import { temporaryFolder } from "../../support/folder.ts";

const folder = temporaryFolder();
let files = 0;
afterAll(() => folder.remove());

function written(content: string | Uint8Array): string {
  const path = join(folder.path, `${files++}.csv`);
  writeFileSync(path, content);
  return path;
}

const HEADER = "timestamp_utc_iso,home_id,load_wh,pv_wh";
const iso = (at: number): string => new Date(at * 1000).toISOString().replace(".000Z", "Z");
const START = Date.UTC(2026, 5, 15) / 1000;

/** Rows of homes a, b at the given steps after START; load is 100 + step for a, 200 + step for b, pv is 10 x step. */
function rows(steps: readonly number[], seconds = 900, homes = ["a", "b"]): string[] {
  return steps.flatMap((step) => homes.map((home, i) => `${iso(START + step * seconds)},${home},${100 * (i + 1) + step},${10 * step}`));
}
const csv = (lines: readonly string[], header = HEADER): string => `${[header, ...lines].join("\n")}\n`;
const range = (from: number, until: number): number[] => Array.from({ length: until - from }, (_, i) => from + i);

async function good(content: string | Uint8Array, options: ReadingsOptions = {}): Promise<ReadingsFile> {
  const result = await loadReadings(written(content), options);
  if (!result.ok) throw new Error(renderProblems(result.problems, result.more));
  return result.value;
}

/** The problems as "CODE:line what; way out". */
async function bad(content: string | Uint8Array, options: ReadingsOptions = {}): Promise<{ lines: string[]; more: number; text: string }> {
  const path = written(content);
  const result = await loadReadings(path, options);
  if (result.ok) throw new Error("was taken");
  expect(result.problems.length).toBeGreaterThan(0);
  for (const problem of result.problems) {
    expect(problem.file).toBe(path);
    expect(READINGS_CODES).toContain(problem.code);
    expect(problem.wayOut ?? problem.meant).toBeDefined();
  }
  return {
    lines: result.problems.map(({ code, line }) => `${code}${line === undefined ? "" : `:${line}`}`),
    more: result.more,
    text: renderProblems(result.problems, result.more),
  };
}

describe("what is taken", () => {
  test("a gross file: step, times, homes, energies, hash", async () => {
    const content = csv(rows(range(0, 4)));
    const file = await good(content);
    expect(file).toMatchObject({
      kind: "gross",
      rows: 8,
      stepSeconds: 900,
      fileStepSeconds: 900,
      start: START,
      end: START + 3600,
      window: { from: START, until: START + 3600 },
      notes: [],
      sha256: createHash("sha256").update(content).digest("hex"),
    });
    expect(file.homes.map(({ id }) => id)).toEqual(["a", "b"]);
    const profile: HomeProfile = file.homes[1]!.profile;
    expect(profile).toMatchObject({ kind: "gross", stepSeconds: 900 });
    const first = START / 900;
    expect([-1, 0, 1, 3, 4].map((step) => profile.energyAt(first + step))).toEqual([
      null,
      { loadWh: 200, pvWh: 0 },
      { loadWh: 201, pvWh: 10 },
      { loadWh: 203, pvWh: 30 },
      null,
    ]);
  });

  test("a net file: import is load, export is pv, both may be above zero", async () => {
    const file = await good(csv([`${iso(START)},m,48,7`, `${iso(START + 300)},m,0,9`], "timestamp_utc_iso,home_id,import_wh,export_wh"));
    expect(file).toMatchObject({ kind: "net", stepSeconds: 300 });
    expect(file.homes[0]!.profile.energyAt(START / 300)).toEqual({ loadWh: 48, pvWh: 7 });
  });

  const plain = csv(rows(range(0, 3)));
  const variants: readonly [string, string | Uint8Array][] = [
    ["gzip, whatever its name", gzipSync(plain)],
    ["gzip in two members", Buffer.concat([gzipSync(plain.slice(0, 60)), gzipSync(plain.slice(60))])],
    ["CRLF", plain.replaceAll("\n", "\r\n")],
    ["a byte order mark", `\ufeff${plain}`],
    ["a byte order mark and CRLF in gzip", gzipSync(`\ufeff${plain.replaceAll("\n", "\r\n")}`)],
    ["no line feed at the end", plain.trimEnd()],
    ["blank lines", `\n${plain.replaceAll("\n", "\n\n")}`],
    ["cells in quotes and blanks", plain.replaceAll(/([^,\n]+)/g, ' "$1" ')],
    ["+00:00", plain.replaceAll("Z,", "+00:00,")],
    ["one time written in two ways", plain.replaceAll("Z,b", "+00:00,b")],
    ["fractions of zero", plain.replaceAll("Z,", ".000Z,")],
    ["homes in another order within a time", csv([...rows([0]), ...rows([1]).reverse(), ...rows([2])])],
    [
      "columns in another order",
      csv(
        rows(range(0, 3)).map((row) => row.split(",").reverse().join(",")),
        HEADER.split(",").reverse().join(","),
      ),
    ],
  ];
  test.each(variants)("%s", async (_, content) => {
    const file = await good(content);
    expect(file.homes.map(({ profile }) => range(0, 3).map((step) => profile.energyAt(START / 900 + step)))).toEqual([
      [
        { loadWh: 100, pvWh: 0 },
        { loadWh: 101, pvWh: 10 },
        { loadWh: 102, pvWh: 20 },
      ],
      [
        { loadWh: 200, pvWh: 0 },
        { loadWh: 201, pvWh: 10 },
        { loadWh: 202, pvWh: 20 },
      ],
    ]);
  });

  test("other columns are left unread, and said to be", async () => {
    const file = await good(
      csv(
        rows([0, 1]).map((row) => `x,${row},-5`),
        `note,${HEADER},price_eur`,
      ),
    );
    expect(file.notes).toEqual(["columns left unread: note, price_eur"]);
  });

  test.each([300, 900, 1800, 3600])("a resolution of %i s", async (seconds) => {
    expect((await good(csv(rows(range(0, 3), seconds)))).stepSeconds).toBe(seconds);
  });

  test("a value at the edge of what is plausible", async () => {
    await good(csv([`${iso(START)},a,25000,0`, `${iso(START + 900)},a,0,25000`]));
  });
});

describe("what was asked for", () => {
  const content = csv(rows(range(0, 12)));

  test("homes, in the order asked; the rest is said to be left out", async () => {
    const file = await good(content, { homes: ["b"] });
    expect(file.homes.map(({ id }) => id)).toEqual(["b"]);
    expect(file.notes).toEqual(["homes left out: a"]);
    expect((await good(content, { homes: ["b", "a", "b"] })).homes.map(({ id }) => id)).toEqual(["b", "a"]);
  });

  test("a home that the file doesn't have", async () => {
    const { lines, text } = await bad(content.replaceAll(",a,", ",cl01,"), { homes: ["cl1", "b"] });
    expect(lines).toEqual(["READINGS_HOME_UNKNOWN"]);
    expect(text).toContain('no home "cl1"; did you mean "cl01"?');
    expect((await bad(content, { homes: [] })).lines).toEqual(["READINGS_HOME_UNKNOWN"]);
  });

  test("bad cells of a home that is left out don't matter; bad times do", async () => {
    await good(content.replace(",a,103,", ",a,-103,"), { homes: ["b"] });
    expect((await bad(content.replace(/[^\n]*,a,103,/, "later,a,103,"), { homes: ["b"] })).lines).toEqual(["READINGS_TIME:8"]);
  });

  test("a window", async () => {
    expect((await good(content, { from: iso(START + 1800), intervals: 3 })).window).toEqual({ from: START + 1800, until: START + 4500 });
    expect((await good(content, { intervals: 12 })).window.until).toBe(START + 12 * 900);
  });

  const wrong: readonly [string, ReadingsOptions, string][] = [
    ["beyond the file", { intervals: 13 }, "13 intervals from 2026-06-15T00:00:00Z go beyond the file, which has 12"],
    ["before the file", { from: "2026-06-14T23:45:00Z" }, "outside the file"],
    ["at its end", { from: iso(START + 12 * 900) }, "outside the file"],
    ["off the grid", { from: iso(START + 60) }, "not on the grid of 900 s"],
    ["local", { from: "2026-06-15T00:00:00" }, "local time without zone"],
    ["no interval", { intervals: 0 }, "0 is no number of intervals"],
    ["half an interval", { intervals: 1.5 }, "1.5 is no number of intervals"],
    ["not a number", { intervals: Number.NaN }, "NaN is no number of intervals"],
  ];
  test.each(wrong)("a window %s", async (_, options, part) => {
    const { lines, text } = await bad(content, options);
    expect(lines).toEqual(["READINGS_WINDOW"]);
    expect(text).toContain(part);
  });

  test("a declared split shares each row in whole Wh that add up, and says so", async () => {
    const file = await good(csv(rows([0, 1, 2, 3], 3600)), { split: 900, intervals: 5 });
    expect(file).toMatchObject({ stepSeconds: 900, fileStepSeconds: 3600, window: { from: START, until: START + 4500 } });
    const steps = range(0, 16).map((step) => file.homes[0]!.profile.energyAt(START / 900 + step)!.loadWh);
    expect(steps).toEqual([25, 25, 25, 25, 26, 25, 25, 25, 26, 26, 25, 25, 26, 26, 26, 25]);
    expect(file.homes[0]!.profile.energyAt(START / 900 - 1)).toBeNull();
    expect(file.notes[0]).toContain("declared split: each row of 60 minutes is shared evenly over 4 intervals");
    expect((await good(csv(rows([0, 1], 900)), { split: 900 })).notes).toEqual([]);
  });

  test.each([3600, 1800, 420, 0, Number.NaN])("a split of 900 s into %d s can't be", async (split) => {
    expect((await bad(content, { split })).lines).toEqual(["READINGS_SPLIT"]);
  });
});

describe("rows that are wrong", () => {
  const base = rows(range(0, 4));
  /** Base with row `index` (line index + 2) replaced. */
  const put = (index: number, ...replacement: string[]): string => csv(base.toSpliced(index, 1, ...replacement));
  const t = (step: number): string => iso(START + step * 900);
  const table: readonly [string, string, readonly string[], string][] = [
    ["an empty cell", put(3, `${t(1)},b,,10`), ["READINGS_UNKNOWN_ENERGY:5"], "load_wh: the cell is empty"],
    ["NaN", put(3, `${t(1)},b,1,NaN`), ["READINGS_UNKNOWN_ENERGY:5"], "pv_wh"],
    ["null", put(3, `${t(1)},b,null,1`), ["READINGS_UNKNOWN_ENERGY:5"], "not taken as 0"],
    ["negative energy", put(3, `${t(1)},b,-5,10`), ["READINGS_NEGATIVE:5"], "the energy is negative: -5"],
    ["negative with decimals", put(3, `${t(1)},b,-0.5,10`), ["READINGS_NEGATIVE:5"], "-0.5"],
    ["decimals", put(3, `${t(1)},b,1.5,10`), ["READINGS_NOT_AN_INTEGER:5"], '"1.5"'],
    ["an exponent", put(3, `${t(1)},b,1e3,10`), ["READINGS_NOT_AN_INTEGER:5"], "whole Wh"],
    ["a word", put(3, `${t(1)},b,lots,10`), ["READINGS_NOT_AN_INTEGER:5"], '"lots"'],
    ["both cells", put(3, `${t(1)},b,-1,x`), ["READINGS_NEGATIVE:5", "READINGS_NOT_AN_INTEGER:5"], ""],
    ["more than 100 kW", put(3, `${t(1)},b,25001,10`), ["READINGS_IMPLAUSIBLE:5"], "25001 Wh in 15 minutes is more than 100 kW"],
    ["more than 100 kW of pv", put(3, `${t(1)},b,1,999999999`), ["READINGS_IMPLAUSIBLE:5"], "pv_wh"],
    ["a counter", put(3, `${t(1)},b,12345678901,10`), ["READINGS_IMPLAUSIBLE:5"], "not a counter"],
    ["too few cells", put(3, `${t(1)},b,1`), ["READINGS_CELLS:5"], "3 cells where the header has 4"],
    ["too many cells", put(3, `${t(1)},b,1,2,3`), ["READINGS_CELLS:5"], "5 cells"],
    ["a spreadsheet's empty rows", csv([...base, ",,,", ",,,"]), ["READINGS_CELLS:10", "READINGS_CELLS:11"], "the row is empty"],
    ["an open quote", put(3, `"${t(1)},b,1,2`), ["READINGS_CELLS:5"], "quote"],
    ["a local time", put(3, `${t(1).slice(0, -1)},b,1,2`), ["READINGS_TIME:5"], "local time without zone"],
    ["another zone", put(3, "2026-06-15T02:15:00+02:00,b,1,2"), ["READINGS_TIME:5"], "not UTC but +02:00"],
    ["an American date", put(3, "06/15/2026 00:15,b,1,2"), ["READINGS_TIME:5"], "no ISO time"],
    ["a day that never was", put(3, "2026-02-30T00:00:00Z,b,1,2"), ["READINGS_TIME:5"], "not on the calendar"],
    ["hour 24", put(3, "2026-06-15T24:00:00Z,b,1,2"), ["READINGS_TIME:5"], "not on the calendar"],
    ["unix seconds", put(3, `${START},b,1,2`), ["READINGS_TIME:5"], "no ISO time"],
    ["an empty time", put(3, ",b,1,2"), ["READINGS_TIME:5"], "the time is empty"],
    ["a far future", put(3, "2926-06-15T00:15:00Z,b,1,2"), ["READINGS_TIME:5"], "between 1990 and 2100"],
    ["no home", put(3, `${t(1)},,1,2`), ["READINGS_HOME:5"], "the home is empty"],
    ["a home that steers the terminal", put(3, `${t(1)},b\u001b[2J,1,2`), ["READINGS_HOME:5"], "no name for a home"],
    ["times that fall", csv([...rows([0, 2]), ...rows([1, 3])]), ["READINGS_UNSORTED:6", "READINGS_UNSORTED:7"], "sort the rows by time"],
    [
      "a row twice",
      csv([...base.slice(0, 4), base[3]!, ...base.slice(4)]),
      ["READINGS_DUPLICATE:6"],
      "home b has this time on line 5 already",
    ],
    ["two header lines", put(3, HEADER, base[3]!), ["READINGS_HEADER_AGAIN:5"], "two files in one"],
    [
      "a time off the grid",
      csv([...rows(range(0, 4)), `${iso(START + 3000)},a,1,1`, `${iso(START + 3000)},b,1,1`, ...rows([4, 5, 6])]),
      ["READINGS_OFF_GRID:10"],
      "2026-06-15T00:50:00Z is not on the file's grid of 900 s",
    ],
    ["a gap of one home", csv(base.toSpliced(3, 1)), ["READINGS_GAP:6"], "home b has no row for 2026-06-15T00:15:00Z, others do"],
    ["a home that starts late", csv(base.toSpliced(1, 1)), ["READINGS_GAP:4"], "home b has no row for 2026-06-15T00:00:00Z"],
    ["a home that stops early", csv(base.slice(0, 5)), ["READINGS_GAP:5"], "home b has no row for 2026-06-15T00:30:00Z"],
    ["a gap of one home at the last", csv(base.slice(0, 7)), ["READINGS_GAP:7"], "leave the home out with --homes"],
    [
      "a hole of all homes",
      csv(rows([0, 1, 2, 4, 5])),
      ["READINGS_GAP:8"],
      "the interval from 2026-06-15T00:45:00Z is missing in every home",
    ],
    ["a longer hole", csv(rows([0, 1, 2, 9, 10])), ["READINGS_GAP:8"], "6 intervals from 2026-06-15T00:45:00Z are missing"],
    [
      "another resolution later",
      csv([...rows(range(0, 9)), ...rows([5, 6, 7, 8], 1800)]),
      ["READINGS_RESOLUTION:20"],
      "rows are 1800 s apart, elsewhere 900 s: mixed",
    ],
    [
      "a home that comes rarely",
      csv(range(0, 20).flatMap((step) => rows([step], 900, step % 4 === 0 ? ["a", "b"] : ["a"]))),
      ["READINGS_RESOLUTION:8"],
      "home b has a row each 3600 s",
    ],
    ["ten minutes", csv(rows(range(0, 5), 600)), ["READINGS_RESOLUTION:4"], "600 s apart"],
    ["a day", csv(rows(range(0, 5), 86_400)), ["READINGS_RESOLUTION:4"], "5, 15, 30, 60 minutes"],
    ["a single time", csv(rows([0])), ["READINGS_RESOLUTION"], "at least two"],
    [
      "hours that start at half past",
      csv(rows(range(0, 5), 3600).map((row) => row.replace(":00:00Z", ":30:00Z"))),
      ["READINGS_OFF_GRID:2"],
      "no multiple of 3600 s of UTC",
    ],
  ];
  test.each(table)("%s", async (_, content, expected, part) => {
    const { lines, text, more } = await bad(content);
    expect(lines).toEqual(expected);
    expect(text).toContain(part);
    expect(more).toBe(0);
  });

  test("all at once, by line", async () => {
    const { lines } = await bad(csv(["yesterday,a,1,1", `${t(0)},a,-1,1`, `${t(0)},b,,1`, `${t(0)},b,1,1`, "x"]));
    expect(lines).toEqual([
      "READINGS_TIME:2",
      "READINGS_NEGATIVE:3",
      "READINGS_UNKNOWN_ENERGY:4",
      "READINGS_DUPLICATE:5",
      "READINGS_CELLS:6",
    ]);
  });

  test("thousands of the same don't hide the others, and are counted", async () => {
    const { lines, more } = await bad(
      csv([...rows(range(0, 2000)).map((row) => row.replace(/\d+$/, "")), `${t(2000)},a,-1,1`, `${t(2000)},b,1,1`]),
    );
    expect(lines).toEqual([2, 3, 4, 5, 6, 7].map((line) => `READINGS_UNKNOWN_ENERGY:${line}`).concat("READINGS_NEGATIVE:4002"));
    expect(more).toBe(4000 - 6);
  });
});

describe("files that are no readings", () => {
  const table: readonly [string, string | Uint8Array, readonly string[], string][] = [
    ["empty", "", ["READINGS_EMPTY"], "the file is empty"],
    ["an empty gzip", gzipSync(""), ["READINGS_EMPTY"], "no line with text"],
    ["blank lines alone", "\n\n  \n", ["READINGS_EMPTY"], "no line with text"],
    ["a header alone", `${HEADER}\n`, ["READINGS_EMPTY"], "a header but no rows"],
    ["a gzip cut short", gzipSync(csv(rows(range(0, 500)))).subarray(0, 2000), ["READINGS_GZIP_CORRUPT"], "ends too early"],
    [
      "a gzip with a broken bit",
      Buffer.from(gzipSync(csv(rows(range(0, 500))))).fill(0xff, 600, 640),
      ["READINGS_GZIP_CORRUPT"],
      "damaged",
    ],
    ["Latin-1", Buffer.from(csv(rows([0, 1])).replaceAll(",a,", ",m\u00fcller,"), "latin1"), ["READINGS_NOT_TEXT"], "UTF-8"],
    ["UTF-8 cut in a letter", Buffer.from(csv([...rows([0, 1]), "\u00fc"])).subarray(0, -2), ["READINGS_NOT_TEXT"], "UTF-8"],
    ["UTF-16", Buffer.from(`\ufeff${csv(rows([0, 1]))}`, "utf16le"), ["READINGS_NOT_TEXT"], "UTF-16"],
    ["zero bytes", Buffer.alloc(5000), ["READINGS_NOT_TEXT"], "zero bytes"],
    ["an Excel workbook", Buffer.from("PK\x03\x04...."), ["READINGS_NOT_TEXT"], "Excel"],
    ["Parquet", Buffer.from("PAR1...."), ["READINGS_NOT_TEXT"], "Parquet"],
    ["one endless line", `${HEADER}\n${"x".repeat(300_000)}`, ["READINGS_NOT_TEXT"], "line 2 is longer"],
    ["NEM12", "100,NEM12,202304120954,A,B,\n200,N,E1,,,,,kWh,5,\n", ["READINGS_FOREIGN_FORMAT:1"], "this is a NEM12 file"],
    ["Green Button", '<?xml version="1.0"?><feed/>', ["READINGS_FOREIGN_FORMAT:1"], "Green Button"],
    ["JSON", '[{"home":1}]', ["READINGS_FOREIGN_FORMAT:1"], "JSON"],
    ["EDIFACT", "UNA:+.? '\nUNB+UNOC", ["READINGS_FOREIGN_FORMAT:1"], "EDIFACT"],
    ["semicolons", csv(rows([0, 1])).replaceAll(",", ";"), ["READINGS_FOREIGN_FORMAT:1"], "semicolons"],
    ["tabs", csv(rows([0, 1])).replaceAll(",", "\t"), ["READINGS_FOREIGN_FORMAT:1"], "tabs"],
    ["prices", "timestamp_utc_iso,price_eur_per_mwh\n", ["READINGS_FOREIGN_FORMAT:1"], "prices"],
    [
      "a typo in a column",
      csv(rows([0, 1]), HEADER.replace("load_wh", "laod_wh")),
      ["READINGS_COLUMNS:1", "READINGS_COLUMNS:1"],
      'did you mean "load_wh"?',
    ],
    [
      "kWh",
      csv(rows([0, 1]), HEADER.replace("load_wh", "load_kwh")),
      ["READINGS_COLUMNS:1", "READINGS_COLUMNS:1"],
      "load_wh: the column is missing",
    ],
    ["no home column", "timestamp_utc_iso,load_wh,pv_wh\n", ["READINGS_COLUMNS:1"], "home_id: the column is missing"],
    ["half of the net form", "timestamp_utc_iso,home_id,import_wh\n", ["READINGS_COLUMNS:1"], "export_wh: the column is missing"],
    ["gross and net", `${HEADER},import_wh,export_wh\n`, ["READINGS_COLUMNS:1"], "gross and net"],
    ["a column twice", `${HEADER},pv_wh\n`, ["READINGS_COLUMNS:1"], "pv_wh: this column comes twice"],
    ["CR alone", csv(rows([0, 1])).replaceAll("\n", "\r"), ["READINGS_COLUMNS:1"], "CR alone"],
    [
      "no header",
      csv(rows([0, 1]))
        .split("\n")
        .slice(1)
        .join("\n"),
      Array(6).fill("READINGS_COLUMNS:1"),
      "timestamp_utc_iso: the column is missing",
    ],
  ];
  test.each(table)("%s", async (_, content, expected, part) => {
    const { lines, text } = await bad(content);
    expect(lines).toEqual(expected);
    expect(text).toContain(part);
  });

  test("a folder, nothing at all, a file in the way", async () => {
    const inside = join(written("x"), "y.csv");
    const codes = await Promise.all(
      [folder.path, join(folder.path, "none.csv"), inside].map(async (path) => (await loadReadings(path)) as { code?: string }),
    );
    expect(codes.map(({ code }) => code)).toEqual(["READINGS_NOT_A_FILE", "READINGS_MISSING", "READINGS_MISSING"]);
  });

  const root = process.getuid?.() === 0;
  (root ? test.skip : test)(`no permission${root ? " (root may read everything)" : ""}`, async () => {
    const path = written(csv(rows([0, 1])));
    chmodSync(path, 0);
    expect(await loadReadings(path)).toMatchObject({ ok: false, code: "READINGS_NO_PERMISSION" });
  });

  test("each code has its line in the README", () => {
    const readme = readFileSync(new URL("../../../adapters/imports/README.md", import.meta.url), "utf8");
    for (const code of READINGS_CODES) expect(readme).toMatch(new RegExp(`^\\| \`${code}\` +\\|`, "m"));
  });
});

describe("the hour that comes twice", () => {
  /** Hourly rows of two homes around 2016-11-06, without the hours given (unix hours from that day's midnight UTC). */
  const day = Date.UTC(2016, 10, 6) / 1000;
  const without = (...missing: number[]): string =>
    csv(
      range(0, 24)
        .filter((hour) => !missing.includes(hour))
        .flatMap((hour) => ["a", "b"].map((home) => `${iso(day + hour * 3600)},${home},${hour},0`)),
    );

  test("outside the window it is told, not refused: the replay ends before it", async () => {
    const file = await good(without(9));
    expect(file.window).toEqual({ from: day, until: day + 9 * 3600 });
    expect(file.notes[0]).toContain("the replay ends at 2016-11-06T09:00:00Z");
    expect(file.notes[0]).toContain("America/Los_Angeles");
    expect(file.homes[0]!.profile.energyAt(day / 3600 + 9)).toBeNull();
    expect(file.homes[0]!.profile.energyAt(day / 3600 + 10)).toEqual({ loadWh: 10, pvWh: 0 });
  });

  test("up to it and from behind it", async () => {
    expect((await good(without(9), { intervals: 9 })).notes).toEqual([]);
    expect((await good(without(9), { from: iso(day + 36_000) })).window).toEqual({ from: day + 36_000, until: day + 86_400 });
  });

  test("a window across it is refused with its line and the way out", async () => {
    const { lines, text } = await bad(without(9), { intervals: 10 });
    expect(lines).toEqual(["READINGS_WINDOW:20"]);
    expect(text).toContain("use --intervals 9 or fewer, or --from 2016-11-06T10:00:00Z or later");
  });

  test("a window that begins in it is refused", async () => {
    expect((await bad(without(9), { from: iso(day + 9 * 3600) })).text).toContain("no home has 2016-11-06T09:00:00Z (line 20)");
  });

  test("with a split it is four intervals", async () => {
    expect((await bad(without(9), { split: 900, intervals: 37 })).text).toContain("use --intervals 36 or fewer");
  });

  test.each([
    ["two hours", [9, 10]],
    ["an hour of noon in no zone's night", [20]],
  ])("%s are a gap", async (_, missing) => {
    expect((await bad(without(...missing))).lines).toEqual([`READINGS_GAP:${missing[0] === 9 ? 20 : 42}`]);
  });

  /** Half-hourly rows of a day, one of them missing. */
  const halves = (midnight: number, missing: number): string =>
    csv(
      range(0, 48)
        .filter((half) => half !== missing)
        .map((half) => `${iso(midnight + half * 1800)},a,${half},0`),
    );

  test("where clocks go back by half an hour, half an hour is missing", async () => {
    expect((await good(halves(Date.UTC(2017, 3, 1) / 1000, 30))).notes[0]).toContain("Australia/Lord_Howe");
  });

  test("half of the hour that comes twice is a gap, and so is an hour when clocks go forward", async () => {
    expect((await bad(halves(day, 18))).lines).toEqual(["READINGS_GAP:20"]);
    expect((await bad(halves(Date.UTC(2017, 2, 26) / 1000, 2))).lines).toEqual(["READINGS_GAP:4"]);
    // 2017-03-26T01:00Z: Europe's clocks went forward, nobody's went back.
    expect((await bad(without(1).replaceAll("2016-11-06", "2017-03-26"))).lines).toEqual(["READINGS_GAP:4"]);
  });

  test("of one home alone it is a gap", async () => {
    const { lines } = await bad(without().replace(/[^\n]*T09:00:00Z,b[^\n]*\n/, ""));
    expect(lines).toEqual(["READINGS_GAP:22"]);
  });

  test("the same hour on a day without a clock change is a gap", async () => {
    expect((await bad(without(9).replaceAll("2016-11-06", "2016-07-06"))).lines).toEqual(["READINGS_GAP:20"]);
  });
});
