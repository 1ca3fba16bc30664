import { join } from "node:path";
import { createMetrics, openLog, systemClock } from "../../adapters/system/index.ts";
import type { Command } from "../cli/index.ts";
import { readCard } from "./card.ts";
import { loadConfig } from "./config/index.ts";
import { CannotStart } from "./exit.ts";
import { openHome, unwrap } from "./home.ts";
import { stopSignal } from "./stop.ts";

/** Runs one home in a process of its own, as a household does, until Ctrl-C or SIGTERM. */
export async function runLoneHome(command: Extract<Command, { verb: "home" }>): Promise<number> {
  const config = await loadConfig(command.config, "home");
  if (!config.ok) throw new CannotStart(config.problems, config.more);
  const { value } = config;
  const log = unwrap(openLog({ to: "stderr", level: command.log ?? "info", base: { home: value.name } }));
  const card = await readCard(value.street);
  const ready = await openHome(value, card, { log, metrics: createMetrics() });
  const running = await ready.begin(systemClock(card.clock ?? undefined), card.peers);
  process.stdout.write(`${value.name} trades in ${card.name}; its keys and books are in ${join(value.data)}\n`);
  await stopSignal();
  await running.stop();
  log.close();
  return 0;
}
