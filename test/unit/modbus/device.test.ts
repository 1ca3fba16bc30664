import { afterEach, describe, expect, jest, test } from "@jest/globals";
import { type DeviceOptions, FAULTS, ModbusLink, openDevice } from "../../../adapters/modbus/index.ts";
import { placesOf } from "../../../adapters/modbus/sunspec/index.ts";
import { telemetryOf } from "../../../adapters/modbus/telemetry.ts";
import { type FakeModbus, fakeModbus, frame, words } from "../../support/fake-modbus.ts";
import { never, realTime } from "../../support/real-time.ts";
import { BATTERY, INTERVAL, type SimulatedHome, simulatedHome, T0 } from "../../support/simulated-home.ts";

const opened: { close(): unknown }[] = [];
afterEach(async () => {
  for (const each of opened.splice(0).reverse()) await each.close();
});

async function home(options: Parameters<typeof simulatedHome>[0]): Promise<SimulatedHome> {
  const it = await simulatedHome(options);
  opened.push(it);
  return it;
}

/** A device made of models and points; `holes` are addresses that can't be read. Writes are kept if `obeys`. */
class Fake {
  readonly registers = new Map<number, number>();
  readonly starts = new Map<number, number>();
  readonly holes = new Set<number>();
  readonly writes: [number, number[]][] = [];
  obeys = true;
  peer: FakeModbus | null = null;
  silentUnits = new Set<number>();
  senselessUnits = new Set<number>();
  /** Registers of one answer. */
  limit = 125;
  private end = 40_002;

  constructor(models: readonly (readonly [number, Readonly<Record<string, number>>, number?])[]) {
    this.registers.set(40_000, 0x5375).set(40_001, 0x6e53);
    for (const [id, points, gap] of models) this.add(id, points, gap ?? 0);
    this.registers.set(this.end, 0xffff).set(this.end + 1, 0);
  }

  set(model: number, point: string, value: number): void {
    const place = placesOf(model).get(point);
    const at = this.starts.get(model);
    if (place === undefined || at === undefined) throw new Error(`${model}:${point}`);
    for (let i = 0; i < place.size; i += 1)
      this.registers.set(at + place.offset + i, Math.floor(value / 2 ** (16 * (place.size - 1 - i))) & 0xffff);
  }

  async open(changes: Partial<DeviceOptions & { readonly transport?: "tcp" }> = {}) {
    const peer = await fakeModbus((request, socket) => {
      if (this.silentUnits.has(request[6] ?? 0)) return;
      const address = request.readUInt16BE(8);
      const count = request.readUInt16BE(10);
      const range = Array.from({ length: count }, (_, i) => address + i);
      if (request[7] === 16) {
        const values = range.map((_, i) => request.readUInt16BE(13 + 2 * i));
        this.writes.push([address, values]);
        if (this.obeys) values.forEach((value, i) => void this.registers.set(address + i, value));
        socket.write(frame(request, [16, ...words([address, count])]));
      } else if (this.senselessUnits.has(request[6] ?? 0)) {
        socket.write(frame(request, [3, 2 * count, ...words(range.map(() => 0xabcd))]));
      } else if (count <= this.limit && range.every((at) => this.registers.has(at) && !this.holes.has(at))) {
        socket.write(frame(request, [3, 2 * count, ...words(range.map((at) => this.registers.get(at) ?? 0))]));
      } else {
        socket.write(frame(request, [0x83, 2]));
      }
    });
    const device = openDevice({
      host: "127.0.0.1",
      port: peer.port,
      units: { inverter: 1, meter: 1, battery: 1 },
      timeoutMs: 400,
      maxBackOffMs: 0,
      meterSign: "import",
      clock: realTime(),
      random: () => 0.5,
      ...changes,
    });
    this.peer = peer;
    opened.push(peer, device);
    return device;
  }

  private add(id: number, points: Readonly<Record<string, number>>, gap: number): void {
    const length = [...placesOf(id).values()].reduce((sum, { size }) => sum + size, 0) + gap;
    this.starts.set(id, this.end);
    for (let i = 0; i < length; i += 1) this.registers.set(this.end + i, 0);
    for (const [point, value] of Object.entries({ ID: id, L: length - 2, ...points })) this.set(id, point, value);
    this.end += length;
  }
}

const METER: readonly [number, Record<string, number>] = [203, { W: 1234, TotWhImp: 5000, TotWhExp: 7000 }];

