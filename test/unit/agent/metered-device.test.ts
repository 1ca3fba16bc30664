import { describe, expect, test } from "@jest/globals";
import { fail, ok, type Result, wh } from "../../../engine/kernel/index.ts";
import { MeteredDevice } from "../../../src/agent/index.ts";
import type { Device, DeviceCode, Meter, MeterReading, Telemetry } from "../../../src/ports/index.ts";
import { QUIET } from "../../support/quiet.ts";
import { never } from "../../support/real-time.ts";

const ORIGIN = { source: "modbus", manufacturer: "I", model: "", serial: "1", raw: [] } as const;
const INVERTER: Telemetry = {
  gridW: 100,
  pvW: 2_000,
  batteryW: -500,
  socPercent: 40,
  importWh: wh(10),
  exportWh: wh(20),
  latched: { at: 900, importWh: wh(9), exportWh: wh(20) },
  origin: ORIGIN,
};
const METER: MeterReading = {
  gridW: 90,
  importWh: wh(7_000),
  exportWh: wh(8_000),
  latched: { at: 900, importWh: wh(6_999), exportWh: wh(8_000) },
  origin: { source: "p1", manufacturer: "P", model: "", serial: "2", raw: [] },
  ageMs: 3_000,
};
const SILENT = fail("DEVICE_TIMEOUT", "nothing came");

function home(parts: {
  readonly inverter?: Result<Telemetry, DeviceCode> | null;
  readonly meter?: Result<MeterReading, DeviceCode>;
  readonly settles?: "meter" | "inverter";
}) {
  const said = { inverter: parts.inverter === undefined ? ok(INVERTER) : parts.inverter, meter: parts.meter ?? ok(METER) };
  const closed: string[] = [];
  const told: string[] = [];
  let now = 1_000_000;
  const inverter: Device | null =
    said.inverter === null
      ? null
      : {
          nameplate: async () => ok({ manufacturer: "I", model: "X", serial: "1", ratedPvW: 5_000, battery: null }),
          read: async () => said.inverter ?? SILENT,
          dispatch: async () => ok(undefined),
          release: async () => ok(undefined),
          close: async () => void closed.push("inverter"),
        };
  const meter: Meter = { read: () => said.meter, close: async () => void closed.push("meter") };
  const log = { ...QUIET, warn: (event: string, fields: object) => void told.push(`${event} ${JSON.stringify(fields)}`) };
  const device = new MeteredDevice({ inverter, meter, settles: parts.settles ?? "meter", clock: { now: () => now }, log });
  const pass = (ms: number): void => {
    now += ms;
  };
  return { device, said, closed, told, pass };
}

describe("whose counters settle", () => {
  test.each<[string, Parameters<typeof home>[0], object]>([
    [
      "the meter's, with the inverter's beside them",
      {},
      {
        gridW: 90,
        pvW: 2_000,
        importWh: 7_000,
        latched: METER.latched,
        origin: METER.origin,
        ageMs: 3_000,
        beside: { importWh: 10, exportWh: 20 },
      },
    ],
    [
      "the inverter's, with the meter's beside them",
      { settles: "inverter" },
      { gridW: 100, importWh: 10, latched: INVERTER.latched, origin: ORIGIN, beside: { importWh: 7_000, exportWh: 8_000 } },
    ],
    [
      "never the inverter's in place of the meter's",
      { meter: SILENT },
      { gridW: 100, pvW: 2_000, importWh: null, exportWh: null, latched: null },
    ],
    ["the meter's while the inverter sleeps", { inverter: SILENT }, { gridW: 90, pvW: null, importWh: 7_000, exportWh: 8_000 }],
    ["the meter's alone", { inverter: null }, { gridW: 90, pvW: null, batteryW: null, importWh: 7_000 }],
    ["the inverter's while the meter is silent", { settles: "inverter", meter: SILENT }, { importWh: 10, latched: INVERTER.latched }],
    ["power from the inverter where the meter tells none", { meter: ok({ ...METER, gridW: null }) }, { gridW: 100, importWh: 7_000 }],
  ])("%s", async (_, parts, value) => {
    const read = await home(parts).device.read(never);
    expect(read).toMatchObject({ ok: true, value });
  });

  test("a silent meter leaves no origin and nothing beside", async () => {
    const read = await home({ meter: SILENT }).device.read(never);
    expect(read.ok && Object.keys(read.value)).not.toContain("origin");
    expect(read.ok && Object.keys(read.value)).not.toContain("beside");
  });

  test.each<[string, Parameters<typeof home>[0], string]>([
    ["nobody answers", { inverter: fail("DEVICE_OFFLINE", "gone"), meter: SILENT }, "DEVICE_TIMEOUT"],
    ["the one there is says nothing", { inverter: null, meter: SILENT }, "DEVICE_TIMEOUT"],
    ["the inverter that settles is away", { settles: "inverter", inverter: fail("DEVICE_OFFLINE", "gone") }, "DEVICE_OFFLINE"],
  ])("%s", async (_, parts, code) => expect(await home(parts).device.read(never)).toMatchObject({ ok: false, code }));
});

test("counters that fall or leap are unknown once, and believed from there on", async () => {
  const { device, said, pass } = home({});
  const counted = async (importWh: number) => {
    pass(1_000);
    said.meter = ok({ ...METER, importWh: wh(importWh) });
    const read = await device.read(never);
    return read.ok ? [read.value.importWh, read.value.exportWh, read.value.latched] : null;
  };
  expect(await counted(7_000)).toEqual([7_000, 8_000, METER.latched]);
  expect(await counted(6_999)).toEqual([null, null, null]);
  expect(await counted(6_999)).toEqual([6_999, 8_000, METER.latched]);
  expect(await counted(9_000_000)).toEqual([null, null, null]);
  expect(await counted(9_000_001)).toEqual([9_000_001, 8_000, METER.latched]);
});

test("commands go to the inverter; without one there is no battery", async () => {
  expect(await home({}).device.dispatch(500, 60, never)).toMatchObject({ ok: true });
  expect(await home({ inverter: null }).device.dispatch(500, 60, never)).toMatchObject({ code: "DEVICE_REFUSED" });
  expect(await home({ inverter: null }).device.release(never)).toMatchObject({ code: "DEVICE_REFUSED" });
});

test("the nameplate is the inverter's, or the meter's where there is nothing else", async () => {
  expect(await home({}).device.nameplate(never)).toMatchObject({ value: { serial: "1", ratedPvW: 5_000 } });
  expect(await home({ inverter: null }).device.nameplate(never)).toMatchObject({ value: { serial: "2", ratedPvW: null, battery: null } });
});

test("who is silent is told once, and when both answer again; both are closed", async () => {
  const { device, said, told, closed } = home({ meter: SILENT });
  await device.read(never);
  await device.read(never);
  said.meter = ok(METER);
  await device.read(never);
  expect(told).toEqual(['device.silent {"which":"meter","code":"DEVICE_TIMEOUT","detail":"nothing came"}']);
  await device.close();
  expect(closed.sort()).toEqual(["inverter", "meter"]);
});
