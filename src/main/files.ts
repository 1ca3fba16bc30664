import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { readFile, rename, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { CannotStart } from "./exit.ts";

/** Replaces a file as a whole, so that a reader or a crash never meets half of it. */
export async function replaceFile(path: string, text: string, mode = 0o600): Promise<void> {
  makeFolder(dirname(path));
  await writeFile(`${path}.tmp`, text, { mode });
  await rename(`${path}.tmp`, path);
}

/** The same at once, for what a stop must not interrupt. */
export function replaceFileSync(path: string, text: string, mode = 0o600): void {
  writeFileSync(`${path}.tmp`, text, { mode });
  renameSync(`${path}.tmp`, path);
}

/** null when there is none. */
export async function readJson<T>(path: string): Promise<T | null> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw error;
  }
  try {
    return JSON.parse(text) as T;
  } catch {
    throw damaged(path);
  }
}

/** A file that the program wrote itself and can't read any more. */
export const damaged = (path: string): CannotStart =>
  new CannotStart([
    {
      code: "DATA_DAMAGED",
      file: path,
      what: "it is not as this program wrote it",
      wayOut: "restore the folder from a copy, or move it away to begin anew",
    },
  ]);

const UNWRITABLE: Readonly<Record<string, string>> = {
  EEXIST: "a file stands where a folder is needed",
  ENOTDIR: "a file stands where a folder is needed",
  EACCES: "no permission to write there",
  EPERM: "no permission to write there",
  ENOENT: "nothing can be made there",
  EROFS: "the disk is read-only",
  ENOSPC: "the disk is full",
};

/** Makes the folder if need be; it must be ours to write before anything starts. */
export function claimFolder(folder: string, otherwise: string): void {
  try {
    makeFolder(folder);
    // To ask for permission is not enough: root is always told yes.
    const probe = join(folder, `.writable-${process.pid}`);
    writeFileSync(probe, "", { mode: 0o600 });
    rmSync(probe);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const what = UNWRITABLE[code ?? ""] ?? `can't be written (${code ?? error})`;
    throw new CannotStart([{ code: "DATA_UNWRITABLE", file: folder, what, wayOut: `give this user write access, or ${otherwise}` }]);
  }
}

/** Makes a folder and those above it. Node's own `recursive` never ends where a parent that exists answers ENOENT, as /proc does. */
export function makeFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory()) return;
  if (dirname(folder) !== folder) makeFolder(dirname(folder));
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    // Another process of the street may have been faster.
    if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw error;
  }
}
