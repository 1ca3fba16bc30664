import { execFileSync } from "node:child_process";
import { availableParallelism, cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runPool } from "../src/main/sim/pool.ts";
import type { SwarmTask } from "../src/main/sim/task.ts";
import type { SeedReport } from "../src/sim/index.ts";

/** What the swarm costs and finds: seeds of large streets with faults, and of the agreement alone. Prints figures beside their goals; judges nothing. */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const { values } = parseArgs({
  options: {
    seeds: { type: "string", default: "10000" },
    instances: { type: "string", default: "100000" },
    homes: { type: "string", default: "20" },
    intervals: { type: "string", default: "20" },
  },
});
const [homes, intervals] = [Number(values.homes), Number(values.intervals)];
const processes = availableParallelism();

async function swarm(what: string, count: number, wanted: Pick<SwarmTask, "isInstance" | "wishes">, goal: string): Promise<void> {
  const reports: SeedReport[] = [];
  let cpuMs = 0;
  const began = performance.now();
  await runPool({ ...wanted, signatures: "fake" }, { from: 1, to: count }, processes, (report, usedMs) => {
    reports.push(report);
    cpuMs += usedMs;
    if (report.broken !== null) console.log(`${report.broken.story.join("\n")}\n`);
  });
  const certified = reports.reduce((total, report) => total + report.intervals, 0);
  const broken = reports.filter((report) => report.broken !== null).length;
  const wallS = (performance.now() - began) / 1000;
  console.log(`${what.padEnd(44)} ${count} seeds, ${broken} broken, ${certified} intervals, ${wallS.toFixed(0)} s of wall time`);
  console.log(`${"".padEnd(44)} ${((1000 * certified) / cpuMs).toFixed(1)} intervals per second and core; goal ${goal}`);
}

const git = (...args: readonly string[]): string => execFileSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).trim();
console.log(
  `machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
);
console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
console.log(
  "method   each seed draws faults and liars for a street of production nodes in virtual time; a core's second is CPU time of the",
);
console.log("         process that ran the seed, its start not counted; intervals are those that every honest home certified");
console.log("left out real signatures, libp2p, SQLite and clocks other than virtual ones: they have benches and tests of their own\n");
await swarm(
  `streets of ${homes} homes, ${intervals} intervals, with faults`,
  Number(values.seeds),
  { isInstance: false, wishes: { homes, intervals } },
  ">= 50, 10000 seeds, 0 broken",
);
await swarm("the agreement alone, 4 to 10 homes", Number(values.instances), { isInstance: true, wishes: {} }, "100000 seeds, 0 broken");
