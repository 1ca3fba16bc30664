import { type ChildProcess, execFileSync, type SpawnOptions, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";

/** A machine of its own on a local network: its network namespace and its address there. */
export interface Machine {
  readonly namespace: string;
  readonly address: string;
  /** Its end of the cable: where `tc` and `nft` lay loss or delay. */
  readonly device: string;
}

const DEVICE = "eth0";

/**
 * A local network with no way out: a switch and machines in namespaces of their own, none of which sees this machine's network.
 * Needs Linux, `ip` and root; `whyNoNamespaces` tells what is missing.
 */
export class LocalNetwork {
  readonly machines: readonly Machine[];
  readonly #switch: string;
  readonly #atExit = (): void => this.close();

  private constructor(name: string, count: number) {
    this.#switch = `${name}-s`;
    this.machines = Array.from({ length: count }, (_, index) => ({
      namespace: `${name}-${index}`,
      address: `10.77.${Math.floor(index / 200)}.${1 + (index % 200)}`,
      device: DEVICE,
    }));
  }

  /** Machines on one switch; `close` leaves nothing behind, also after half an opening. */
  static open(count: number): LocalNetwork {
    const network = new LocalNetwork(`cw${randomBytes(3).toString("hex")}`, count);
    // A program that is ended by a signal comes to no `finally`.
    process.once("exit", network.#atExit);
    try {
      network.#build();
      return network;
    } catch (error) {
      network.close();
      throw error;
    }
  }

  /** Pulls a machine's cable, or plugs it in again. */
  cable(machine: Machine, state: "in" | "out"): void {
    ip("-n", this.#switch, "link", "set", portOf(machine), state === "in" ? "up" : "down");
  }

  /** Runs a program on a machine of this network. */
  spawn(machine: Machine, program: string, args: readonly string[], options: SpawnOptions = {}): ChildProcess {
    return spawn("ip", ["netns", "exec", machine.namespace, program, ...args], options);
  }

  /** Runs a command on a machine until it ends, such as `tc qdisc add dev eth0 root netem loss 30%`. */
  run(machine: Machine, program: string, ...args: readonly string[]): string {
    return execFileSync("ip", ["netns", "exec", machine.namespace, program, ...args], { encoding: "utf8", stdio: "pipe" });
  }

  close(): void {
    process.off("exit", this.#atExit);
    for (const name of [...this.machines.map(({ namespace }) => namespace), this.#switch]) {
      try {
        ip("netns", "del", name);
      } catch {
        // Wasn't made.
      }
    }
  }

  #build(): void {
    ip("netns", "add", this.#switch);
    ip("-n", this.#switch, "link", "add", "bridge", "type", "bridge");
    ip("-n", this.#switch, "link", "set", "bridge", "up");
    for (const machine of this.machines) this.#plug(machine);
  }

  #plug(machine: Machine): void {
    const { namespace, address } = machine;
    const port = portOf(machine);
    ip("netns", "add", namespace);
    ip("-n", namespace, "link", "add", DEVICE, "type", "veth", "peer", "name", port, "netns", this.#switch);
    ip("-n", this.#switch, "link", "set", port, "master", "bridge", "up");
    ip("-n", namespace, "address", "add", `${address}/16`, "dev", DEVICE);
    ip("-n", namespace, "link", "set", "lo", "up");
    ip("-n", namespace, "link", "set", DEVICE, "up");
    // Multicast goes where the default route points.
    ip("-n", namespace, "route", "add", "default", "dev", DEVICE);
  }
}

/** What keeps this machine from making namespaces; null when nothing does. Tests skip with this sentence, never silently. */
export function whyNoNamespaces(): string | null {
  try {
    LocalNetwork.open(1).close();
    return null;
  } catch (error) {
    const { stderr, message } = error as Error & { readonly stderr?: string };
    return `no network namespaces here: ${(stderr ?? message).trim()}`;
  }
}

const portOf = ({ namespace }: Machine): string => `p${namespace.slice(namespace.lastIndexOf("-") + 1)}`;

function ip(...args: readonly string[]): void {
  execFileSync("ip", args, { stdio: "pipe", encoding: "utf8" });
}
