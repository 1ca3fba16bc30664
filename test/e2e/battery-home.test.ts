import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { temporaryFolder } from "../support/folder.ts";
import { pymodbusClient, pymodbusMissing, pymodbusServer } from "../support/pymodbus.ts";
import { ROOT } from "../support/street-process.ts";

/** A battery without a lease: what it is told stays until somebody undoes it. */
const PROFILE = `
id: leaseless
name: A battery that keeps what it is told
vendors: [Test]
source: made for a test of the watchdog
link: { units: { inverter: 1 } }
match: [{ at: 0, type: uint16, is: [77] }]
bounds: { W: [-20000, 20000], "%": [0, 100], Wh: [0, 1000000] }
points:
  grid.power: { at: 1, type: int16, unit: W }
  battery.power: { at: 2, type: int16, unit: W }
  battery.soc: { at: 3, type: uint16, unit: "%" }
  battery.capacity: { at: 4, type: uint16, unit: Wh }
  battery.maxChargePower: { at: 5, type: uint16, unit: W }
  battery.maxDischargePower: { at: 6, type: uint16, unit: W }
commands:
  discharge:
    lease: { kind: none }
    steps:
      - { write: 20, from: power, clamp: [0, battery.maxDischargePower] }
      - { write: 21, value: 2 }
    verify:
      - { observe: battery.power, above: 200, withinSeconds: 20 }
    undo:
      - { write: 21, value: 0 }
    storage: volatile
    maxPerDay: 1000
`;

const POWER = 20;
const MODE = 21;
const BEFORE = [7, 0];
const WORDS = { 0: 77, 1: 500, 2: 1_000, 3: 80, 4: 10_000, 5: 5_000, 6: 5_000, [POWER]: BEFORE[0] ?? 0, [MODE]: BEFORE[1] ?? 0 };

const suite = pymodbusMissing === null ? describe : describe.skip;
if (pymodbusMissing !== null) test.skip(pymodbusMissing, () => undefined);

suite("a battery that is forced", () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let server: Awaited<ReturnType<typeof pymodbusServer>>;
  let homes: ChildProcess[] = [];

  beforeEach(async () => {
    folder = temporaryFolder();
    writeFileSync(join(folder.path, "leaseless.yaml"), PROFILE);
    server = await pymodbusServer({ 1: WORDS });
    homes = [];
  });

  afterEach(async () => {
    for (const home of homes) home.kill("SIGKILL");
    await server.close();
    folder.remove();
  });

  /** Resolves once it forces the battery. */
  async function forcing(): Promise<{ readonly home: ChildProcess; readonly out: () => string }> {
    const home = spawn(
      process.execPath,
      ["test/support/forcing-home.ts", folder.path, String(server.port), join(folder.path, "leaseless.yaml")],
      {
        cwd: ROOT,
        env: { ...process.env, NODE_OPTIONS: "" },
        stdio: ["ignore", "pipe", "inherit"],
      },
    );
    homes.push(home);
    let out = "";
    await new Promise<void>((resolve, reject) => {
      home.once("close", () => reject(new Error(`it ended: ${out}`)));
      home.stdout?.on("data", (bytes: Buffer) => {
        out += bytes.toString();
        if (/^forcing/m.test(out)) resolve();
      });
    });
    return { home, out: () => out };
  }

  const registers = async (): Promise<unknown> =>
    (await pymodbusClient(server.port, [{ do: "read", unit: 1, address: POWER, count: 2 }]))[0];

  async function isHomeWithin(ms: number): Promise<void> {
    const until = Date.now() + ms;
    while (JSON.stringify(await registers()) !== JSON.stringify(BEFORE)) if (Date.now() > until) throw new Error(`${await registers()}`);
  }

  test("comes home when its home is killed, and again when the next life is", async () => {
    for (let life = 0; life < 2; life += 1) {
      const { home } = await forcing();
      expect(await registers()).toEqual([1_000, 2]);
      const ended = new Promise((resolve) => home.once("close", resolve));
      home.kill("SIGKILL");
      await ended;
      await isHomeWithin(15_000);
    }
    expect(readFileSync(join(folder.path, "watchdog.log"), "utf8")).toMatch(/battery.brought-home/);
  });

  test("comes home when its home hangs", async () => {
    const { home } = await forcing();
    home.kill("SIGSTOP");
    await isHomeWithin(30_000);
    home.kill("SIGCONT");
  });

  test("is handed back by a home that stops, and its watchdog ends with it", async () => {
    const { home, out } = await forcing();
    const ended = new Promise((resolve) => home.once("close", resolve));
    home.kill("SIGTERM");
    expect(await ended).toBe(0);
    expect(out()).toMatch(/^handed back {"ok":true}/m);
    expect(await registers()).toEqual(BEFORE);
  });
});
