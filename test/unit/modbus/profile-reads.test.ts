import { describe, expect, test } from "@jest/globals";
import { openProfileDevice } from "../../../adapters/modbus/index.ts";
import { ProfileReader } from "../../../adapters/modbus/profile/index.ts";
import { fail, ok } from "../../../engine/kernel/index.ts";
import { profileOf, tableServer, tableSource } from "../../support/profiles.ts";
import { never, realTime } from "../../support/real-time.ts";

const POINTS = `points:
  a: { at: 10, type: uint16 }
  b: { at: 11, type: uint32 }
  c: { at: 15, type: uint16 }
  d: { at: 30, type: uint16 }
  e: { at: 10, type: uint16, table: input }
`;
const all = (from: number, to: number): Record<number, number> =>
  Object.fromEntries(Array.from({ length: to - from + 1 }, (_, i) => [from + i, from + i]));

describe("how a profile is read", () => {
  test("in few requests: near registers in one, far ones apart, each table for itself", async () => {
    const source = tableSource({ holding: all(0, 50), input: all(0, 50) });
    const values = await new ProfileReader(profileOf(POINTS), source).read();
    expect(source.asked).toEqual(["holding 10+6", "holding 30+1", "input 10+1"]);
    expect(values.ok && values.value.map(({ value, source: from }) => [value, from])).toEqual([
      [10, "holding 10"],
      [11 * 65_536 + 12, "holding 11"],
      [15, "holding 15"],
      [30, "holding 30"],
      [10, "input 10"],
    ]);
  });

  test("a request never holds more than the device gives", async () => {
    const source = tableSource({ holding: all(0, 50) });
    const points = Array.from({ length: 12 }, (_, i) => `  p${i}: { at: ${i}, type: uint16 }`).join("\n");
    await new ProfileReader(profileOf(`points:\n${points}\n`), source).read();
    expect(source.asked).toEqual(["holding 0+10", "holding 10+2"]);
  });

  test("a value comes with its scale factor, and split words come together", async () => {
    const source = tableSource({ holding: all(0, 50) });
    const reader = new ProfileReader(
      profileOf("points: { x: { at: 1, type: int16, scaleAt: 9 }, y: { at: [28, 21], type: int32 } }\n"),
      source,
    );
    await reader.read();
    expect(source.asked).toEqual(["holding 1+9", "holding 21+8"]);
  });

  test("around a hole: asked for in halves once, and from then on where something is", async () => {
    const { 14: _hole, ...holding } = all(0, 50);
    const source = tableSource({ holding, input: all(0, 50) });
    const reader = new ProfileReader(profileOf(POINTS), source);
    const first = await reader.read();
    expect(source.asked).toEqual([
      "holding 10+6",
      "holding 10+1",
      "holding 11+5",
      "holding 11+2",
      "holding 15+1",
      "holding 30+1",
      "input 10+1",
    ]);
    source.asked.length = 0;
    expect(await reader.read()).toEqual(first);
    expect(source.asked).toEqual(["holding 10+1", "holding 11+2", "holding 15+1", "holding 30+1", "input 10+1"]);
  });

  test("what is refused is unreadable, and asked for again after a while", async () => {
    const holding = all(0, 50);
    delete holding[30];
    const source = tableSource({ holding, input: all(0, 50) });
    const reader = new ProfileReader(profileOf(POINTS), source);
    const d = async () => {
      const read = await reader.read();
      return read.ok && read.value.find(({ name }) => name === "d");
    };
    expect(await d()).toMatchObject({ value: null, silence: "unreadable" });
    holding[30] = 7;
    for (let i = 0; i < 59; i += 1) expect(await d()).toMatchObject({ value: null });
    expect(await d()).toMatchObject({ value: 7 });
  });

  test.each([[5], [6], [10], [11]])("a device that is busy (exception %i) is not one without registers", async (exception) => {
    const read = await new ProfileReader(profileOf(POINTS), tableSource({}, 125, exception)).read();
    expect(read).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION" });
  });

  test("silence fails the whole reading", async () => {
    const source = { read: async () => fail("DEVICE_TIMEOUT" as const, "no answer") };
    expect(await new ProfileReader(profileOf(POINTS), source).read()).toMatchObject({ ok: false, code: "DEVICE_TIMEOUT" });
  });

  test("a meter at a unit of its own that is silent leaves its points unreadable, and is asked again", async () => {
    const asked: number[] = [];
    const source = {
      read: async (_table: string, unit: number, _address: number, count: number) => {
        asked.push(unit);
        return unit === 200 ? fail("DEVICE_TIMEOUT" as const, "no answer") : ok(Array.from({ length: count }, () => unit));
      },
    };
    const head = "id: t\nname: T\nvendors: [T]\nsource: made up for a test\nlink: { units: { inverter: 3, meter: 200 } }\n";
    const reader = new ProfileReader(
      profileOf("points: { m: { at: 1, type: uint16, of: meter }, a: { at: 1, type: uint16 } }\n", head),
      source,
    );
    for (let i = 0; i < 2; i += 1) {
      const read = await reader.read();
      expect(read.ok && read.value.map(({ value, silence }) => value ?? silence)).toEqual(["unreadable", 3]);
    }
    expect(asked).toEqual([3, 200, 3, 200]);
  });

  test("points of another unit are asked of it", async () => {
    const units: number[] = [];
    const source = {
      read: async (_table: string, unit: number, _address: number, count: number) => {
        units.push(unit);
        return ok(Array.from({ length: count }, () => unit));
      },
    };
    const head = "id: t\nname: T\nvendors: [T]\nsource: made up for a test\nlink: { units: { inverter: 3, meter: 200 } }\n";
    const profile = profileOf("points: { a: { at: 1, type: uint16 }, m: { at: 1, type: uint16, of: meter } }\n", head);
    const read = await new ProfileReader(profile, source, { inverter: 4 }).read();
    expect(read.ok && read.value.map(({ value }) => value)).toEqual([4, 200]);
    expect(units).toEqual([4, 200]);
  });
});

