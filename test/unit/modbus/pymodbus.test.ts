import { afterEach, describe, expect, test } from "@jest/globals";
import { ModbusLink, openDevice } from "../../../adapters/modbus/index.ts";
import { pymodbusClient, pymodbusMissing, pymodbusServer } from "../../support/pymodbus.ts";
import { never, realTime } from "../../support/real-time.ts";
import { BATTERY, simulatedHome, T0 } from "../../support/simulated-home.ts";

if (pymodbusMissing !== null) console.warn(pymodbusMissing);
const independent = pymodbusMissing === null ? test : test.skip;

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

const int16 = (value: number) => value & 0xffff;

describe(`somebody else's Modbus${pymodbusMissing === null ? "" : ` (${pymodbusMissing})`}`, () => {
  independent("reads and commands our simulator", async () => {
    const home = await simulatedHome({ energyAt: () => ({ loadWh: 100, pvWh: 500 }), battery: BATTERY });
    opened.push(home);
    const answers = await pymodbusClient(home.port, [
      { do: "read", unit: 1, address: 40_000, count: 4 },
      { do: "read", unit: 1, address: 40_004, count: 6 },
      { do: "read", unit: 1, address: 40_070, count: 2 },
      { do: "read", unit: 1, address: 40_084, count: 2 },
      { do: "read", unit: 1, address: 40_122, count: 2 },
      { do: "read", unit: 1, address: 40_186, count: 26 },
      { do: "read", unit: 1, address: 40_240, count: 2 },
      { do: "read", unit: 200, address: 40_088, count: 5 },
      { do: "read", unit: 200, address: 40_177, count: 14 },
      // A lease of 300 s, 30 % out and -30 % in, then the mode.
      { do: "write-one", unit: 1, address: 40_201, values: [300] },
      { do: "write", unit: 1, address: 40_198, values: [3000, int16(-3000)] },
      { do: "write-one", unit: 1, address: 40_191, values: [3] },
      { do: "read", unit: 200, address: 40_088, count: 5 },
      { do: "read", unit: 1, address: 40_191, count: 1 },
      // What it must refuse.
      { do: "read", unit: 1, address: 39_999, count: 2 },
      { do: "read", unit: 9, address: 40_000, count: 2 },
      { do: "write-one", unit: 1, address: 40_084, values: [1] },
      { do: "write-one", unit: 1, address: 40_191, values: [4] },
      { do: "write", unit: 1, address: 40_198, values: [10_001, 0] },
      { do: "write", unit: 200, address: 40_088, values: [1] },
    ]);
    expect(answers).toEqual([
      [0x5375, 0x6e53, 1, 66],
      [0x436f, 0x6d6d, 0x6f6e, 0x7761, 0x7474, 0],
      [103, 50],
      [20_000, int16(-1)],
      [802, 62],
      [
        124,
        24,
        5000,
        0xffff,
        0xffff,
        0,
        0xffff,
        1000,
        5000,
        0xffff,
        0xffff,
        4,
        10_000,
        10_000,
        0,
        0,
        0,
        1,
        0,
        0x8000,
        0x8000,
        int16(-2),
        int16(-2),
        0x8000,
        0x8000,
        int16(-2),
      ],
      [0xffff, 0],
      [0, 0xffff, 0xffff, 0xffff, int16(-1)].map((word, i) => (i > 0 && i < 4 ? 0x8000 : word)),
      [64_900, 12, 0, 900, Math.floor(T0 / 1000 / 65_536), (T0 / 1000) % 65_536, 0, 0, 0, 1000, 0, 0, 0, 0],
      [],
      [],
      [],
      // 400 W of load, 2000 W of sun, 1500 W from the battery.
      [int16(-31_000), 0x8000, 0x8000, 0x8000, int16(-1)],
      [3],
      { exception: 2 },
      { exception: 11 },
      { exception: 2 },
      { exception: 3 },
      { exception: 3 },
      { exception: 2 },
    ]);
    home.pass(301);
    expect(await home.device.read(never)).toMatchObject({ ok: true, value: { batteryW: -1600, gridW: 0 } });
  });

  independent("is read by our link and our device", async () => {
    // Model 103 of a SolarEdge at 5520 W (a public trace), model 203 with 4857 W of export in its own sign.
    const inverter = [103, 50, 2370, 781, 797, 791, 65_534, 4014, 4030, 4023, 2315, 2314, 2337, 65_535, 5520, 0, 4996, 65_534, 5528, 0];
    const meter = [
      203, 105, 43, 15, 10, 17, 65_535, 23_070, 23_070, 23_078, 23_252, 0, 0, 0, 0, 65_534, 4995, 65_534, 4857, 1544, 1821, 1490, 0,
    ];
    const counters = [250, 30_867, 102, 9415, 109, 828, 87, 18_070, 371, 20_310, 125, 51_868, 105, 40_669, 187, 56_293, 0];
    const words: Record<number, number> = {};
    const put = (address: number, values: readonly number[], length = values.length) => {
      for (let i = 0; i < length; i += 1) words[address + i] = values[i] ?? 0;
    };
    put(40_000, [0x5375, 0x6e53, 1, 65], 69);
    put(40_069, inverter, 52);
    put(40_121, meter, 107);
    put(40_121 + 38, counters);
    put(40_228, [0xffff, 0]);
    const server = await pymodbusServer({ 1: words }, { 1: { 30775: 0x8000, 30776: 7 } });
    opened.push(server);
    const options = { host: "127.0.0.1", port: server.port, timeoutMs: 2000, clock: realTime(), random: () => 0.5 };
    const link = new ModbusLink(options);
    opened.push(link);
    expect(await link.read(1, 40_083, 2)).toEqual({ ok: true, value: [5520, 0] });
    expect(await link.read(1, 39_998, 2)).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION" });
    expect(await link.write(1, 40_090, [7, 65_535, 9])).toEqual({ ok: true, value: undefined });
    expect(await link.read(1, 40_090, 3)).toEqual({ ok: true, value: [7, 65_535, 9] });
    expect(await link.readInput(1, 30_775, 2)).toEqual({ ok: true, value: [0x8000, 7] });
    expect(await link.readInput(1, 40_083, 2)).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION", exception: 2 });
    expect(await link.writeSingle(1, 40_091, 8)).toEqual({ ok: true, value: undefined });
    expect(await link.read(1, 40_090, 3)).toEqual({ ok: true, value: [7, 8, 9] });
    const device = openDevice({ ...options, units: { inverter: 1, meter: 1, battery: null }, meterSign: "export" });
    opened.push(device);
    expect(await device.read(never)).toMatchObject({
      ok: true,
      value: { pvW: 5520, gridW: -4857, exportWh: 16_414_867, importWh: 24_334_166 },
    });
  });
});
