import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, jest, test } from "@jest/globals";
import { type Journal, JournalFatal, openJournal } from "../../../adapters/store/index.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { appendAll, appendDurably, closeAll, keeping, openKeeping, upTo } from "../../support/journal.ts";

// Thousands of commits; a busy disk takes its time.
jest.setTimeout(180_000);

const WRITER = fileURLToPath(new URL("../../support/journal-writer.ts", import.meta.url));
const isRoot = process.getuid?.() === 0;
const OPTIONS = { segmentBytes: 4096 + 32 * 20, ringRecords: 64 } as const;

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, "journal");
});
afterEach(async () => {
  await closeAll();
  folder.remove();
});

async function codeOf(at: string): Promise<string> {
  const opened = await openJournal(at, keeping(), OPTIONS);
  if (opened.ok) await opened.value.journal.close();
  return opened.ok ? "OPEN" : opened.code;
}

/** The code with which a call or a promise dies. */
async function fatal(attempt: () => unknown): Promise<string> {
  try {
    await attempt();
    return "WENT ON";
  } catch (error) {
    return error instanceof JournalFatal ? error.code : String(error);
  }
}

describe("opening", () => {
  test("a second opener, here or elsewhere, is told that it is locked, and the lock goes with a killed process", async () => {
    const child = spawn(process.execPath, ["--no-warnings", WRITER, path, "65536", "64"], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => child.stdout.once("data", resolve));
    expect(await codeOf(path)).toBe("JOURNAL_LOCKED");
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await closed;
    const { journal } = await openKeeping(path, OPTIONS);
    expect(await codeOf(path)).toBe("JOURNAL_LOCKED");
    await journal.close();
    expect(await codeOf(path)).toBe("OPEN");
  });

  test("a file where the folder should be, and in its way", async () => {
    writeFileSync(path, "");
    expect(await codeOf(path)).toBe("JOURNAL_READONLY");
    expect(await codeOf(join(path, "deeper"))).toBe("JOURNAL_READONLY");
  });

  test("without write access it says so", () => {
    mkdirSync(path);
    chmodSync(folder.path, 0o755);
    chmodSync(path, 0o555);
    const child = spawnSync(process.execPath, ["--no-warnings", WRITER, path, "65536", "64"], {
      encoding: "utf8",
      ...(isRoot ? { uid: 65534, gid: 65534 } : {}),
    });
    expect(child.stderr).toContain("JOURNAL_READONLY");
    expect(child.stderr).toContain("write access");
  });

  test("something else where the lock or the first segment should be", async () => {
    mkdirSync(join(path, "spare.segment"), { recursive: true });
    expect(await codeOf(path)).toBe("JOURNAL_FAILED");
    rmSync(path, { recursive: true });
    mkdirSync(path);
    writeFileSync(join(path, "lock.db"), "no database at all".repeat(100));
    expect(await codeOf(path)).toBe("JOURNAL_FOREIGN");
  });
});

/** A journal whose next segment is another file, by name: what the disk does then is real. */
async function withNext(target: string): Promise<Journal> {
  const { journal } = await openKeeping(path, OPTIONS);
  await appendDurably(journal, 10);
  const next = join(path, "0000000002.segment");
  while (!readdirSync(path).includes("0000000002.segment")) await new Promise((resolve) => setTimeout(resolve, 5));
  rmSync(next);
  symlinkSync(target, next);
  return journal;
}

