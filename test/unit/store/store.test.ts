import { execFileSync, spawn, spawnSync } from "node:child_process";
import { chmodSync, copyFileSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openStore, openStoreReader } from "../../../adapters/store/index.ts";
import { type Digest, interval, period } from "../../../engine/kernel/index.ts";
import type { Store } from "../../../src/ports/index.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { openOwnStore } from "../../support/open-store.ts";

const OPENER = fileURLToPath(new URL("../../support/store-opener.ts", import.meta.url));
const NODE = ["--no-warnings", OPENER] as const;
const isRoot = process.getuid?.() === 0;
const head = (value: number) => `0x${value.toString(16).padStart(64, "0")}` as Digest;

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, "home");
});
afterEach(() => folder.remove());

function open(): Store {
  return openOwnStore(path, { busyMs: 50 });
}

/** A store that has lived: some votes, blocks and a clean end. */
function lived(starts = 1): void {
  for (let start = 0; start < starts; start++) {
    const store = open();
    store.saveVote({ interval: interval(100 + start), view: 0, kind: "vote" }, Uint8Array.of(start + 1));
    store.saveBlock(interval(100 + start), head(start), new Uint8Array(20_000).fill(7));
    store.close();
  }
}

const codeOf = (result: { ok: boolean; code?: string }) => (result.ok ? "OPEN" : result.code);

describe("opening", () => {
  test("makes the folder, for its owner alone, and two files", () => {
    open().close();
    expect(statSync(path).mode & 0o777).toBe(0o700);
    expect([existsSync(join(path, "signed.db")), existsSync(join(path, "market.db"))]).toEqual([true, true]);
  });

  test("both files have a write-ahead log, and signed.db needs no shared memory: it is ours alone", () => {
    const store = open();
    store.setMeta("a", "b");
    expect(existsSync(join(path, "market.db-wal"))).toBe(true);
    expect(existsSync(join(path, "signed.db-wal"))).toBe(true);
    expect(existsSync(join(path, "signed.db-shm"))).toBe(false);
    store.close();
  });

  test("a second opener in this process or another one is told that it is locked, with the way out", async () => {
    const store = open();
    const second = openStore(path, { busyMs: 50 });
    expect(second).toMatchObject({ ok: false, code: "STORE_LOCKED" });
    expect(second.ok ? "" : second.detail).toContain(join(path, "signed.db"));
    expect(second.ok ? "" : second.detail).toContain("stop it");
    expect(execFileSync(process.execPath, [...NODE, path], { encoding: "utf8" })).toBe("STORE_LOCKED\n");
    store.close();
    expect(execFileSync(process.execPath, [...NODE, path], { encoding: "utf8" })).toBe("OPEN\n");
  });

  test("the lock goes with a killed process", async () => {
    const holder = spawn(process.execPath, [...NODE, path, "hold"], { stdio: ["pipe", "pipe", "inherit"] });
    await new Promise((resolve) => holder.stdout.once("data", resolve));
    expect(codeOf(openStore(path, { busyMs: 50 }))).toBe("STORE_LOCKED");
    const closed = new Promise((resolve) => holder.once("close", resolve));
    holder.kill("SIGKILL");
    await closed;
    open().close();
  });

  test("without write access it says so", () => {
    lived();
    const readonly = (prepare: () => void, restore: () => void) => {
      prepare();
      try {
        return execFileSync(process.execPath, [...NODE, path], { encoding: "utf8", ...(isRoot ? { uid: 65534, gid: 65534 } : {}) });
      } finally {
        restore();
      }
    };
    chmodSync(folder.path, 0o755);
    expect(
      readonly(
        () => chmodSync(path, 0o555),
        () => chmodSync(path, 0o700),
      ),
    ).toBe("STORE_READONLY\n");
    expect(
      readonly(
        () => chmodSync(path, 0o000),
        () => chmodSync(path, 0o700),
      ),
    ).toBe("STORE_READONLY\n");
  });

  test("a file where the folder should be", () => {
    writeFileSync(path, "");
    expect(codeOf(openStore(path))).toBe("STORE_READONLY");
    expect(codeOf(openStore(join(path, "deeper")))).toBe("STORE_READONLY");
  });

  test.each(["signed.db", "market.db"])("%s of another program or another version", (name) => {
    mkdirSync(path);
    const other = new DatabaseSync(join(path, name));
    other.exec("CREATE TABLE votes (a)");
    other.close();
    expect(codeOf(openStore(path))).toBe("STORE_FOREIGN");
    rmSync(path, { recursive: true });
    lived();
    const newer = new DatabaseSync(join(path, name));
    newer.exec("PRAGMA user_version = 3");
    newer.close();
    expect(codeOf(openStore(path))).toBe("STORE_FOREIGN");
    // Nothing of it was touched, and nothing is left locked.
    expect(codeOf(openStore(path))).toBe("STORE_FOREIGN");
  });
});

