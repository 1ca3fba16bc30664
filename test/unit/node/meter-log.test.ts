import { describe, expect, test } from "@jest/globals";
import { type Address, type Digest, homeId, interval, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { meterDigestOf } from "../../../engine/messages/index.ts";
import { type MeterDraft, MeterLog, valuesOf } from "../../../src/node/meter-log.ts";
import { MeterWatch } from "../../../src/node/meter-watch.ts";
import type { Telemetry } from "../../../src/ports/index.ts";
import { memoryDisk, memoryStore } from "../../../src/sim/memory-store.ts";
import { cheapSigner } from "../../support/cheap-signer.ts";
import { QUIET } from "../../support/quiet.ts";

const digestOf = meterDigestOf({ chainId: 1, vault: `0x${"11".repeat(20)}` as Address, rulesHash: `0x${"22".repeat(32)}` as Digest });
const signer = cheapSigner(3);
const logOn = (disk = memoryDisk()) => ({ disk, log: new MeterLog({ store: memoryStore(disk), signer, digestOf, source: "p1" }) });
const raw = [{ place: "P1 telegram", bytes: Uint8Array.of(1) }];
const draft = (at: number, importWh: number): MeterDraft => ({
  home: homeId(3),
  interval: interval(at),
  quality: "measured",
  counters: { importWh: wh(importWh), exportWh: wh(0) },
  readAt: 5.4,
  origin: { source: "p1", manufacturer: "Ä", model: "M", serial: "S", raw },
  values: [],
});

describe("a home's meter log", () => {
  test("each entry names the one before", () => {
    const { log } = logOn();
    const first = log.keep(draft(10, 5));
    const second = log.keep(draft(11, 6));
    expect(first).toMatchObject({ seq: 0, prev: ZERO_DIGEST, trust: "B", readAt: 5, manufacturer: "?" });
    expect(second).toMatchObject({ seq: 1, prev: digestOf(first!), counters: { importWh: 6, exportWh: 0 }, raw });
  });

  test("goes on after a restart, and begins anew on an empty disk", () => {
    const { disk, log } = logOn();
    const first = log.keep(draft(10, 5));
    expect(logOn(disk).log.keep(draft(11, 6))).toMatchObject({ seq: 1, prev: digestOf(first!) });
    expect(logOn().log.keep(draft(11, 6))).toMatchObject({ seq: 0, prev: ZERO_DIGEST });
  });

  test("an interval has one entry, the first, in every life", () => {
    const { disk, log } = logOn();
    log.keep(draft(10, 5));
    log.keep(draft(11, 6));
    expect(log.keep(draft(10, 99))).toMatchObject({ seq: 0, counters: { importWh: 5 } });
    expect(logOn(disk).log.keep(draft(11, 99))).toMatchObject({ seq: 1, counters: { importWh: 6 } });
    expect(log.keep(draft(9, 1))).toBeNull();
    expect(disk.meterLog).toHaveLength(2);
  });

  test("what nobody knows is an entry as well", () => {
    const { log } = logOn();
    const entry = log.keep({ ...draft(10, 5), quality: "missing", counters: null, origin: null });
    expect(entry).toMatchObject({ quality: "missing", trust: "D", counters: null, source: "p1", raw: [] });
  });

  test("more bytes than an entry holds are left out, whole parts at a time", () => {
    const { log } = logOn();
    const parts = [10_000, 10_000, 6_000].map((size, at) => ({ place: `part ${at}`, bytes: new Uint8Array(size) }));
    const entry = log.keep({ ...draft(10, 5), origin: { source: "modbus", manufacturer: "", model: "", serial: "", raw: parts } });
    expect(entry?.raw.map(({ place }) => place)).toEqual(["part 0", "part 2"]);
    expect(logOn().log.last).toBeNull();
  });
});

const TELEMETRY: Telemetry = { gridW: -12.3456, pvW: 0, batteryW: null, socPercent: 50, importWh: wh(7), exportWh: null, latched: null };

test("what bytes were taken to say is written to a thousandth, and what is unknown isn't", () => {
  expect(valuesOf(TELEMETRY)).toEqual([
    { name: "gridW", decimal: "-12.346" },
    { name: "pvW", decimal: "0" },
    { name: "socPercent", decimal: "50" },
    { name: "importWh", decimal: "7" },
  ]);
});

describe("a home's meters, looked at", () => {
  const HOUR = 3_600_000;
  function watched() {
    let ms = 0;
    const told: string[] = [];
    const log = { ...QUIET, warn: (event: string, fields: object) => void told.push(`${event} ${JSON.stringify(fields)}`) };
    const watch = new MeterWatch({ clock: { now: () => ms, monotonicMs: () => ms }, source: "p1", log });
    const counters = { importWh: 1_000, exportWh: 500 };
    /** A look every 10 s at `watts`, of which the meter counts `counted` and its neighbour `beside`. */
    const run = (hours: number, watts: number, counted = watts, beside: number | null = null) => {
      const other = { importWh: counters.importWh, exportWh: counters.exportWh };
      for (let at = 0; at <= hours * HOUR; at += 10_000, ms += 10_000) {
        const [mine, theirs] = [(counted * 10) / 3_600, ((beside ?? 0) * 10) / 3_600];
        counters[mine > 0 ? "importWh" : "exportWh"] += Math.abs(mine);
        other[theirs > 0 ? "importWh" : "exportWh"] += Math.abs(theirs);
        const now = { importWh: wh(Math.floor(counters.importWh)), exportWh: wh(Math.floor(counters.exportWh)) };
        const twin = { importWh: wh(Math.floor(other.importWh)), exportWh: wh(Math.floor(other.exportWh)) };
        watch.look({ ...TELEMETRY, ...now, gridW: watts, ...(beside === null ? {} : { beside: twin }) });
      }
      return watch.state.alarms;
    };
    return { watch, told, counters, run, pass: (more: number) => (ms += more) };
  }

  test.each<[string, number, number, number | null, readonly string[]]>([
    ["import, as counted", 3_000, 3_000, 3_000, []],
    ["export, as counted", -3_000, -3_000, -3_000, []],
    ["1 % off is within the bound", 3_000, 3_030, 3_030, []],
    ["4 % off is beyond", 3_000, 3_120, null, ["POWER_DIFFERS"]],
    ["a counter that stands still", 3_000, 0, null, ["POWER_DIFFERS"]],
    ["export counted as import", -3_000, 3_000, null, ["POWER_DIFFERS"]],
    ["the other meter counts 4 % less", 3_000, 3_000, 2_880, ["METERS_DIFFER"]],
    ["the other meter counts nothing", -3_000, -3_000, 0, ["METERS_DIFFER"]],
  ])("%s", (_, watts, counted, beside, alarms) => expect(watched().run(1, watts, counted, beside)).toEqual(alarms));

  test("an alarm is told once, and taken back by the next check that holds", () => {
    const { run, told } = watched();
    expect(run(1, 3_000, 3_300)).toEqual(["POWER_DIFFERS"]);
    expect(run(1, 3_000, 3_000)).toEqual([]);
    expect(told).toEqual(['meter.alarm {"alarms":["POWER_DIFFERS"]}']);
  });

  test("a counter that falls or leaps is told for a day", () => {
    const { run, counters, pass } = watched();
    run(0.1, 100);
    counters.importWh -= 50;
    expect(run(0.1, 100)).toEqual(["COUNTER_BROKEN"]);
    pass(25 * HOUR);
    expect(run(0.1, 100)).toEqual([]);
    counters.importWh += 50_000;
    expect(run(0.1, 100)).toEqual(["COUNTER_BROKEN"]);
  });

  test("a meter that says nothing for a minute is silent, and its age goes on", () => {
    const { watch, run, pass } = watched();
    expect(watch.state).toMatchObject({ ageSeconds: null, quality: "missing", trust: "D", alarms: [] });
    run(0.1, 100);
    watch.kept("measured");
    expect(watch.state).toMatchObject({ source: "p1", quality: "measured", trust: "B", alarms: [] });
    pass(60_000);
    watch.look(null);
    expect(watch.state).toMatchObject({ ageSeconds: 70, alarms: ["METER_SILENT"] });
  });
});
