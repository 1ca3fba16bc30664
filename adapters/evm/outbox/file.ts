import { closeSync, fsyncSync, ftruncateSync, openSync, readFileSync, renameSync, writeSync } from "node:fs";
import { dirname } from "node:path";
import { crc32 } from "node:zlib";
import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import { type Change, type Entry, isLive } from "./machine.ts";
import { after } from "./plan.ts";

/** What a file of changes holds, and how much of it is whole. */
interface Content {
  readonly entries: readonly Entry[];
  readonly end: number;
}

/**
 * Appends changes to a file, a line of checksum and JSON each. A record is on disk before `append` returns when `isSafe` is asked for.
 * Half a line at the end is what a crash leaves, and was never acted on.
 */
export class ChangeFile {
  private descriptor: number;
  private end: number;
  private readonly path: string;

  constructor(path: string, descriptor: number, end: number) {
    this.path = path;
    this.descriptor = descriptor;
    this.end = end;
  }

  static open(path: string): Result<{ readonly file: ChangeFile; readonly entries: readonly Entry[] }, "OUTBOX_DAMAGED"> {
    const descriptor = openSync(path, "a+", 0o600);
    const content = read(readFileSync(path));
    if (content === null) {
      closeSync(descriptor);
      return fail(
        "OUTBOX_DAMAGED",
        `${path} is not as this program wrote it: move it away; what is done the chain tells, the rest is signed anew`,
      );
    }
    ftruncateSync(descriptor, content.end);
    syncFolder(path);
    return ok({ file: new ChangeFile(path, descriptor, content.end), entries: content.entries });
  }

  get size(): number {
    return this.end;
  }

  append(changes: readonly Change[], isSafe: boolean): void {
    const bytes = Buffer.from(changes.map(lineOf).join(""));
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(this.descriptor, bytes, done);
      if (isSafe) fsyncSync(this.descriptor);
    } catch (error) {
      // Nothing of it counts: what comes next begins where this began.
      ftruncateSync(this.descriptor, this.end);
      throw error;
    }
    this.end += bytes.length;
  }

  /** Only these entries, in a new file that takes the old one's place as a whole. */
  rewrite(entries: readonly Entry[]): void {
    const draft = `${this.path}.draft`;
    const descriptor = openSync(draft, "w", 0o600);
    const bytes = Buffer.from(entries.map((entry) => lineOf({ kind: "entry", entry })).join(""));
    try {
      for (let done = 0; done < bytes.length; ) done += writeSync(descriptor, bytes, done);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    renameSync(draft, this.path);
    syncFolder(this.path);
    closeSync(this.descriptor);
    this.descriptor = openSync(this.path, "a", 0o600);
    this.end = bytes.length;
  }

  close(): void {
    closeSync(this.descriptor);
  }
}

function lineOf(change: Change): string {
  const text = JSON.stringify(change, (_key, value: unknown) => (typeof value === "bigint" ? `${value}n` : value));
  return `${sumOf(text)} ${text}\n`;
}

const sumOf = (text: string): string => crc32(text).toString(16).padStart(8, "0");

/** null when a record is damaged and others stand behind it, or when they make no sense. */
function read(bytes: Buffer): Content | null {
  const lines = bytes.toString("utf8").split("\n");
  // What follows the last line's end is half a line, or nothing.
  const whole = lines.slice(0, -1).map(parse);
  const bad = whole.indexOf(null);
  if (bad >= 0 && bad < whole.length - 1) return null;
  const changes = (bad < 0 ? whole : whole.slice(0, bad)) as readonly Change[];
  const end = Buffer.byteLength(lines.slice(0, changes.length).join("\n")) + (changes.length > 0 ? 1 : 0);
  try {
    return { entries: after([], changes).map(unsent), end };
  } catch {
    return null;
  }
}

/** Whether a node still has it is not known after a restart: it is broadcast again. */
const unsent = (entry: Entry): Entry => (isLive(entry) ? { ...entry, sentMs: null } : entry);

function parse(line: string): Change | null {
  const text = line.slice(9);
  if (line.slice(0, 9) !== `${sumOf(text)} `) return null;
  return JSON.parse(text, (_key, value: unknown) =>
    typeof value === "string" && /^\d+n$/.test(value) ? BigInt(value.slice(0, -1)) : value,
  ) as Change;
}

/** A new name is on disk only when its folder is. */
function syncFolder(path: string): void {
  const descriptor = openSync(dirname(path), "r");
  fsyncSync(descriptor);
  closeSync(descriptor);
}
