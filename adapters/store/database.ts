import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import { assert } from "../../engine/kernel/index.ts";
import { imageOf } from "./image.ts";
import { type StoreCode, StoreFatal, troubleOf, Unopened } from "./trouble.ts";
import { walDamage } from "./wal-file.ts";

/** One SQLite file as we use it: one connection, every commit on disk when it returns, and nothing goes on after trouble. */
export interface Database {
  readonly path: string;
  run(sql: string, ...values: readonly SQLInputValue[]): number;
  row(sql: string, ...values: readonly SQLInputValue[]): Row | null;
  rows(sql: string, ...values: readonly SQLInputValue[]): readonly Row[];
  /** All or nothing, with one sync. */
  transaction(work: () => void): void;
  /** Does what must not go on after trouble with the disk either. */
  attempt<T>(work: () => T): T;
  /** What is in it isn't what was put there: nothing goes on. */
  damaged(what: string): StoreFatal;
  close(): void;
}

export type Row = Readonly<Record<string, unknown>>;

/** What the files of one store share: trouble with one is the end of all. */
export interface Fate {
  fatal: StoreFatal | null;
  onFatal: (fatal: StoreFatal) => void;
}

export interface Shape {
  readonly path: string;
  /** Tells our files apart: SQLite's application_id. */
  readonly applicationId: number;
  readonly version: number;
  readonly schema: string;
  /** true: no other process may open it while we have it. The lock goes with the process, even with kill -9. */
  readonly exclusive: boolean;
  /** How long to wait for a lock. */
  readonly busyMs: number;
  readonly fate: Fate;
}

export function openDatabase(shape: Shape): Database {
  return unlessTrouble(shape.path, () => {
    // A connection would write what is left of the log into the file when it is closed, and the damage would be gone.
    const damage = walDamage(shape.path);
    if (damage !== null) throw new Unopened("STORE_CORRUPT", shape.path, damage);
    const connection = new DatabaseSync(shape.path, { timeout: shape.busyMs });
    return orClosed(connection, () => {
      prepareFile(connection, shape);
      return wrap(connection, shape.path, shape.fate);
    });
  });
}

export function openReadOnly(path: string, applicationId: number, version: number, busyMs: number): Database {
  return unlessTrouble(path, () => {
    const connection = new DatabaseSync(path, { readOnly: true, timeout: busyMs });
    return orClosed(connection, () => {
      assertOurs(connection, { path, applicationId, version });
      return wrap(connection, path, { fatal: null, onFatal: () => undefined });
    });
  });
}

/** A file as it stands, in memory: whoever has it open isn't disturbed, and on the disk nothing changes. */
export function openImage({ path, applicationId, version }: Ours): Database {
  return unlessTrouble(path, () => {
    const image = imageOf(path);
    const connection = new DatabaseSync(":memory:");
    return orClosed(connection, () => {
      connection.deserialize(image);
      assertOurs(connection, { path, applicationId, version });
      assertWhole(pragma(connection, "integrity_check(1)"), path);
      return wrap(connection, path, { fatal: null, onFatal: () => undefined });
    });
  });
}

type Ours = Pick<Shape, "path" | "applicationId" | "version">;

function orClosed(connection: DatabaseSync, prepare: () => Database): Database {
  try {
    return prepare();
  } catch (error) {
    connection.close();
    throw error;
  }
}

function assertOurs(connection: DatabaseSync, { path, applicationId, version }: Ours): void {
  const found = { id: pragma(connection, "application_id"), version: pragma(connection, "user_version") };
  if (found.id !== applicationId) throw new Unopened("STORE_FOREIGN", path, "it is no file of commonwatt's");
  if (found.version !== version)
    throw new Unopened("STORE_FOREIGN", path, `it is of another version of commonwatt (${found.version}, and this one reads ${version})`);
}

function assertWhole(check: unknown, path: string): void {
  if (check !== "ok") throw new Unopened("STORE_CORRUPT", path, String(check).split("\n")[0]!);
}

function unlessTrouble<T>(path: string, open: () => T): T {
  try {
    return open();
  } catch (error) {
    const trouble = troubleOf(error);
    throw trouble === null ? error : new Unopened(trouble.code, path, trouble.what);
  }
}

function prepareFile(connection: DatabaseSync, shape: Shape): void {
  // Before the first look into the file: in WAL the mode counts from the first access on.
  if (shape.exclusive) connection.exec("PRAGMA locking_mode = EXCLUSIVE");
  const fresh = pragma(connection, "page_count") === 0;
  if (!fresh) assertOurs(connection, shape);
  if (pragma(connection, "journal_mode = WAL") !== "wal")
    throw new Unopened("STORE_FAILED", shape.path, "this file system can't hold a write-ahead log");
  connection.exec("PRAGMA synchronous = FULL");
  if (fresh)
    connection.exec(
      `BEGIN; ${shape.schema}; PRAGMA application_id = ${shape.applicationId}; PRAGMA user_version = ${shape.version}; COMMIT`,
    );
  // The whole check also compares every index with its table: where a slot seems free that isn't, a home signs twice.
  assertWhole(pragma(connection, shape.exclusive ? "integrity_check(1)" : "quick_check(1)"), shape.path);
  // A process that was killed between write and sync left rows that can be read but may not be on disk. Push them there
  // before anyone relies on them: this syncs the log first, then the file.
  pragma(connection, "wal_checkpoint(TRUNCATE)");
}

/** The trap: some builds read FULL here and fall to NORMAL with the first write, which then loses acknowledged commits in a power cut. Asked after a write. */
export function assertSynced(database: Database): void {
  assert(database.row("PRAGMA synchronous")!.synchronous === 2, `${database.path}: synchronous isn't FULL after a write`);
  assert(database.row("PRAGMA journal_mode")!.journal_mode === "wal", `${database.path}: no write-ahead log after a write`);
}

const pragma = (connection: DatabaseSync, text: string): unknown => Object.values(connection.prepare(`PRAGMA ${text}`).get() ?? {})[0];

function wrap(connection: DatabaseSync, path: string, fate: Fate): Database {
  const prepared = new Map<string, ReturnType<DatabaseSync["prepare"]>>();

  function prepare(sql: string) {
    const known = prepared.get(sql) ?? connection.prepare(sql);
    prepared.set(sql, known);
    return known;
  }

  function endWith(code: StoreCode, what: string): StoreFatal {
    fate.fatal = new StoreFatal(code, path, what);
    fate.onFatal(fate.fatal);
    return fate.fatal;
  }

  function attempt<T>(work: () => T): T {
    if (fate.fatal !== null) throw fate.fatal;
    assert(connection.isOpen, `${path} is closed`);
    try {
      return work();
    } catch (error) {
      if (fate.fatal !== null) throw fate.fatal;
      const trouble = troubleOf(error);
      if (trouble === null) throw error;
      throw endWith(trouble.code, trouble.what);
    }
  }

  return {
    path,
    run: (sql, ...values) => attempt(() => Number(prepare(sql).run(...values).changes)),
    row: (sql, ...values) => attempt(() => prepare(sql).get(...values) ?? null),
    rows: (sql, ...values) => attempt(() => prepare(sql).all(...values)),
    attempt,
    transaction: (work) =>
      attempt(() => {
        prepare("BEGIN IMMEDIATE").run();
        try {
          work();
          prepare("COMMIT").run();
        } catch (error) {
          if (connection.isTransaction) prepare("ROLLBACK").run();
          throw error;
        }
      }),
    damaged: (what) => endWith("STORE_CORRUPT", what),
    close: () => {
      if (connection.isOpen) connection.close();
    },
  };
}
