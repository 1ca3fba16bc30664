import { spawn } from "node:child_process";
import { copyFileSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { imageOf } from "../../../adapters/store/image.ts";
import { openStoreImage, type StoreImage } from "../../../adapters/store/index.ts";
import { type Digest, interval } from "../../../engine/kernel/index.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { openOwnStore } from "../../support/open-store.ts";

const OPENER = fileURLToPath(new URL("../../support/store-opener.ts", import.meta.url));
const digest = (value: number) => `0x${value.toString(16).padStart(64, "0")}` as Digest;

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, "home");
});
afterEach(() => folder.remove());

function opened(): StoreImage {
  const image = openStoreImage(path);
  if (!image.ok) throw new Error(image.detail);
  return image.value;
}

function look() {
  const image = opened();
  const seen = { evidence: image.evidence().map(({ bytes }) => bytes[0]), last: image.lastInterval(), note: image.getMeta("card") };
  image.close();
  return seen;
}

/** Everything that a look could have changed. */
const traces = () =>
  readdirSync(path).map((name) => {
    const { ino, mtimeNs, ctimeNs, birthtimeNs, size } = statSync(join(path, name), { bigint: true });
    return [name, { ino, mtimeNs, ctimeNs, birthtimeNs, size }, readFileSync(join(path, name), "base64")];
  });

function lived(): void {
  const store = openOwnStore(path);
  for (const at of [4, 5]) store.saveBlock(interval(at), digest(at), Uint8Array.of(at));
  for (const number of [2, 1]) store.saveEvidence(digest(number), Uint8Array.of(number));
  store.setMeta("card", "a street");
  store.close();
}

const SEEN = { evidence: [2, 1], last: 5, note: "a street" };

describe("a look into a store that doesn't run", () => {
  test("shows what was kept, in its order, and changes no file; the home may sign as before", () => {
    lived();
    const before = traces();
    expect([look(), look()]).toEqual([SEEN, SEEN]);
    expect(traces()).toEqual(before);
    const store = openOwnStore(path);
    expect(store.maySignFrom()).toBe(0);
    store.close();
  });

  test("shows what is in the log alone, as kill -9 leaves it, and leaves it there", () => {
    const store = openOwnStore(path);
    store.saveBlock(interval(5), digest(5), Uint8Array.of(5));
    for (const number of [2, 1]) store.saveEvidence(digest(number), Uint8Array.of(number));
    store.setMeta("card", "a street");
    const killed = join(folder.path, "killed");
    const files = readdirSync(path).map((name) => [name, readFileSync(join(path, name))] as const);
    store.close();
    openOwnStore(killed).close();
    for (const [name, bytes] of files) writeFileSync(join(killed, name), bytes);
    path = killed;
    expect(statSync(join(path, "signed.db-wal")).size).toBeGreaterThan(0);
    const before = traces();
    expect(look()).toEqual(SEEN);
    expect(traces()).toEqual(before);
  });
});

describe("a look into a store that runs", () => {
  test("shows, whatever is written meanwhile, all that was kept up to some moment; its home goes on", async () => {
    openOwnStore(path).close();
    const home = spawn(process.execPath, ["--no-warnings", OPENER, path, "work"], { stdio: ["ignore", "pipe", "inherit"] });
    await new Promise((resolve) => home.stdout.once("data", resolve));
    try {
      const counts: number[] = [];
      for (let last = -1; last < 400; last = Math.max(...counts)) {
        const { evidence } = look();
        expect(evidence).toEqual(evidence.map((_, number) => number % 256));
        counts.push(evidence.length);
      }
      expect(counts).toEqual([...counts].sort((a, b) => a - b));
      expect(home.exitCode).toBeNull();
    } finally {
      home.kill("SIGKILL");
      await new Promise((resolve) => home.once("close", resolve));
    }
    const store = openOwnStore(path);
    expect([store.maySignFrom() === null, store.evidence().length]).toEqual([false, look().evidence.length]);
    store.close();
  }, 60_000);
});

