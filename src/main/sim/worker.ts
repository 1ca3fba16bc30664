import { runInstanceSeed, runSeed, type SeedReport } from "../../sim/index.ts";
import { realKeys } from "./keys.ts";
import type { FromWorker, SwarmTask, ToWorker } from "./task.ts";

const SHARE = 50;

/** One process of a swarm: runs the seeds that it is sent, one after the other, and answers each. */
let task: SwarmTask | null = null;
let keys: Awaited<ReturnType<typeof realKeys>> | null = null;
const tell = (message: FromWorker): unknown => process.send?.(message);

function cpuMsSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

async function run(seed: number): Promise<SeedReport> {
  if (task === null) throw new Error("a seed came before the task");
  if (task.isInstance) return runInstanceSeed(seed);
  const isShare = task.signatures === "some" && seed % SHARE === 0;
  if (!isShare && task.signatures !== "real") return runSeed(seed, task.wishes);
  keys ??= await realKeys();
  return runSeed(seed, task.wishes, isShare ? { real: keys } : { keys });
}

process.on("message", (message: ToWorker) => {
  if ("task" in message) {
    task = message.task;
    return;
  }
  const before = process.cpuUsage();
  run(message.seed).then(
    (report) => tell({ report, cpuMs: cpuMsSince(before) }),
    (error: unknown) =>
      tell({ failed: `seed ${message.seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}` }),
  );
});
