import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { type Address, fail, ok, type Result } from "../../../engine/kernel/index.ts";
import { ChangeFile } from "./file.ts";
import { takeLock } from "./lock.ts";
import { type Change, compacted, type Entry } from "./machine.ts";
import { after } from "./plan.ts";

/** OUTBOX_BUSY: another process sends with this key. OUTBOX_DAMAGED: its file isn't ours. OUTBOX_UNWRITABLE: no room or no permission. */
export type OutboxCode = "OUTBOX_BUSY" | "OUTBOX_DAMAGED" | "OUTBOX_UNWRITABLE";

/** What one key has signed and what became of it. */
export interface Outbox {
  readonly entries: readonly Entry[];
  /** What was signed is on disk when this is done; when it isn't, nothing of it counts and it must not be sent. */
  record(changes: readonly Change[]): Result<void, "OUTBOX_UNWRITABLE">;
  close(): void;
}

/** So many that are over are held: more than a development chain forgets that is killed. */
const HELD = 64;
const COMPACT_BYTES = 4 * 1024 * 1024;

/** For whoever needs it no longer than he lives: what is over is forgotten. */
export function memoryOutbox(): Outbox {
  let entries: readonly Entry[] = [];
  return {
    get entries() {
      return entries;
    },
    record(changes) {
      entries = compacted(after(entries, changes), 0);
      return ok(undefined);
    },
    close: () => undefined,
  };
}

interface Owner {
  readonly chainId: number;
  readonly address: Address;
}

/** The outbox of a key on a chain, in `folder`, which is made when it is missing: locked to this process until it is closed. */
export function openOutbox(folder: string, { chainId, address }: Owner): Result<Outbox, OutboxCode> {
  const path = join(folder, `${chainId}-${address}.outbox`);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const lock = takeLock(path);
    if (!lock.ok) return lock;
    const opened = ChangeFile.open(path);
    if (!opened.ok) {
      lock.value.release();
      return opened;
    }
    return ok(new FileOutbox(path, opened.value.file, opened.value.entries, () => lock.value.release()));
  } catch (error) {
    return unwritable(path, error);
  }
}

class FileOutbox implements Outbox {
  entries: readonly Entry[];
  private readonly path: string;
  private readonly file: ChangeFile;
  private readonly release: () => void;
  private isClosed = false;

  constructor(path: string, file: ChangeFile, entries: readonly Entry[], release: () => void) {
    this.path = path;
    this.file = file;
    this.entries = entries;
    this.release = release;
  }

  record(changes: readonly Change[]): Result<void, "OUTBOX_UNWRITABLE"> {
    if (this.isClosed) return fail("OUTBOX_UNWRITABLE", `${this.path} is closed`);
    if (changes.length === 0) return ok(undefined);
    const entries = after(this.entries, changes);
    try {
      this.file.append(changes, changes.some(isSigned));
      this.entries = entries;
      if (this.file.size > COMPACT_BYTES || entries.length > 4 * HELD) this.compact();
      return ok(undefined);
    } catch (error) {
      return unwritable(this.path, error);
    }
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.file.close();
    this.release();
  }

  private compact(): void {
    const kept = compacted(this.entries, HELD);
    this.file.rewrite(kept);
    this.entries = kept;
  }
}

/** What must be on disk before it is sent. The rest can be found out again. */
const isSigned = ({ kind }: Change): boolean => kind === "entry" || kind === "priced";

function unwritable(path: string, error: unknown): Result<never, "OUTBOX_UNWRITABLE"> {
  const { code } = error as NodeJS.ErrnoException;
  if (code === undefined) throw error;
  return fail(
    "OUTBOX_UNWRITABLE",
    `${path} can't be written (${code}), and nothing is sent that isn't on disk: make room, or give write access`,
  );
}
