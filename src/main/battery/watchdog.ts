import { createInterface } from "node:readline";
import { Driver, ModbusLink, type Place, type Profile, registersOf } from "../../../adapters/modbus/index.ts";
import { openLog, systemClock } from "../../../adapters/system/index.ts";
import type { Log } from "../../ports/index.ts";
import { unwrap } from "../keys.ts";
import { fileKeeper } from "./keeper.ts";

/** What a watchdog needs to release a battery, as one line of JSON. */
export interface Watched {
  readonly home: string;
  /** Where the home keeps what the device's registers held. */
  readonly memory: string;
  readonly log: string;
  readonly life: string;
  readonly profile: Profile;
  readonly unit: number;
  readonly link: Place & { readonly timeoutMs: number; readonly gapMs: number; readonly connectDelayMs: number };
}

/** So long a home may say nothing, real ms. */
export const SILENCE_MS = 10_000;
const LOOK_MS = 250;
const RETRY_MS = 2_000;
/** For all reads and writes of one attempt. */
const ATTEMPT_MS = 30_000;

/**
 * Stands by while a home commands its battery: reads what it watches, then one line for each sign of life. When the home falls
 * silent or ends, however it ends, it undoes what is in force, and tries until it has. Ends with the home.
 */
export async function runWatchdog(): Promise<never> {
  // Ctrl-C and a service's stop reach the home as well, which then says when.
  process.on("SIGINT", () => undefined);
  process.on("SIGTERM", () => undefined);
  const clock = systemClock();
  const lines = createInterface({ input: process.stdin });
  const isOver = new Promise<true>((resolve) => lines.once("close", () => resolve(true)));
  let watched: Watched | null = null;
  let heardMs = clock.monotonicMs();
  let hasEnded = false;
  void isOver.then(() => {
    hasEnded = true;
  });
  lines.on("line", (line) => {
    heardMs = clock.monotonicMs();
    if (watched !== null) return;
    watched = JSON.parse(line) as Watched;
    process.stdout.write("ready\n");
  });
  const wait = (ms: number): Promise<unknown> => Promise.race([isOver, new Promise((resolve) => setTimeout(resolve, ms))]);
  let told: string | null = null;
  for (;;) {
    if (!hasEnded && clock.monotonicMs() - heardMs < SILENCE_MS) await wait(LOOK_MS);
    else {
      const trouble: string | null = watched === null ? null : await releaseWatched(watched, clock);
      // Once for each trouble, not at each try.
      if (watched !== null && trouble !== null && trouble !== told) tell(watched, trouble);
      told = trouble;
      if (trouble !== null) await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      else if (hasEnded) process.exit(0);
      else await wait(LOOK_MS);
    }
  }
}

/** Undoes what may be in force; null once nothing is, or another life of the home sees to it, else why not. */
async function releaseWatched(watched: Watched, clock: ReturnType<typeof systemClock>): Promise<string | null> {
  const link = new ModbusLink({ ...watched.link, clock, random: Math.random });
  const keeper = fileKeeper(watched.memory);
  const { profile, unit, life } = watched;
  const driver = new Driver({ profile, registers: registersOf(link), unit, keeper, life, isGuarded: () => true, clock });
  try {
    if (!driver.isAtWork) return null;
    const undone = await driver.release(AbortSignal.timeout(ATTEMPT_MS));
    if (!undone.ok) return `${undone.code}: ${undone.detail}`;
    tell(watched, null);
    return null;
  } finally {
    link.close();
  }
}

function tell({ home, log: file }: Watched, trouble: string | null): void {
  const log = unwrap(openLog({ to: { file }, level: "info", format: "json", base: { home } }));
  const line: Log = log;
  if (trouble === null) line.warn("battery.released", {});
  else line.error("battery.unreleased", { trouble });
  log.close();
}
