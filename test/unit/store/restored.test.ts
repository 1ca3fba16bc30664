import { cpSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { guardFile } from "../../../adapters/store/guard-file.ts";
import { openStore } from "../../../adapters/store/index.ts";
import { openSignedDatabase, signedFile } from "../../../adapters/store/signed-file.ts";
import { type Digest, type Interval, interval } from "../../../engine/kernel/index.ts";
import type { Store } from "../../../src/ports/index.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { openOwnStore } from "../../support/open-store.ts";

let folder: ReturnType<typeof temporaryFolder>;
let path: string;
let copy: string;
beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, "home");
  copy = join(folder.path, "copy");
});
afterEach(() => folder.remove());

const head = (value: number) => `0x${value.toString(16).padStart(64, "0")}` as Digest;
const vote = (store: Store, at: number) => store.saveVote({ interval: interval(at), view: 1, kind: "vote" }, Uint8Array.of(at));

/** Votes in some intervals, each of which is then decided. */
function trade(store: Store, from: number, to: number): void {
  for (let at = from; at < to; at++) {
    vote(store, at);
    store.saveBlock(interval(at), head(at), Uint8Array.of(at));
  }
}

function lived(from: number, to: number): void {
  const store = openOwnStore(path);
  trade(store, from, to);
  store.close();
}

function maySignFrom(at = path): Interval | null {
  const store = openOwnStore(at);
  const from = store.maySignFrom();
  store.close();
  return from;
}

const copyAll = (from: string, to: string) => cpSync(from, to, { recursive: true });

/** Over the files that are there, as `cp` does: they stay the same files to the file system. */
function writeOver(from: string, to: string, only = /./): void {
  for (const name of readdirSync(from).filter((name) => only.test(name))) writeFileSync(join(to, name), readFileSync(join(from, name)));
}

describe("a home that can't know all that it has signed signs nothing", () => {
  test("signed.db is lost", () => {
    lived(1, 4);
    rmSync(join(path, "signed.db"));
    const store = openStore(path);
    expect(store.ok && [store.value.maySignFrom(), store.value.lastInterval()]).toEqual([null, 3]);
    if (store.ok) store.value.close();
  });

  test("all of the folder is lost, and the key isn't", () => {
    const store = openStore(path);
    expect(store.ok && store.value.maySignFrom()).toBeNull();
    if (store.ok) store.value.close();
  });

  test.each([
    ["another start", true],
    ["the same start", false],
  ])("signed.db is a copy from %s", (_, restarts) => {
    lived(1, 2);
    const store = openOwnStore(path);
    trade(store, 2, 3);
    copyAll(path, copy);
    trade(store, 3, 5);
    store.close();
    if (restarts) lived(5, 6);
    writeOver(copy, path, /^signed\.db/);
    expect(maySignFrom()).toBeNull();
  });

  test("all of the folder is a copy, with new files", () => {
    lived(1, 3);
    copyAll(path, copy);
    lived(3, 5);
    rmSync(path, { recursive: true });
    copyAll(copy, path);
    expect(maySignFrom()).toBeNull();
  });

  const knowsBirths = statSync(".", { bigint: true }).birthtimeNs > 0n;
  (knowsBirths ? test : test.skip)("all of the folder is a copy written over it (skipped where a file system knows no births)", () => {
    const store = openOwnStore(path);
    trade(store, 1, 3);
    copyAll(path, copy);
    trade(store, 3, 6);
    store.close();
    for (const name of readdirSync(path).filter((name) => !readdirSync(copy).includes(name))) rmSync(join(path, name));
    writeOver(copy, path);
    expect(maySignFrom()).toBeNull();
  });

  test("a second copy runs somewhere else", () => {
    lived(1, 3);
    copyAll(path, copy);
    expect(maySignFrom(copy)).toBeNull();
    expect(maySignFrom()).toBe(0);
  });

  test("and says so at each start until it is told from where on it may, or the owner says that this is all there is", () => {
    lived(1, 3);
    rmSync(join(path, "signed.guard"));
    expect([maySignFrom(), maySignFrom()]).toEqual([null, null]);
    const told = openOwnStore(path);
    told.resumeSigning(interval(7));
    told.close();
    expect(maySignFrom()).toBe(7);
    rmSync(join(path, "signed.guard"));
    const declared = openOwnStore(path);
    declared.declareNewest(interval(3));
    expect([declared.maySignFrom(), declared.votes(interval(2)).length]).toEqual([3, 1]);
    declared.close();
    expect(maySignFrom()).toBe(3);
  });
});

