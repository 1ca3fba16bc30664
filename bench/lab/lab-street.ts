import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { openChain } from "../../adapters/evm/index.ts";
import { type Address, assert } from "../../engine/kernel/index.ts";
import { gateClosure, intervalSeconds, type MarketRules } from "../../engine/messages/index.ts";
import type { StreetCard } from "../../src/api/index.ts";
import { parseCommandLine } from "../../src/cli/index.ts";
import { domainOf } from "../../src/main/card.ts";
import { keepNetworkKey } from "../../src/main/network-key.ts";
import { type Layout, layoutOf } from "../../src/main/street/layout.ts";
import { type StreetOptions, streetOptions } from "../../src/main/street/options.ts";
import { type StreetAtHand, setUp } from "../../src/main/street/setup.ts";
import { makeCard, startOf } from "../../src/main/street/street.ts";
import type { Chain } from "../../src/ports/index.ts";
import { LabProcess, program, ROOT } from "./lab-process.ts";

export interface LabOptions {
  readonly folder: string;
  readonly homes: number;
  /** How many of the homes certify; all unless told. */
  readonly validators?: number;
  /** Seconds of the street in a second. */
  readonly speed: number;
  readonly periodIntervals: number;
  /** One for each home; all are this machine's loopback unless told. */
  readonly machines?: readonly LabMachine[];
  /** Where the operator runs and homes reach the chain; loopback unless told. */
  readonly hub?: LabMachine;
  /** Instead of config/street/default.yaml's. */
  readonly rules?: string;
}

/** Where a home runs. */
export interface LabMachine {
  readonly address: string;
  /** In front of a command: `ip netns exec NAME`. */
  readonly place: readonly string[];
}

export interface LabHome {
  readonly name: string;
  readonly folder: string;
  readonly process: LabProcess;
  readonly log: string;
}

/** Real milliseconds for a home to start, so that all are there at the first gate; machines share cores. */
const START_MS = 1_500;

/**
 * A street of real processes: the program's own set-up (keys, chain, vault), then each home as `commonwatt home` in a process of
 * its own, with an address that outlives it; device simulators; and an operator (`operator-process.ts`) that carries batches.
 */
export class LabStreet {
  readonly homes: readonly LabHome[];
  readonly operator: LabProcess;
  readonly card: StreetCard;
  readonly rules: MarketRules;
  readonly layout: Layout;
  /** Device simulators, and what carries the chain to another network. */
  readonly #helpers: readonly LabProcess[];
  readonly #street: StreetAtHand;

  private constructor(parts: Parts) {
    this.homes = parts.homes;
    this.operator = parts.operator;
    this.card = parts.card;
    this.rules = parts.rules;
    this.layout = parts.layout;
    this.#helpers = parts.helpers;
    this.#street = parts.street;
  }

  /** Set up, and all of it running when this resolves; the street's time begins about then. */
  static async open(options: LabOptions): Promise<LabStreet> {
    const args = writeConfig(options);
    const parsed = parseCommandLine(args, "lab");
    assert(parsed.kind === "run" && parsed.command.verb === "street", "the laboratory's own command line");
    const street = await streetOptions(parsed.command);
    const layout = layoutOf(street.data);
    const atHand = await setUp(street, layout);
    try {
      const built = new LabStreet(await partsOf(options, street, layout, atHand, args));
      await built.#begin();
      return built;
    } catch (error) {
      await atHand.anvil.stop();
      throw error;
    }
  }

