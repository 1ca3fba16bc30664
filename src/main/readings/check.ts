import { type Address, type Digest, type Interval, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { type EntryQuality, type MeterEntry, type Reading, type SignedMeterEntry, trustOf } from "../../../engine/messages/index.ts";
import type { RecoverSigner } from "../../ports/index.ts";
import { entryOf, type ReadingsFile } from "./file.ts";

export interface Finding {
  /** Which entry; null: none of them. */
  readonly seq: number | null;
  readonly interval: Interval | null;
  readonly what: string;
}

export interface Checked {
  readonly findings: readonly Finding[];
  readonly signers: ReadonlySet<Address>;
  readonly qualities: Readonly<Record<EntryQuality, number>>;
  /** Intervals between the first and the last of which the log says nothing: the home didn't run. */
  readonly skipped: number;
  readonly entries: readonly MeterEntry[];
}

/** Whether each entry is signed, in its place, and follows from the one before; by itself, without a street. */
export function checkReadings(file: ReadingsFile, recover: RecoverSigner): Checked {
  const findings: Finding[] = [];
  const signers = new Set<Address>();
  const entries: MeterEntry[] = [];
  const qualities = { measured: 0, estimated: 0, missing: 0 };
  let before: SignedMeterEntry | null = null;
  let skipped = 0;
  for (const view of file.entries) {
    const at = { seq: view.seq, interval: view.interval };
    const entry = entryOf(file, view);
    if (entry === null) {
      findings.push({ ...at, what: "no home writes such an entry" });
      before = null;
      continue;
    }
    const signer = recover(entry.id, entry.signature);
    if (signer !== null) signers.add(signer);
    const problems = [signer === null ? "its signature is none" : null, ...problemsOf(entry, view.digest, before)];
    for (const what of problems) if (what !== null) findings.push({ ...at, what });
    if (before !== null) skipped += Math.max(0, entry.body.interval - before.body.interval - 1);
    qualities[entry.body.quality] += 1;
    entries.push(entry.body);
    before = entry;
  }
  return { findings, signers, qualities, skipped, entries };
}

function problemsOf({ body, id }: SignedMeterEntry, told: Digest, before: SignedMeterEntry | null): readonly (string | null)[] {
  const trust = trustOf(body.source, body.quality);
  return [
    id === told ? null : "it was changed: its digest is another than the file says",
    body.trust === trust ? null : `it calls itself class ${body.trust}: ${body.quality} over ${body.source} is ${trust}`,
    body.seq === 0 && body.prev !== ZERO_DIGEST ? "a log's first entry names none before it" : null,
    ...(before === null ? [] : linkProblems(body, before)),
  ];
}

function linkProblems(body: MeterEntry, { body: last, id }: SignedMeterEntry): readonly (string | null)[] {
  const isSameMeter = body.serial === last.serial && body.source === last.source;
  const fell =
    body.counters !== null &&
    last.counters !== null &&
    (body.counters.importWh < last.counters.importWh || body.counters.exportWh < last.counters.exportWh);
  if (body.seq === 0) return ["the log begins anew here: the home lost what it had kept"];
  return [
    body.seq === last.seq + 1 ? null : `entry ${last.seq + 1} is missing before it`,
    body.prev === id || body.seq !== last.seq + 1 ? null : "it doesn't follow from the entry before: one of the two was replaced",
    body.interval > last.interval ? null : "its interval isn't after the one before",
    isSameMeter && fell ? "a counter is below the entry before, on the same meter" : null,
  ];
}

/** What a street settled of the home, beside its log. */
export interface Compared {
  readonly findings: readonly Finding[];
  /** Readings that stand in the log as they were settled. */
  readonly agreed: number;
  /** Readings from before the log's first entry or after its last. */
  readonly outside: number;
}

export function compareReadings(entries: readonly MeterEntry[], settled: readonly Reading[]): Compared {
  const byInterval = new Map(entries.map((entry) => [entry.interval, entry]));
  const first = entries[0]?.interval ?? Number.POSITIVE_INFINITY;
  const last = entries.at(-1)?.interval ?? Number.NEGATIVE_INFINITY;
  const findings: Finding[] = [];
  let agreed = 0;
  let outside = 0;
  for (const reading of settled) {
    const entry = byInterval.get(reading.interval);
    const what = entry === undefined ? "the street settled a reading that the log doesn't have" : differenceOf(entry, reading);
    if (reading.interval < first || reading.interval > last) outside += 1;
    else if (what === null) agreed += 1;
    else findings.push({ seq: entry?.seq ?? null, interval: reading.interval, what });
  }
  return { findings, agreed, outside };
}

function differenceOf({ counters, quality }: MeterEntry, reading: Reading): string | null {
  const { importWh, exportWh } = reading;
  if (counters === null) return `the street settled ${importWh} and ${exportWh} Wh, the log knows nothing`;
  const isSame = counters.importWh === importWh && counters.exportWh === exportWh;
  if (!isSame) return `the street settled ${importWh} and ${exportWh} Wh, the log says ${counters.importWh} and ${counters.exportWh}`;
  return quality === reading.quality ? null : `the street was told ${reading.quality}, the log says ${quality}`;
}
