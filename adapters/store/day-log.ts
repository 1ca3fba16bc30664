import { appendFileSync, closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/**
 * Lines of text by UTC day, each day a file that begins with the same header line, for people and programs to read. Not synced
 * line by line: what it is made from is kept elsewhere until `sync`, and after a crash the last day is written anew.
 */
export interface DayLog {
  /** The lines of a whole day, in place of whatever there is. */
  write(day: number, lines: readonly string[]): void;
  /** A line behind those of its day; the first one begins the day's file. */
  append(day: number, line: string): void;
  /** Everything written since the last time is on disk when it returns. */
  sync(): void;
}

export function openDayLog(folder: string, header: string): DayLog {
  mkdirSync(folder, { recursive: true, mode: 0o755 });
  const unsynced = new Set<string>();
  return {
    write(day, lines) {
      const path = dayFile(folder, day);
      unsynced.add(path);
      writeFileSync(`${path}.part`, [header, ...lines].map((line) => `${line}\n`).join(""));
      renameSync(`${path}.part`, path);
    },
    append(day, line) {
      const path = dayFile(folder, day);
      unsynced.add(path);
      appendFileSync(path, existsSync(path) ? `${line}\n` : `${header}\n${line}\n`);
    },
    sync() {
      for (const path of unsynced) syncFile(path);
      unsynced.clear();
    },
  };
}

/** "2026-11-27.jsonl" for the day's number since 1970. */
export const dayFile = (folder: string, day: number): string =>
  join(folder, `${new Date(day * 86_400_000).toISOString().slice(0, 10)}.jsonl`);

function syncFile(path: string): void {
  const file = openSync(path, "r+");
  try {
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