describe("a disk that fails under a running journal", () => {
  test.each([
    ["is full when a group is written", "/dev/full", "JOURNAL_FULL"],
    ["can't sync what was written", "/dev/null", "JOURNAL_FAILED"],
    ["isn't there", "/nowhere/at/all", "JOURNAL_FAILED"],
  ])("and %s: everybody who waits is told, and nothing is acknowledged any more", async (_, target, code) => {
    const journal = await withNext(target);
    appendAll(journal, 10, 50);
    const codes = await Promise.all([12, 40, 60].map((sequence) => fatal(() => journal.whenDurable(sequence))));
    expect(codes.at(-1)).toBe(code);
    const durable = journal.durable();
    // What the first segment took: 20 slots, of which the first ten records took 11.
    expect(durable).toBe(18);
    expect(codes).toEqual([12, 40, 60].map((sequence) => (sequence <= durable ? "WENT ON" : code)));
    expect(await fatal(() => journal.whenDurable(60))).toBe(code);
    expect(await fatal(() => journal.flush())).toBe(code);
    expect(await fatal(() => journal.snapshot(60, Uint8Array.of(1)))).toBe(code);
    expect(await fatal(() => appendAll(journal, 60, 1000))).toBe(code);
    expect(journal.durable()).toBe(durable);
    expect(await fatal(() => journal.close())).toBe(code);
    expect(await fatal(() => journal.close())).toBe(code);
  });

  test("a caller that sleeps because the ring is full is woken", async () => {
    const journal = await withNext("/dev/full");
    expect(await fatal(() => appendAll(journal, 10, 100_000))).toBe("JOURNAL_FULL");
  });

  test("a segment that can't be made kills it only when it is needed", async () => {
    const { journal } = await openKeeping(path, OPTIONS);
    while (!readdirSync(path).includes("0000000002.segment")) await new Promise((resolve) => setTimeout(resolve, 5));
    mkdirSync(join(path, "spare.segment"));
    for (let round = 0; round < 3; round++) await appendDurably(journal, 10);
    expect(readdirSync(path)).not.toContain("0000000003.segment");
    expect(await fatal(() => journal.whenDurable(appendAll(journal, 30, 20)))).toBe("JOURNAL_FAILED");
    expect(journal.durable()).toBe(35);
  });

  test("what was acknowledged comes back, once the disk is well", async () => {
    const journal = await withNext("/dev/null");
    await fatal(() => journal.whenDurable(appendAll(journal, 10, 50)));
    const durable = journal.durable();
    await fatal(() => journal.close());
    rmSync(join(path, "0000000002.segment"));
    const again = await openKeeping(path, OPTIONS);
    expect(again.recovered.last).toBeGreaterThanOrEqual(durable);
    expect(again.sequences).toEqual(upTo(again.recovered.last));
  });
});

describe("a limit on the size of files, as if the disk were full", () => {
  const hasPrlimit = spawnSync("prlimit", ["--version"]).status === 0;
  const limited = (bytes: number, ...args: readonly string[]) =>
    spawnSync("prlimit", [`--fsize=${bytes}`, process.execPath, "--no-warnings", WRITER, path, ...args], {
      encoding: "utf8",
      timeout: 60_000,
    });
  const needsPrlimit = hasPrlimit ? test : test.skip;

  needsPrlimit("a segment that doesn't fit: not opened", () => {
    expect(limited(300_000, String(1 << 20), "64").stderr).toContain("JOURNAL_FULL");
  });

  needsPrlimit("a snapshot that doesn't fit is refused, and the journal goes on", async () => {
    const child = spawn("prlimit", ["--fsize=70000", process.execPath, "--no-warnings", WRITER, path, "65536", "64"]);
    let said = "";
    await new Promise<void>((resolve) => {
      child.stdout.on("data", (chunk) => {
        said += chunk;
        if (/snapshot JOURNAL_FULL\n[\s\S]*durable \d+\n[\s\S]*durable \d+\n/.test(said)) resolve();
      });
      child.once("close", () => resolve());
    });
    const closed = new Promise((resolve) => child.once("close", resolve));
    child.kill("SIGKILL");
    await closed;
    expect(said).toContain("snapshot JOURNAL_FULL");
    expect(said).not.toContain("died");
    expect(readdirSync(path).filter((name) => name.endsWith("snapshot") && name !== "part.snapshot")).toEqual([]);
  });

  needsPrlimit("that comes while it runs: it dies when it needs the next segment, and what it acknowledged comes back", async () => {
    const child = spawn(process.execPath, ["--no-warnings", WRITER, path, "65536", "64"]);
    let said = "";
    child.stdout.on("data", (chunk) => {
      if (said === "") execFileSync("prlimit", [`--pid=${child.pid}`, "--fsize=60000"]);
      said += chunk;
    });
    await new Promise((resolve) => child.once("close", resolve));
    expect(said).toMatch(/\ndied JOURNAL_FULL\nclosed JOURNAL_FULL\n$/);
    const acknowledged = Number(said.match(/durable (\d+)\n(?![\s\S]*durable)/)?.[1]);
    const { recovered } = await openKeeping(path, OPTIONS);
    expect(recovered.last).toBeGreaterThanOrEqual(acknowledged);
  });
});
