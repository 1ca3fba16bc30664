import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { type Address, type Digest, homeId, interval, wh } from "../../../engine/kernel/index.ts";
import { decodeMeterEntry, type MeterEntry, meterDigestOf, type Reading, type SignedMeterEntry } from "../../../engine/messages/index.ts";
import { checkReadings, compareReadings } from "../../../src/main/readings/check.ts";
import { type EntryView, FORMAT, type ReadingsFile, readReadings, viewOf } from "../../../src/main/readings/file.ts";
import { MeterLog } from "../../../src/node/meter-log.ts";
import { memoryDisk, memoryStore } from "../../../src/sim/memory-store.ts";
import { cheapRecover, cheapSigner } from "../../support/cheap-signer.ts";

const MARKET = { chainId: 1, vault: `0x${"11".repeat(20)}` as Address, rulesHash: `0x${"22".repeat(32)}` as Digest };
const digestOf = meterDigestOf(MARKET);

/** Entries of intervals 10 to 14; of 12 nobody knows. */
function kept(): readonly SignedMeterEntry[] {
  const disk = memoryDisk();
  const log = new MeterLog({ store: memoryStore(disk), signer: cheapSigner(3), digestOf, source: "p1" });
  for (const at of [10, 11, 12, 13, 14]) {
    const isKnown = at !== 12;
    const raw = [{ place: "P1 telegram", bytes: Uint8Array.of(at) }];
    log.keep({
      home: homeId(3),
      interval: interval(at),
      quality: isKnown ? "measured" : "missing",
      counters: isKnown ? { importWh: wh(100 * at), exportWh: wh(at) } : null,
      readAt: at,
      origin: isKnown ? { source: "p1", manufacturer: "M", model: "N", serial: "S", raw } : null,
      values: [{ name: "gridW", decimal: "-1.5" }],
    });
  }
  return disk.meterLog.map((bytes) => decodeMeterEntry(bytes, digestOf)!);
}

const fileOf = (entries: readonly EntryView[]): ReadingsFile => ({
  format: FORMAT,
  street: "s",
  market: MARKET,
  home: 3,
  name: "h",
  entries,
});
const ENTRIES = kept().map(viewOf);
const found = (entries: readonly EntryView[]) => checkReadings(fileOf(entries), cheapRecover);
const with_ = (place: number, change: Partial<EntryView>) => ENTRIES.map((entry, at) => (at === place ? { ...entry, ...change } : entry));
/** Signed again by the home itself, which is the liar here. */
function forged(place: number, change: Partial<MeterEntry>): readonly EntryView[] {
  return kept().map((entry, at) => {
    if (at !== place) return viewOf(entry);
    const body = { ...entry.body, ...change };
    const id = digestOf(body);
    return viewOf({ body, id, signature: cheapSigner(3).sign(id) });
  });
}

describe("a meter log that was given away", () => {
  test("holds together", () => {
    const { findings, signers, qualities, skipped } = found(ENTRIES);
    expect({ findings, signers: [...signers], qualities, skipped }).toEqual({
      findings: [],
      signers: [cheapSigner(3).address],
      qualities: { measured: 4, estimated: 0, missing: 1 },
      skipped: 0,
    });
  });

  test("a part of it holds together too", () => expect(found(ENTRIES.slice(2)).findings).toEqual([]));

  test.each<[string, readonly EntryView[], readonly (readonly [number, string])[]]>([
    [
      "a counter changed",
      with_(1, { importWh: 1_101 }),
      [
        [1, "its signature is none"],
        [1, "it was changed: its digest is another than the file says"],
        [2, "it doesn't follow from the entry before: one of the two was replaced"],
      ],
    ],
    [
      "a register changed",
      with_(4, { raw: [{ place: "P1 telegram", hex: "ff" }] }),
      [
        [4, "its signature is none"],
        [4, "it was changed: its digest is another than the file says"],
      ],
    ],
    ["an entry taken out", ENTRIES.filter((_entry, at) => at !== 3), [[4, "entry 3 is missing before it"]]],
    ["an entry signed again", forged(3, { readAt: 99 }), [[4, "it doesn't follow from the entry before: one of the two was replaced"]]],
    [
      "a counter that falls",
      forged(4, { counters: { importWh: wh(1), exportWh: wh(14) } }),
      [[4, "a counter is below the entry before, on the same meter"]],
    ],
    ["a finer class than it is", forged(4, { trust: "A" }), [[4, "it calls itself class A: measured over p1 is B"]]],
    ["a time that goes back", forged(4, { interval: interval(13) }), [[4, "its interval isn't after the one before"]]],
    [
      "two in each other's place",
      [ENTRIES[0]!, ENTRIES[2]!, ENTRIES[1]!],
      [
        [2, "entry 1 is missing before it"],
        [1, "entry 3 is missing before it"],
        [1, "its interval isn't after the one before"],
      ],
    ],
    ["counters of what is missing", with_(2, { importWh: 5, exportWh: 5 }), [[2, "no home writes such an entry"]]],
    [
      "a log that began again",
      [...ENTRIES, { ...ENTRIES[0]!, interval: interval(20) }],
      [
        [0, "its signature is none"],
        [0, "it was changed: its digest is another than the file says"],
        [0, "the log begins anew here: the home lost what it had kept"],
      ],
    ],
  ])("%s is told, with its entry", (_, entries, findings) => {
    expect(found(entries).findings.map(({ seq, what }) => [seq, what])).toEqual(findings);
  });

  test("intervals without an entry are counted", () => {
    const disk = memoryDisk();
    const log = new MeterLog({ store: memoryStore(disk), signer: cheapSigner(3), digestOf, source: "p1" });
    for (const at of [10, 15])
      log.keep({ home: homeId(3), interval: interval(at), quality: "missing", counters: null, readAt: 1, origin: null, values: [] });
    expect(found(disk.meterLog.map((bytes) => viewOf(decodeMeterEntry(bytes, digestOf)!))).skipped).toBe(4);
  });
});