const HOME = `match:
  - { at: 0, type: text, size: 2, like: "^Acme" }
points:
  device.serial: { at: 2, type: text, size: 2 }
  grid.power: { at: 10, type: int16, negate: true, unit: W, in: [-30000, 30000] }
  grid.importEnergy: { at: 11, type: uint32, gain: 100, unit: Wh, in: [0, 1000000000] }
  grid.exportEnergy: { at: 13, type: uint32, gain: 100, unit: Wh, in: [0, 1000000000] }
  pv.power: { at: 15, type: uint16, unit: W, in: [0, 30000] }
  battery.power: { at: 16, type: int16, na: [highest], unit: W, in: [-30000, 30000] }
  battery.soc: { at: 17, type: uint16, na: [ones], gain: 0.1, unit: "%", in: [0, 102] }
`;
const ACME = { 0: 0x4163, 1: 0x6d65, 2: 0x534e, 3: 0x3031 };
const NOW = { ...ACME, 10: 0xff38, 11: 0, 12: 345, 13: 0, 14: 12, 15: 1500, 16: 0xfe0c, 17: 684 };

test("what a value rests on: its registers without what lies between them, of SunSpec the whole model, nothing twice", async () => {
  const chain = [0x5375, 0x6e53, 124, 4, 9, 8, 7, 6, 0xffff, 0];
  const words = Object.fromEntries([...chain.map((word, i) => [40_000 + i, word]), [10, 1], [11, 2], [12, 3], [13, 4], [14, 5]]);
  const reader = new ProfileReader(
    profileOf(`points:
  one: { at: 10, type: uint16, unit: W, in: [0, 9] }
  two: { at: [14, 12], type: uint32, unit: W, in: [0, 1000000], scaleAt: 10 }
  three: { sunspec: 124:StorCtl_Mod, unit: W, in: [0, 9] }
  four: { sunspec: 124:WChaMax, unit: W, in: [0, 9] }
  five: { sum: [one, two], unit: W, in: [0, 9] }
`),
    tableSource({ holding: words }),
    { inverter: 4 },
  );
  expect(reader.rawOf(["one"])).toEqual([]);
  expect(await reader.read()).toMatchObject({ ok: true });
  const places = (...names: readonly string[]) => reader.rawOf(names).map(({ place, bytes }) => `${place}: ${[...bytes].join(" ")}`);
  const model = "unit 4, holding registers 40002 to 40007: 0 124 0 4 0 9 0 8 0 7 0 6";
  expect(places("one")).toEqual(["unit 4, holding registers 10 to 10: 0 1"]);
  expect(places("two")).toEqual([
    "unit 4, holding registers 10 to 10: 0 1",
    "unit 4, holding registers 12 to 12: 0 3",
    "unit 4, holding registers 14 to 14: 0 5",
  ]);
  expect(places("three", "four", "none", "five")).toEqual([model]);
});

