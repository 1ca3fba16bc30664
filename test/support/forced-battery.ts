import { type ChildProcess, spawn } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "./folder.ts";
import { pymodbusClient, pymodbusServer } from "./pymodbus.ts";
import { ROOT } from "./street-process.ts";

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

/** What the registers of a battery hold that was told nothing: power, mode. */
export const RELEASED: readonly number[] = BEFORE;

export interface ForcingHome {
  readonly process: ChildProcess;
  readonly out: () => string;
}

/** Such a battery, played by pymodbus, and homes that force it, one after the other. */
export class ForcedBattery {
  readonly folder = temporaryFolder();
  private readonly server: Awaited<ReturnType<typeof pymodbusServer>>;
  private readonly homes: ChildProcess[] = [];
  private isAway = false;

  private constructor(server: Awaited<ReturnType<typeof pymodbusServer>>) {
    this.server = server;
    writeFileSync(join(this.folder.path, "leaseless.yaml"), PROFILE);
  }

  static async open(): Promise<ForcedBattery> {
    return new ForcedBattery(await pymodbusServer({ 1: WORDS }));
  }

  /** A home in a process of its own; resolves once it forces the battery. */
  async force(): Promise<ForcingHome> {
    const profile = join(this.folder.path, "leaseless.yaml");
    const home = spawn(process.execPath, ["test/support/forcing-home.ts", this.folder.path, String(this.server.port), profile], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: "" },
      stdio: ["ignore", "pipe", "inherit"],
    });
    this.homes.push(home);
    let out = "";
    await new Promise<void>((resolve, reject) => {
      home.once("close", () => reject(new Error(`it ended: ${out}`)));
      home.stdout.on("data", (bytes: Buffer) => {
        out += bytes.toString();
        if (/^forcing/m.test(out)) resolve();
      });
    });
    return { process: home, out: () => out };
  }

  async registers(): Promise<unknown> {
    return (await pymodbusClient(this.server.port, [{ do: "read", unit: 1, address: POWER, count: 2 }]))[0];
  }

  /** How long it took, ms; fails when it isn't home by then. */
  async isReleased(withinMs: number): Promise<number> {
    const began = performance.now();
    for (;;) {
      const now = JSON.stringify(await this.registers());
      const took = performance.now() - began;
      if (now === JSON.stringify(RELEASED)) return took;
      if (took > withinMs) throw new Error(`after ${Math.round(took)} ms its registers are ${now}`);
    }
  }

  /** From now on nobody answers. */
  async goAway(): Promise<void> {
    this.isAway = true;
    await this.server.close();
  }

  async close(): Promise<void> {
    for (const home of this.homes) home.kill("SIGKILL");
    // The watchdog has undone what it can, and writes no more.
    for (let waited = 0; waited < 100 && !this.isAway && this.isAtWork(); waited += 1)
      await new Promise((resolve) => setTimeout(resolve, 100));
    if (!this.isAway) await this.server.close();
    this.folder.remove();
  }

  /** A command is in force, as far as homes and watchdogs have written down. */
  private isAtWork(): boolean {
    const memory = join(this.folder.path, "battery.json");
    return existsSync(memory) && JSON.parse(readFileSync(memory, "utf8")).command !== null;
  }
}
