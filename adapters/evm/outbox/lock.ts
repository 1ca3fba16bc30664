import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { fail, ok, type Result } from "../../../engine/kernel/index.ts";

export interface Lock {
  release(): void;
}

/**
 * One writer at a time. Node has no file locks and SQLite has: a transaction on an empty database, which the operating system ends with
 * the process, even with kill -9. Who holds it stands beside it, for people.
 */
export function takeLock(path: string): Result<Lock, "OUTBOX_BUSY"> {
  const database = `${path}.lock`;
  // Made here, so that nobody else can read it.
  closeSync(openSync(database, "a", 0o600));
  const connection = new DatabaseSync(database, { timeout: 0 });
  try {
    connection.exec("BEGIN EXCLUSIVE");
  } catch (error) {
    connection.close();
    if (!/locked|busy/i.test((error as Error).message)) throw error;
    return fail("OUTBOX_BUSY", `${holderOf(path)} sends with this key and writes ${path}: stop it first, or use another key`);
  }
  writeFileSync(`${path}.pid`, `${process.pid}\n`, { mode: 0o600 });
  return ok({
    release() {
      rmSync(`${path}.pid`, { force: true });
      connection.close();
    },
  });
}

function holderOf(path: string): string {
  try {
    return `process ${Number(readFileSync(`${path}.pid`, "utf8"))}`;
  } catch {
    return "another process";
  }
}
