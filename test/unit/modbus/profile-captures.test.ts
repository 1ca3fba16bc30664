import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { linkSource, ModbusLink } from "../../../adapters/modbus/index.ts";
import { type Comparison, captureSource, compareCapture, ProfileReader, type Verdict } from "../../../adapters/modbus/profile/index.ts";
import { allCaptures, capturesMissing } from "../../support/captures.ts";
import { captureNamed, profileOf, shipped, tablesIn } from "../../support/profiles.ts";
import { pymodbusMissing, pymodbusServer } from "../../support/pymodbus.ts";
import { realTime } from "../../support/real-time.ts";

jest.setTimeout(30_000);

/**
 * Each shared capture, its profile, how many of its stated values agree, and those that don't, with the reason: counted, so that
 * none is added unseen.
 */
const CAPTURES: readonly (readonly [file: string, profile: string, agree: number, apart: Readonly<Partial<Record<Verdict, number>>>])[] = [
  ["fronius-gen24-mppt-evcc-16256.json", "fronius-gen24", 8, {}],
  // Its source filled the blocks that were not captured with 0 and 515, 1029, 1543: the test's own default answer.
  ["goodwe-geh10-1u-10.json", "goodwe-et", 76, { "not in the capture": 47, "states 0 for not implemented": 2 }],
  ["goodwe-gw10k-et.json", "goodwe-et", 145, {}],
  ["goodwe-gw8k-dt.json", "goodwe-dt", 43, { "states 0 for not implemented": 1 }],
  // 4131.49 was printed at another moment: the frame beside it holds 0x00064dd5, which is 4131.41.
  ["huawei-sun2000-grid-evcc-15883.json", "huawei-sun2000", 3, { differs: 1 }],
  ["kostal-ksem-evcc-18358.json", "kostal-plenticore", 56, {}],
  ["solaredge-battery-evcc-11663.json", "solaredge-storedge", 2, {}],
  ["solaredge-hybrid-evcc-12708.json", "solaredge-storedge", 62, {}],
  ["sungrow-sh-charging-evcc-18473.json", "sungrow-sh", 5, {}],
  ["sungrow-sh10rt-evcc-16696.json", "sungrow-sh", 2, {}],
  ["sunspec-fimerpvsdated20240722.json", "sunspec-generic", 210, {}],
  // Models 11, 12, 126 to 145: none of those whose definitions we have.
  ["sunspec-smasunnyboy36dated20230810.json", "sunspec-generic", 257, { "unknown model": 342 }],
];

const has = capturesMissing === null;
const testEach = has ? test.each(CAPTURES) : test.skip.each(CAPTURES);
if (!has) console.warn(capturesMissing);

describe("what the shared captures' sources state", () => {
  test("each capture has a line here", () => {
    if (has)
      expect(
        allCaptures()
          .map(({ file }) => file)
          .sort(),
      ).toEqual(CAPTURES.map(([file]) => file).sort());
  });

  testEach("%s", async (file, id, agree, apart) => {
    const compared = await compareCapture(captureNamed(file), await shipped(id));
    if (!compared.ok) throw new Error(`${compared.code}: ${compared.detail}`);
    const count = (of: (each: Comparison) => boolean) => compared.value.filter(of).length;
    const found = Object.fromEntries(
      [...new Set(compared.value.map(({ verdict }) => verdict))].map((each) => [each, count(({ verdict }) => verdict === each)]),
    );
    expect(found).toEqual({ agrees: agree, ...apart });
  });

  (has ? test : test.skip)("where a source is wrong, what the registers say", async () => {
    const differing = async (file: string, id: string) => {
      const compared = await compareCapture(captureNamed(file), await shipped(id));
      return compared.ok
        ? compared.value.flatMap(({ key, ours, verdict }) => (/^(differs|states)/.test(verdict) ? [[key, ours]] : []))
        : [];
    };
    expect(await differing("huawei-sun2000-grid-evcc-15883.json", "huawei-sun2000")).toEqual([["gridImportTotalKWh", 4131.41]]);
    expect(await differing("goodwe-geh10-1u-10.json", "goodwe-et")).toEqual([
      ["nbus_voltage", null],
      ["operation_mode", null],
    ]);
  });
});

