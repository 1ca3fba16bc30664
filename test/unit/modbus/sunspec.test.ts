import { describe, expect, test } from "@jest/globals";
import { counted, decodeModel, decodePoint, placesOf, rawValue, walkChain } from "../../../adapters/modbus/sunspec/index.ts";
import { scaled } from "../../../adapters/modbus/sunspec/values.ts";
import { fail, ok } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";

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

describe("chain", () => {
  const device = (base: number, words: readonly number[], refuse: (address: number, count: number) => DeviceCode | null = () => null) => {
    const asked: [number, number][] = [];
    const read = async (address: number, count: number) => {
      asked.push([address, count]);
      const code = refuse(address, count);
      if (code !== null) return fail(code, "");
      const from = address - base;
      return from < 0 || from + count > words.length
        ? fail("DEVICE_EXCEPTION" as const, "exception 2")
        : ok(words.slice(from, from + count));
    };
    return { read, asked };
  };
  const block = (id: number, length: number) => [id, length, ...Array.from({ length }, () => 0)];
  const SUNS = [0x5375, 0x6e53];

  test.each([40_000, 0, 50_000])("starts at %i", async (base) => {
    const { read } = device(base, [...SUNS, ...block(1, 66), ...block(103, 50), 0xffff, 0]);
    expect(await walkChain(read)).toEqual(
      ok([
        { id: 1, address: base + 2, length: 66 },
        { id: 103, address: base + 70, length: 50 },
      ]),
    );
  });

  test("keeps the order, twice the same id, unknown ids and the lengths of the wire", async () => {
    const { read } = device(40_000, [
      ...SUNS,
      ...block(1, 65),
      ...block(103, 50),
      ...block(1, 65),
      ...block(203, 105),
      ...block(64_122, 9),
      ...block(705, 57),
      0xffff,
      0,
    ]);
    const chain = await walkChain(read);
    expect(chain.ok && chain.value.map(({ id, address }) => [id, address])).toEqual([
      [1, 40_002],
      [103, 40_069],
      [1, 40_121],
      [203, 40_188],
      [64_122, 40_295],
      [705, 40_306],
    ]);
  });

  test("ends at a marker without a length, at an exception and where the map breaks off", async () => {
    for (const words of [
      [...SUNS, ...block(1, 66), 0xffff],
      [...SUNS, ...block(1, 66)],
      [...SUNS, ...block(1, 66), 103],
    ]) {
      const chain = await walkChain(device(40_000, words).read);
      expect(chain.ok && chain.value.map(({ id }) => id)).toEqual([1]);
    }
  });

  test("ends before the last address and after 64 models", async () => {
    const long = await walkChain(device(50_000, [...SUNS, ...block(1, 66), 103, 60_000]).read);
    expect(long.ok && long.value.length).toBe(1);
    const empty = Array.from({ length: 100 }, () => [7, 0]).flat();
    const many = await walkChain(device(40_000, [...SUNS, ...empty]).read);
    expect(many.ok && many.value.length).toBe(64);
  });

  test("a device without a map says so; silence is silence, not another base", async () => {
    expect(await walkChain(device(100, []).read)).toMatchObject({ ok: false, code: "DEVICE_MALFORMED" });
    expect(await walkChain(device(40_000, [...SUNS, 0xffff, 0]).read)).toMatchObject({ ok: false, code: "DEVICE_MALFORMED" });
    const silent = device(0, [...SUNS, ...block(1, 66)], (address) => (address === 40_000 ? "DEVICE_TIMEOUT" : null));
    expect(await walkChain(silent.read)).toMatchObject({ ok: false, code: "DEVICE_TIMEOUT" });
    expect(silent.asked).toHaveLength(1);
    const dies = device(40_000, [...SUNS, ...block(1, 66), ...block(103, 50)], (address) => (address > 40_010 ? "DEVICE_OFFLINE" : null));
    expect(await walkChain(dies.read)).toMatchObject({ ok: false, code: "DEVICE_OFFLINE" });
  });
});

test.each([
  [100, 150, 60, 50],
  [100, 100, 0, 0],
  [100, 161, 60, null],
  [100, 99, 60, null],
  [4_294_967_290, 4, 60, null],
])("a counter from %i to %i, at most %i, gained %p", (before, after, most, gain) => {
  expect(counted(before, after, most)).toBe(gain);
});
