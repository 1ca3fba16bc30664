import { stringify } from "yaml";
import { peerNameOf } from "../../../adapters/libp2p/index.ts";
import { createMetrics, openLog, peerSeed, type RootLog, systemClock } from "../../../adapters/system/index.ts";
import type { Interval, MicroPerKwh } from "../../../engine/kernel/index.ts";
import { gateClosure, hashRules, intervalSeconds, type MarketRules } from "../../../engine/messages/index.ts";
import type { StreetCard } from "../../api/index.ts";
import type { Command } from "../../cli/index.ts";
import type { Clock } from "../../ports/index.ts";
import type { DevicesFile } from "../devices.ts";
import { readJson, replaceFile, replaceFileSync } from "../files.ts";
import { unwrap } from "../home.ts";
import type { HostFile } from "../host.ts";
import { keepNetworkKey } from "../network-key.ts";
import { votedLines } from "../street-rules.ts";
import { Child } from "./children.ts";
import { type Dashboard, refuseTakenPort, serveDashboard } from "./dashboard.ts";
import { type Layout, layoutOf } from "./layout.ts";
import { Operator } from "./operator.ts";
import { type StreetOptions, streetOptions } from "./options.ts";
import { chainNotes, invitationOf, type StreetAtHand, setUp } from "./setup.ts";
import { Summary } from "./summary.ts";

/** Real time between "go" and the street's time: in it homes connect to each other and to their devices. */
const RUN_UP_MS = 4_000;
/** Real seconds from there to the first gate. */
const FIRST_GATE_SECONDS = 0.3;
const CLOCK_SAVE_MS = 1_000;
/** How long the last batch may take when a run ends by itself. */
const FLUSH_MS = 5_000;

/** Brings a street up, keeps it until it is told to stop or has done its intervals, and takes it down. Resolves with the exit code. */
export async function runStreet(command: Extract<Command, { verb: "street" }>): Promise<number> {
  const options = await streetOptions(command);
  const layout = layoutOf(options.data);
  await refuseTakenPort(options.dashboard);
  const stopAsked = stopSignal();
  const street = await setUp(options, layout);
  const up: (() => Promise<unknown>)[] = [() => street.anvil.stop()];
  try {
    const running = await bringUp(options, layout, street, up);
    say([
      ...options.plan.notes,
      ...chainNotes(street, options),
      `${running.card.name}: ${options.plan.homes.length} homes are trading; see ${running.dashboard.url}`,
      ...votedLines(running.card, running.operator.node.membership.registry.rules),
    ]);
    const lost = await Promise.race([stopAsked, running.finished, running.lost]);
    running.stopClock();
    if (lost === "finished") await running.operator.flush(FLUSH_MS);
    await takeDown(up);
    say(["", running.summary.text(running.operator.batchesCarried)]);
    if (lost === "lost") process.stderr.write(`A process of the street ended by itself; see ${layout.log("*")}\n`);
    return lost === "lost" ? 1 : 0;
  } catch (error) {
    await takeDown(up);
    throw error;
  }
}

interface Running {
  readonly card: StreetCard;
  /** Keeps the street's time for the next start, and keeps it no more. */
  readonly stopClock: () => void;
  readonly operator: Operator;
  readonly dashboard: Dashboard;
  readonly summary: Summary;
  readonly finished: Promise<"finished">;
  readonly lost: Promise<"lost">;
}

