import { assert, type Digest, type HomeId, type Interval, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import {
  decodeMeterEntry,
  type EntryQuality,
  encodeMeterEntry,
  entryText,
  isDecimal,
  MAX_METER_ENTRY_BYTES,
  type MeterEntry,
  type MeterSource,
  type MeterValue,
  type RawBytes,
  type SignedMeterEntry,
  trustOf,
} from "../../engine/messages/index.ts";
import type { MeterOrigin, Signer, Store, Telemetry } from "../ports/index.ts";

export interface MeterLogModules {
  readonly store: Pick<Store, "appendMeterEntry" | "meterEntries" | "lastMeterEntry">;
  readonly signer: Signer;
  readonly digestOf: (entry: MeterEntry) => Digest;
  /** Of a meter that has never answered. */
  readonly source: MeterSource;
}

/** What a home knows of one interval, before its log gives it a place. */
export interface MeterDraft {
  readonly home: HomeId;
  readonly interval: Interval;
  readonly quality: EntryQuality;
  readonly counters: MeterEntry["counters"];
  readonly readAt: number;
  /** null: the meter didn't answer. */
  readonly origin: MeterOrigin | null;
  readonly values: readonly MeterValue[];
}

/** How far back an interval's entry is looked for: further back nothing is read any more. */
const LOOK_BACK = 96;
/** So much of an entry is left for what isn't raw bytes. */
const MAX_RAW_BYTES = MAX_METER_ENTRY_BYTES / 2;
const MAX_RAW_PARTS = 32;

/** This home's meter log: an entry for each interval, on disk before the reading goes out, chained by digests and signed. */
export class MeterLog {
  readonly #modules: MeterLogModules;
  #last: SignedMeterEntry | null;

  constructor(modules: MeterLogModules) {
    this.#modules = modules;
    const last = modules.store.lastMeterEntry();
    this.#last = last === null ? null : (this.#read(last, 1)[0] ?? null);
  }

  /** The newest entry; null: the log is empty. */
  get last(): MeterEntry | null {
    return this.#last?.body ?? null;
  }

  /** What stands for the interval, from now or from before: there is one entry for each. null: a later one has been written already. */
  keep(draft: MeterDraft): MeterEntry | null {
    const last = this.#last;
    if (last !== null && draft.interval <= last.body.interval) return this.#entryOf(draft.interval);
    const { signer, digestOf, store, source } = this.#modules;
    const body = bodyOf(draft, last, source);
    const id = digestOf(body);
    const entry = { body, id, signature: signer.sign(id) };
    store.appendMeterEntry(body.seq, encodeMeterEntry(entry));
    this.#last = entry;
    return body;
  }

  #entryOf(interval: Interval): MeterEntry | null {
    const last = this.#last?.body.seq ?? 0;
    const near = this.#read(Math.max(0, last - LOOK_BACK + 1), LOOK_BACK);
    return near.find(({ body }) => body.interval === interval)?.body ?? null;
  }

  #read(from: number, limit: number): readonly SignedMeterEntry[] {
    const { store, digestOf } = this.#modules;
    return store.meterEntries(from, limit).map(({ seq, bytes }) => {
      const entry = decodeMeterEntry(bytes, digestOf);
      assert(entry !== null && entry.body.seq === seq, "the store holds this market's meter log only");
      return entry;
    });
  }
}

function bodyOf(draft: MeterDraft, last: SignedMeterEntry | null, silent: MeterSource): MeterEntry {
  const { origin } = draft;
  const source = origin?.source ?? silent;
  return {
    home: draft.home,
    interval: draft.interval,
    seq: last === null ? 0 : last.body.seq + 1,
    prev: last === null ? ZERO_DIGEST : last.id,
    quality: draft.quality,
    trust: trustOf(source, draft.quality),
    counters: draft.counters,
    readAt: Math.max(0, Math.round(draft.readAt)),
    source,
    manufacturer: entryText(origin?.manufacturer ?? ""),
    model: entryText(origin?.model ?? ""),
    serial: entryText(origin?.serial ?? ""),
    raw: bounded(origin?.raw ?? []),
    values: draft.values,
  };
}

/** A device may send more than an entry can hold: what fits, whole parts only. */
function bounded(raw: readonly RawBytes[]): readonly RawBytes[] {
  let room = MAX_RAW_BYTES;
  return raw.slice(0, MAX_RAW_PARTS).flatMap(({ place, bytes }) => {
    if (bytes.length > room) return [];
    room -= bytes.length;
    return [{ place: entryText(place), bytes }];
  });
}

const QUANTITIES = ["gridW", "pvW", "batteryW", "socPercent", "importWh", "exportWh"] as const;

/** What a reading's bytes were taken to say, to a thousandth; what is unknown is left out. */
export function valuesOf(telemetry: Telemetry): readonly MeterValue[] {
  return QUANTITIES.flatMap((name) => {
    const value = telemetry[name];
    const decimal = value === null ? "" : String(Math.round(value * 1_000) / 1_000);
    return isDecimal(decimal) ? [{ name, decimal }] : [];
  });
}
