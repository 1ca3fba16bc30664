import { describe, expect, test } from "@jest/globals";
import { implausible } from "../../../adapters/modbus/sunspec/bounds.ts";
import { readingsOf } from "../../../adapters/modbus/sunspec/decode.ts";
import {
  Counter,
  counted,
  decodeModel,
  decodePoint,
  placesOf,
  rawValue,
  symbolOf,
  wrapOf,
} from "../../../adapters/modbus/sunspec/index.ts";
import { scaled } from "../../../adapters/modbus/sunspec/values.ts";

describe("values", () => {
  test.each<[string, number[], unknown]>([
    ["int16", [0x8000], null],
    ["int16", [0xffff], -1],
    ["int16", [0x7fff], 32_767],
    ["uint16", [0xffff], null],
    ["uint16", [0x8000], 32_768],
    ["uint16", [0], 0],
    ["enum16", [0xffff], null],
    ["enum16", [4], 4],
    ["bitfield16", [0xffff], null],
    ["int32", [0x8000, 0], null],
    ["int32", [0xffff, 0xfffe], -2],
    ["uint32", [0xffff, 0xffff], null],
    ["uint32", [0xffff, 0xfffe], 4_294_967_294],
    ["bitfield32", [0xffff, 0xffff], null],
    ["acc16", [0], null],
    ["acc32", [0, 0], null],
    ["acc32", [0xffff, 0xffff], 4_294_967_295],
    ["acc64", [0, 0, 0, 0], null],
    ["acc64", [0, 1, 0, 5], 4_294_967_301],
    ["int64", [0x8000, 0, 0, 0], null],
    ["int64", [0xffff, 0xffff, 0xffff, 0xfffd], -3],
    ["uint64", [0xffff, 0xffff, 0xffff, 0xffff], null],
    ["uint64", [0x08a1, 0x05b9, 0xc0e6, 0xa000], Number(0x08a105b9c0e6a000n)],
    ["float32", [0x7fc0, 0], null],
    ["float32", [0x7f80, 0], null],
    ["float32", [0xff80, 0], null],
    ["float32", [0x42c8, 0x8000], 100.25],
    ["float32", [0xff7f, 0xffff], -3.4028234663852886e38],
    ["float64", [0x7ff8, 0, 0, 0], null],
    ["float64", [0xfff0, 0, 0, 0], null],
    ["float64", [0x4059, 0x1000, 0, 0], 100.25],
    ["enum32", [0xffff, 0xffff], null],
    ["enum32", [0, 7], 7],
    ["bitfield64", [0, 0, 0, 5], 5],
    ["sunssf", [0x8000], null],
    ["sunssf", [0xfffe], -2],
    ["sunssf", [11], null],
    ["sunssf", [0xfff5], null],
    ["sunssf", [10], 10],
    ["pad", [0x8000], null],
    ["string", [0, 0], null],
    ["string", [0x456c, 0x6b00, 0x4842], "Elk"],
    ["string", [0x5345, 0x2020], "SE"],
    ["string", [0x0141, 0x7f42], "AB"],
    // Filled up with 0xFF, as GoodWe does; SMA fills with 0x8000.
    ["string", [0x5345, 0xffff, 0xffff], "SE"],
    ["string", [0xffff, 0xffff], null],
    ["string", [0x8000, 0x8000], null],
    ["string", [0x47c3, 0xb674, 0x7a00], "G\u00f6tz"],
    ["string", [0x47f6, 0x747a], "G\u00f6tz"],
    // Would steer a terminal: CSI alone, and the turn of the direction of writing in UTF-8.
    ["string", [0x419b, 0x4200], "AB"],
    ["string", [0x41e2, 0x80ae, 0x4200], "AB"],
    ["ipaddr", [0xc0a8, 0x00aa], "192.168.0.170"],
    ["ipaddr", [0, 0], null],
    ["eui48", [0, 64, 44457, 38262], "00:40:AD:A9:95:76"],
    ["eui48", [0xffff, 0xffff, 0xffff, 0xffff], null],
    ["ipv6addr", [0, 0, 0, 0, 0, 0, 0, 0], null],
  ])("%s %j is %p", (type, registers, value) => {
    expect(rawValue(type, registers, 0, registers.length)).toEqual(value);
  });

  test("a hole, or the end of what was read, is unknown", () => {
    expect(rawValue("uint32", [1, null], 0, 2)).toBeNull();
    expect(rawValue("uint32", [1], 0, 2)).toBeNull();
    expect(rawValue("string", [0x4142, null], 0, 2)).toBeNull();
  });

  test.each([
    [11_010, -1, 1101],
    [5520, 0, 5520],
    [4998, -2, 49.98],
    [1, 3, 1000],
    [-123, -3, -0.123],
    [3, null, null],
    [3, 11, null],
    [3, 0.5, null],
    [null, -1, null],
    ["text", null, "text"],
  ])("%p x 10^%p is %p", (raw, scale, value) => {
    expect(scaled(raw, scale)).toBe(value);
  });
});