describe("damage", () => {
  test.each([
    ["text instead of a database", (file: string) => writeFileSync(file, "hello, I am no database at all".repeat(400))],
    ["cut in the middle", (file: string) => truncateSync(file, 8192)],
    ["zeros over the second page", (file: string) => overwrite(file, 4096, 4096)],
    ["zeros over a leaf", (file: string) => overwrite(file, 12_288, 4096)],
  ])("signed.db with %s is refused with the way out", (_, damage) => {
    lived();
    damage(join(path, "signed.db"));
    const opened = openStore(path);
    expect(opened).toMatchObject({ ok: false, code: "STORE_CORRUPT" });
    expect(opened.ok ? "" : opened.detail).toContain("newer copy");
  });

  test("market.db that is damaged may be deleted: the home goes on and what it signed stands", () => {
    lived(3);
    overwrite(join(path, "market.db"), 4096, 8192);
    expect(codeOf(openStore(path))).toBe("STORE_CORRUPT");
    rmSync(join(path, "market.db"));
    const store = open();
    expect(store.lastInterval()).toBeNull();
    expect([...store.saveVote({ interval: interval(102), view: 0, kind: "vote" }, Uint8Array.of(99))]).toEqual([3]);
    store.close();
    open().close();
  });

  test("a torn end of the write-ahead log costs only what was not acknowledged", () => {
    lived();
    const store = open();
    for (let view = 0; view < 20; view++) store.saveVote({ interval: interval(200), view, kind: "vote" }, Uint8Array.of(view + 1));
    // As a crash leaves it: copied while it runs.
    const copy = join(folder.path, "copy");
    mkdirSync(copy);
    for (const name of ["signed.db", "signed.db-wal", "market.db", "market.db-wal"]) copyFileSync(join(path, name), join(copy, name));
    store.close();
    const log = join(copy, "signed.db-wal");
    truncateSync(log, statSync(log).size - 1000);
    const opened = openStore(copy);
    if (!opened.ok) throw new Error(opened.detail);
    expect(opened.value.votes(interval(200)).map(({ slot }) => slot.view)).toEqual(Array.from({ length: 19 }, (_, view) => view));
    opened.value.close();
  });

  function overwrite(file: string, from: number, length: number): void {
    const bytes = readFileSync(file);
    writeFileSync(file, bytes.fill(0, from, from + length));
  }
});

describe("a disk that fails under a running store", () => {
  // A limit on the size of files stands in for a full disk: the write itself fails, in the real code path.
  test("is fatal, stays fatal, and ends the process though every caller swallows it", () => {
    open().close();
    const script = `trap '' XFSZ; ulimit -f 512; exec "$0" "$@"`;
    const { stdout, stderr, status } = spawnSync("/bin/bash", ["-c", script, process.execPath, ...NODE, path, "fill"], {
      encoding: "utf8",
    });
    expect(stdout).toBe("OPEN\nStoreFatal STORE_FAILED\nStoreFatal STORE_FAILED\n");
    expect([status, stderr]).toEqual([1, expect.stringContaining("STORE_FAILED: ")]);
    const store = open();
    const kept = store.votes(interval(1));
    expect(kept.length).toBeGreaterThan(10);
    expect(kept.every(({ bytes }) => bytes.length === 4096 && bytes.every((byte) => byte === 1))).toBe(true);
    store.close();
  });
});

describe("a disk that is full", () => {
  // A small disk of our own needs a mount namespace; some machines don't give one to everybody.
  const small = (script: string) =>
    spawnSync("unshare", ["-rm", "/bin/bash", "-c", script, process.execPath, ...NODE, path, "fill"], { encoding: "utf8" });
  const canMount = () => spawnSync("unshare", ["-rm", "/bin/bash", "-c", "mount -t tmpfs -o size=600k t /mnt"]).status === 0;

  (canMount() ? test : test.skip)("is fatal, and stays fatal (skipped where unshare can't mount)", () => {
    mkdirSync(path);
    const { stdout, status } = small(`mount -t tmpfs -o size=600k t ${path} && exec "$0" "$@"`);
    expect([stdout, status]).toEqual(["OPEN\nStoreFatal STORE_FULL\nStoreFatal STORE_FULL\n", 1]);
  });
});

describe("reading along", () => {
  test("a reader sees blocks while the home goes on, also from another life, and after the end", () => {
    const store = open();
    store.saveBlock(interval(7), head(7), Uint8Array.of(7));
    const reader = openStoreReader(path);
    if (!reader.ok) throw new Error(reader.detail);
    expect(reader.value.lastInterval()).toBe(7);
    store.saveBlock(interval(8), head(8), Uint8Array.of(8));
    store.savePeriod(period(1), Uint8Array.of(1));
    store.setMeta("street", "Linden");
    expect(reader.value.blocks(interval(0), 9).map(({ interval, bytes }) => [interval, bytes[0]])).toEqual([
      [7, 7],
      [8, 8],
    ]);
    expect(reader.value.lastInterval()).toBe(8);
    expect(reader.value.periods().length).toBe(1);
    expect(reader.value.getMeta("street")).toBe("Linden");
    store.close();
    reader.value.close();
    const after = openStoreReader(path);
    expect(after.ok && after.value.lastInterval()).toBe(8);
    if (after.ok) after.value.close();
  });

  test("a reader can't write, and a home can start while it reads", () => {
    lived();
    const reader = openStoreReader(path);
    if (!reader.ok) throw new Error(reader.detail);
    expect(Object.keys(reader.value).sort()).toEqual([
      "blocks",
      "close",
      "getMeta",
      "lastInterval",
      "lastMeterEntry",
      "members",
      "meterEntries",
      "periods",
    ]);
    const store = open();
    store.saveBlock(interval(101), head(1), Uint8Array.of(1));
    expect(reader.value.lastInterval()).toBe(101);
    reader.value.close();
    store.close();
  });

  test("no store, or another file, is told", () => {
    expect(codeOf(openStoreReader(path))).toBe("STORE_MISSING");
    mkdirSync(path);
    writeFileSync(join(path, "market.db"), "no database".repeat(500));
    expect(codeOf(openStoreReader(path))).toBe("STORE_CORRUPT");
    writeFileSync(join(path, "market.db"), "");
    expect(codeOf(openStoreReader(path))).toBe("STORE_FOREIGN");
  });
});
