import { randomBytes } from "node:crypto";
import { link, mkdir, open, rm } from "node:fs/promises";
import { dirname } from "node:path";
import { fail, ok, type Result } from "../../engine/kernel/index.ts";

export type ReadCode = "MISSING" | "UNREADABLE" | "EXPOSED";

/** Reads a text that is only its owner's. EXPOSED when others could read it or put another one in its place. */
export async function readPrivate(path: string): Promise<Result<string, ReadCode>> {
  try {
    const file = await open(path, "r");
    try {
      // From the open handle: the file that was checked is the one that is read.
      const exposed = exposure(path, (await file.stat()).mode) ?? (await folderExposure(path));
      return exposed === null ? ok(await file.readFile("utf8")) : fail("EXPOSED", exposed);
    } finally {
      await file.close();
    }
  } catch (error) {
    return fail(errno(error) === "ENOENT" ? "MISSING" : "UNREADABLE", errno(error));
  }
}

function exposure(path: string, mode: number): string | null {
  return (mode & 0o077) === 0 ? null : `${path} (mode ${octal(mode)}); run: chmod 600 ${path}`;
}

async function folderExposure(path: string): Promise<string | null> {
  const folder = dirname(path);
  const handle = await open(folder, "r");
  try {
    const { mode } = await handle.stat();
    // Others may look at the folder, but not write: who can write can swap the file. A sticky folder is safe from that.
    return (mode & 0o022) === 0 || (mode & 0o1000) !== 0 ? null : `${folder} (mode ${octal(mode)}); run: chmod 700 ${folder}`;
  } finally {
    await handle.close();
  }
}

/** Writes a new file with mode 0600: whole and on disk, or not at all; never over another one. */
export async function createFile(path: string, text: string): Promise<Result<void, "EXISTS" | "UNWRITABLE">> {
  const folder = dirname(path);
  const temporary = `${path}.${randomBytes(6).toString("hex")}.tmp`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeSynced(temporary, text);
    // link, not rename: it refuses to replace, even when two processes create the same key at once.
    await link(temporary, path);
    await rm(temporary);
    for (const each of [folder, dirname(folder)]) await syncFolder(each);
    return ok(undefined);
  } catch (error) {
    const taken = errno(error) === "EEXIST" && (error as NodeJS.ErrnoException).syscall === "link";
    return fail(taken ? "EXISTS" : "UNWRITABLE", errno(error));
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, "wx", 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** A new name is on disk only when its folder is; the folder itself may be new too. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

const octal = (mode: number): string => (mode & 0o7777).toString(8).padStart(4, "0");
const errno = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? "unknown error";
