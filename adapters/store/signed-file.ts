import { crc32 } from "node:zlib";
import { assert, type Digest, type Interval, interval } from "../../engine/kernel/index.ts";
import type { Store } from "../../src/ports/index.ts";
import { type Database, type Fate, openDatabase, openImage } from "./database.ts";
import type { GuardFile } from "./guard-file.ts";
import { Unopened } from "./trouble.ts";

/**
 * What this home has signed: votes, commits, orders and readings, each in a slot that only the first bytes ever fill; and what
 * proves that others signed two things in one. Its own file, locked to one process.
 */
export type SignedFile = Pick<
  Store,
  "saveVote" | "votes" | "saveOwn" | "own" | "saveEvidence" | "evidence" | "maySignFrom" | "resumeSigning" | "declareNewest"
> & {
  readonly database: Database;
  /** There is something to forget. */
  holdsBefore(from: Interval): boolean;
  /** Forgets everything before `from`, for ever: nothing can be signed there any more. The guard moves with it. */
  forgetBefore(from: Interval): void;
};

const SCHEMA = `
  CREATE TABLE votes (
    interval INTEGER NOT NULL CHECK (interval BETWEEN 0 AND 4294967295),
    view INTEGER NOT NULL CHECK (view BETWEEN 0 AND 4294967295),
    kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
    bytes BLOB NOT NULL CHECK (length(bytes) > 0),
    sum INTEGER NOT NULL,
    PRIMARY KEY (interval, view, kind)
  ) STRICT;
  CREATE TABLE own (
    interval INTEGER NOT NULL CHECK (interval BETWEEN 0 AND 4294967295),
    kind TEXT NOT NULL CHECK (kind IN ('commit', 'order', 'reading')),
    seq INTEGER NOT NULL CHECK (seq BETWEEN 0 AND 4294967295),
    bytes BLOB NOT NULL CHECK (length(bytes) > 0),
    sum INTEGER NOT NULL,
    PRIMARY KEY (interval, kind, seq)
  ) STRICT;
  CREATE TABLE evidence (
    number INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE CHECK (length(id) = 66),
    bytes BLOB NOT NULL CHECK (length(bytes) > 0)
  ) STRICT;
  CREATE TABLE facts (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pair TEXT NOT NULL,
    sign_from INTEGER CHECK (sign_from BETWEEN 0 AND 4294967295),
    guard TEXT,
    next_guard TEXT
  ) STRICT`;

const SAVE_VOTE = "INSERT INTO votes (interval, view, kind, bytes, sum) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
const GET_VOTE = "SELECT bytes FROM votes WHERE interval = ? AND view = ? AND kind = ?";
const SAVE_OWN = "INSERT INTO own (interval, kind, seq, bytes, sum) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING";
const GET_OWN = "SELECT bytes FROM own WHERE interval = ? AND kind = ? AND seq = ?";
const HOLDS_BEFORE = "SELECT 1 FROM votes WHERE interval < ? UNION ALL SELECT 1 FROM own WHERE interval < ? LIMIT 1";
const SAVE_EVIDENCE = "INSERT INTO evidence (id, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING";

// "cwsg"
const APPLICATION_ID = 0x63777367;
const VERSION = 2;

export const openSignedDatabase = (path: string, busyMs: number, fate: Fate): Database =>
  openDatabase({ path, applicationId: APPLICATION_ID, version: VERSION, schema: SCHEMA, exclusive: true, busyMs, fate });

/** What is in it now, whether its home runs or not; nothing on the disk changes. */
export const openSignedImage = (path: string): Database => openImage({ path, applicationId: APPLICATION_ID, version: VERSION });

/** In the order in which it was kept. */
export const evidenceIn = (database: Database): ReturnType<Store["evidence"]> =>
  database.rows("SELECT id, bytes FROM evidence ORDER BY number").map((row) => ({ id: row.id as Digest, bytes: bytesOf(row) }));

