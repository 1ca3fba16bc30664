import { fail } from "../../engine/kernel/index.ts";

/** Why a store can't be opened. Each has a line in the README. */
export type StoreCode =
  | "STORE_MISSING"
  | "STORE_LOCKED"
  | "STORE_READONLY"
  | "STORE_CORRUPT"
  | "STORE_FOREIGN"
  | "STORE_RESTORED"
  | "STORE_FULL"
  | "STORE_FAILED";

/**
 * The disk failed under a running store: full, broken, gone. Whoever sees it must let the process stop: what was written
 * since the last sync is unknown to the kernel itself, and a retry that "succeeds" proves nothing (fsyncgate). Not a
 * Result, for no caller may go on. The store answers every later call with the same error.
 */
export class StoreFatal extends Error {
  override readonly name = "StoreFatal";
  readonly code: StoreCode;
  readonly path: string;
  readonly what: string;

  constructor(code: StoreCode, path: string, what: string) {
    super(`${code}: ${path}: ${what}; the process must stop`);
    this.code = code;
    this.path = path;
    this.what = what;
  }
}

/** A file that can't be opened, inside this folder only: the openers turn it into a Result. */
export class Unopened extends Error {
  readonly code: StoreCode;
  readonly path: string;

  constructor(code: StoreCode, path: string, what: string) {
    super(what);
    this.code = code;
    this.path = path;
  }
}

// SQLite's primary result codes, https://www.sqlite.org/rescode.html
const CODES: Readonly<Record<number, StoreCode>> = {
  3: "STORE_READONLY",
  5: "STORE_LOCKED",
  6: "STORE_LOCKED",
  8: "STORE_READONLY",
  11: "STORE_CORRUPT",
  13: "STORE_FULL",
  14: "STORE_READONLY",
  26: "STORE_CORRUPT",
};

const FILE_CODES: Readonly<Record<string, StoreCode>> = {
  ENOSPC: "STORE_FULL",
  EDQUOT: "STORE_FULL",
  EACCES: "STORE_READONLY",
  EPERM: "STORE_READONLY",
  EROFS: "STORE_READONLY",
};

export interface Trouble {
  readonly code: StoreCode;
  readonly what: string;
}

/** null: neither SQLite's nor the file system's, so it is our own bug (a closed store, a value of the wrong type, a broken CHECK). */
export function troubleOf(error: unknown): Trouble | null {
  const { errcode, errstr, syscall, code } = error as { errcode?: unknown; errstr?: unknown; syscall?: unknown; code?: unknown };
  if (typeof syscall === "string") return { code: FILE_CODES[String(code)] ?? "STORE_FAILED", what: `${syscall} fails (${code})` };
  if (typeof errcode !== "number") return null;
  const primary = errcode & 0xff;
  if (primary === 19 || primary === 20 || primary === 21) return null;
  return { code: CODES[primary] ?? "STORE_FAILED", what: `${errstr} (SQLite ${errcode})` };
}

const WAY_OUT: Readonly<Record<StoreCode, string>> = {
  STORE_MISSING: "check the data folder, or start the home once",
  STORE_LOCKED: "another process runs this home; stop it, or give this one its own data folder",
  STORE_READONLY: "give this user write access to the folder and its files",
  STORE_CORRUPT:
    "a market.db may be removed, the home fetches it again from its neighbours; a signed.db too if there is no newer copy: the home then signs again after some intervals",
  STORE_FOREIGN: "use the version of commonwatt that wrote it, or another data folder",
  STORE_RESTORED:
    "what this home signed is in another file, so it could sign twice; put its own signed.db back, or remove this one: the home signs again after some intervals",
  STORE_FULL: "free some space on that disk",
  STORE_FAILED: "check the disk",
};

export const refusal = <Code extends StoreCode>(code: Code, where: string, what: string) =>
  fail(code, `${where}: ${what}; ${WAY_OUT[code]}`);