describe("a home's device read by its profile", () => {
  const open = (port: number) =>
    openProfileDevice({
      host: "127.0.0.1",
      port,
      timeoutMs: 500,
      profile: profileOf(HOME),
      units: {},
      control: null,
      clock: realTime(),
      random: () => 0.5,
    });

  test("telemetry with our signs, once it has shown to be the device", async () => {
    const registers: Record<number, number> = { ...NOW };
    const server = await tableServer({ holding: registers });
    const device = open(server.port);
    expect(await device.read(never)).toEqual({
      ok: true,
      value: {
        gridW: 200,
        pvW: 1500,
        batteryW: -500,
        socPercent: 68.4,
        importWh: 34_500,
        exportWh: 1_200,
        latched: null,
        origin: {
          source: "modbus",
          manufacturer: "Test",
          model: "Tested",
          serial: "SN01",
          raw: [{ place: "unit 1, holding registers 10 to 14", bytes: Uint8Array.from([0xff, 0x38, 0, 0, 1, 0x59, 0, 0, 0, 12]) }],
        },
      },
    });
    Object.assign(registers, { 16: 0x7fff, 17: 0xffff });
    expect(await device.read(never)).toMatchObject({ ok: true, value: { batteryW: null, socPercent: null } });
    registers[12] = 40_000;
    expect(await device.read(never)).toMatchObject({
      ok: false,
      code: "DEVICE_IMPLAUSIBLE",
      detail: expect.stringContaining("import counter"),
    });
    registers[10] = 0x8000;
    expect(await device.read(never)).toMatchObject({
      ok: false,
      code: "DEVICE_MALFORMED",
      detail: "no power at the grid's meter: out of bounds (holding 10)",
    });
    Object.assign(registers, { 10: 0, 3: 0x3032 });
    expect(await device.read(never)).toMatchObject({ ok: false, code: "DEVICE_IMPLAUSIBLE", detail: expect.stringContaining("was SN01") });
    await device.close();
    await server.close();
  });

  test("another device is not read, and commands are refused without a write", async () => {
    const server = await tableServer({ holding: { ...NOW, 0: 0x426f } });
    const device = open(server.port);
    expect(await device.read(never)).toMatchObject({
      ok: false,
      code: "DEVICE_IMPLAUSIBLE",
      detail: 'this is no Tested: holding 0 says "Bome"',
    });
    expect(await device.dispatch(500, 60, never)).toMatchObject({ ok: false, code: "DEVICE_REFUSED" });
    // There is nothing to hand back.
    expect(await device.release(never)).toEqual({ ok: true, value: undefined });
    expect(server.requests.every((request) => request[7] === 3)).toBe(true);
    await device.close();
    await server.close();
  });

  test("the nameplate: a battery only where all of it is known", async () => {
    const server = await tableServer({ holding: NOW });
    const device = open(server.port);
    expect(await device.nameplate(never)).toEqual({
      ok: true,
      value: { manufacturer: "Test", model: "Tested", serial: "SN01", ratedPvW: null, battery: null },
    });
    await device.close();
    await server.close();
  });
});