describe("what a home's devices say", () => {
  test.each([
    ["with a battery", BATTERY],
    ["without", null],
  ])("a whole reading takes two requests, %s", async (_, battery) => {
    const it = await home({ energyAt: () => ({ loadWh: 100, pvWh: 500 }), battery });
    await it.device.read(never);
    const reads = jest.spyOn(ModbusLink.prototype, "read");
    await it.device.read(never);
    expect(reads.mock.calls.map(([unit, address]) => [unit, address])).toEqual([
      [200, 40_070],
      [1, 40_070],
    ]);
    reads.mockRestore();
  });

  test("a home without panels and battery: what it hasn't got is null, and so is its nameplate", async () => {
    const it = await home({ energyAt: () => ({ loadWh: 100, pvWh: 0 }), battery: null, ratedPvW: null });
    expect(await it.device.nameplate(never)).toMatchObject({ ok: true, value: { ratedPvW: null, battery: null, serial: "SIM-7" } });
    expect(await it.device.read(never)).toMatchObject({
      ok: true,
      value: { gridW: 400, pvW: null, batteryW: null, socPercent: null, importWh: 1000, exportWh: 0 },
    });
    expect(await it.device.dispatch(100, 60, never)).toMatchObject({ ok: false, code: "DEVICE_REFUSED" });
  });

  test("outside the readings everything is null, but the interval that was whole stays latched", async () => {
    const it = await home({ energyAt: (step) => (step === 0 ? { loadWh: 300, pvWh: 120 } : null), battery: BATTERY });
    it.pass(INTERVAL);
    expect(await it.device.read(never)).toEqual({
      ok: true,
      value: {
        gridW: null,
        pvW: null,
        batteryW: null,
        socPercent: null,
        importWh: null,
        exportWh: null,
        latched: { at: T0 / 1000 + INTERVAL, importWh: 1000, exportWh: 0 },
        origin: expect.objectContaining({ source: "modbus", manufacturer: "Commonwatt", serial: expect.stringMatching(/-M$/) }),
      },
    });
    it.pass(INTERVAL);
    expect(await it.device.read(never)).toMatchObject({ ok: true, value: { gridW: null, latched: null } });
  });

  test("a night's harvest is 0 W, not unknown; the scale factor follows the sun", async () => {
    const it = await home({ energyAt: (step) => ({ loadWh: 0, pvWh: [0, 275, 1380][step] ?? 0 }) });
    for (const watts of [0, 1100, 5520]) {
      expect(await it.device.read(never)).toMatchObject({ ok: true, value: { pvW: watts, gridW: watts === 0 ? 0 : -watts } });
      it.pass(INTERVAL);
    }
  });

  test("a meter's latch freezes at the interval's end", async () => {
    const it = await home({ energyAt: () => ({ loadWh: 300, pvWh: 0 }), battery: null });
    it.pass(INTERVAL + 450);
    expect(await it.device.read(never)).toMatchObject({
      ok: true,
      value: { importWh: 1450, latched: { at: T0 / 1000 + INTERVAL, importWh: 1300, exportWh: 0 } },
    });
  });

  test("other maps: floats (113, 213), the 700 series, storage without 802, several meters", async () => {
    const float = (value: number) => {
      const view = new DataView(new ArrayBuffer(4));
      view.setFloat32(0, value);
      return view.getUint32(0);
    };
    const floats = await new Fake([
      [1, {}],
      [113, { W: float(1500.5) }],
      [213, { W: float(-250.25), TotWhImp: float(12_345), TotWhExp: float(999) }],
    ]).open();
    expect(await floats.read(never)).toMatchObject({
      ok: true,
      value: { pvW: 1500.5, gridW: -250.25, importWh: 12_345, exportWh: 999, latched: null },
    });
    const modern = new Fake([
      [1, {}],
      [701, { W: 42, W_SF: 1 }],
      [713, { SoC: 815, Pct_SF: 0xffff }],
      [702, { WMaxRtg: 60, W_SF: 2 }],
      METER,
    ]);
    const device = await modern.open();
    expect(await device.read(never)).toMatchObject({ ok: true, value: { pvW: 420, socPercent: 81.5, gridW: 1234 } });
    expect(await device.nameplate(never)).toMatchObject({ ok: true, value: { ratedPvW: 6000 } });
    const fronius = await new Fake([
      [1, {}],
      [103, { W: 700 }],
      [120, { WHRtg: 9600, WRtg: 8200 }],
      [124, { WChaMax: 5000, ChaState: 7600, ChaState_SF: 0xfffe, MinRsvPct: 700, MinRsvPct_SF: 0xfffe }],
      METER,
    ]).open();
    expect(await fronius.read(never)).toMatchObject({ ok: true, value: { socPercent: 76, batteryW: null } });
    expect(await fronius.nameplate(never)).toMatchObject({
      ok: true,
      value: { battery: { capacityWh: 9600, maxChargeW: 5000, maxDischargeW: 5000, reservePercent: 7 } },
    });
  });

  test("a meter that calls export positive is turned around; its counters stay", async () => {
    const device = await new Fake([[1, {}], METER]).open({ meterSign: "export" });
    expect(await device.read(never)).toMatchObject({ ok: true, value: { gridW: -1234, importWh: 5000, exportWh: 7000 } });
  });

  test("a hole between two models: each is read for itself from then on", async () => {
    const fake = new Fake([[1, {}], [103, { W: 500 }, 4], METER]);
    fake.holes.add((fake.starts.get(103) ?? 0) + 53);
    const device = await fake.open();
    expect(await device.read(never)).toMatchObject({ ok: true, value: { pvW: 500, gridW: 1234 } });
  });

  test("a device that gives less at once than a model has, or has holes within it, is read in pieces, and so from then on", async () => {
    const fake = new Fake([[1, {}], [103, { W: 500 }], METER]);
    fake.limit = 40;
    fake.holes.add((fake.starts.get(203) ?? 0) + placesOf(203).get("Hz")!.offset);
    const device = await fake.open();
    const whole = { ok: true, value: { pvW: 500, gridW: 1234, importWh: 5000, exportWh: 7000 } };
    expect(await device.read(never)).toMatchObject(whole);
    const asked = fake.peer!.requests.length;
    expect(await device.read(never)).toMatchObject(whole);
    const again = fake.peer!.requests.slice(asked);
    expect(again.every((request) => request.readUInt16BE(10) <= 40)).toBe(true);
    expect(await device.nameplate(never)).toMatchObject({ ok: true });
  });

  test("an inverter that is away leaves its part unknown, and the meter goes on", async () => {
    const fake = new Fake([[1, {}], [103, { W: 500 }], METER]);
    const device = await fake.open({ units: { inverter: 7, meter: 1, battery: null } });
    fake.silentUnits.add(7);
    expect(await device.read(never)).toMatchObject({ ok: true, value: { pvW: null, gridW: 1234, importWh: 5000 } });
    fake.silentUnits.delete(7);
    expect(await device.read(never)).toMatchObject({ ok: true, value: { pvW: 500, gridW: 1234 } });
    fake.silentUnits.add(1);
    expect(await device.read(never)).toMatchObject({ ok: false, code: "DEVICE_TIMEOUT" });
  });
});

