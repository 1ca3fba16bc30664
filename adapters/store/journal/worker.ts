import { parentPort, workerData } from "node:worker_threads";
import { Log, type LogStart } from "./log.ts";
import { attach, die, type Memory } from "./shared.ts";
import { systemTrouble } from "./trouble.ts";
import { runWriter } from "./writer.ts";

/** The journal's writing thread. It never relies on the caller's event loop, which may be asleep for want of room. */
export interface WorkerStart {
  readonly memory: Memory;
  readonly log: LogStart;
}

const { memory, log: start } = workerData as WorkerStart;
const shared = attach(memory);
let log: Log | null = null;
try {
  log = new Log(start, shared);
  log.prepare();
  parentPort!.postMessage("ready");
  runWriter(log, shared, start.end.next - 1);
} catch (error) {
  const trouble = systemTrouble(error);
  const { stack } = error as Error;
  die(shared, trouble?.code ?? "JOURNAL_FAILED", `${trouble?.path ?? start.folder}: ${trouble?.what ?? stack}`);
} finally {
  log?.close();
}
