import type { StreetKeys } from "../street/cheap-signer.ts";
import { scenarioOf } from "./draws.ts";
import { type Outcome, type RunOptions, runScenario } from "./run.ts";
import type { Wishes } from "./scenario.ts";
import { shrink } from "./shrink.ts";
import { differsUnder } from "./signatures.ts";
import { describeScenario, storyOf } from "./story.ts";

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

export interface SeedOptions extends RunOptions {
  /** Everybody signs with these, and what is decided is compared with what cheap signatures bring about. */
  readonly real?: StreetKeys;
}

/** Runs one seed's scenario; when a law breaks, looks for the smallest scenario that breaks it too and tells its story. */
export async function runSeed(seed: number, wishes: Wishes = {}, { real, ...given }: SeedOptions = {}): Promise<SeedReport> {
  const options = real === undefined ? given : { ...given, keys: real };
  const outcome = await runScenario(scenarioOf(seed, wishes), options);
  const { hash, certified: intervals, scenario } = outcome;
  if (outcome.broken !== null) return { seed, hash, intervals, broken: await storyOfBroken(outcome, options) };
  const differs = real === undefined ? null : await differsUnder(real, scenario);
  const law = "decided alike, however signed";
  const story = [`seed ${seed}: ${law}: ${differs}`, `  ${describeScenario(scenario)}`];
  return { seed, hash, intervals, broken: differs === null ? null : { law, story } };
}

async function storyOfBroken(outcome: Outcome, options: RunOptions): Promise<SeedReport["broken"]> {
  const { scenario } = await shrink(outcome, options);
  const told = await runScenario(scenario, { ...options, withLog: true });
  return { law: outcome.broken?.law ?? "", story: storyOf(told) };
}
