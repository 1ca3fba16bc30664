import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import type { FakeModbus } from "../support/fake-modbus.ts";
import { temporaryFolder } from "../support/folder.ts";
import { tableServer } from "../support/profiles.ts";
import { textWords } from "../support/register-server.ts";
import { run } from "../support/street-process.ts";

jest.setTimeout(60_000);

const SERIAL = "A2234501799";
const at = (address: number, words: readonly number[]): Record<number, number> =>
  Object.fromEntries(words.map((word, i) => [address + i, word]));

/** A Sungrow hybrid that charges with 2.5 kW while 300 W come from the grid. */
const INPUT = {
  ...at(4989, textWords(SERIAL, 10)),
  ...at(4999, [0x0e03]),
  ...at(5016, [3_200, 0]),
  ...at(13_000, [0x23]),
  ...at(13_009, [0xfed4, 0xffff]),
  ...at(13_019, [2_310, 108, 2_500, 688, 990]),
};

const folder = temporaryFolder();
let device: FakeModbus;
let host: string;
beforeAll(async () => {
  device = await tableServer({ input: INPUT }, [247]);
  host = `127.0.0.1:${device.port}`;
});
afterAll(async () => {
  await device.close();
  folder.remove();
});

describe("commonwatt device read", () => {
  test("one table of named values, each with unit and register; what is silent by reason", async () => {
    const { exit, out, err } = await run(["device", "read", host, "--profile", "sungrow-sh"]);
    expect([exit, err]).toEqual([0, ""]);
    const cells = out.split("\n").map((line) => line.split(/ {2,}/));
    expect(cells).toContainEqual(["grid.power", "300 W", "input 13009"]);
    expect(cells).toContainEqual(["battery.power", "-2500 W", "battery.magnitude, its sign from inverter.runningState"]);
    expect(cells).toContainEqual(["inverter.runningState", "35 PV generates, battery charges, imports", "input 13000"]);
    expect(out).toMatch(/^unreadable: .*grid\.importEnergy/m);
    expect(device.requests.every((request) => request[7] === 3 || request[7] === 4)).toBe(true);
  });

  test("--json, for programs", async () => {
    const { out } = await run(["device", "read", host, "--profile", "sungrow-sh", "--json"]);
    const { profile, values } = JSON.parse(out) as { profile: string; values: { name: string }[] };
    expect(profile).toBe("sungrow-sh");
    expect(values.find(({ name }) => name === "battery.soc")).toEqual({
      name: "battery.soc",
      value: 68.8,
      unit: "%",
      symbol: null,
      silence: null,
      source: "input 13022",
    });
    expect(values.find(({ name }) => name === "grid.importEnergy")).toMatchObject({ value: null, silence: "unreadable" });
  });

  test.each<[string, readonly string[], number, string]>([
    ["another profile's device", ["--profile", "huawei-sun2000"], 1, "this is no Huawei SUN2000 with LUNA2000: holding 30000 says nothing"],
    ["no such profile", ["--profile", "sungrow"], 1, 'there is no profile "sungrow"; choose one of deye-1p, '],
  ])("%s", async (_what, args, exit, message) => {
    const answer = await run(["device", "read", host, ...args]);
    expect([answer.exit, answer.out]).toEqual([exit, ""]);
    expect(answer.err).toContain(message);
  });
});

describe("commonwatt device dump --profile, device test", () => {
  test("a capture of the device's own map, without its serial number, says the same again", async () => {
    const file = join(folder.path, "capture.json");
    const dumped = await run(["device", "dump", host, "--profile", "sungrow-sh", "--out", file]);
    expect([dumped.exit, dumped.out]).toEqual([0, ""]);
    expect(dumped.err).toContain("masked: serial number at input 4989");
    const capture = JSON.parse(readFileSync(file, "utf8"));
    const text = Buffer.from(
      (capture.blocks as { registers: number[] }[]).flatMap(({ registers }) => registers.flatMap((word) => [word >> 8, word & 0xff])),
    );
    expect(text.includes(SERIAL)).toBe(false);
    expect(text.includes("X0000000000")).toBe(true);
    writeFileSync(
      join(folder.path, "told.json"),
      JSON.stringify({ ...capture, expected: { gridPowerW: 300, batteryPowerW: -2500, batterySocPct: 68.8, pvPowerW: 3100, taste: 5 } }),
    );
    const { exit, out } = await run(["device", "test", join(folder.path, "told.json")]);
    expect(exit).toBe(1);
    expect(out.trim().split("\n")).toEqual([
      "sungrow-sh: 3 of 5 values as its source states",
      "1 differ from what the source states:",
      "  pvPowerW: stated 3100, the registers say 3200 (input 5016)",
      "1 the profile has no point for: taste",
    ]);
  });
});

describe("commonwatt detect", () => {
  test("what was found, and the lines for the home's configuration", async () => {
    const { exit, out } = await run(["detect", host, "--timeout", "1"]);
    expect(exit).toBe(0);
    expect(out).toContain(`127.0.0.1 port ${device.port}, unit 1: Sungrow SH hybrid (RS, RT, T) (sungrow-sh)`);
    expect(out).toContain(`  device:\n    host: 127.0.0.1\n    port: ${device.port}\n    profile: sungrow-sh\n`);
  });

  test.each<[string, string, number, string]>([
    ["nobody", "127.0.0.1:1", 1, "nobody listens at 127.0.0.1:1"],
    ["more than a home", "10.0.0.0/16", 2, "is wider than /24"],
  ])("%s", async (_what, place, exit, message) => {
    const answer = await run(["detect", place, "--timeout", "1"]);
    expect(answer.exit).toBe(exit);
    expect(answer.out + answer.err).toContain(message);
  });
});
