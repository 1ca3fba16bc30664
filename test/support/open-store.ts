import { existsSync } from "node:fs";
import { join } from "node:path";
import { openStore, type StoreOptions } from "../../adapters/store/index.ts";
import type { Store } from "../../src/ports/index.ts";

/** The store of a home whose key was made with it: a folder without one is new, not lost. */
export function openOwnStore(path: string, options: StoreOptions = {}): Store {
  const opened = openStore(path, { isComplete: isNew(path), ...options });
  if (!opened.ok) throw new Error(opened.detail);
  return opened.value;
}

export const isNew = (path: string): boolean => !existsSync(join(path, "signed.db"));