describe("what becomes of a stated value", () => {
  const POINTS = `na: { uint16: [ones] }
points:
  battery.power: { at: 0, type: int16, negate: true, unit: W, in: [-9000, 9000], as: "-charging" }
  battery.dischargedEnergy: { at: 1, type: uint16, gain: 100, unit: Wh, in: [0, 9000000] }
  grid.l1.current: { at: 2, type: int16, gain: 0.01, unit: A, in: [-99, 99] }
  factor: { at: 3, type: int16, gain: 0.001, in: [-1, 1] }
  mode: { at: 4, type: uint16, names: mode, as: work_mode }
  cells: { at: 5, type: uint16 }
  gone: { at: 9, type: uint16 }
names: { mode: { 3: Charge } }
`;
  const blocks = [{ table: "holding", base: 0, registers: [2_500, 2_862, 77, 27_664, 3, 0xffff] }];
  const cases: readonly (readonly [key: string, stated: unknown, verdict: Verdict])[] = [
    ["charging", 2_500, "agrees"],
    ["charging", -2_500, "differs"],
    ["batteryPowerW", -2_500, "agrees"],
    ["batteryDischargeTotalKWh", 286.2, "agrees"],
    ["batteryDischargeTotalKWh", 2_862, "differs"],
    ["battery.dischargedEnergy", { value: 286.2, unit: "kWh" }, "agrees"],
    ["work_mode_label", { value: "Charge", unit: "" }, "agrees"],
    ["work_mode_label", "Discharge", "differs"],
    ["cells", 0, "states 0 for not implemented"],
    ["cells", 65_535, "differs"],
    ["cells", null, "agrees"],
    ["factor", 27.664, "states what can't be"],
    ["gone", 5, "not in the capture"],
    ["taste", 5, "unnamed"],
  ];
  test.each(cases)("%s: %j %s", async (key, stated, verdict) => {
    const compared = await compareCapture({ blocks, expected: { [key]: stated } }, profileOf(POINTS));
    expect(compared.ok && compared.value.map((each) => each.verdict)).toEqual([verdict]);
  });

  test("a list, one by one", async () => {
    const compared = await compareCapture({ blocks, expected: { gridCurrentsA: [0.77, 0.8] } }, profileOf(POINTS));
    expect(compared.ok && compared.value.map(({ key, verdict }) => [key, verdict])).toEqual([
      ["gridCurrentsA.0", "agrees"],
      ["gridCurrentsA.1", "unnamed"],
    ]);
  });
});

/** The maps of vendors' own, in both tables. */
const NATIVE = CAPTURES.filter(([file]) => /^(goodwe|huawei|sungrow|solaredge-battery)/.test(file));
const missing = capturesMissing ?? pymodbusMissing;
const unitOf = (file: string): number => 1 + NATIVE.findIndex(([each]) => each === file);

describe(`the same, as pymodbus plays them${missing === null ? "" : ` (${missing})`}`, () => {
  let server: Awaited<ReturnType<typeof pymodbusServer>> | null = null;
  beforeAll(async () => {
    if (missing !== null) return;
    const tables = NATIVE.map(([file]) => [unitOf(file), tablesIn(captureNamed(file))] as const);
    const nonEmpty = (words: Readonly<Record<number, number>>) => (Object.keys(words).length === 0 ? { 65535: 0 } : words);
    server = await pymodbusServer(
      Object.fromEntries(tables.map(([unit, { holding }]) => [unit, nonEmpty(holding)])),
      Object.fromEntries(tables.map(([unit, { input }]) => [unit, nonEmpty(input)])),
    );
  });
  afterAll(() => server?.close());

  (missing === null ? test.each(NATIVE) : test.skip.each(NATIVE))("%s", async (file, id) => {
    const profile = await shipped(id);
    const link = new ModbusLink({ host: "127.0.0.1", port: server!.port, timeoutMs: 5_000, clock: realTime(), random: () => 0.5 });
    const served = await new ProfileReader(profile, linkSource(link), { inverter: unitOf(file), meter: unitOf(file) }).read();
    link.close();
    const read = await new ProfileReader(profile, captureSource(captureNamed(file))).read();
    expect(served).toEqual(read);
    expect(served.ok && served.value.filter(({ value }) => value !== null).length).toBeGreaterThan(1);
  });
});
