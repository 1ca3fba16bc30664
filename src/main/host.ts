import { readFile } from "node:fs/promises";
import { createMetrics, openLog, systemClock } from "../../adapters/system/index.ts";
import { readCard } from "./card.ts";
import { loadConfig } from "./config/index.ts";
import { CannotStart } from "./exit.ts";
import { openHome, type ReadyHome, type RunningHome, unwrap } from "./home.ts";
import { asChild } from "./process.ts";

/** Some homes of one street in one process; as JSON, written by the street. */
export interface HostFile {
  readonly homes: readonly string[];
  /** The owner says that there is nothing newer than their stores. */
  readonly isDeclaredNewest: boolean;
  readonly log: { readonly file: string; readonly level: "error" | "warn" | "info" | "debug" };
}

/** Runs the homes that a host file names until it is told to stop. */
export async function runHost(path: string): Promise<never> {
  const file = JSON.parse(await readFile(path, "utf8")) as HostFile;
  const log = unwrap(openLog({ to: { file: file.log.file }, level: file.log.level, format: "json" }));
  const metrics = createMetrics();
  const ready: ReadyHome[] = [];
  let running: RunningHome[] = [];
  const child = asChild({
    go: async (anchor, peers) => {
      const clock = systemClock(anchor);
      running = await Promise.all(ready.map((home) => home.begin(clock, peers)));
    },
    stop: async () => {
      await Promise.all(running.length > 0 ? running.map((home) => home.stop()) : ready.map((home) => home.close()));
    },
  });
  try {
    await Promise.all(
      file.homes.map(async (home) => {
        const config = await loadConfig(home, "home");
        if (!config.ok) throw new CannotStart(config.problems, config.more);
        const card = await readCard(config.value.street);
        ready.push(
          await openHome(config.value, card, {
            log: log.with({ home: config.value.name }),
            metrics: metrics.with({ home: config.value.name }),
            isDeclaredNewest: file.isDeclaredNewest,
          }),
        );
      }),
    );
    child.tell({ kind: "ready", peers: Object.fromEntries(ready.map((home) => [home.name, home.address])) });
  } catch (error) {
    log.error("host.failed", { error: String(error) });
    child.tell({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
  }
  return child.ended;
}
