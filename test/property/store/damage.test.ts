import { truncateSync } from "node:fs";
import { afterAll, beforeAll, expect, jest, test } from "@jest/globals";
import { chance } from "../../support/chance.ts";
import { BLOCKS, DamagedStore, HARMS, rewrite, VOTES } from "../../support/damaged-store.ts";

jest.setTimeout(300_000);

const next = chance(6);
const below = (limit: number): number => Math.floor(next() * limit);
let store: DamagedStore;

beforeAll(() => {
  store = new DamagedStore();
});
afterAll(() => store.remove());

test("unharmed, all of it is there", () => {
  for (const from of [store.crashed, store.closed])
    expect(store.outcomeWith(from, "signed.db", () => {})).toEqual({ code: "", detail: "", votes: VOTES, blocks: BLOCKS, isTrue: true });
});

test("a log that ends too early, or in zeros, leaves the whole commits before that", () => {
  const { crashed, sizes } = store;
  for (let run = 0; run < 30; run++) {
    const size = sizes[0]! + below(sizes.at(-1)! - sizes[0]!);
    const expected = [size, "", store.whole(size), true];
    const cut = store.outcomeWith(crashed, "signed.db-wal", (path) => truncateSync(path, size));
    expect([size, cut.code, cut.votes, cut.isTrue]).toEqual(expected);
    const zeros = store.outcomeWith(crashed, "signed.db-wal", (path) => rewrite(path, (bytes) => bytes.fill(0, size)));
    expect([size, zeros.code, zeros.votes, zeros.isTrue]).toEqual(expected);
  }
});

test.each(Object.keys(HARMS))("%s in the log costs at most the last two commits, or the home doesn't start and says why", (harm) => {
  const codes = new Set<string>();
  for (let run = 0; run < 60; run++) {
    const at = below(store.sizes.at(-1)!);
    let isHarmed = false;
    const { code, detail, votes, isTrue } = store.outcomeWith(store.crashed, "signed.db-wal", (path) => {
      isHarmed = rewrite(path, (bytes) => HARMS[harm]!(bytes, at));
    });
    codes.add(code);
    expect([at, isTrue]).toEqual([at, true]);
    if (code === "") expect([at, votes >= (isHarmed ? VOTES - 2 : VOTES)]).toEqual([at, true]);
    else {
      expect([at, code, isHarmed]).toEqual([at, "STORE_CORRUPT", true]);
      expect(detail).toMatch(/case\/signed\.db: its write-ahead log .*a signed\.db too if there is no newer copy/);
    }
  }
  expect(codes.has("STORE_CORRUPT")).toBe(true);
});

test("a bit in the last commit looks like an end that came too early, and costs that commit alone", () => {
  const at = store.sizes[VOTES - 1]! + 2000;
  const { code, votes } = store.outcomeWith(store.crashed, "signed.db-wal", (path) => rewrite(path, (bytes) => (bytes[at]! ^= 4)));
  expect([code, votes]).toEqual(["", VOTES - 1]);
});

test.each(Object.keys(HARMS))("%s in signed.db changes nothing, or the home doesn't start", (harm) => {
  const codes = new Set<string>();
  for (let run = 0; run < 40; run++) {
    const at = below(store.sizeOf(store.closed, "signed.db"));
    const { code, votes, isTrue } = store.outcomeWith(store.closed, "signed.db", (path) =>
      rewrite(path, (bytes) => HARMS[harm]!(bytes, at)),
    );
    codes.add(code);
    expect([at, isTrue]).toEqual([at, true]);
    if (code === "") expect([at, votes]).toEqual([at, VOTES]);
  }
  expect(codes.has("STORE_CORRUPT")).toBe(true);
});

test.each(Object.keys(HARMS))("%s in market.db changes no block, or the home doesn't start, or stops where it reads it", (harm) => {
  for (let run = 0; run < 60; run++) {
    const at = below(store.sizeOf(store.closed, "market.db"));
    const { code, votes, blocks, isTrue } = store.outcomeWith(store.closed, "market.db", (path) =>
      rewrite(path, (bytes) => HARMS[harm]!(bytes, at)),
    );
    expect([at, isTrue]).toEqual([at, true]);
    if (code === "") expect([at, votes, [BLOCKS, "STORE_CORRUPT"].includes(blocks)]).toEqual([at, VOTES, true]);
  }
});