describe("nonsense is a code", () => {
  test("also from the inverter alone: what it says elsewhere isn't trusted either", async () => {
    const fake = new Fake([[1, {}], [103, { W: 500 }], METER]);
    const device = await fake.open({ units: { inverter: 7, meter: 1, battery: null } });
    expect(await device.read(never)).toMatchObject({ ok: true });
    fake.senselessUnits.add(7);
    expect(await device.read(never)).toMatchObject({ ok: false, code: "DEVICE_MALFORMED" });
  });

  test("a unit without a meter model", async () => {
    const device = await new Fake([
      [1, {}],
      [103, { W: 500 }],
    ]).open();
    expect(await device.read(never)).toMatchObject({ ok: false, code: "DEVICE_MALFORMED" });
  });

  test("models that moved since the chain was walked: refused once, then walked again", async () => {
    const fake = new Fake([[1, {}], METER]);
    const device = await fake.open();
    await device.read(never);
    fake.set(203, "ID", 202);
    expect(await device.read(never)).toMatchObject({ ok: false, code: "DEVICE_MALFORMED" });
    fake.starts.set(202, fake.starts.get(203) ?? 0);
    expect(await device.read(never)).toMatchObject({ ok: true, value: { gridW: 1234 } });
  });

  test("another device at the same address", async () => {
    const fake = new Fake([[1, {}], METER]);
    fake.registers.set(40_052, 0x4142);
    const device = await fake.open();
    await device.read(never);
    fake.registers.set(40_052, 0x5859);
    fake.set(203, "L", 104);
    await device.read(never);
    fake.set(203, "L", 105);
    expect(await device.read(never)).toMatchObject({ ok: false, code: "DEVICE_IMPLAUSIBLE" });
  });

  test("a counter that falls or leaps is refused once", async () => {
    const fake = new Fake([[1, {}], METER]);
    const device = await fake.open();
    expect(await device.read(never)).toMatchObject({ ok: true });
    for (const wrong of [4_999, 900_000]) {
      fake.set(203, "TotWhImp", wrong);
      expect(await device.read(never)).toMatchObject({ ok: false, code: "DEVICE_IMPLAUSIBLE" });
      expect(await device.read(never)).toMatchObject({ ok: true, value: { importWh: wrong } });
    }
  });

  test("a counter that starts again after its last digit goes on: 2^32 mWh are a year of a home", async () => {
    const fake = new Fake([[1, {}], METER]);
    fake.set(203, "TotWh_SF", 0xfffd);
    fake.set(203, "TotWhImp", 2 ** 32 - 96_296);
    const device = await fake.open();
    expect(await device.read(never)).toMatchObject({ ok: true, value: { importWh: 4_294_871 } });
    fake.set(203, "TotWhImp", 4_000);
    expect(await device.read(never)).toMatchObject({ ok: true, value: { importWh: 4_294_971 } });
    fake.set(203, "TotWhImp", 504_000);
    expect(await device.read(never)).toMatchObject({ ok: true, value: { importWh: 4_295_471 } });
    // It leaps: another meter, whose count begins where it stands.
    fake.set(203, "TotWhImp", 2_000_000_000);
    expect(await device.read(never)).toMatchObject({ ok: false, code: "DEVICE_IMPLAUSIBLE" });
    expect(await device.read(never)).toMatchObject({ ok: true, value: { importWh: 2_000_000 } });
  });

  const values = (changes: object) =>
    new Map(Object.entries({ gridW: 100, inverterW: 50, importWh: 5, exportWh: 6, ...changes })) as Parameters<typeof telemetryOf>[0];
  const reading = { meterSign: "import", inverterPower: "pv", maxW: 30_000 } as const;

  test.each([
    [{ gridW: 30_001 }],
    [{ gridW: -30_001 }],
    [{ inverterW: 40_000 }],
    [{ batteryW: -31_000 }],
    [{ socPercent: 103 }],
    [{ socPercent: -1 }],
    [{ inverterW: -201 }],
  ])("%j is implausible", (changes) => {
    expect(telemetryOf(values(changes), reading)).toMatchObject({ ok: false, code: "DEVICE_IMPLAUSIBLE" });
  });

  test.each([
    [{}, { gridW: 100, pvW: 50, batteryW: null, socPercent: null, importWh: 5, exportWh: 6, latched: null }],
    [{ gridW: null }, { gridW: null }],
    [{ inverterW: -30 }, { pvW: 0 }],
    [{ socPercent: 100.4 }, { socPercent: 100 }],
    // A meter that doesn't count at all, and one whose home never exported.
    [
      { importWh: 0, exportWh: 0 },
      { importWh: null, exportWh: null },
    ],
    [
      { importWh: 5, exportWh: 0 },
      { importWh: 5, exportWh: 0 },
    ],
    // Kostal's meter: a negative number in an unsigned counter.
    [{ exportWh: 4_290_173_437 }, { importWh: 5, exportWh: null }],
    [{ importWh: 7.9 }, { importWh: 7 }],
    [{ latchedAt: 900, latchedImportWh: 4, latchedExportWh: 0 }, { latched: { at: 900, importWh: 4, exportWh: 0 } }],
    [{ latchedAt: 900, latchedImportWh: 4, latchedExportWh: 7 }, { latched: null }],
    [{ latchedAt: null, latchedImportWh: 4, latchedExportWh: 0 }, { latched: null }],
  ])("%j becomes %j", (changes, telemetry) => {
    expect(telemetryOf(values(changes), reading)).toMatchObject({ ok: true, value: telemetry });
  });

  test("behind a DC-coupled hybrid the panels are what the battery doesn't explain", () => {
    const hybrid = { ...reading, inverterPower: "pv-and-battery" } as const;
    const pv = (inverterW: number, batteryW: number | null) => telemetryOf(values({ inverterW, batteryW }), hybrid);
    expect(pv(1500, 500)).toMatchObject({ ok: true, value: { pvW: 1000 } });
    expect(pv(1500, -500)).toMatchObject({ ok: true, value: { pvW: 2000 } });
    expect(pv(-3000, -2800)).toMatchObject({ ok: true, value: { pvW: 0 } });
    expect(pv(1500, null)).toMatchObject({ ok: true, value: { pvW: null } });
    expect(pv(-3000, 3000)).toMatchObject({ ok: false, code: "DEVICE_IMPLAUSIBLE" });
  });

  test.each(FAULTS)("a simulated device that is told to be %s gives a code", async (fault) => {
    const it = await home({ energyAt: () => ({ loadWh: 100, pvWh: 500 }), battery: BATTERY });
    expect(await it.device.read(never)).toMatchObject({ ok: true });
    it.simulator.setFault("home", fault);
    const code = {
      silent: "DEVICE_TIMEOUT",
      garbage: "DEVICE_MALFORMED",
      noise: "DEVICE_MALFORMED",
      exception: "DEVICE_EXCEPTION",
      "wrong-length": "DEVICE_MALFORMED",
      "hang-up": "DEVICE_OFFLINE",
    }[fault];
    expect(await it.device.read(never)).toMatchObject({ ok: false, code });
    expect(await it.open().read(never)).toMatchObject({ ok: false });
    it.simulator.setFault("home", null);
    expect(await it.device.read(never)).toMatchObject({ ok: true, value: { pvW: 2000 } });
  });
});

