import { availableParallelism } from "node:os";
import type { Command } from "../../cli/index.ts";
import { ADVERSARIES, type AdversaryName, type SeedReport } from "../../sim/index.ts";
import { CannotStart } from "../exit.ts";
import { runPool } from "./pool.ts";
import { ProgressBar, summaryOf } from "./progress.ts";
import type { SwarmTask } from "./task.ts";

type SimCommand = Extract<Command, { verb: "sim" }>;

const DEFAULT_SEEDS = { from: 1, to: 100 };

/** Runs a swarm of simulated streets. Exit 0: every law held in every seed; 1: told which broke, and how. */
export async function runSim(command: SimCommand): Promise<number> {
  const task: SwarmTask = {
    isInstance: command.instance === true,
    signatures: command.signatures ?? "some",
    wishes: {
      homes: command.homes ?? undefined,
      intervals: command.intervals ?? undefined,
      adversaries: command.adversary === null ? undefined : command.adversary.map(adversaryOf),
      hasFaults: command["no-faults"] !== true,
    },
  };
  const seeds = command.seeds ?? DEFAULT_SEEDS;
  const bar = new ProgressBar(seeds.to - seeds.from + 1, process.stderr);
  const reports: SeedReport[] = [];
  const began = performance.now();
  await runPool(task, seeds, command.processes ?? availableParallelism(), (report) => {
    reports.push(report);
    if (report.broken !== null) bar.aside(() => process.stdout.write(`${report.broken?.story.join("\n")}\n\n`));
    bar.step(report.broken !== null);
  });
  bar.end();
  process.stdout.write(`${summaryOf(reports, (performance.now() - began) / 1000)}\n`);
  return reports.some(({ broken }) => broken !== null) ? 1 : 0;
}

function adversaryOf(name: string): AdversaryName {
  if (Object.hasOwn(ADVERSARIES, name)) return name as AdversaryName;
  const meant = { written: name, known: Object.keys(ADVERSARIES) };
  throw new CannotStart([
    { code: "USAGE", file: null, key: "--adversary", what: `${name} is none`, meant, wayOut: `one of ${meant.known.join(", ")}` },
  ]);
}
