import { FIRST } from "../street/market.ts";
import { describeFault } from "./apply.ts";
import { describeChange } from "./changes.ts";
import type { Outcome } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import type { Line } from "./transcript.ts";

/** A broken law for people: what, in which scenario, and the events that matter, one line each. */
export function storyOf({ scenario, broken, log }: Outcome): readonly string[] {
  if (broken === null) return [];
  const about = broken.interval ?? lastInterval(log);
  return [
    `seed ${scenario.seed}: ${broken.law}: ${broken.what}`,
    `  ${describeScenario(scenario)}`,
    ...scenario.faults.map(
      (fault) => `  at ${seconds(fault.at)}${"until" in fault ? ` to ${seconds(fault.until)}` : ""}: ${describeFault(fault)}`,
    ),
    ...(scenario.changes ?? []).map((change) => `  at ${seconds(change.at)}: ${describeChange(change)}`),
    ...log
      .filter(({ interval }) => interval === null || interval === about)
      .map((line) => `  ${seconds(line.atMs).padStart(10)}  ${line.text}`),
  ];
}

export function describeScenario({ homes, intervals, orders, adversaries, skewMs, driftPpm, ambient, periodIntervals }: Scenario): string {
  const liars = adversaries.map(({ home, name }) => `home-${home} ${name}`).join(", ");
  const { loss, duplication, delayMs } = ambient;
  return [
    `${homes} homes, ${intervals} intervals from ${FIRST}, ${orders} orders${periodIntervals === undefined ? "" : `, periods of ${periodIntervals}`}`,
    liars === "" ? "nobody lies" : liars,
    `${Math.round(100 * loss)} % lost, ${Math.round(100 * duplication)} % twice, ${delayMs.least} to ${delayMs.most} ms late`,
    `clocks off by up to ${skewMs} ms of the street and ${driftPpm} ppm`,
  ].join("; ");
}

const seconds = (ms: number): string => `${(ms / 1000).toFixed(3)} s`;

const lastInterval = (log: readonly Line[]): number | null => log.reduce<number | null>((last, { interval }) => interval ?? last, null);
