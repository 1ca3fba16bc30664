import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { type Trouble, troubleOf } from "../trouble.ts";
import { type JournalCode, Unreadable } from "./trouble.ts";

export interface Lock {
  release(): void;
}

/**
 * Node has no file locks, SQLite has: a transaction on an empty database that nothing is ever written to. The operating system
 * drops it with the process, even with kill -9.
 */
export function takeLock(folder: string): Lock {
  const path = join(folder, "lock.db");
  let connection: DatabaseSync | null = null;
  try {
    connection = new DatabaseSync(path, { timeout: 0 });
    connection.exec("BEGIN EXCLUSIVE");
    return { release: connection.close.bind(connection) };
  } catch (error) {
    connection?.close();
    const trouble = troubleOf(error);
    if (trouble === null) throw error;
    throw new Unreadable(CODES[trouble.code] ?? "JOURNAL_FAILED", path, trouble.what);
  }
}

const CODES: Readonly<Partial<Record<Trouble["code"], JournalCode>>> = {
  STORE_LOCKED: "JOURNAL_LOCKED",
  STORE_READONLY: "JOURNAL_READONLY",
  STORE_CORRUPT: "JOURNAL_FOREIGN",
  STORE_FULL: "JOURNAL_FULL",
};
