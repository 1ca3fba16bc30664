import { scenarioOf } from "./draws.ts";
import { type Outcome, type RunOptions, runScenario } from "./run.ts";
import type { Wishes } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { storyOf } from "./story.ts";

/** What a swarm tells of one seed. */
export interface SeedReport {
  readonly seed: number;
  /** Over everything that happened. */
  readonly hash: string;
  /** What was simulated: intervals that the street certified, faults beforehand and calm behind included. */
  readonly intervals: number;
  /** The law that broke and the shortest log found of it, one line each; null: all laws hold. */
  readonly broken: { readonly law: string; readonly story: readonly string[] } | null;
}

/** Runs one seed's scenario; when a law breaks, looks for the smallest scenario that breaks it too and tells its story. */
export async function runSeed(seed: number, wishes: Wishes = {}, options: RunOptions = {}): Promise<SeedReport> {
  const outcome = await runScenario(scenarioOf(seed, wishes), options);
  const { hash, certified: intervals } = outcome;
  return { seed, hash, intervals, broken: outcome.broken === null ? null : await storyOfBroken(outcome, options) };
}

async function storyOfBroken(outcome: Outcome, options: RunOptions): Promise<SeedReport["broken"]> {
  const { scenario } = await shrink(outcome, options);
  const told = await runScenario(scenario, { ...options, withLog: true });
  return { law: outcome.broken?.law ?? "", story: storyOf(told) };
}
