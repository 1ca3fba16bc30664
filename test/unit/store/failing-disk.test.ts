import { statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { openStore } from "../../../adapters/store/index.ts";
import { type Digest, interval, period } from "../../../engine/kernel/index.ts";
import type { Store } from "../../../src/ports/index.ts";
import { type CutDisk, cutDisk, cutDiskMissing } from "../../support/cut-disk.ts";
import { openOwnStore } from "../../support/open-store.ts";

const missing = cutDiskMissing();
if (missing !== null) console.warn(`no failing disk is tried: ${missing}`);
const onDisk = missing === null ? describe : describe.skip;
const why = missing === null ? "" : ` (skipped: ${missing})`;

const bytes = (value: number) => new Uint8Array(6000).fill(value);
const head = (value: number) => `0x${value.toString(16).padStart(64, "0")}` as Digest;

/** Every way to write. */
const writes: Readonly<Record<string, (store: Store, value: number) => unknown>> = {
  saveVote: (store, value) => store.saveVote({ interval: interval(100), view: value, kind: "vote" }, bytes(value)),
  saveOwn: (store, value) => store.saveOwn("order", interval(100), value, bytes(value)),
  saveEvidence: (store, value) => store.saveEvidence(head(value), bytes(value)),
  saveBlock: (store, value) => store.saveBlock(interval(value), head(value), bytes(value)),
  saveMembers: (store, value) => store.saveMembers(head(value), bytes(value)),
  savePeriod: (store, value) => store.savePeriod(period(value), bytes(value)),
  setMeta: (store, value) => store.setMeta("note", String(value).repeat(6000)),
  resumeSigning: (store, value) => store.resumeSigning(interval(value)),
  declareNewest: (store, value) => store.declareNewest(interval(value)),
};

/** What each of them left behind. */
const kept = (store: Store) => ({
  votes: store.votes(interval(100)).map(({ slot, bytes: found }) => [slot.view, found[0], found.length]),
  own: store.own("order", interval(100)).map((found) => [found[0], found.length]),
  evidence: store.evidence().map(({ id }) => id),
  blocks: store.blocks(interval(0), 9).map(({ interval: at }) => at),
  members: [1, 2].filter((value) => store.members(head(value)) !== null),
  periods: store.periods().map(({ period: of }) => of),
  note: store.getMeta("note")?.slice(0, 1),
  from: store.maySignFrom(),
});

onDisk(`a disk that fails under a running store${why}`, () => {
  let disk: CutDisk;
  let path: string;
  beforeEach(() => {
    disk = cutDisk(16);
    path = join(disk.path, "home");
  });
  afterEach(() => disk.remove());

  /** All that has been written is there after the next start; of the write that failed, all or nothing. */
  function expectKept(before: ReturnType<typeof kept>, name: string): void {
    const store = openOwnStore(path);
    const after = kept(store);
    writes[name]!(store, 2);
    const last = kept(store);
    store.close();
    expect([before, last]).toContainEqual(after);
  }

  function failing(
    name: string,
    fail: () => void,
    relieve = () => {},
  ): { readonly before: ReturnType<typeof kept>; readonly codes: readonly string[] } {
    let ends = 0;
    const store = openOwnStore(path, { onFatal: () => ends++ });
    for (const write of Object.values(writes)) write(store, 1);
    const before = kept(store);
    fail();
    const codes = [codeOf(() => writes[name]!(store, 2)), codeOf(() => kept(store))];
    relieve();
    for (const write of Object.values(writes)) codes.push(codeOf(() => write(store, 2)));
    store.close();
    expect(ends).toBe(1);
    return { before, codes };
  }

  test.each(Object.keys(writes))("%s: where a sync fails it says nothing, and the store never tries again", (name) => {
    const { before, codes } = failing(name, () => disk.cut());
    expect(new Set(codes)).toEqual(new Set(["StoreFatal STORE_FAILED"]));
    disk.restore();
    expectKept(before, name);
  });

  test.each(Object.keys(writes).filter((name) => name !== "resumeSigning" && name !== "declareNewest"))(
    "%s: where the disk is full, likewise",
    (name) => {
      const ballast = join(disk.path, "ballast");
      // Though there is room again, and whichever file it was.
      const { before, codes } = failing(
        name,
        () => fill(ballast),
        () => truncateSync(ballast, 0),
      );
      expect(new Set(codes)).toEqual(new Set(["StoreFatal STORE_FULL"]));
      fill(ballast);
      const still = openStore(path);
      expect(still).toMatchObject({ ok: false, code: expect.stringMatching(/^STORE_(FULL|FAILED)$/) });
      truncateSync(ballast, 0);
      expectKept(before, name);
    },
  );
});

/** To the last byte. */
function fill(path: string): void {
  for (let chunk = 1_048_576; chunk >= 1024; chunk /= 2) {
    try {
      for (;;) writeFileSync(path, Buffer.alloc(chunk), { flag: "a" });
    } catch (error) {
      expect((error as { code: string }).code).toBe("ENOSPC");
    }
  }
  expect(statSync(path).size).toBeGreaterThan(1_048_576);
}

function codeOf(work: () => unknown): string {
  try {
    work();
    return "WENT ON";
  } catch (error) {
    return `${(error as Error).name} ${(error as { code?: string }).code}`;
  }
}