describe("held to what the street settled", () => {
  const entries = kept().map(({ body }) => body);
  const reading = (at: number, change: Partial<Reading> = {}): Reading => ({
    home: homeId(3),
    interval: interval(at),
    importWh: wh(100 * at),
    exportWh: wh(at),
    quality: "measured",
    ...change,
  });
  test("the same", () => {
    expect(
      compareReadings(
        entries,
        [9, 10, 11, 13, 14, 15].map((at) => reading(at)),
      ),
    ).toEqual({ findings: [], agreed: 4, outside: 2 });
  });
  test.each<[string, Reading, string]>([
    ["another counter", reading(13, { importWh: wh(1) }), "the street settled 1 and 13 Wh, the log says 1300 and 13"],
    ["another export", reading(13, { exportWh: wh(2) }), "the street settled 1300 and 2 Wh, the log says 1300 and 13"],
    ["another quality", reading(13, { quality: "estimated" }), "the street was told estimated, the log says measured"],
    ["what the log doesn't know", reading(12), "the street settled 1200 and 12 Wh, the log knows nothing"],
  ])("%s", (_, settled, what) => {
    expect(compareReadings(entries, [settled]).findings).toEqual([{ seq: settled.interval - 10, interval: settled.interval, what }]);
  });
  test("what the log leaves out", () => {
    const holed = entries.filter((entry) => entry.interval !== 11);
    expect(compareReadings(holed, [reading(11)]).findings).toMatchObject([
      { seq: null, what: "the street settled a reading that the log doesn't have" },
    ]);
  });
});

describe("a file", () => {
  const folder = mkdtempSync(join(tmpdir(), "readings-"));
  const write = (content: unknown): string => {
    const path = join(folder, "r.json");
    writeFileSync(path, typeof content === "string" ? content : JSON.stringify(content));
    return path;
  };
  test("comes back as it was written", async () => {
    const path = write(fileOf(ENTRIES));
    expect(await readReadings(path)).toEqual(JSON.parse(readFileSync(path, "utf8")));
    expect(found((await readReadings(path)).entries).findings).toEqual([]);
  });
  test.each<[string, unknown, RegExp]>([
    ["no JSON", "{", /it is no JSON/],
    ["something else", {}, /the file must have required property 'format'/],
    ["no entry", fileOf([]), /entries must NOT have fewer than 1 items/],
    [
      "an entry without a serial number",
      fileOf(ENTRIES.map(({ serial: _serial, ...rest }) => rest as EntryView)),
      /the entry at place 0 must have required property 'serial'/,
    ],
    ["a counter that is none", fileOf(with_(3, { importWh: -1 })), /the entry at place 3, importWh must be >= 0/],
    ["a signature that is short", fileOf(with_(1, { signature: "0x00" })), /the entry at place 1, signature must match/],
  ])("%s is refused, with its place", async (_, content, message) => {
    await expect(readReadings(write(content))).rejects.toThrow(message);
  });
});