/** isComplete: nothing was ever signed that the database doesn't hold, whatever the guard says. */
export function signedFile(database: Database, guard: GuardFile, isComplete: boolean): SignedFile {
  assertUnharmed(database);
  let signFrom = database.attempt(() => openGuarded(database, guard, isComplete));
  const assertOpen = (at: Interval) => {
    assert(signFrom !== null, "nothing is signed before it is known from where on nothing was");
    assert(at >= signFrom, `nothing is signed for interval ${at}: it was decided long ago`);
  };

  const signAgain = (from: Interval): void => {
    database.run("UPDATE facts SET sign_from = ?", from);
    signFrom = from;
  };

  /** Returns only what is on disk: a row that we just committed, or one of an earlier commit. */
  function fill(save: string, get: string, slot: readonly (string | number)[], bytes: Uint8Array): Uint8Array {
    if (database.run(save, ...slot, bytes, sumOf(slot, bytes)) === 1) return bytes.slice();
    return bytesOf(database.row(get, ...slot));
  }

  return {
    database,
    saveVote: (slot, bytes) => {
      assertOpen(slot.interval);
      return fill(SAVE_VOTE, GET_VOTE, [slot.interval, slot.view, slot.kind], bytes);
    },
    votes: (at) =>
      database.rows("SELECT view, kind, bytes FROM votes WHERE interval = ? ORDER BY view, kind", at).map((row) => ({
        slot: { interval: at, view: Number(row.view), kind: String(row.kind) },
        bytes: bytesOf(row),
      })),
    saveOwn: (kind, at, seq, bytes) => {
      assertOpen(at);
      return fill(SAVE_OWN, GET_OWN, [at, kind, seq], bytes);
    },
    own: (kind, at) => database.rows("SELECT bytes FROM own WHERE interval = ? AND kind = ? ORDER BY seq", at, kind).map(bytesOf),
    saveEvidence: (id, bytes) => database.run(SAVE_EVIDENCE, id, bytes) === 1,
    evidence: () => evidenceIn(database),
    maySignFrom: () => signFrom,
    resumeSigning: (from) => signAgain(interval(Math.max(from, signFrom ?? 0))),
    declareNewest: (from) => signAgain(from),
    holdsBefore: (from) => database.row(HOLDS_BEFORE, from, from) !== null,
    forgetBefore: (from) =>
      database.attempt(() => {
        const next = guard.prepare();
        database.transaction(() => {
          database.run("DELETE FROM votes WHERE interval < ?", from);
          database.run("DELETE FROM own WHERE interval < ?", from);
          // null stays null.
          database.run("UPDATE facts SET sign_from = max(sign_from, ?), guard = next_guard, next_guard = ?", from, next);
        });
        guard.put();
        if (signFrom !== null) signFrom = interval(Math.max(from, signFrom));
      }),
  };
}

/**
 * From where on this home may sign. The file knows the guard that stands and the one that is about to: whichever a crash leaves
 * is one of them. Any other means that this file, or all of the folder, isn't the newest. That is on disk before the guard
 * moves, so that the next start doesn't take it for known.
 */
function openGuarded(database: Database, guard: GuardFile, isComplete: boolean): Interval | null {
  const known = database.row("SELECT sign_from, guard, next_guard FROM facts")!;
  const stands = guard.token();
  const isNewest = stands !== null && (stands === known.guard || stands === known.next_guard);
  const signFrom = isComplete ? (known.sign_from ?? 0) : isNewest ? known.sign_from : null;
  const next = guard.prepare();
  database.run("UPDATE facts SET sign_from = ?, guard = ?, next_guard = ?", signFrom as number | null, stands, next);
  guard.put();
  return signFrom === null ? null : interval(Number(signFrom));
}

/** SQLite holds its own structure together, but not what is in it. A slot that changed its place would be free to sign again. */
function assertUnharmed(database: Database): void {
  for (const select of ["SELECT interval, view, kind, bytes, sum FROM votes", "SELECT interval, kind, seq, bytes, sum FROM own"]) {
    for (const { bytes, sum, ...slot } of database.rows(select)) {
      if (sum !== sumOf(Object.values(slot), bytes as Uint8Array))
        throw new Unopened("STORE_CORRUPT", database.path, `what was signed for interval ${slot.interval} isn't as it was kept`);
    }
  }
}

export const sumOf = (place: readonly unknown[], bytes: Uint8Array): number => crc32(bytes, crc32(place.join("/")));

export function bytesOf(row: Readonly<Record<string, unknown>> | null): Uint8Array {
  assert(row !== null && ArrayBuffer.isView(row.bytes), "a row has bytes");
  return row.bytes as Uint8Array;
}
