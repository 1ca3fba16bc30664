import { assert, type Digest, type Interval, interval, period } from "../../engine/kernel/index.ts";
import type { Store } from "../../src/ports/index.ts";
import { type Database, type Fate, openDatabase, openImage, openReadOnly } from "./database.ts";
import { bytesOf, sumOf } from "./signed-file.ts";

/** What the street has decided: certified intervals, who its members were, settled periods; and this home's notes. Others may read it while we write. */
export type MarketFile = Pick<Store, "saveBlock" | "saveMembers" | "savePeriod" | "appendMeterEntry" | "setMeta"> & MarketReader;

export type MarketReader = Pick<
  Store,
  "blocks" | "lastInterval" | "members" | "periods" | "meterEntries" | "lastMeterEntry" | "getMeta"
> & { readonly database: Database };

const SCHEMA = `
  CREATE TABLE blocks (
    interval INTEGER PRIMARY KEY CHECK (interval BETWEEN 0 AND 4294967295),
    head TEXT NOT NULL CHECK (length(head) = 66),
    bytes BLOB NOT NULL CHECK (length(bytes) > 0),
    sum INTEGER NOT NULL
  ) STRICT;
  CREATE TABLE members (
    digest TEXT PRIMARY KEY CHECK (length(digest) = 66),
    bytes BLOB NOT NULL CHECK (length(bytes) > 0)
  ) STRICT;
  CREATE TABLE periods (
    period INTEGER PRIMARY KEY CHECK (period BETWEEN 0 AND 4294967295),
    bytes BLOB NOT NULL CHECK (length(bytes) > 0)
  ) STRICT;
  CREATE TABLE meta (key TEXT PRIMARY KEY CHECK (length(key) > 0), value TEXT NOT NULL) STRICT;
  CREATE TABLE facts (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pair TEXT NOT NULL
  ) STRICT`;

/** Beside the version: a file from before there was a meter log gets one when its home starts. */
const METER_LOG = `
  CREATE TABLE IF NOT EXISTS meter_log (
    seq INTEGER PRIMARY KEY CHECK (seq BETWEEN 0 AND 4294967295),
    bytes BLOB NOT NULL CHECK (length(bytes) > 0),
    sum INTEGER NOT NULL
  ) STRICT`;

// "cwmk"
const APPLICATION_ID = 0x63776d6b;
const VERSION = 2;

export function openMarketFile(path: string, busyMs: number, fate: Fate): MarketFile {
  const database = openDatabase({ path, applicationId: APPLICATION_ID, version: VERSION, schema: SCHEMA, exclusive: false, busyMs, fate });
  database.run(METER_LOG);
  const reader = readerOf(database);
  let last = reader.lastInterval();
  return {
    ...reader,
    lastInterval: () => last,
    saveBlock: (at, head, bytes) => {
      if (at === last) return assertSameHead(database, at, head);
      assert(last === null || at === last + 1, `blocks come without gaps: ${at} after ${last}`);
      database.run("INSERT INTO blocks (interval, head, bytes, sum) VALUES (?, ?, ?, ?)", at, head, bytes, sumOf([at], bytes));
      last = at;
    },
    saveMembers: (digest, bytes) => {
      database.run("INSERT INTO members (digest, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING", digest, bytes);
    },
    savePeriod: (of, bytes) => {
      database.run(
        "INSERT INTO periods (period, bytes) VALUES (?, ?) ON CONFLICT (period) DO UPDATE SET bytes = excluded.bytes",
        of,
        bytes,
      );
    },
    appendMeterEntry: (seq, bytes) => {
      const before = reader.lastMeterEntry();
      assert(seq === (before ?? -1) + 1, `the meter log has no gaps: ${seq} after ${before}`);
      database.run("INSERT INTO meter_log (seq, bytes, sum) VALUES (?, ?, ?)", seq, bytes, sumOf([seq], bytes));
    },
    setMeta: (key, value) => {
      database.run("INSERT INTO meta (key, value) VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value", key, value);
    },
  };
}

export function openMarketReader(path: string, busyMs: number): MarketReader {
  return readerOf(openReadOnly(path, APPLICATION_ID, VERSION, busyMs));
}

/** What is in it now, from its bytes; nothing on the disk changes. */
export const openMarketImage = (path: string): MarketReader =>
  readerOf(openImage({ path, applicationId: APPLICATION_ID, version: VERSION }));

/** Two results for one interval can't both be certified; where they seem to be, nothing may go on. */
function assertSameHead(database: Database, at: Interval, head: Digest): void {
  const kept = database.row("SELECT head FROM blocks WHERE interval = ?", at)!.head;
  assert(kept === head, `interval ${at} has two certified results`);
}

function readerOf(database: Database): MarketReader {
  return {
    database,
    blocks: (from, limit) =>
      database.rows("SELECT interval, bytes, sum FROM blocks WHERE interval >= ? ORDER BY interval LIMIT ?", from, limit).map((row) => {
        const bytes = bytesOf(row);
        if (row.sum !== sumOf([row.interval], bytes)) throw database.damaged(`the block of interval ${row.interval} isn't as it was kept`);
        return { interval: interval(Number(row.interval)), bytes };
      }),
    lastInterval: () => {
      const last = database.row("SELECT max(interval) AS last FROM blocks")!.last;
      return last === null ? null : interval(Number(last));
    },
    members: (digest) => {
      const row = database.row("SELECT bytes FROM members WHERE digest = ?", digest);
      return row === null ? null : bytesOf(row);
    },
    periods: () =>
      database
        .rows("SELECT period, bytes FROM periods ORDER BY period")
        .map((row) => ({ period: period(Number(row.period)), bytes: bytesOf(row) })),
    ...meterLogOf(database),
    getMeta: (key) => {
      const row = database.row("SELECT value FROM meta WHERE key = ?", key);
      return row === null ? null : String(row.value);
    },
  };
}

function meterLogOf(database: Database): Pick<MarketReader, "meterEntries" | "lastMeterEntry"> {
  const exists = (): boolean => database.row("SELECT 1 AS found FROM sqlite_schema WHERE type = 'table' AND name = 'meter_log'") !== null;
  return {
    meterEntries: (from, limit) =>
      (exists() ? database.rows("SELECT seq, bytes, sum FROM meter_log WHERE seq >= ? ORDER BY seq LIMIT ?", from, limit) : []).map(
        (row) => {
          const bytes = bytesOf(row);
          if (row.sum !== sumOf([row.seq], bytes)) throw database.damaged(`entry ${row.seq} of the meter log isn't as it was kept`);
          return { seq: Number(row.seq), bytes };
        },
      ),
    lastMeterEntry: () => {
      const last = exists() ? database.row("SELECT max(seq) AS last FROM meter_log")!.last : null;
      return last === null ? null : Number(last);
    },
  };
}
