import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { ModbusLink, type Survey, surveyDevice } from "../../../adapters/modbus/index.ts";
import { MODELS } from "../../../adapters/modbus/sunspec/generated/models.ts";
import { allCaptures, type Capture, capturesMissing, differences, isWholeMap, registersOf, statedOf } from "../../support/captures.ts";
import { pymodbusMissing, pymodbusServer } from "../../support/pymodbus.ts";
import { realTime } from "../../support/real-time.ts";

jest.setTimeout(30_000);

const captures = allCaptures();
const missing = capturesMissing ?? pymodbusMissing;
if (missing !== null) console.warn(missing);

/** Captures that hold the data of single models: what the device had before them, from its marker on. */
const MODELS_OF: Readonly<Record<string, readonly (readonly [id: number, address: number, length: number])[]>> = {
  "fronius-gen24-mppt-evcc-16256.json": [
    [1, 40_002, 65],
    [64_999, 40_069, 192],
    [160, 40_263, 88],
  ],
  "kostal-ksem-evcc-18358.json": [
    [1, 40_002, 65],
    [203, 40_069, 105],
  ],
  "solaredge-hybrid-evcc-12708.json": [
    [1, 40_002, 65],
    [103, 40_069, 50],
    [1, 40_121, 65],
    [203, 40_188, 105],
  ],
};

/** The capture's registers behind a marker and headers, and zeros in models that it says nothing about. */
function served(capture: Capture): ReadonlyMap<number, number> {
  const registers = new Map(registersOf(capture));
  const models = MODELS_OF[capture.file];
  if (models === undefined) return registers;
  registers.set(40_000, 0x5375).set(40_001, 0x6e53);
  for (const [id, address, length] of models) {
    const isCaptured = registers.has(address + 2);
    registers.set(address, id).set(address + 1, length);
    for (let i = 0; i < length && !isCaptured; i += 1) registers.set(address + 2 + i, 0);
    registers.set(address + 2 + length, 0xffff);
  }
  return registers;
}

const unitOf = (capture: Capture): number => 1 + captures.indexOf(capture);

let server: Awaited<ReturnType<typeof pymodbusServer>> | null = null;
beforeAll(async () => {
  if (missing !== null) return;
  server = await pymodbusServer(Object.fromEntries(captures.map((each) => [unitOf(each), Object.fromEntries(served(each))])));
});
afterAll(() => server?.close());

const linkOptions = () => ({ host: "127.0.0.1", port: server!.port, timeoutMs: 5_000, clock: realTime(), random: () => 0.5 });
const survey = (capture: Capture) => surveyDevice({ ...linkOptions(), unit: unitOf(capture), bases: [] });

function compared(capture: Capture, { models }: Survey) {
  const differ: string[] = [];
  let points = 0;
  // Where a model comes twice the sources state the first.
  for (const { id, points: ours } of new Map(models.map((each) => [each.id, each] as const).reverse()).values()) {
    if (ours.length === 0) continue;
    for (const theirs of statedOf(capture, id)) {
      const result = differences(String(id), new Map(ours.map(({ name, value }) => [name, value])), theirs);
      points += result.compared;
      differ.push(...result.differ);
    }
  }
  return { points, differ };
}

/** `test.each` refuses an empty table, and without the captures each of these is empty. */
function testEach(list: readonly Capture[], name: string, run: (capture: Capture) => unknown): void {
  for (const capture of list) (missing === null ? test : test.skip)(`${name}: ${capture.file}`, async () => void (await run(capture)));
}

describe(`real devices, as pymodbus plays them${missing === null ? "" : ` (${missing})`}`, () => {
  test("all captures are at hand", () => expect(captures.length >= 12).toBe(capturesMissing === null));

  const isSunspec = (each: Capture): boolean => each.device.protocol.startsWith("SunSpec");

  testEach(captures.filter(isSunspec), "the whole chain, with the values that its sources state", async (capture) => {
    const found = await survey(capture);
    if (!found.ok) throw new Error(`${found.code}: ${found.detail}`);
    const { models, end } = found.value;
    expect(end).toBe("marker");
    const stated = (capture as unknown as { readonly models?: readonly string[] }).models;
    if (stated !== undefined) expect(new Set(models.map(({ id }) => String(id)))).toEqual(new Set(stated));
    const { points, differ } = compared(capture, found.value);
    expect(differ).toEqual([]);
    expect(points).toBeGreaterThan(isWholeMap(capture) ? 200 : 7);
    // What was not compared nobody could: the definitions of these models are none of ours.
    expect(models.filter(({ id, points: ours }) => ours.length === 0 && MODELS[id] !== undefined)).toEqual([]);
    for (const { registers, address } of models)
      expect(Array.from(registers)).toEqual(Array.from(registers, (_, i) => served(capture).get(address + i) ?? null));
  });

  testEach(
    captures.filter((each) => each.file.startsWith("kostal")),
    "a counter that can't be is marked",
    async (capture) => {
      const found = await survey(capture);
      const points = found.ok ? found.value.models.flatMap(({ points }) => points) : [];
      const doubts = points.filter(({ doubt }) => doubt !== null).map(({ name, value }) => [name, value]);
      expect(doubts).toContainEqual(["TotWhExp", 4_290_173_437]);
      // The others: exported VAh, negative as well, and 2^31, with which it fills counters that it hasn't got.
      expect(doubts.every(([name, value]) => /^Tot(Wh|VAh)Exp/.test(String(name)) || value === 2 ** 31)).toBe(true);
    },
  );

  testEach(
    captures.filter((each) => !isSunspec(each)),
    "no SunSpec, so nothing is read as such; its registers as they are",
    async (capture) => {
      expect(await survey(capture)).toMatchObject({ ok: false, code: "DEVICE_MALFORMED", detail: "no SunSpec map at 40000, 0, 50000" });
      const link = new ModbusLink(linkOptions());
      for (const { table, base, registers } of capture.blocks.filter((each) => each.table === "holding")) {
        expect(table).toBe("holding");
        expect(await link.read(unitOf(capture), base, registers.length)).toEqual({ ok: true, value: registers });
      }
      link.close();
    },
  );
});
