import { assert, type Digest, type Interval, interval } from "../../engine/kernel/index.ts";
import type { Store } from "../../src/ports/index.ts";
import { type Database, openDatabase } from "./database.ts";

/**
 * What this home has signed: votes, commits, orders and readings, each in a slot that only the first bytes ever fill; and what
 * proves that others signed two things in one. Its own file, locked to one process.
 */
export type SignedFile = Pick<Store, "saveVote" | "votes" | "saveOwn" | "own" | "saveEvidence" | "evidence"> & {
  readonly database: Database;
  /** Forgets everything before `from`, for ever: nothing can be signed there any more. */
  forgetBefore(from: Interval): void;
};

const SCHEMA = `
  CREATE TABLE votes (
    interval INTEGER NOT NULL CHECK (interval BETWEEN 0 AND 4294967295),
    view INTEGER NOT NULL CHECK (view BETWEEN 0 AND 4294967295),
    kind TEXT NOT NULL CHECK (length(kind) BETWEEN 1 AND 32),
    bytes BLOB NOT NULL CHECK (length(bytes) > 0),
    PRIMARY KEY (interval, view, kind)
  ) STRICT;
  CREATE TABLE own (
    interval INTEGER NOT NULL CHECK (interval BETWEEN 0 AND 4294967295),
    kind TEXT NOT NULL CHECK (kind IN ('commit', 'order', 'reading')),
    seq INTEGER NOT NULL CHECK (seq BETWEEN 0 AND 4294967295),
    bytes BLOB NOT NULL CHECK (length(bytes) > 0),
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
    starts INTEGER NOT NULL CHECK (starts > 0),
    forgotten_before INTEGER NOT NULL DEFAULT 0 CHECK (forgotten_before BETWEEN 0 AND 4294967295)
  ) STRICT`;

const SAVE_VOTE = "INSERT INTO votes (interval, view, kind, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
const GET_VOTE = "SELECT bytes FROM votes WHERE interval = ? AND view = ? AND kind = ?";
const SAVE_OWN = "INSERT INTO own (interval, kind, seq, bytes) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING";
const GET_OWN = "SELECT bytes FROM own WHERE interval = ? AND kind = ? AND seq = ?";
const SAVE_EVIDENCE = "INSERT INTO evidence (id, bytes) VALUES (?, ?) ON CONFLICT DO NOTHING";

export function openSignedFile(path: string, busyMs: number): SignedFile {
  // "cwsg"
  const database = openDatabase({ path, applicationId: 0x63777367, version: 2, schema: SCHEMA, exclusive: true, busyMs });
  let forgottenBefore = Number(database.row("SELECT forgotten_before FROM facts")?.forgotten_before ?? 0);
  const assertOpen = (at: Interval) => assert(at >= forgottenBefore, `nothing is signed for interval ${at}: it was decided long ago`);

  /** Returns only what is on disk: a row that we just committed, or one of an earlier commit. */
  function fill(save: string, get: string, slot: readonly (string | number)[], bytes: Uint8Array): Uint8Array {
    if (database.run(save, ...slot, bytes) === 1) return bytes.slice();
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
    evidence: () =>
      database.rows("SELECT id, bytes FROM evidence ORDER BY number").map((row) => ({ id: row.id as Digest, bytes: bytesOf(row) })),
    forgetBefore: (from) => {
      if (from <= forgottenBefore) return;
      database.transaction(() => {
        database.run("DELETE FROM votes WHERE interval < ?", from);
        database.run("DELETE FROM own WHERE interval < ?", from);
        database.run("UPDATE facts SET forgotten_before = ?", from);
      });
      forgottenBefore = interval(from);
    },
  };
}

export function bytesOf(row: Readonly<Record<string, unknown>> | null): Uint8Array {
  assert(row !== null && ArrayBuffer.isView(row.bytes), "a row has bytes");
  return row.bytes as Uint8Array;
}