describe("models", () => {
  const words203 = () => [203, 105, ...Array.from({ length: 105 }, () => 0)];

  test("a scale factor that isn't there makes its values unknown, not large", () => {
    const registers = words203();
    registers[18] = 1500;
    registers[22] = 0x8000;
    expect(decodeModel(registers)?.get("W")).toBeNull();
    registers[22] = 0xffff;
    expect(decodeModel(registers)?.get("W")).toBe(150);
  });

  test("a shorter length on the wire hides the rest: model 204 with 81 registers, model 1 with 65", () => {
    const meter = decodeModel([204, 81, ...Array.from({ length: 105 }, () => 1)]);
    expect(meter?.has("TotWhImp")).toBe(true);
    expect(meter?.has("TotVArhExpQ4PhC")).toBe(false);
    const common = decodeModel([1, 65, ...Array.from({ length: 66 }, () => 0x4141)]);
    expect([common?.has("DA"), common?.has("Pad")]).toEqual([true, false]);
  });

  test("a point behind the wire's length is unknown even when registers follow", () => {
    const place = placesOf(103).get("W");
    if (place === undefined) throw new Error("103:W");
    const registers = Array.from({ length: 60 }, () => 1);
    expect(decodePoint(place, registers, 0, 50)).toBe(10);
    expect(decodePoint(place, registers, 0, 12)).toBeNull();
    const state = placesOf(103).get("St");
    expect(state && decodePoint(state, registers, 0, 37)).toBe(1);
    expect(state && decodePoint(state, registers, 0, 36)).toBeNull();
    // The value is inside, its scale factor isn't.
    expect(decodePoint(place, registers, 0, 13)).toBeNull();
  });

  test("repeated groups go as far as the length allows, whatever their count says", () => {
    const module = (id: number, watts: number) => [id, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, watts, 0, 7, 0, 0, 0, 4, 0, 0];
    const registers = [160, 48, 0, 0, 0xffff, 0, 0, 0, 9, 0, ...module(1, 500), ...module(2, 26_098)];
    const points = decodeModel(registers);
    expect([points?.get("module_0_DCW"), points?.get("module_1_DCW"), points?.get("module_0_DCWH"), points?.get("module_2_DCW")]).toEqual([
      50,
      2609.8,
      7,
      undefined,
    ]);
  });

  test("groups in groups in groups, counted by points of the outer ones (model 707)", () => {
    const curve = (volts: number) => [1, 1, volts, 0, 5, 1, volts + 1, 0, 6, 1, volts + 2, 0, 7];
    const registers = [707, 33, 1, 0, 0, 1, 2, 0xffff, 0xfffe, ...curve(100), ...curve(200)];
    const points = decodeModel(registers);
    expect(points?.get("Crv_0_MustTrip_Pt_0_V")).toBe(10);
    expect(points?.get("Crv_0_MomCess_Pt_0_Tms")).toBe(0.07);
    expect(points?.get("Crv_1_MayTrip_Pt_0_V")).toBe(20.1);
  });

  test("why a point says nothing, and what can't be true", () => {
    const registers: (number | null)[] = words203();
    registers[18] = 0x8000;
    registers[22] = 0;
    registers[23] = null;
    registers[28] = 5;
    registers[32] = 0x8000;
    registers.splice(38, 2, 0xffb6, 0xd9fd);
    const found = new Map(readingsOf(registers)?.map((each) => [each.name, each]));
    const of = (name: string) => [found.get(name)?.value, found.get(name)?.silence, found.get(name)?.doubt];
    expect(of("W")).toEqual([null, "not implemented", null]);
    expect(of("VA")).toEqual([null, "unreadable", null]);
    expect(of("VAR")).toEqual([null, "no scale factor", null]);
    // Kostal's meter puts -4793859 into it.
    expect(of("TotWhExp")).toEqual([4_290_173_437, null, "not within 0 and 1000000000 Wh"]);
    expect(of("WphA")).toEqual([0, null, null]);
  });

  test.each<[string, string | null, number | string | null, string | null]>([
    ["W", "W", -1_000_000, null],
    ["W", "W", 1_000_001, "not within -1000000 and 1000000 W"],
    ["SoC", "%WHRtg", 102, null],
    ["string_0_StrSoC", "%", 103, "not within 0 and 102 %"],
    ["DCWhInj", "Wh", Number(621_778_223_553_839_104n), "not within 0 and 1000000000 Wh"],
    ["WH", "Wh", -1, "not within 0 and 1000000000 Wh"],
    ["PF", "PF", -99.8, null],
    ["Mn", null, "SMA", null],
    ["A", "A", null, null],
  ])("%s in %p is %p: doubt %p", (name, unit, value, doubt) => {
    expect(implausible(name, unit, value)).toBe(doubt);
  });

  test.each([
    [103, "St", "enum16", 4, "MPPT"],
    [103, "St", "enum16", 99, null],
    [124, "StorCtl_Mod", "bitfield16", 3, "CHARGE DiSCHARGE"],
    [124, "StorCtl_Mod", "bitfield16", 0, null],
    [103, "W", "int16", 4, null],
    [203, "Evt", "bitfield32", 2 ** 30, "M_EVENT_OEM15"],
    [999, "St", "enum16", 4, null],
  ])("%i:%s %s %i means %p", (id, point, type, value, meaning) => {
    expect(symbolOf(id, point, type, value)).toBe(meaning);
  });

  test("a model nobody published is not decoded", () => {
    expect(decodeModel([64_122, 3, 1, 2, 3])).toBeUndefined();
    expect(decodeModel([null, 3])).toBeUndefined();
    expect(decodeModel([])).toBeUndefined();
  });

  test("what is read every second lies within one request of its header", () => {
    for (const [model, point] of [
      [701, "W_SF"],
      [203, "TotWh_SF"],
      [213, "TotWhImp"],
      [802, "W_SF"],
      [713, "Pct_SF"],
      [702, "W_SF"],
    ] as const) {
      expect(placesOf(model).get(point)?.offset).toBeLessThan(125);
    }
  });
});