describe("a file that is read while its log moves into it", () => {
  let writer: DatabaseSync;
  const file = () => join(folder.path, "a.db");
  beforeEach(() => {
    writer = new DatabaseSync(file());
    writer.exec("PRAGMA journal_mode = WAL; CREATE TABLE t (n INTEGER PRIMARY KEY, bytes BLOB)");
    write(0, 40);
  });
  afterEach(() => writer.close());

  function write(from: number, to: number): void {
    for (let n = from; n < to; n++) writer.prepare("INSERT INTO t VALUES (?, zeroblob(3000))").run(n);
  }

  function expectWhole(image: Buffer): void {
    const reader = new DatabaseSync(":memory:");
    reader.deserialize(image);
    expect(reader.prepare("PRAGMA integrity_check").get()).toEqual({ integrity_check: "ok" });
    expect(reader.prepare("SELECT count(*) AS rows, max(n) AS last FROM t").get()).toEqual({ rows: 50, last: 49 });
  }

  test.each([1, 2, 3, 4])("is read again: all of it is of one moment (the log moves before read number %i)", (moment) => {
    let reads = 0;
    const image = imageOf(file(), (path) => {
      reads += 1;
      if (reads === moment) {
        writer.exec("PRAGMA wal_checkpoint(TRUNCATE)");
        write(40, 50);
      }
      return readFileSync(path);
    });
    expectWhole(image);
  });

  test("is read again when the log begins anew in the middle of a read", () => {
    // All of the log is in the file already, and the next commit is written over its beginning.
    writer.exec("PRAGMA wal_checkpoint(PASSIVE)");
    let reads = 0;
    const image = imageOf(file(), (path) => {
      const before = readFileSync(path);
      reads += 1;
      if (reads !== 2) return before;
      write(40, 50);
      const half = before.length >> 1;
      return Buffer.concat([before.subarray(0, half), Buffer.alloc(before.length - half)]);
    });
    expectWhole(image);
  });

  test("one that never stands still is told so", () => {
    let reads = 0;
    const restless = (): Buffer => {
      reads += 1;
      return Buffer.from([reads]);
    };
    expect(() => imageOf(file(), restless)).toThrow("it changes faster than it can be read");
  });
});

describe("what is no store is told, with place and way out, and nothing changes", () => {
  const statement = (sql: string, file: string): void => {
    const connection = new DatabaseSync(join(path, file));
    connection.exec(sql);
    connection.close();
  };
  test.each<[string, string, string, () => void]>([
    ["STORE_MISSING", "signed.db: there is no such file; check the data folder", "no signed.db", () => rmSync(join(path, "signed.db"))],
    ["STORE_MISSING", "market.db: there is no such file", "no market.db", () => rmSync(join(path, "market.db"))],
    ["STORE_MISSING", "signed.db: there is no such file", "no folder", () => rmSync(path, { recursive: true })],
    ["STORE_FOREIGN", "signed.db: it is empty", "an empty file", () => truncateSync(join(path, "signed.db"))],
    [
      "STORE_FOREIGN",
      "another version of commonwatt (9, and this one reads 2); use the version",
      "a newer schema",
      () => statement("PRAGMA user_version = 9", "signed.db"),
    ],
    ["STORE_FOREIGN", "no file of commonwatt's", "another program's", () => statement("PRAGMA application_id = 7", "market.db")],
    [
      "STORE_FOREIGN",
      "no file of commonwatt's",
      "the other of the two",
      () => copyFileSync(join(path, "market.db"), join(path, "signed.db")),
    ],
    [
      "STORE_CORRUPT",
      "signed.db: ",
      "no database",
      () => writeFileSync(join(path, "signed.db"), "a letter to a friend, and longer than a head"),
    ],
    ["STORE_CORRUPT", "signed.db: ", "half a database", () => truncateSync(join(path, "signed.db"), 9000)],
    [
      "STORE_RESTORED",
      "signed.db: it doesn't belong to this market.db",
      "another home's",
      () => {
        const other = join(folder.path, "other");
        openOwnStore(other).close();
        copyFileSync(join(other, "signed.db"), join(path, "signed.db"));
      },
    ],
  ])("%s: %s (%s)", (code, words, _, harm) => {
    lived();
    harm();
    const before = code === "STORE_MISSING" ? [] : traces();
    const image = openStoreImage(path);
    expect(image).toMatchObject({ ok: false, code, detail: expect.stringContaining(words) });
    expect(image.ok ? "" : image.detail).toContain(path);
    expect(code === "STORE_MISSING" ? [] : traces()).toEqual(before);
  });
});
