import { cellsOf, short } from "./cells.ts";
import type { Problems } from "./problems.ts";

export interface Columns {
  readonly kind: "gross" | "net";
  readonly count: number;
  readonly time: number;
  readonly home: number;
  /** Load, or import. */
  readonly first: number;
  /** PV, or export. */
  readonly second: number;
  readonly firstName: string;
  readonly secondName: string;
  /** Not ours: left unread, and said so. */
  readonly ignored: readonly string[];
}

const TIME = "timestamp_utc_iso";
const HOME = "home_id";
const GROSS = ["load_wh", "pv_wh"] as const;
const NET = ["import_wh", "export_wh"] as const;
const FORMS = `the header is ${TIME},${HOME},load_wh,pv_wh or ${TIME},${HOME},import_wh,export_wh`;

/** Formats that people have at hand, by how their first line begins. */
const FOREIGN: readonly (readonly [RegExp, string])[] = [
  [/^100,NEM1[23]\b/, "this is a NEM12 file"],
  [/^200,|^300,\d{8},/, "this is a part of a NEM12 file"],
  [/^<\?xml|^<[a-z]/i, "this is XML (Green Button or the like)"],
  [/^[[{]/, "this is JSON"],
  [/^(UNA|UNB\+)/, "this is an EDIFACT message (MSCONS or the like)"],
  [/^month,hour,day_type\b|^derived_local_start_label,/, "this is a raw CityLearn table"],
  [/^utc_timestamp,cet_cest_timestamp\b/, "this is an Open Power System Data table"],
  [/^(?!.*home_id)timestamp_utc_iso,.*(price|per_kwh|per_mwh)/i, "these are prices, not readings"],
  [/^timestamp_utc_iso;|^[^,]*;[^,]*;[^,]*;/, "its cells are parted by semicolons"],
  [/^timestamp_utc_iso\t|^[^,]*\t[^,]*\t[^,]*\t/, "its cells are parted by tabs"],
];

/** Finds our columns by name, in any order; null with the reasons among the problems when one is missing. */
export function columnsOf(line: string, problems: Problems): Columns | null {
  const foreign = FOREIGN.find(([pattern]) => pattern.test(line));
  if (foreign !== undefined) {
    problems.add("READINGS_FOREIGN_FORMAT", { line: 1, what: foreign[1], wayOut: `convert it to CSV parted by commas: ${FORMS}` });
    return null;
  }
  const names = cellsOf(line);
  if (names === null || line.includes("\r")) {
    problems.add("READINGS_COLUMNS", {
      line: 1,
      what: line.includes("\r") ? "lines end in CR alone" : "a quote is left open",
      wayOut: `end lines with LF; ${FORMS}`,
    });
    return null;
  }
  const before = problems.total;
  refuseRepeated(names, problems);
  const form = formOf(names, problems);
  refuseMissing([TIME, HOME, ...form], names, problems);
  return problems.total > before ? null : placed(names, form);
}

function formOf(names: readonly string[], problems: Problems): typeof GROSS | typeof NET {
  const gross = GROSS.filter((name) => names.includes(name)).length;
  const net = NET.filter((name) => names.includes(name)).length;
  if (gross > 0 && net > 0)
    problems.add("READINGS_COLUMNS", { line: 1, what: "gross and net columns in one file", wayOut: `keep one pair; ${FORMS}` });
  return net > gross || (net === gross && names.some((name) => /import|export/i.test(name))) ? NET : GROSS;
}

function refuseRepeated(names: readonly string[], problems: Problems): void {
  for (const name of [TIME, HOME, ...GROSS, ...NET])
    if (names.indexOf(name) !== names.lastIndexOf(name))
      problems.add("READINGS_COLUMNS", { line: 1, key: name, what: "this column comes twice", wayOut: "keep one of them" });
}

/** Beside what is missing stands what is there instead; whoever shows the problem offers the nearest name. */
function refuseMissing(wanted: readonly string[], names: readonly string[], problems: Problems): void {
  const missing = wanted.filter((name) => !names.includes(name));
  if (missing.length === 0) return;
  for (const name of missing) problems.add("READINGS_COLUMNS", { line: 1, key: name, what: "the column is missing", wayOut: FORMS });
  for (const name of names)
    if (!wanted.includes(name))
      problems.add("READINGS_COLUMNS", {
        line: 1,
        key: short(name),
        what: "unknown column",
        meant: { written: short(name), known: missing },
      });
}

function placed(names: readonly string[], form: typeof GROSS | typeof NET): Columns {
  const ours = [TIME, HOME, ...form];
  return {
    kind: form === GROSS ? "gross" : "net",
    count: names.length,
    time: names.indexOf(TIME),
    home: names.indexOf(HOME),
    first: names.indexOf(form[0]),
    second: names.indexOf(form[1]),
    firstName: form[0],
    secondName: form[1],
    ignored: names.filter((name) => !ours.includes(name)).map(short),
  };
}
