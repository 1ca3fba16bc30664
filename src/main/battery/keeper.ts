import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import type { Keeper } from "../../../adapters/modbus/index.ts";

/** A small file that is replaced as a whole, on disk when `save` returns. */
export const fileKeeper = (path: string): Keeper => ({
  load: () => (existsSync(path) ? readFileSync(path, "utf8") : null),
  save: (text) => {
    synced(`${path}.next`, "w", (file) => void writeSync(file, text));
    renameSync(`${path}.next`, path);
    synced(dirname(path), "r", () => undefined);
  },
});

function synced(path: string, flags: "r" | "w", use: (file: number) => void): void {
  const file = openSync(path, flags, 0o600);
  try {
    use(file);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}