  /** The chain as this process reaches it. */
  openChain(): Chain {
    const { chainId, vault } = domainOf(this.card);
    return openChain({ rpc: this.#street.anvil.rpc, chainId, vault: vault as Address });
  }

  /** Wall-clock milliseconds at which the gate of an interval closes. */
  gateAt(interval: number): number {
    const { streetMs, wallMs, speed } = this.card.clock!;
    return wallMs + (gateClosure(this.rules, interval as Parameters<typeof gateClosure>[1]) * 1000 - streetMs) / speed;
  }

  /** The interval whose gate closes next. */
  get nextInterval(): number {
    const { streetMs, wallMs, speed } = this.card.clock!;
    const now = (streetMs + (Date.now() - wallMs) * speed) / 1000;
    return Math.floor((now + this.rules.gateLeadSeconds) / intervalSeconds(this.rules)) + 1;
  }

  get faults(): readonly string[] {
    return [...this.homes.map(({ process }) => process), this.operator, ...this.#helpers].flatMap(({ faults }) => faults);
  }

  async #begin(): Promise<void> {
    for (const helper of this.#helpers) helper.start();
    for (const helper of this.#helpers) await helper.up();
    for (const { process } of this.homes) process.start();
    this.operator.start();
    await Promise.all([...this.homes.map(({ process }) => process.up()), this.operator.up()]);
  }

  /** Homes and operator end in order, so that their books are closed; the chain stays, to be asked. */
  async stopHomes(): Promise<void> {
    await Promise.all([...this.homes.map(({ process }) => process.stop()), this.operator.stop()]);
  }

  async close(): Promise<void> {
    await this.stopHomes();
    await Promise.all(this.#helpers.map((helper) => helper.stop()));
    await this.#street.anvil.stop();
  }
}

const configOf = ({ folder }: LabOptions): string => join(folder, "street.yaml");

function writeConfig(options: LabOptions): readonly string[] {
  const {
    folder,
    homes,
    validators = Math.min(homes, 31),
    speed,
    periodIntervals,
    rules = join(ROOT, "config/market/street.yaml"),
  } = options;
  mkdirSync(folder, { recursive: true });
  const config = { rules, data: join(folder, "data"), homes, validators, speed, start: "2026-06-15T09:00:00Z", dashboard: { port: 0 } };
  writeFileSync(configOf(options), stringify(config));
  return ["--config", configOf(options), "--period", String(periodIntervals)];
}

type Parts = Pick<LabStreet, "homes" | "operator" | "card" | "rules" | "layout"> & {
  readonly helpers: readonly LabProcess[];
  readonly street: StreetAtHand;
};

async function partsOf(
  lab: LabOptions,
  options: StreetOptions,
  layout: Layout,
  street: StreetAtHand,
  args: readonly string[],
): Promise<Parts> {
  const { hub = LOOPBACK, machines = Array.from({ length: lab.homes }, () => LOOPBACK) } = lab;
  const ports = await freePorts(2 * lab.homes);
  const places = street.file.homes.map((home, at) => ({
    ...home,
    machine: machines[at]!,
    listen: `/ip4/${machines[at]!.address}/tcp/${ports[at]}`,
    devicePort: ports[lab.homes + at]!,
  }));
  const peers = places.map(({ listen, peer }) => `${listen}/p2p/${peer}`);
  mkdirSync(join(layout.data, "log"), { recursive: true });
  for (const { name } of places) await keepNetworkKey(layout.home(name), street.networkKey.text);
  const forward = hub === LOOPBACK ? [] : [forwardTo(street.anvil.port, hub, layout)];
  const anchor = { streetMs: startOf(options, null, street), wallMs: Date.now() + START_MS * lab.homes, speed: options.speed };
  const { chain, ...card } = makeCard(options, street, peers, anchor);
  const seen = { ...card, chain: { ...chain, rpc: hub === LOOPBACK ? chain.rpc : `http://${hub.address}:${CHAIN_PORT}` } };
  writeFileSync(layout.card, JSON.stringify(seen));
  return {
    homes: places.map((place) => homeOf(place, layout)),
    operator: new LabProcess({ ...OPERATOR, place: hub.place, args, log: layout.log("operator") }),
    card: seen,
    rules: options.rules,
    layout,
    helpers: [...forward, ...devicesOf(places, options, layout)],
    street,
  };
}

const LOOPBACK: LabMachine = { address: "127.0.0.1", place: [] };
const CHAIN_PORT = 8545;
const OPERATOR = { name: "operator", script: "bench/lab/operator-process.ts", says: /^carries/ } as const;

/** The chain listens on this machine's loopback alone; a socket in the file system is the one thing that namespaces share. */
function forwardTo(port: number, hub: LabMachine, layout: Layout): LabProcess {
  const socket = join(layout.data, "chain.sock");
  const inward = createServer((near) => {
    const far = connect(port, "127.0.0.1");
    near.pipe(far).pipe(near);
    for (const [one, other] of [
      [near, far],
      [far, near],
    ] as const)
      one.on("error", () => other.destroy());
  });
  inward.listen(socket).unref();
  const args = [hub.address, String(CHAIN_PORT), socket];
  return new LabProcess({
    name: "forward",
    place: hub.place,
    script: "bench/lab/forward.ts",
    args,
    log: layout.log("forward"),
    says: /^forwards/,
  });
}

interface Placed {
  readonly name: string;
  readonly machine: LabMachine;
  readonly listen: string;
  readonly devicePort: number;
}

function homeOf({ name, machine, listen, devicePort }: Placed, layout: Layout): LabHome {
  const config = {
    name,
    data: ".",
    street: "../../card.json",
    listen: [listen],
    discover: false,
    password: { file: "../../password" },
    device: { host: "127.0.0.1", port: devicePort, units: { inverter: 1, meter: 200, storage: 1 } },
  };
  writeFileSync(layout.homeConfig(name), stringify(config));
  const log = layout.log(name);
  const run = program(["home", "--config", layout.homeConfig(name)]);
  return { name, folder: layout.home(name), log, process: new LabProcess({ name, place: machine.place, ...run, log, says: /trades in/ }) };
}

/** One simulator for all homes of a machine. */
function devicesOf(places: readonly Placed[], { source, rules }: StreetOptions, layout: Layout): readonly LabProcess[] {
  const byPlace = Map.groupBy(places, ({ machine }) => machine.place.join(" "));
  return [...byPlace.values()].map((group, index) => {
    const file = join(layout.data, `devices-${index}.json`);
    const devices = {
      source,
      homes: group.map(({ name, devicePort }) => ({ name, port: devicePort })),
      intervalSeconds: intervalSeconds(rules),
      stateFile: join(layout.data, `devices-state-${index}.json`),
      street: { kind: "file", path: layout.card },
    };
    writeFileSync(file, JSON.stringify(devices));
    const name = `devices-${index}`;
    const run = program(["devices", "--config", file]);
    return new LabProcess({ name, place: group[0]!.machine.place, ...run, log: layout.log(name), says: /^\{.*\}/ });
  });
}

/** Free on loopback a moment ago; a home keeps its port over its lives. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = Array.from({ length: count }, () => createServer().listen(0, "127.0.0.1"));
  await Promise.all(servers.map((server) => once(server, "listening")));
  const ports = servers.map((server) => (server.address() as { readonly port: number }).port);
  await Promise.all(servers.map((server) => once(server.close(), "close")));
  return ports;
}
