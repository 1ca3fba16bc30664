import {
  closeSync,
  copyFileSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fail, ok, type Result } from "../../engine/kernel/index.ts";

export type StateCode = "ANVIL_STATE_BROKEN" | "ANVIL_STATE_BUSY";

/**
 * Keeps a whole copy beside anvil's state file, which anvil overwrites in place (seen with strace: truncate and write, no
 * sync, no rename), so that a kill or a power cut in the middle loses the file.
 */
export interface StateFile {
  /** The file was damaged and its copy took its place. */
  readonly isFromCopy: boolean;
  /** Notes which process writes the file, and begins to renew the copy. */
  claim(pid: number): void;
  release(): void;
}

const COPY_EVERY_MS = 20_000;
const ORPHAN_MS = 5_000;

/** Makes the file safe to start from. */
export async function openStateFile(file: string): Promise<Result<StateFile, StateCode>> {
  mkdirSync(dirname(file), { recursive: true });
  const free = await endOrphan(file);
  if (!free.ok) return free;
  if (!existsSync(file) && !existsSync(copyOf(file))) return ok(stateFile(file, false));
  if (keepCopy(file)) return ok(stateFile(file, false));
  if (!isWhole(copyOf(file))) {
    return fail(
      "ANVIL_STATE_BROKEN",
      `${file} and its copy are damaged; move both away to begin a new chain, or put a backup in their place`,
    );
  }
  if (existsSync(file)) renameSync(file, `${file}.broken`);
  copyFileSync(copyOf(file), file);
  return ok(stateFile(file, true));
}

const copyOf = (file: string): string => `${file}.previous`;
const pidOf = (file: string): string => `${file}.pid`;

function stateFile(file: string, isFromCopy: boolean): StateFile {
  let timer: NodeJS.Timeout | undefined;
  return {
    isFromCopy,
    claim(pid) {
      writeFileSync(pidOf(file), `${pid} ${process.pid}\n`);
      timer = setInterval(() => isSame(file) || keepCopy(file), COPY_EVERY_MS).unref();
    },
    release() {
      clearInterval(timer);
      rmSync(pidOf(file), { force: true });
    },
  };
}

/** Renews the copy if the file is whole; false when it isn't. */
function keepCopy(file: string): boolean {
  if (!isWhole(file)) return false;
  const draft = `${copyOf(file)}.draft`;
  copyFileSync(file, draft);
  // It may have been overwritten while it was copied.
  if (!isWhole(draft)) return true;
  syncFile(draft);
  renameSync(draft, copyOf(file));
  return true;
}

/** A rename may reach the disk before the bytes do. */
function syncFile(file: string): void {
  const descriptor = openSync(file, "r+");
  fsyncSync(descriptor);
  closeSync(descriptor);
}

/** The copy was whole when it was made, so this spares reading a large file as JSON again and again. */
function isSame(file: string): boolean {
  return existsSync(file) && existsSync(copyOf(file)) && readFileSync(file).equals(readFileSync(copyOf(file)));
}

function isWhole(file: string): boolean {
  try {
    const state = JSON.parse(readFileSync(file, "utf8")) as { block?: unknown; accounts?: unknown } | null;
    return state?.block !== undefined && state.accounts !== undefined;
  } catch {
    return false;
  }
}

/** Ends the anvil of a street that was killed: it still writes our file. Never one whose parent lives, and never another program. */
async function endOrphan(file: string): Promise<Result<void, "ANVIL_STATE_BUSY">> {
  const [pid, parent] = readNumbers(pidOf(file));
  if (pid === undefined || !isAnvilOn(pid, file)) return ok(undefined);
  if (parentOf(pid) === parent) {
    return fail("ANVIL_STATE_BUSY", `process ${parent} runs a chain on ${file}; stop it first, or use another data folder`);
  }
  process.kill(pid, "SIGTERM");
  for (let waited = 0; waited < ORPHAN_MS; waited += 50) {
    await sleep(50);
    if (!isAnvilOn(pid, file)) return ok(undefined);
  }
  process.kill(pid, "SIGKILL");
  return ok(undefined);
}

function readNumbers(file: string): readonly number[] {
  try {
    return readFileSync(file, "utf8").trim().split(" ").map(Number);
  } catch {
    return [];
  }
}

// Where there is no /proc we can't tell whose process it is, and touch none.
function isAnvilOn(pid: number, file: string): boolean {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").includes(file);
  } catch {
    return false;
  }
}

function parentOf(pid: number): number | undefined {
  const line = /^PPid:\s+(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
  return line ? Number(line[1]) : undefined;
}