describe("commands", () => {
  const storage = (changes: Record<string, number> = {}) =>
    new Fake([[1, {}], [124, { WChaMax: 5000, InOutWRte_SF: 0xfffe, ...changes }], METER]);

  test("lease first, then both rates in one request, then the mode; a renewal writes the rates again", async () => {
    const fake = storage();
    const device = await fake.open();
    const at = fake.starts.get(124) ?? 0;
    expect(await device.dispatch(1500, 120, never)).toEqual({ ok: true, value: undefined });
    expect(fake.writes).toEqual([
      [at + 15, [120]],
      [at + 12, [3000, 65_536 - 3000]],
      [at + 5, [3]],
    ]);
    fake.writes.length = 0;
    expect(await device.dispatch(-1500.2, 120.9, never)).toEqual({ ok: true, value: undefined });
    expect(fake.writes).toEqual([[at + 12, [65_536 - 3000, 3000]]]);
    fake.writes.length = 0;
    expect(await device.dispatch(0, 1e9, never)).toEqual({ ok: true, value: undefined });
    expect(fake.writes).toEqual([
      [at + 15, [65_534]],
      [at + 12, [0, 0]],
    ]);
    fake.writes.length = 0;
    expect(await device.release(never)).toEqual({ ok: true, value: undefined });
    expect(await device.release(never)).toEqual({ ok: true, value: undefined });
    expect(fake.writes).toEqual([[at + 5, [0]]]);
  });

  test("more than the battery can is all it can", async () => {
    const fake = storage();
    const device = await fake.open();
    await device.dispatch(50_000, 60, never);
    expect(fake.writes[1]?.[1]).toEqual([10_000, 65_536 - 10_000]);
  });

  test.each([
    ["accepts and ignores", {}, false, "read back"],
    ["has no lease", { InOutWRte_RvrtTms: 0xffff }, true, "no lease"],
    ["has no reference power", { WChaMax: 0xffff }, true, "can't be commanded"],
    ["has no rate scale", { InOutWRte_SF: 0x8000 }, true, "can't be commanded"],
    ["has a scale too fine", { InOutWRte_SF: 0xfffd }, true, "doesn't fit"],
  ])("an inverter that %s is refused", async (_, changes, obeys, reason) => {
    const fake = storage(changes);
    fake.obeys = obeys;
    const device = await fake.open();
    const answer = await device.dispatch(4000, 60, never);
    expect(answer).toMatchObject({ ok: false, code: "DEVICE_REFUSED" });
    expect(answer.ok ? "" : answer.detail).toContain(reason);
  });

  test("the simulated inverter's lease ends to the millisecond", async () => {
    const it = await home({ energyAt: () => ({ loadWh: 100, pvWh: 500 }), battery: BATTERY });
    await it.device.dispatch(1000, 100, never);
    it.pass(99.999);
    expect(await it.device.read(never)).toMatchObject({ ok: true, value: { batteryW: 1000 } });
    it.pass(0.001);
    expect(await it.device.read(never)).toMatchObject({ ok: true, value: { batteryW: -1600 } });
    // The command reads as dropped, its rates as they were.
    const link = new ModbusLink({ host: "127.0.0.1", port: it.port, timeoutMs: 1000, clock: realTime(), random: () => 0.5 });
    opened.push(link);
    expect(await link.read(1, 40_191, 1)).toEqual({ ok: true, value: [0] });
    expect(await link.read(1, 40_198, 1)).toEqual({ ok: true, value: [2000] });
  });

  test("two commands at once don't mix", async () => {
    const fake = storage();
    const device = await fake.open();
    const at = fake.starts.get(124) ?? 0;
    const both = await Promise.all([device.dispatch(1000, 60, never), device.dispatch(-1000, 90, never)]);
    expect(both.map(({ ok }) => ok)).toEqual([true, true]);
    expect(fake.writes.map(([address]) => address - at)).toEqual([15, 12, 5, 15, 12]);
  });
});