async function bringUp(options: StreetOptions, layout: Layout, street: StreetAtHand, up: (() => Promise<unknown>)[]): Promise<Running> {
  const { rules } = options;
  const log: RootLog = unwrap(openLog({ to: { file: layout.log("operator") }, level: options.log, format: "json" }));
  log.info("chain.started", { evm: street.anvil.evm, rpc: street.anvil.rpc });
  const metrics = createMetrics();
  const start = startOf(options, (await readJson<{ streetMs: number }>(layout.clock))?.streetMs ?? null, street);
  // Until "go" the street's time stands still.
  const anchor = { streetMs: start, wallMs: Date.now() + 3_600_000, speed: options.speed };
  await replaceFile(layout.card, JSON.stringify(makeCard(options, street, [], anchor)));

  const devices = await startDevices(options, layout, street, up);
  await writeHomes(options, layout, street, (await devices.until("ready")).ports ?? {});
  const hosts = await startHosts(options, layout, street, up);
  const addresses = await Promise.all(hosts.map(async (host) => (await host.until("ready")).peers ?? {}));
  const known: Readonly<Record<string, string>> = Object.assign({}, ...addresses);
  const peers = street.file.homes.map(({ name }) => known[name]!);

  anchor.wallMs = Date.now() + RUN_UP_MS;
  const clock = systemClock(anchor);
  const card = makeCard(options, street, peers, anchor);
  await replaceFile(layout.card, JSON.stringify(card));
  const children = [devices, ...hosts];
  const lost = new Promise<"lost">((resolve) => {
    for (const child of children) child.onLost(() => resolve("lost"));
  });
  for (const child of children) child.tell({ kind: "go", anchor, peers });
  const homesRun = Promise.all(children.map((child) => child.until("running")));

  const invitation = await invitationOf(layout);
  const operator = await Operator.open({ options, street, card, folder: layout.operator, clock, log, metrics, invitation });
  up.push(() => operator.stop());
  const dashboard = await serveDashboard(operator, card, options.dashboard, { clock, log, metrics });
  up.push(() => dashboard.app.close());
  const summary = new Summary(rules);
  const finished = finishOf(options, operator, summary);
  await Promise.all([operator.start(), homesRun]);
  const stopClock = keepClock(layout, clock);
  up.push(async () => stopClock());
  return { card, stopClock, operator, dashboard, summary, finished, lost };
}

export function makeCard(
  { rules }: StreetOptions,
  { file, anvil, operator }: StreetAtHand,
  peers: readonly string[],
  clock: StreetCard["clock"],
): StreetCard {
  return {
    name: rules.market,
    rules,
    rulesHash: hashRules(rules),
    chain: {
      id: file.chain.id,
      rpc: anvil.rpc,
      vault: file.chain.vault,
      ...(file.chain.community === undefined ? {} : { community: file.chain.community }),
    },
    peers,
    firstInterval: file.firstInterval,
    isPrivate: true,
    observers: [peerNameOf(peerSeed(operator))],
    clock,
  };
}

/** Where the street's time goes on: where it stopped, or shortly before the first gate. */
export function startOf({ rules, speed }: StreetOptions, stoppedAt: number | null, { file }: StreetAtHand): number {
  if (stoppedAt !== null) return stoppedAt;
  return (gateClosure(rules, file.firstInterval as Interval) - FIRST_GATE_SECONDS * speed) * 1000;
}

async function startDevices(options: StreetOptions, layout: Layout, street: StreetAtHand, up: (() => Promise<unknown>)[]): Promise<Child> {
  const file: DevicesFile = {
    source: options.source,
    homes: street.file.homes.map(({ name }) => ({ name, port: 0 })),
    intervalSeconds: intervalSeconds(options.rules),
    stateFile: layout.devicesState,
  };
  await replaceFile(layout.devices, JSON.stringify(file));
  const devices = new Child("the device simulator", ["devices", "--config", layout.devices], layout.log("devices"));
  up.push(() => devices.stop());
  return devices;
}

async function writeHomes(
  options: StreetOptions,
  layout: Layout,
  { file, networkKey }: StreetAtHand,
  devicePorts: Readonly<Record<string, number>>,
): Promise<void> {
  await Promise.all(
    file.homes.map(async ({ name }, index) => {
      const { sellAbove, buyBelow } = preferencesOf(options.rules, index);
      const home = {
        name,
        data: ".",
        street: "../../card.json",
        listen: ["/ip4/127.0.0.1/tcp/0"],
        password: { file: "../../password" },
        device: { host: "127.0.0.1", port: devicePorts[name], units: { inverter: 1, meter: 200, storage: 1 } },
        trading: { sellAbovePerKwh: decimal(sellAbove), buyBelowPerKwh: decimal(buyBelow) },
      };
      await keepNetworkKey(layout.home(name), networkKey.text);
      await replaceFile(layout.homeConfig(name), `# Written at each start of the street.\n${stringify(home)}`);
    }),
  );
}

