import { readFile } from "node:fs/promises";
import { startDeviceSimulator } from "../../adapters/modbus/index.ts";
import { systemClock } from "../../adapters/system/index.ts";
import type { Clock } from "../ports/index.ts";
import { House, type HouseState } from "../sim/index.ts";
import { readCard } from "./card.ts";
import type { HomeConfig } from "./config/index.ts";
import { CannotStart } from "./exit.ts";
import { readJson, replaceFileSync } from "./files.ts";
import { asChild } from "./process.ts";
import { planStreet, type StreetSource } from "./street/plan.ts";

/** The simulated devices of some homes; as JSON, written by the street (or by hand, to try a home alone). */
export interface DevicesFile {
  readonly source: StreetSource;
  /** Which homes of the source; their ports, 0 for any free one. */
  readonly homes: readonly { readonly name: string; readonly port: number }[];
  readonly intervalSeconds: number;
  /** Where meters and batteries are kept from one run to the next. */
  readonly stateFile: string;
  /** Whose time to follow when no street started this process: a street's card, as in a home's configuration. */
  readonly street?: HomeConfig["street"];
}

const SAVE_MS = 2_000;
const START_CHARGE_PERCENT = 50;

/** Runs the device simulator until it is told to stop. */
export async function runDevices(path: string): Promise<never> {
  const file = JSON.parse(await readFile(path, "utf8")) as DevicesFile;
  const plan = await planStreet(file.source);
  if (!plan.ok) throw new CannotStart(plan.problems, plan.more);
  const saved = (await readJson<Record<string, HouseState>>(file.stateFile)) ?? {};
  const startMs = plan.value.start * 1000;
  const homes = file.homes.map(({ name, port }) => {
    const house = plan.value.homes.find((each) => each.name === name);
    if (house === undefined) throw new CannotStart([{ code: "HOME_UNKNOWN", file: path, key: name, what: "no such home in the source" }]);
    const from = saved[name] ?? { at: startMs, chargePercent: START_CHARGE_PERCENT };
    return { name, port, house: new House({ profile: house.profile, plate: house.plate, intervalSeconds: file.intervalSeconds, from }) };
  });
  let clock: Clock | null = null;
  const simulator = await startDeviceSimulator({ homes, now: () => clock?.now() ?? startMs, intervalSeconds: file.intervalSeconds });
  const save = (): void => replaceFileSync(file.stateFile, JSON.stringify(simulator.snapshot()));
  const timer = setInterval(() => clock !== null && save(), SAVE_MS);
  const child = asChild({
    go: async (anchor) => {
      clock = systemClock(anchor);
    },
    stop: async () => {
      clearInterval(timer);
      if (clock !== null) save();
      await simulator.close();
    },
  });
  child.tell({ kind: "ready", ports: simulator.ports });
  if (file.street !== undefined && !process.connected) {
    clock = systemClock((await readCard(file.street)).clock ?? undefined);
    process.stdout.write(`${JSON.stringify(simulator.ports)}\n`);
  }
  return child.ended;
}
