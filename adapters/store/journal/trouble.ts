import { fail } from "../../../engine/kernel/index.ts";

/** Why a journal can't be opened, or died. Each has a line in the README. */
export type JournalCode = "JOURNAL_LOCKED" | "JOURNAL_READONLY" | "JOURNAL_DAMAGED" | "JOURNAL_FOREIGN" | "JOURNAL_FULL" | "JOURNAL_FAILED";

/**
 * The disk failed under a running journal, and the process must stop: after a failed write or sync nobody knows what is on
 * disk, and a second try that succeeds proves nothing (fsyncgate). Thrown by every later call and to everyone who waits.
 */
export class JournalFatal extends Error {
  override readonly name = "JournalFatal";
  readonly code: JournalCode;

  constructor(code: JournalCode, detail: string) {
    super(`${code}: ${detail}; the process must stop`);
    this.code = code;
  }
}

/** A journal that can't be opened, inside this folder only: the opener turns it into a Result. */
export class Unreadable extends Error {
  readonly code: JournalCode;
  readonly path: string;

  constructor(code: JournalCode, path: string, what: string) {
    super(what);
    this.code = code;
    this.path = path;
  }
}

/** Records that were on disk are gone from here on. */
export class Damage extends Unreadable {
  readonly place: DamagePlace;

  constructor(path: string, what: string, place: DamagePlace) {
    super("JOURNAL_DAMAGED", path, `${what} (acceptLossFrom: ${place.from} goes on without what follows)`);
    this.place = place;
  }
}

export interface DamagePlace {
  /** Number of the segment. */
  readonly segment: number;
  readonly slot: number;
  /** The first sequence that can be given anew, and the link of the group that does. */
  readonly from: number;
  readonly link: number;
}

const CODES: Readonly<Record<string, JournalCode>> = {
  ENOSPC: "JOURNAL_FULL",
  EDQUOT: "JOURNAL_FULL",
  EFBIG: "JOURNAL_FULL",
  EROFS: "JOURNAL_READONLY",
  EACCES: "JOURNAL_READONLY",
  EPERM: "JOURNAL_READONLY",
  ENOTDIR: "JOURNAL_READONLY",
  EEXIST: "JOURNAL_READONLY",
};

export interface SystemTrouble {
  readonly code: JournalCode;
  readonly path: string | null;
  readonly what: string;
}

/** null: not the operating system's, so it is our own bug. */
export function systemTrouble(error: unknown): SystemTrouble | null {
  const { code, syscall, path } = error as NodeJS.ErrnoException;
  if (typeof code !== "string" || syscall === undefined) return null;
  return { code: CODES[code] ?? "JOURNAL_FAILED", path: path ?? null, what: `${syscall} failed (${code})` };
}

const WAY_OUT: Readonly<Record<JournalCode, string>> = {
  JOURNAL_LOCKED: "another process has this journal; stop it, or use another folder",
  JOURNAL_READONLY: "give this user write access to the folder and its files",
  JOURNAL_DAMAGED: "put the newest copy of the folder back",
  JOURNAL_FOREIGN: "use the version of commonwatt that wrote it, or another folder",
  JOURNAL_FULL: "free some space on that disk",
  JOURNAL_FAILED: "check the disk",
};

export const refusal = (code: JournalCode, where: string, what: string) => fail(code, `${where}: ${what}; ${WAY_OUT[code]}`);