describe("counters", () => {
  test.each([
    [100, 150, 60, null, 50],
    [100, 100, 0, null, 0],
    [100, 161, 60, null, null],
    [100, 99, 60, null, null],
    [4_294_967_290, 4, 60, null, null],
    [4_294_967_290, 4, 60, 2 ** 32, 10],
    [4_294_967_290, 4, 9, 2 ** 32, null],
    [42_949_672.9, 0.06, 1, 42_949_672.96, 0.12],
    // A reset is no wrap: it would have gained 4 GWh.
    [5_000, 0, 10_000, 2 ** 32, null],
    [5_000, 4_999, 10_000, 2 ** 32, null],
  ])("from %p to %p, at most %p, that starts again at %p: gained %p", (before, after, most, wrapsAt, gain) => {
    const found = counted(before, after, most, wrapsAt);
    expect(found === null ? null : Math.round(found * 100) / 100).toBe(gain);
  });

  test.each([
    ["acc32", 2, 0, 4_294_967_296],
    ["acc32", 2, -3, 4_294_967.296],
    ["acc32", 2, 1, 42_949_672_960],
    ["acc16", 1, 0, 65_536],
    ["acc64", 4, 0, null],
    ["uint64", 4, 0, null],
    ["float32", 2, 0, null],
  ])("%s of %i registers at scale %i starts again at %p", (type, size, scale, at) => {
    expect(wrapOf(type, size, scale)).toBe(at);
  });

  test("goes on where the device's own starts again, and begins anew after what can't be", () => {
    const hour = 3_600_000;
    const counter = new Counter({ mostPerHour: 10_000, slack: 100 });
    const wrap = 4_294_967;
    const steps: readonly (readonly [hours: number, value: number, stands: number | null])[] = [
      [0, 4_290_000, 4_290_000],
      [1, 4_294_000, 4_294_000],
      [2, 1_033, 4_296_000],
      [3, 9_000, 4_303_967],
      // 4 GWh in an hour: a fault, not energy.
      [4, 4_000_009_000, null],
      [5, 4_000_010_000, 4_000_010_000],
      [6, 500, null],
      [7, 600, 600],
      // After ten hours without a value ten times as much may have passed.
      [17, 100_000, 100_000],
    ];
    expect(steps.map(([hours, value]) => counter.next(value, hours * hour, wrap))).toEqual(steps.map(([, , stands]) => stands));
  });
});
