import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of one test's own; removed with all that is in it. */
export function temporaryFolder(parent = tmpdir()): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(parent, "commonwatt-"));
  return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 }) };
}

/** In memory where the system has that, for thousands of files that nobody needs to find on a disk. */
export const memoryFolder = (): ReturnType<typeof temporaryFolder> => temporaryFolder(existsSync("/dev/shm") ? "/dev/shm" : tmpdir());