describe("a home that has all that it signed goes on", () => {
  test("and its guard moves with each block that it signed for, not while it catches up", () => {
    const store = openOwnStore(path);
    const name = (): string => readFileSync(join(path, "signed.guard"), "utf8");
    const block = (at: number): string => {
      store.saveBlock(interval(at), head(at), Uint8Array.of(at));
      return name();
    };
    trade(store, 1, 3);
    const guard = name();
    expect([3, 4, 5, 6].map(block)).toEqual(Array(4).fill(guard));
    vote(store, 7);
    expect(name()).toBe(guard);
    const next = block(7);
    expect(next).not.toBe(guard);
    // What is old is forgotten even so: that of 2, 1 and 7, ninety-six intervals after each.
    const names = Array.from({ length: 100 }, (_, more) => block(8 + more));
    expect(new Set(names).size).toBe(4);
    expect([1, 2, 7].map((at) => store.votes(interval(at)).length)).toEqual([0, 0, 0]);
    store.close();
  });

  test("after a clean end, and after none", () => {
    lived(1, 3);
    expect(maySignFrom()).toBe(0);
    const store = openOwnStore(path);
    trade(store, 3, 5);
    // As kill -9 leaves it: nothing is closed, and the next process opens the same files.
    writeFileSync(join(path, "signed.guard.next"), "half of wh");
    store.close();
    expect(maySignFrom()).toBe(0);
  });

  // The guard moves when a store opens and with each block.
  test.each([
    ["prepare", 1, 0],
    ["put", 1, 0],
    ["prepare", 2, 0],
    ["put", 2, 2],
    ["prepare", 3, 2],
    ["put", 3, 3],
  ] as const)("after an end just before %s of the guard's move number %i, it may sign from %i", (step, moves, from) => {
    lived(1, 3);
    expect(() => endBefore(step, moves)).toThrow("the end");
    expect(maySignFrom()).toBe(from);
  });

  /** Opens signed.db, goes on until the guard's step would come for the nth time, and ends there as a killed process does. */
  function endBefore(step: "prepare" | "put", moves: number): void {
    const guard = guardFile(join(path, "signed.guard"));
    let left = moves;
    const endOr = (goOn: () => unknown): unknown => {
      left -= 1;
      if (left === 0) throw new Error("the end");
      return goOn();
    };
    const database = openSignedDatabase(join(path, "signed.db"), 50, { fatal: null, onFatal: () => undefined });
    try {
      const signed = signedFile(database, { ...guard, [step]: () => endOr(guard[step]) }, false);
      for (let at = 2; ; at++) signed.forgetBefore(interval(at));
    } finally {
      database.close();
    }
  }

  test("another home's signed.db is refused, and its own put back is still the newest", () => {
    lived(1, 3);
    const other = join(folder.path, "other");
    openOwnStore(other).close();
    const own = readFileSync(join(path, "signed.db"));
    writeFileSync(join(path, "signed.db"), readFileSync(join(other, "signed.db")));
    const refused = openStore(path);
    expect(refused).toMatchObject({ ok: false, code: "STORE_RESTORED" });
    expect(refused.ok ? "" : refused.detail).toContain("signed.db");
    writeFileSync(join(path, "signed.db"), own);
    expect(maySignFrom()).toBe(0);
  });
});
