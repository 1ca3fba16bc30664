import { randomUUID } from "node:crypto";
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, statSync, writeSync } from "node:fs";
import { dirname } from "node:path";

/**
 * A small file that is never written twice: a new one with a new name inside takes its place. Its token is that name and the
 * moment at which the file system made the file, which no program can set on Linux: a copy that is put back, over it or in its
 * place, has another token. Where the file system doesn't know when a file was made, the name alone counts.
 */
export interface GuardFile {
  /** null: there is none. */
  token(): string | null;
  /** Makes the next one beside it, on disk when it returns. */
  prepare(): string;
  /** Puts what was prepared in its place, on disk when it returns. */
  put(): void;
}

export function guardFile(path: string): GuardFile {
  const next = `${path}.next`;
  return {
    token: () => tokenOf(path),
    prepare: () => {
      writeSynced(next, randomUUID());
      return tokenOf(next)!;
    },
    put: () => {
      renameSync(next, path);
      syncFolder(dirname(path));
    },
  };
}

function tokenOf(path: string): string | null {
  const made = statSync(path, { bigint: true, throwIfNoEntry: false })?.birthtimeNs;
  return made === undefined ? null : `${readFileSync(path, "utf8")} ${made}`;
}

/** What a crash left there is removed, not written over: it has another birth. */
function writeSynced(path: string, text: string): void {
  rmSync(path, { force: true });
  const file = openSync(path, "wx", 0o600);
  try {
    writeSync(file, text);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(path, "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
