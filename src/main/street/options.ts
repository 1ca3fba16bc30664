import { resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { largestMarket } from "../../../engine/auction/index.ts";
import type { MarketRules } from "../../../engine/messages/index.ts";
import type { Command, LogLevel } from "../../cli/index.ts";
import { loadConfig, type OutsideChain, type StreetConfig, withInterval } from "../config/index.ts";
import { CannotStart, cannotStart } from "../exit.ts";
import { planStreet, type StreetPlan, type StreetSource } from "./plan.ts";

/** Everything a street needs to know before it starts, from its configuration, the command line and the readings. */
export interface StreetOptions {
  readonly data: string;
  readonly rules: MarketRules;
  readonly source: StreetSource;
  readonly plan: StreetPlan;
  readonly speed: number;
  /** The first so many homes certify; what the chain of an older street says stands. */
  readonly validators: number;
  readonly processes: number;
  /** The chain that the street is put on; null: one that it starts itself. */
  readonly outside: OutsideChain | null;
  /** In which settlements of a new street can be challenged; what the vault of an older one says stands. */
  readonly challengeSeconds: number;
  /** What runs the contracts of a new street; null: anvil, if this machine has it. */
  readonly evm: StreetConfig["evm"];
  readonly allowance: StreetConfig["allowance"];
  readonly dashboard: { readonly host: string; readonly port: number };
  /** Stop after so many settled intervals; null: run until told. */
  readonly intervals: number | null;
  readonly log: LogLevel;
  /** The owner says that there is nothing newer than the homes' stores. */
  readonly isDeclaredNewest: boolean;
}

type StreetCommand = Extract<Command, { verb: "street" }>;

export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

/** An interval must leave time to agree on it, real seconds. */
const SHORTEST_INTERVAL = 0.75;

/** The command line goes before the configuration; every problem is told before anything starts. */
export async function streetOptions(command: StreetCommand): Promise<StreetOptions> {
  const config = await checked(loadConfig(command.config ?? resolve(ROOT, "config/street/default.yaml"), "street"));
  const written = await checked(loadConfig(command.rules ?? config.rules, "market"));
  if (written.sequencer !== undefined)
    throw cannotStart(
      "VENUE_RULES",
      `the rules of ${written.market} name a sequencer, and a street's homes agree among themselves`,
      "run them with commonwatt venue, or name other rules with --rules FILE",
    );
  const splitMinutes = (command.split ?? config.readings?.split) ? (command.interval ?? config.intervalMinutes) : null;
  const source = sourceOf(command, config, splitMinutes);
  const plan = await checked(planStreet(source, command.intervals));
  const minutes =
    plan.stepSeconds === null ? (command.interval ?? config.intervalMinutes ?? written.intervalMinutes) : plan.stepSeconds / 60;
  refuseResampling(command.interval, minutes);
  const rules = withInterval(written, minutes, command.period ?? undefined);
  refuseCrowd(plan.homes.length, rules);
  const speed = command.speed ?? config.speed;
  refuseHaste(speed, minutes);
  return {
    data: command.data === null ? dataOf(config, source) : resolve(command.data),
    rules,
    source,
    plan,
    speed,
    validators: Math.min(config.validators, plan.homes.length),
    processes: Math.min(command.processes ?? config.processes, plan.homes.length),
    outside: config.outside,
    challengeSeconds: config.challengeSeconds,
    evm: config.evm,
    allowance: config.allowance,
    dashboard: { host: command.host ?? config.dashboard.host, port: command.port ?? config.dashboard.port },
    intervals: command.intervals,
    log: command.log ?? "info",
    isDeclaredNewest: command["store-is-newest"] === true,
  };
}

/** How an outside chain is asked; nothing for one of the street's own. */
export function nodesOf({ outside }: Pick<StreetOptions, "outside">) {
  if (outside === null) return {};
  const { rpc, connectMs, answerMs: timeoutMs, feeCap } = outside;
  return { rpc, connectMs, timeoutMs, feeCap };
}

function sourceOf(command: StreetCommand, config: StreetConfig, splitMinutes: number | null): StreetSource {
  const seed = command.seed ?? config.seed;
  const { start } = config;
  const file = command.readings === null ? (config.readings?.file ?? null) : resolve(command.readings);
  if (file !== null) {
    const wanted = command.homes?.kind === "ids" ? command.homes.ids : (config.readings?.homes ?? null);
    if (command.homes?.kind === "count")
      throw cannotStart("USAGE", "--homes N is for a synthetic street", "name the file's homes instead: --homes cl01,cl02");
    const from = command.from ?? config.readings?.from ?? null;
    const batteries = command.batteries ?? config.readings?.batteries ?? false;
    return { kind: "readings", file, seed, from, homes: wanted, batteries, splitSeconds: splitMinutes === null ? null : splitMinutes * 60 };
  }
  if (command.homes?.kind === "ids")
    throw cannotStart("USAGE", "--homes IDS names homes of a readings file", "add --readings FILE, or give a number");
  if (config.homeList !== null && command.homes === null) return { kind: "list", seed, homes: config.homeList, start };
  return { kind: "synthetic", seed, homes: command.homes?.count ?? config.homes, start: command.from ?? start };
}

/** Under these rules more homes could trade more money than can be counted exactly. */
function refuseCrowd(homes: number, rules: MarketRules): void {
  const most = largestMarket(rules);
  if (homes > most)
    throw cannotStart(
      "MARKET_TOO_LARGE",
      `${homes} homes under these rules are more than ${most}`,
      "lower maxOrderWh, maxPricePerKwh or maxOrdersPerHome",
    );
}

/** A replay has a folder of its own, so that it never meddles with the default street. */
function dataOf(config: StreetConfig, source: StreetSource): string {
  if (source.kind !== "readings") return config.data;
  const stem = source.file.slice(source.file.lastIndexOf("/") + 1).replace(/(\.csv)?(\.gz)?$/i, "");
  return resolve(config.data, "..", `readings-${stem.replace(/[^\w.-]/g, "_")}`);
}

function refuseResampling(asked: number | null, minutes: number): void {
  if (asked !== null && asked !== minutes)
    throw cannotStart(
      "READINGS_RESOLUTION",
      `the readings have ${minutes} minutes, not ${asked}`,
      "leave --interval out, or add --split to share each row evenly",
    );
}

function refuseHaste(speed: number, minutes: number): void {
  const fastest = Math.floor((minutes * 60) / SHORTEST_INTERVAL);
  if (speed > fastest)
    throw cannotStart(
      "USAGE",
      `--speed ${speed} leaves less than ${SHORTEST_INTERVAL} s for an interval of ${minutes} minutes`,
      `use at most --speed ${fastest}`,
    );
}

async function checked<T>(
  loading: Promise<{ ok: true; value: T } | { ok: false; problems: ConstructorParameters<typeof CannotStart>[0]; more: number }>,
): Promise<T> {
  const result = await loading;
  if (!result.ok) throw new CannotStart(result.problems, result.more);
  return result.value;
}
