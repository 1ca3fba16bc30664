import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { LocalNetwork, type Machine, whyNoNamespaces } from "../../test/support/namespaces.ts";
import type { LabMachine } from "./lab-street.ts";

/** Lines from `wire.c`, one after the other. */
type Lines = AsyncIterator<string>;

/** Machines in network namespaces, joined by nothing but a wire that loses, delays and copies packets and can be cut. */
export class Wire {
  readonly machines: readonly LabMachine[];
  readonly #network: LocalNetwork;
  readonly #process: ChildProcess;
  readonly #lines: Lines;
  readonly #folder: string;

  private constructor(network: LocalNetwork, child: ChildProcess, lines: Lines, folder: string) {
    this.#network = network;
    this.#process = child;
    this.#lines = lines;
    this.#folder = folder;
    this.machines = network.machines.map(({ namespace }, index) => ({
      address: addressOf(index),
      place: ["ip", "netns", "exec", namespace],
    }));
  }

  static async open(count: number, seed: number): Promise<Wire> {
    const folder = mkdtempSync(join(tmpdir(), "commonwatt-wire-"));
    const binary = join(folder, "wire");
    execFileSync("cc", ["-O2", "-o", binary, new URL("wire.c", import.meta.url).pathname]);
    const network = LocalNetwork.open(count);
    try {
      const child = spawn(binary, [String(seed), ...network.machines.map(({ namespace }) => namespace)], {
        stdio: ["pipe", "pipe", "inherit"],
      });
      const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
      if ((await lines.next()).value !== "ready") throw new Error("the wire does not stand");
      network.machines.forEach(lay);
      return new Wire(network, child, lines, folder);
    } catch (error) {
      network.close();
      rmSync(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Of each packet, each way. */
  lose(permille: number): void {
    this.#say(`loss ${permille}`);
  }

  /** Each way, and up to so much more by chance, which also lets packets overtake each other. */
  delay(ms: number, jitterMs: number): void {
    this.#say(`delay ${ms} ${jitterMs}`);
  }

  copy(permille: number): void {
    this.#say(`copy ${permille}`);
  }

  /** What `from` sends doesn't reach `to` any more. */
  cut(from: number, to: number): void {
    this.#say(`cut ${from} ${to}`);
  }

  /** Nobody of one side reaches anybody of the other. */
  part(one: readonly number[], other: readonly number[]): void {
    for (const a of one) for (const b of other) this.#say(`cut ${a} ${b}\ncut ${b} ${a}`);
  }

  mendAll(): void {
    this.#say("mend -1 -1");
  }

  async counts(): Promise<{ readonly carried: number; readonly lost: number }> {
    this.#say("count");
    const [carried, lost] = String((await this.#lines.next()).value)
      .split(" ")
      .map(Number);
    return { carried: carried!, lost: lost! };
  }

  close(): void {
    this.#process.kill("SIGKILL");
    this.#network.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #say(line: string): void {
    this.#process.stdin!.write(`${line}\n`);
  }
}

const addressOf = (index: number): string => `10.78.0.${index + 1}`;

/** The switch that the namespaces came with is left out: what isn't on the wire isn't there. */
function lay({ namespace, device }: Machine, index: number): void {
  const ip = (...args: readonly string[]): unknown => execFileSync("ip", ["-n", namespace, ...args], { stdio: "pipe" });
  ip("link", "set", device, "down");
  ip("address", "add", `${addressOf(index)}/24`, "dev", "wire");
  ip("link", "set", "wire", "up");
}

/** What keeps this machine from laying a wire; null when nothing does. */
export function whyNoWire(): string | null {
  const missing = whyNoNamespaces();
  if (missing !== null) return missing;
  try {
    execFileSync("cc", ["--version"], { stdio: "pipe" });
    return null;
  } catch {
    return "no C compiler here for bench/lab/wire.c";
  }
}