/** Households differ in what energy is worth to them; spread evenly over the room between the utility's two prices. */
function preferencesOf(
  { residual, tick }: MarketRules,
  index: number,
): { readonly sellAbove: MicroPerKwh; readonly buyBelow: MicroPerKwh } {
  const room = residual.importPrice - residual.exportPrice;
  const golden = (index * 0.618_033_988_75) % 1;
  const onTick = (price: number): MicroPerKwh => (Math.round(price / tick) * tick) as MicroPerKwh;
  return {
    sellAbove: onTick(residual.exportPrice + room * (0.05 + 0.35 * golden)),
    buyBelow: onTick(residual.importPrice - room * (0.02 + 0.4 * golden)),
  };
}

const decimal = (price: MicroPerKwh): string => (price / 1e6).toFixed(6);

async function startHosts(
  options: StreetOptions,
  layout: Layout,
  { file }: StreetAtHand,
  up: (() => Promise<unknown>)[],
): Promise<readonly Child[]> {
  const hosts: Child[] = [];
  up.push(() => Promise.all(hosts.map((host) => host.stop())));
  for (let index = 0; index < options.processes; index++) {
    const name = `homes-${index + 1}`;
    const homes = file.homes.filter((_home, at) => at % options.processes === index).map((home) => layout.homeConfig(home.name));
    const hostFile: HostFile = { homes, isDeclaredNewest: options.isDeclaredNewest, log: { file: layout.log(name), level: options.log } };
    await replaceFile(layout.host(index + 1), JSON.stringify(hostFile));
    hosts.push(new Child(name, ["host", "--config", layout.host(index + 1)], layout.log(name)));
  }
  return hosts;
}

/** Resolves once as many intervals are settled as were asked for, or the readings have come to their end. */
function finishOf({ intervals, plan, rules }: StreetOptions, operator: Operator, summary: Summary): Promise<"finished"> {
  const last = plan.until === null ? null : Math.floor(plan.until / intervalSeconds(rules)) - 1;
  return new Promise((resolve) => {
    operator.node.onCertified(({ evaluation: { settled } }) => {
      if (settled === null) return;
      summary.add(settled);
      if (summary.settled === intervals || settled.interval === last) resolve("finished");
    });
  });
}

/** Keeps the street's time; a crash of this machine sets it back by a second at most. Returns the way to stop, which keeps it a last time. */
function keepClock(layout: Layout, clock: Clock): () => void {
  let stopped = false;
  const keep = (): void => replaceFileSync(layout.clock, JSON.stringify({ streetMs: clock.now() }));
  const timer = setInterval(keep, CLOCK_SAVE_MS);
  return () => {
    clearInterval(timer);
    if (!stopped) keep();
    stopped = true;
  };
}

/** What came up last goes down first. */
async function takeDown(up: (() => Promise<unknown>)[]): Promise<void> {
  for (let next = up.pop(); next !== undefined; next = up.pop()) await next();
}

/** The first Ctrl-C or SIGTERM asks; a second one ends at once. */
function stopSignal(): Promise<"asked"> {
  return new Promise((resolve) => {
    let asked = false;
    const ask = (): void => {
      if (asked) process.exit(130);
      asked = true;
      resolve("asked");
    };
    process.on("SIGINT", ask);
    process.on("SIGTERM", ask);
    if (process.env.npm_lifecycle_event !== undefined) onOrphaned(ask);
  });
}

/** npm dies of a signal without passing it on; a street that npm started ends with it. */
function onOrphaned(task: () => void): void {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    task();
  }, 300).unref();
}

const say = (lines: readonly string[]): void => void process.stdout.write(`${lines.join("\n")}\n`);
