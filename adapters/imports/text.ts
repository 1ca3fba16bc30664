import { createHash } from "node:crypto";
import { constants, type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import type { Problems, ReadingsCode } from "./problems.ts";

/** Longest line that is still looked at; a NEM12 day of 5 minutes has 3 kB. */
const MAX_LINE = 100_000;

/** Gets the lines of a file without their ends, numbered from 1; false: enough, stop reading. */
export type LineHandler = (line: string, number: number) => boolean;

/** The file can't be read as text; thrown inside this file only. */
class NotText extends Error {
  readonly problem: { readonly code: ReadingsCode; readonly what: string; readonly wayOut: string };

  constructor(code: ReadingsCode, what: string, wayOut: string) {
    super(what);
    this.problem = { code, what, wayOut };
  }
}

/**
 * Reads a text file, plain or gzip by its first bytes, line by line in bounded memory. Gives the SHA-256 of the file as it
 * lies on the disk (hex); null when it could not be read to its end, with the reason among the problems.
 */
export async function readLines(path: string, problems: Problems, onLine: LineHandler): Promise<string | null> {
  const handle = await openFile(path, problems);
  if (handle === null) return null;
  try {
    const hash = createHash("sha256");
    const raw = hashed(chunksOf(handle), hash);
    const complete = await splitLines(await unzipped(raw), onLine);
    return complete ? hash.digest("hex") : null;
  } catch (error) {
    report(problems, error);
    return null;
  } finally {
    await handle.close();
  }
}

async function openFile(path: string, problems: Problems): Promise<FileHandle | null> {
  try {
    // Non-blocking: opening a pipe that nobody writes to would wait for ever.
    const handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const facts = await handle.stat();
    if (facts.isFile() && facts.size > 0) return handle;
    await handle.close();
    if (facts.isFile()) problems.add("READINGS_EMPTY", { what: "the file is empty", wayOut: "export the readings again" });
    else
      problems.add("READINGS_NOT_A_FILE", {
        what: facts.isDirectory() ? "this is a folder" : "this is no regular file",
        wayOut: "name the CSV file itself",
      });
    return null;
  } catch (error) {
    report(problems, error);
    return null;
  }
}

const SYSTEM_ERRORS: Readonly<Record<string, readonly [ReadingsCode, string, string]>> = {
  ENOENT: ["READINGS_MISSING", "there is no such file", "check the path; it counts from the folder that you start in"],
  ENOTDIR: ["READINGS_MISSING", "a part of the path is a file, not a folder", "check the path"],
  EACCES: ["READINGS_NO_PERMISSION", "no permission to read it", "allow it with chmod, or run as a user who may"],
  EPERM: ["READINGS_NO_PERMISSION", "no permission to read it", "allow it with chmod, or run as a user who may"],
  EISDIR: ["READINGS_NOT_A_FILE", "this is a folder", "name the CSV file itself"],
  ENXIO: ["READINGS_NOT_A_FILE", "this is no regular file", "name the CSV file itself"],
  Z_DATA_ERROR: ["READINGS_GZIP_CORRUPT", "its gzip data is damaged", "copy or download it again; gzip -t checks it"],
  Z_BUF_ERROR: ["READINGS_GZIP_CORRUPT", "its gzip data ends too early", "copy or download it again; gzip -t checks it"],
  ERR_ENCODING_INVALID_ENCODED_DATA: ["READINGS_NOT_TEXT", "it is not UTF-8 text", "save it as CSV in UTF-8"],
};

function report(problems: Problems, error: unknown): void {
  const { code, what, wayOut } = problemOf(error);
  problems.add(code, { what, wayOut });
}

function problemOf(error: unknown): NotText["problem"] {
  if (error instanceof NotText) return error.problem;
  const { code, message } = factsOf(error);
  const known = SYSTEM_ERRORS[code];
  if (known !== undefined) return { code: known[0], what: known[1], wayOut: known[2] };
  return { code: "READINGS_UNREADABLE", what: `reading it failed: ${message}`, wayOut: "check the disk and the path" };
}

/** Asks for the members rather than the class: an error may come from another realm. */
function factsOf(error: unknown): { readonly code: string; readonly message: string } {
  const { code, message } = (typeof error === "object" && error !== null ? error : {}) as {
    readonly code?: unknown;
    readonly message?: unknown;
  };
  return { code: String(code ?? ""), message: String(message ?? error) };
}

async function* chunksOf(handle: FileHandle): AsyncGenerator<Buffer> {
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.allocUnsafe(65_536), 0, 65_536, null);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
  }
}

