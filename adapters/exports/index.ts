export {
  COLUMNS,
  type CsvExport,
  type CsvFacts,
  FLOWS,
  type Flow,
  INTERVAL_KINDS,
  type IntervalKind,
  type IntervalRow,
  type Manifest,
  QUALITIES,
  type Quality,
  renderCsv,
  type Scope,
} from "./csv/index.ts";
export { isTimeZone, type LocalInterval, localTime } from "./local-time.ts";
