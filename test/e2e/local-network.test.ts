import type { ChildProcess } from "node:child_process";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, test } from "@jest/globals";
import { LocalNetwork, type Machine, whyNoNamespaces } from "../support/namespaces.ts";

const PROGRAM = fileURLToPath(new URL("../support/lan-home.ts", import.meta.url));
const missing = whyNoNamespaces();
if (missing !== null) process.stderr.write(`SKIPPED: local-network.test.ts, ${missing}\n`);
const whole = missing === null ? describe : describe.skip;

/** Lines that a home has printed. */
class LanHome {
  readonly lines: string[] = [];
  readonly process: ChildProcess;

  constructor(network: LocalNetwork, machine: Machine, ...numbers: readonly number[]) {
    this.process = network.spawn(machine, process.execPath, [PROGRAM, ...numbers.map(String)], { stdio: ["ignore", "pipe", "inherit"] });
    this.process.stdout!.on("data", (data) => this.lines.push(...String(data).trim().split("\n")));
  }

  async prints(line: string): Promise<void> {
    while (!this.lines.includes(line)) {
      if (this.process.exitCode !== null) throw new Error(`ended without "${line}": ${this.lines.join(", ")}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async end(): Promise<void> {
    const ended = new Promise((resolve) => this.process.once("exit", resolve));
    if (this.process.kill("SIGKILL")) await ended;
  }
}

whole("homes on a local network with no way out and no address of anybody", () => {
  let network: LocalNetwork;
  const homes: LanHome[] = [];
  const open = (machine: number, ...numbers: readonly number[]): LanHome => {
    const home = new LanHome(network, network.machines[machine]!, ...numbers);
    homes.push(home);
    return home;
  };

  afterEach(async () => {
    await Promise.all(homes.splice(0).map((home) => home.end()));
    network.close();
  });

  test("find each other by mDNS and gossip, also who is plugged in later", async () => {
    network = LocalNetwork.open(3);
    network.cable(network.machines[2]!, "out");
    const [a, b, late] = [open(0, 1, 50, 2, 3), open(1, 2, 50, 1, 3), open(2, 3, 50, 1, 2)];
    await Promise.all([a.prints("heard 2"), b.prints("heard 1"), late.prints("up 3")]);
    expect([a, b, late].flatMap(({ lines }) => lines.filter((line) => line.startsWith("heard"))).sort()).toEqual(["heard 1", "heard 2"]);
    network.cable(network.machines[2]!, "in");
    await Promise.all([a.prints("heard 3"), b.prints("heard 3"), late.prints("heard 1"), late.prints("heard 2")]);
  }, 60_000);

  test("mDNS proposes, the door decides: neither a stranger nor another network's key gets in", async () => {
    network = LocalNetwork.open(4);
    const [a, b] = [open(0, 1, 50, 2), open(1, 2, 50, 1)];
    // 3 knows the network and counts the others as friends, but is nobody's; 1 and 2 would let 4 in, were its key theirs.
    const [stranger, foreigner] = [open(2, 3, 50, 1, 2), open(3, 4, 51, 1, 2)];
    await Promise.all([a.prints("heard 2"), b.prints("heard 1"), stranger.prints("up 3"), foreigner.prints("up 4")]);
    await new Promise((resolve) => setTimeout(resolve, 5_000));
    expect([a, b].flatMap(({ lines }) => lines.filter((line) => line.startsWith("heard"))).sort()).toEqual(["heard 1", "heard 2"]);
    expect([stranger, foreigner].map(({ lines }) => lines.filter((line) => line.startsWith("heard")))).toEqual([[], []]);
  }, 60_000);
});
