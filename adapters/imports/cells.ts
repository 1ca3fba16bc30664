/** What a cell says, or why it says nothing. */
export type Cell = { readonly ok: true; readonly value: number } | { readonly ok: false; readonly what: string; readonly wayOut: string };

const bad = (what: string, wayOut: string): Cell => ({ ok: false, what, wayOut });

/** Cells of a CSV line, trimmed; quotes as in RFC 4180. null: a quote is left open. */
export function cellsOf(line: string): readonly string[] | null {
  if (!line.includes('"')) return line.split(",").map((cell) => cell.trim());
  const cells: string[] = [];
  const pattern = /\s*(?:"((?:[^"]|"")*)"|([^",]*))\s*(,|$)/y;
  for (;;) {
    const match = pattern.exec(line);
    if (match === null) return null;
    cells.push((match[1]?.replaceAll('""', '"') ?? match[2] ?? "").trim());
    if (match[3] === "") return cells;
  }
}

const TIME = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2})(?:\.0+)?)?(Z|[+-]\d{2}:?\d{2})?$/;
const EARLIEST_YEAR = 1990;
const LATEST_YEAR = 2100;
const UTC = 'write UTC with a Z, e.g. "2026-06-15T12:00:00Z"';

/** An instant as unix seconds. Only UTC: with Z or +00:00; a time without zone could be any of two dozen hours. */
export function instantOf(text: string): Cell {
  const match = TIME.exec(text);
  if (match === null) return bad(text === "" ? "the time is empty" : `"${short(text)}" is no ISO time`, UTC);
  const zone = match[7];
  if (zone === undefined) return bad(`"${text}" is a local time without zone`, UTC);
  if (zone !== "Z" && zone !== "+00:00" && zone !== "+0000") return bad(`"${text}" is not UTC but ${zone}`, UTC);
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0)) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const at = new Date(Date.UTC(year, month - 1, day, hour, minute, second));
  const exists =
    at.getUTCMonth() === month - 1 && at.getUTCDate() === day && at.getUTCHours() === hour && at.getUTCMinutes() === minute && second < 60;
  if (!exists) return bad(`"${text}" is not on the calendar`, "correct the date or the time");
  if (year < EARLIEST_YEAR || year > LATEST_YEAR)
    return bad(`"${text}" is not between ${EARLIEST_YEAR} and ${LATEST_YEAR}`, "correct the year");
  return { ok: true, value: at.getTime() / 1000 };
}

export type EnergyTrouble = "READINGS_UNKNOWN_ENERGY" | "READINGS_NEGATIVE" | "READINGS_NOT_AN_INTEGER" | "READINGS_IMPLAUSIBLE";
export type EnergyCell =
  | { readonly ok: true; readonly value: number }
  | { readonly ok: false; readonly code: EnergyTrouble; readonly what: string; readonly wayOut: string };

const UNKNOWN = new Set(["", "nan", "null", "none", "na", "n/a", "-", "?", "nil", "undefined"]);

/** Whole Wh >= 0. An empty cell is unknown and never 0. */
export function energyOf(text: string): EnergyCell {
  if (/^\d{1,9}$/.test(text)) return { ok: true, value: Number(text) };
  const trouble = (code: EnergyTrouble, what: string, wayOut: string): EnergyCell => ({ ok: false, code, what, wayOut });
  if (UNKNOWN.has(text.toLowerCase()))
    return trouble(
      "READINGS_UNKNOWN_ENERGY",
      text === "" ? "the cell is empty" : `"${text}" is unknown energy`,
      "fill it in, or leave the home out with --homes; it is not taken as 0",
    );
  if (/^-\d*\.?\d+$/.test(text))
    return trouble("READINGS_NEGATIVE", `the energy is negative: ${short(text)}`, "energies are >= 0; export has its own column");
  if (/^\d{10,}$/.test(text))
    return trouble("READINGS_IMPLAUSIBLE", `${short(text)} Wh is more than any home has`, "give energy per interval in Wh, not a counter");
  return trouble("READINGS_NOT_AN_INTEGER", `"${short(text)}" is no whole number`, "give energy in whole Wh");
}

/** What is fit to be shown of a foreign text. */
export const short = (text: string): string => {
  const clean = text.replaceAll(/[^\x20-\x7e\u00a0-\uffff]/g, "?");
  return clean.length > 60 ? `${clean.slice(0, 57)}...` : clean;
};
