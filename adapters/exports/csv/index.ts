export { COLUMNS, type CsvExport, type CsvFacts, renderCsv } from "./csv.ts";
export type { Manifest, Scope } from "./manifest.ts";
export { FLOWS, type Flow, INTERVAL_KINDS, type IntervalKind, type IntervalRow, QUALITIES, type Quality } from "./row.ts";
