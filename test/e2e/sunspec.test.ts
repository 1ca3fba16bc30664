import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { Capture } from "../../adapters/modbus/index.ts";
import type { FakeModbus } from "../support/fake-modbus.ts";
import { temporaryFolder } from "../support/folder.ts";
import { MARKER, model } from "../support/register-device.ts";
import { mapFrom, registerServer, textWords } from "../support/register-server.ts";
import { run } from "../support/street-process.ts";

jest.setTimeout(60_000);

const SERIAL = "7E1234-08";
const common = [
  1,
  65,
  ...textWords("Acme", 16),
  ...textWords("Box 5", 16),
  ...textWords("", 8),
  ...textWords("1.2", 8),
  ...textWords(SERIAL, 16),
  126,
];
const inverter = [...model(103, 50, 0x8000)];
inverter.splice(14, 2, 11_010, 0xffff);
inverter.splice(24, 3, 0xffb6, 0xd9fd, 0);
inverter.splice(38, 4, 4, 0xffff, 0, 0x21);
const MAP = [...MARKER, ...common, ...inverter, ...model(64_120, 3, 9), 0xffff, 0];

const folder = temporaryFolder();
let device: FakeModbus;
let at: string;
beforeAll(async () => {
  device = await registerServer({ 126: mapFrom(40_000, MAP), 5: mapFrom(4_096, MAP), 7: mapFrom(0, [1, 2, 3]) }, [1]);
  at = `127.0.0.1:${device.port}`;
});
afterAll(async () => {
  await device.close();
  folder.remove();
});

describe("commonwatt sunspec", () => {
  test("prints the whole chain", async () => {
    const { exit, out, err } = await run(["sunspec", at, "--unit", "126"]);
    expect([exit, err]).toEqual([0, ""]);
    const lines = out.split("\n");
    expect(lines.slice(0, 9)).toEqual([
      `127.0.0.1 port ${device.port}, unit 126: a SunSpec map at 40000, 3 models; the end marker is at 40126`,
      "",
      "40002  model 1 common, 65 registers",
      "  Mn   Acme",
      "  Md   Box 5",
      "  Opt  not implemented",
      "  Vr   1.2",
      `  SN   ${SERIAL}`,
      "  DA   126",
    ]);
    for (const line of [
      "40069  model 103 inverter_three_phase, 50 registers",
      "  W        1101 W",
      "  W_SF     -1",
      "  AphA     no scale factor",
      "  WH       4290173437 Wh (can't be: not within 0 and 1000000000 Wh)",
      "  TmpCab   not implemented",
      "  St       4 MPPT",
      "  Evt1     0x00000021 GROUND_FAULT CABINET_OPEN",
      "40121  model 64120 (unknown, so skipped), 3 registers",
    ])
      expect(lines).toContain(line);
  });

  test("--json, for programs; a base of one's own", async () => {
    const { out } = await run(["sunspec", at, "--unit", "5", "--base", "4096", "--json"]);
    const { base, end, models } = JSON.parse(out);
    expect([base, end, models.map(({ id, address }: { id: number; address: number }) => [id, address])]).toEqual([
      4096,
      "marker",
      [
        [1, 4098],
        [103, 4165],
        [64_120, 4217],
      ],
    ]);
    const points = Object.fromEntries(models[1].points.map((point: { name: string }) => [point.name, point]));
    expect(points.W).toEqual({ name: "W", type: "int16", unit: "W", value: 1101, silence: null, doubt: null, symbol: null });
    expect(points.TmpCab).toMatchObject({ value: null, silence: "not implemented" });
    expect(points.St).toMatchObject({ value: 4, symbol: "MPPT" });
    expect(models[2]).toMatchObject({ name: null, points: [], registers: [64_120, 3, 9, 9, 9] });
  });

  test.each<[string, () => readonly string[], string]>([
    ["no answer, but another unit has one", () => [at, "--timeout", "1"], "no answer within 1000 ms; a SunSpec map is at --unit 126"],
    ["no map", () => [at, "--unit", "7", "--timeout", "1"], "no SunSpec map at 40000, 0, 50000; a SunSpec map is at --unit 126"],
    ["nobody listens", () => ["127.0.0.1:1"], "unit 1 of 127.0.0.1 port 1: connect ECONNREFUSED 127.0.0.1:1; is Modbus TCP switched on"],
  ])("%s: exit 1, and what to try", async (_what, args, message) => {
    const { exit, out, err } = await run(["sunspec", ...args()]);
    expect([exit, out]).toEqual([1, ""]);
    expect(err).toContain(message);
    expect(err).not.toContain(" at Object");
  });

  test("a gateway behind which nobody answers", async () => {
    const gateway = await registerServer({});
    const { exit, err } = await run(["sunspec", `127.0.0.1:${gateway.port}`]);
    await gateway.close();
    expect(exit).toBe(1);
    expect(err).toContain("exception 11 (nobody answers behind the gateway); try another unit id with --unit N");
  });
});

describe("commonwatt device dump", () => {
  test("writes a capture that plays the device again, without its serial number", async () => {
    const file = join(folder.path, "capture.json");
    const dumped = await run(["device", "dump", at, "--unit", "126", "--out", file]);
    expect([dumped.exit, dumped.out]).toEqual([0, ""]);
    expect(dumped.err).toContain(`3 models to ${file}; masked: serial number at 40052`);
    expect(readFileSync(file, "utf8")).not.toContain(SERIAL);
    const capture = JSON.parse(readFileSync(file, "utf8")) as Capture;
    const again = await registerServer({ [capture.unitId]: mapFrom(capture.base, capture.blocks[0]!.registers) });
    const place = (port: number): readonly string[] => ["sunspec", `127.0.0.1:${port}`, "--unit", "126"];
    const [first, second] = [await run(place(device.port)), await run(place(again.port))];
    await again.close();
    expect(second.out.replace(String(again.port), "")).toBe(first.out.replace(String(device.port), "").replace(SERIAL, "0X0000-00"));
  });

  test("what is there is not written over", async () => {
    const file = join(folder.path, "mine.json");
    writeFileSync(file, "{}");
    const { exit, err } = await run(["device", "dump", at, "--unit", "126", "--out", file]);
    expect(exit).toBe(1);
    expect(err).toContain(`${file} can't be written`);
    expect(readFileSync(file, "utf8")).toBe("{}");
  });

  test("without a device nothing is written", async () => {
    const file = join(folder.path, "none.json");
    expect((await run(["device", "dump", "127.0.0.1:1", "--out", file])).exit).toBe(1);
    expect(existsSync(file)).toBe(false);
  });
});