async function* hashed(chunks: AsyncIterable<Buffer>, hash: ReturnType<typeof createHash>): AsyncGenerator<Buffer> {
  for await (const chunk of chunks) {
    hash.update(chunk);
    yield chunk;
  }
}

/** What other files begin with, as latin-1. */
const MAGIC: readonly (readonly [string, string, string])[] = [
  ["PK\x03\x04", "this is a zip archive or an Excel workbook", "unpack it, or save the sheet as CSV (UTF-8)"],
  ["PAR1", "this is a Parquet file", "write it out as CSV"],
  ["SQLite format 3", "this is an SQLite database", "export the readings as CSV"],
  ["%PDF", "this is a PDF", "ask for the readings as CSV"],
  ["\xff\xfe", "this is UTF-16 text", "save it as CSV in UTF-8"],
  ["\xfe\xff", "this is UTF-16 text", "save it as CSV in UTF-8"],
  ["\x28\xb5\x2f\xfd", "this is zstd data", "unpack it, or pack it with gzip"],
  ["\xfd7zXZ", "this is xz data", "unpack it, or pack it with gzip"],
  ["BZh", "this is bzip2 data", "unpack it, or pack it with gzip"],
];

async function unzipped(raw: AsyncGenerator<Buffer>): Promise<AsyncIterable<Buffer>> {
  const first = (await raw.next()).value as Buffer | undefined;
  if (first === undefined) throw new NotText("READINGS_EMPTY", "the file is empty", "export the readings again");
  const whole = prepend(first, raw);
  if (first[0] === 0x1f && first[1] === 0x8b) return gunzip(whole);
  const head = first.subarray(0, 16).toString("latin1");
  const foreign = MAGIC.find(([magic]) => head.startsWith(magic));
  if (foreign !== undefined) throw new NotText("READINGS_NOT_TEXT", foreign[1], foreign[2]);
  return whole;
}

async function* prepend(first: Buffer, rest: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  yield first;
  yield* rest;
}

async function* gunzip(raw: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  const source = Readable.from(raw);
  const gunzipping = createGunzip();
  source.on("error", (error) => gunzipping.destroy(error));
  source.pipe(gunzipping);
  try {
    yield* gunzipping;
  } finally {
    source.destroy();
    gunzipping.destroy();
  }
}

/** true when the handler saw every line. */
async function splitLines(chunks: AsyncIterable<Buffer>, onLine: LineHandler): Promise<boolean> {
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let rest = "";
  let number = 0;
  for await (const chunk of chunks) {
    if (chunk.includes(0)) throw new NotText("READINGS_NOT_TEXT", "it holds zero bytes: this is no text", "save it as CSV in UTF-8");
    const text = rest + decoder.decode(chunk, { stream: true });
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      if (!onLine(withoutReturn(text.slice(from, end)), ++number)) return false;
      from = end + 1;
    }
    rest = text.slice(from);
    if (rest.length > MAX_LINE)
      throw new NotText("READINGS_NOT_TEXT", `line ${number + 1} is longer than ${MAX_LINE} characters`, "end each row with a line feed");
  }
  rest += decoder.decode();
  return rest === "" || onLine(withoutReturn(rest), number + 1);
}

const withoutReturn = (line: string): string => (line.endsWith("\r") ? line.slice(0, -1) : line);
