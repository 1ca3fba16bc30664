import { assert, type Result } from "../../../engine/kernel/index.ts";
import { type LocalInterval, localTime } from "../local-time.ts";
import { isoSeconds, type Manifest, newTally, type Scope } from "./manifest.ts";
import { assertRow, type IntervalRow } from "./row.ts";

export const COLUMNS = [
  "interval_start_utc",
  "interval_end_utc",
  "tz",
  "local_date",
  "interval_index",
  "interval_kind",
  "metering_point",
  "flow",
  "energy_wh",
  "price_micro_per_kwh",
  "amount_micro",
  "currency",
  "counterparty_pseudonym",
  "quality",
  "revision",
  "trade_id",
  "batch_id",
  "tx_hash",
] as const;

export interface CsvFacts {
  /** As the manifest names the file. */
  readonly fileName: string;
  readonly scope: Scope;
  /** Program and version. */
  readonly generator: string;
}

export interface CsvExport {
  /** The file's text, piece by piece; can be read once. */
  readonly chunks: AsyncIterable<string>;
  /** After the last chunk. A file without a manifest is not to be used: write it under another name until this is ok. */
  manifest(): Result<Manifest, "EXPORT_UNBALANCED">;
}

const ROWS_PER_CHUNK = 500;

/** Interval rows as CSV: UTF-8, LF, a header, RFC 4180 quoting, integers only. The same rows give the same bytes. */
export function renderCsv(rows: Iterable<IntervalRow> | AsyncIterable<IntervalRow>, facts: CsvFacts): CsvExport {
  const tally = newTally();
  let isDone = false;

  async function* chunks(): AsyncIterable<string> {
    const line = lineWriter();
    let text = `${COLUMNS.join(",")}\n`;
    let held = 0;
    const flush = (): string => {
      const full = text;
      tally.text(full);
      text = "";
      held = 0;
      return full;
    };
    for await (const row of rows) {
      assertRow(row);
      tally.row(row);
      text += line(row);
      if (++held === ROWS_PER_CHUNK) yield flush();
    }
    if (text !== "") yield flush();
    isDone = true;
  }

  return {
    chunks: chunks(),
    manifest: () => {
      assert(isDone, "an export has its manifest after its last chunk");
      return tally.result(facts);
    },
  };
}

function lineWriter(): (row: IntervalRow) => string {
  const zones = new Map<string, (startMs: number, lengthMs: number) => LocalInterval>();
  return (row) => {
    const local = zones.get(row.timeZone) ?? localTime(row.timeZone);
    zones.set(row.timeZone, local);
    return `${fieldsOf(row, local(row.startMs, row.endMs - row.startMs))
      .map(quoted)
      .join(",")}\n`;
  };
}

function fieldsOf(row: IntervalRow, local: LocalInterval): readonly (string | number | null)[] {
  return [
    isoSeconds(row.startMs),
    isoSeconds(row.endMs),
    row.timeZone,
    local.date,
    local.index,
    row.intervalKind,
    row.meteringPoint,
    row.flow,
    row.energyWh,
    row.priceMicroPerKwh,
    row.amountMicro,
    row.currency,
    row.counterparty,
    row.quality,
    row.revision,
    row.tradeId,
    row.batchId,
    row.txHash,
  ];
}

/** RFC 4180; an unknown is an empty field. */
function quoted(field: string | number | null): string {
  if (field === null) return "";
  const text = String(field);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
