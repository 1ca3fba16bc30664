import { createMetrics, openLog, systemClock } from "../../adapters/system/index.ts";
import { deliveryStart } from "../../engine/messages/index.ts";
import type { StreetCard } from "../api/index.ts";
import type { Command } from "../cli/index.ts";
import type { Pause } from "../node/index.ts";
import type { Cancel, Clock } from "../ports/index.ts";
import { readCard, rulesOf } from "./card.ts";
import { type HomeConfig, loadConfig } from "./config/index.ts";
import { CannotStart } from "./exit.ts";
import { openHome, type RunningHome, unwrap } from "./home.ts";
import { leaveStreet, nextKeyAt, rotateKey, takeUpNextKey } from "./owner-changes.ts";
import { pauseText } from "./pause-words.ts";
import { stopSignal } from "./stop.ts";
import { votedLines } from "./street-rules.ts";

/** Real milliseconds between looks for a key that waits, and for why the home signs nothing. */
const LOOK_MS = 1_000;

/** Runs one home in a process of its own, as a household does, until Ctrl-C or SIGTERM. */
export async function runLoneHome(command: Extract<Command, { verb: "home" }>): Promise<number> {
  const config = await loadConfig(command.config, "home");
  if (!config.ok) throw new CannotStart(config.problems, config.more);
  const { value } = config;
  const log = unwrap(openLog({ to: "stderr", level: command.log ?? "info", base: { home: value.name } }));
  const card = await readCard(value.street);
  if (command["rotate-key"] === true) return rotateKey(value, card);
  if (command.leave === true) return leaveStreet(value, card);
  const stopped = stopSignal().then(() => true);
  const isDeclaredNewest = command["store-is-newest"] === true;
  while (!(await runUntil(stopped, value, card, { log, metrics: createMetrics(), isDeclaredNewest })));
  log.close();
  return 0;
}

/** Runs the home until it is stopped (true), or until its next key's time has come and it has to begin anew with it. */
async function runUntil(
  stopped: Promise<boolean>,
  config: HomeConfig,
  card: StreetCard,
  surroundings: Parameters<typeof openHome>[2],
): Promise<boolean> {
  const clock = systemClock(card.clock ?? undefined);
  const nextKey = await nextKeyAt(config, card);
  if (nextKey !== null && clock.now() >= nextKey) {
    takeUpNextKey(config, new Date(clock.now()));
    surroundings.log.info("key.taken-up", {});
  }
  const ready = await openHome(config, card, surroundings);
  const running = await ready.begin(clock, card.peers);
  process.stdout.write(`${config.name} trades in ${card.name}${from(running, card, clock)}; its keys and books are in ${config.data}\n`);
  for (const line of votedLines(card, running.node.membership.registry.rules)) process.stdout.write(`${line}\n`);
  const quiet = tellPauses(config.name, running, card, clock);
  const isOver = await Promise.race([stopped, nextKeyComes(config, card, clock)]);
  quiet();
  await running.stop();
  return isOver;
}

/** A home that has just joined trades from the next settlement period on. */
function from({ node }: RunningHome, card: StreetCard, clock: Clock): string {
  const since = node.self === null ? undefined : node.membership.registered(node.self)?.since;
  const start = since === undefined ? 0 : deliveryStart(rulesOf(card), since) * 1000;
  return start > clock.now() ? ` from ${new Date(start).toISOString()} on` : "";
}

/** Tells on the terminal why the home signs nothing, when that changes, and that it signs again. Returns the way to stop. */
function tellPauses(name: string, { node }: RunningHome, card: StreetCard, clock: Clock): Cancel {
  const rules = rulesOf(card);
  let told: Pause["ends"] | null = null;
  let cancel: Cancel = () => undefined;
  const look = (): void => {
    const { pause } = node;
    if (pause?.ends !== told && (pause !== null || told !== null))
      process.stdout.write(`${name}: ${pause === null ? "it signs again" : pauseText(pause, rules)}\n`);
    told = pause?.ends ?? null;
    cancel = clock.after(LOOK_MS, look);
  };
  look();
  return () => cancel();
}

/** False when a key waits whose time has come. Looks again and again, as it may be asked for while the home runs. */
async function nextKeyComes(config: HomeConfig, card: StreetCard, clock: Clock): Promise<boolean> {
  for (;;) {
    await new Promise<void>((resolve) => clock.after(LOOK_MS, resolve));
    const nextKey = await nextKeyAt(config, card).catch(() => null);
    if (nextKey !== null && clock.now() >= nextKey) return false;
  }
}
