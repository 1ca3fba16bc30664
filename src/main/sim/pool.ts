import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { SeedReport } from "../../sim/index.ts";
import { cannotStart } from "../exit.ts";
import type { FromWorker, SwarmTask, ToWorker } from "./task.ts";

const WORKER = fileURLToPath(new URL("./worker.ts", import.meta.url));
/** Not the launcher's, which keep a home small: streets leave a lot behind that dies young. */
const FLAGS = ["--max-semi-space-size=32"];

/** Runs seeds on several processes, each the next one as soon as it is free; `onReport` hears of each as it ends, with the CPU time that it took. */
export async function runPool(
  task: SwarmTask,
  seeds: { readonly from: number; readonly to: number },
  processes: number,
  onReport: (report: SeedReport, cpuMs: number) => void,
): Promise<void> {
  let next = seeds.from;
  const count = Math.min(processes, seeds.to - seeds.from + 1);
  const workers: ChildProcess[] = [];
  const work = (): Promise<void> =>
    new Promise((resolve, reject) => {
      const worker = fork(WORKER, [], { execArgv: FLAGS });
      workers.push(worker);
      const send = (message: ToWorker): boolean => worker.send(message);
      const feed = (): void => {
        if (next <= seeds.to) send({ seed: next++ });
        else worker.disconnect();
      };
      worker.on("message", (message: FromWorker) => {
        if ("failed" in message) reject(cannotStart("SIM_FAILED", message.failed));
        else {
          onReport(message.report, message.cpuMs);
          feed();
        }
      });
      worker.on("exit", (code) =>
        code === 0 ? resolve() : reject(cannotStart("SIM_FAILED", `a process of the swarm ended with ${code}`)),
      );
      send({ task });
      feed();
    });
  try {
    await Promise.all(Array.from({ length: count }, work));
  } finally {
    for (const worker of workers) if (worker.connected) worker.kill();
  }
}
