import { faulty } from "../../../engine/agreement/index.ts";
import { homeId } from "../../../engine/kernel/index.ts";
import { isBearable } from "./changes.ts";
import { type Outcome, type RunOptions, runScenario } from "./run.ts";
import type { Fault, Scenario } from "./scenario.ts";

/** So many runs at most: each of them is as long as the one that broke. */
const MOST_RUNS = 120;

/**
 * The smallest scenario found that still breaks the same law: without faults, adversaries, intervals, homes and differences of
 * clocks that it doesn't need. Greedy: what can be left out is left out, until nothing can.
 */
export async function shrink(outcome: Outcome, options: RunOptions = {}): Promise<Outcome> {
  const law = outcome.broken?.law;
  let best = outcome;
  let runs = 0;
  for (let progress = true; progress; ) {
    progress = false;
    for (const smaller of smallerThan(best.scenario)) {
      if (law === undefined || runs++ >= MOST_RUNS) return best;
      if (!isBearable(smaller, smaller.changes ?? [])) continue;
      const tried = await runScenario(smaller, options);
      if (tried.broken?.law !== law) continue;
      best = tried;
      progress = true;
      break;
    }
  }
  return best;
}

/** Scenarios with one thing less, the most promising first. */
function* smallerThan(scenario: Scenario): Generator<Scenario> {
  const { faults, adversaries, intervals, homes, ambient, changes = [] } = scenario;
  const half = Math.ceil(faults.length / 2);
  if (faults.length > 3) {
    yield { ...scenario, faults: faults.slice(half) };
    yield { ...scenario, faults: faults.slice(0, half) };
  }
  for (const each of adversaries) yield { ...scenario, adversaries: adversaries.filter((other) => other !== each) };
  for (const each of faults) yield { ...scenario, faults: faults.filter((other) => other !== each) };
  for (const each of changes) yield { ...scenario, changes: changes.filter((other) => other !== each) };
  if (intervals > 1) yield { ...scenario, intervals: Math.ceil(intervals / 2) };
  if (intervals > 1) yield { ...scenario, intervals: intervals - 1 };
  for (const fewer of new Set([4, homes - 1])) if (fewer >= 4 && fewer < homes) yield withHomes(scenario, fewer);
  if (scenario.skewMs > 0) yield { ...scenario, skewMs: 0 };
  if (scenario.driftPpm > 0) yield { ...scenario, driftPpm: 0 };
  if (ambient.loss > 0) yield { ...scenario, ambient: { ...ambient, loss: 0 } };
  if (ambient.duplication > 0) yield { ...scenario, ambient: { ...ambient, duplication: 0 } };
  if (ambient.delayMs.most > 20) yield { ...scenario, ambient: { ...ambient, delayMs: { least: 1, most: 20 } } };
}

function withHomes(scenario: Scenario, homes: number): Scenario {
  const most = faulty({ ids: Array.from({ length: homes }, (_, index) => homeId(index)) });
  const stay = (indices: readonly number[]): readonly number[] => indices.filter((index) => index < homes);
  const fitted = (fault: Fault): readonly Fault[] => {
    if ("home" in fault) return fault.home < homes ? [fault] : [];
    if (fault.kind === "partition") return [{ ...fault, groups: fault.groups.map(stay).filter((group) => group.length > 0) }];
    if (fault.kind === "chain-away" && fault.homes !== undefined) return [{ ...fault, homes: stay(fault.homes) }];
    return fault.kind === "deaf" ? [{ ...fault, from: stay(fault.from), to: stay(fault.to) }] : [fault];
  };
  const adversaries = scenario.adversaries.filter(({ home }) => home < homes).slice(0, most);
  const fewer = { ...scenario, homes, adversaries, faults: scenario.faults.flatMap(fitted) };
  const { changes } = scenario;
  return changes === undefined ? fewer : { ...fewer, changes: changes.filter((change) => !("home" in change) || change.home < homes) };
}
