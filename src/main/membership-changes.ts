import type { HomeId, Interval } from "../../engine/kernel/index.ts";
import { intervalAt, type MarketRules } from "../../engine/messages/index.ts";
import type { Clock, Registry, ValidatorSet } from "../ports/index.ts";

/** A change counts so many intervals and real seconds from now at the soonest: by then every home has read it. */
const AHEAD = { intervals: 3, seconds: 12 } as const;

/** The first interval of the next settlement period that a change may still count for. */
export function nextEdge(rules: MarketRules, clock: Pick<Clock, "now" | "speed">): Interval {
  const seconds = (rules.intervalMinutes * 60) / clock.speed;
  const soonest = intervalAt(rules, clock.now() / 1000) + Math.max(AHEAD.intervals, Math.ceil(AHEAD.seconds / seconds));
  return (Math.ceil(soonest / rules.periodIntervals) * rules.periodIntervals) as Interval;
}

/**
 * Who certifies from `since` on without a home; null when it doesn't certify then, or when nobody would be left. A minimum that the
 * rest can't meet falls to what they can.
 */
export function withoutValidator({ validatorSets }: Registry, home: HomeId, since: Interval): ValidatorSet | null {
  const last = validatorSets.at(-1)!;
  const validators = last.validators.filter((each) => each.home !== home);
  if (validators.length === last.validators.length || validators.length === 0) return null;
  const minimum = (of: keyof ValidatorSet["minimums"]): number =>
    Math.min(last.minimums[of], validators.filter((each) => each.class === of).length);
  const minimums = { home: minimum("home"), operator: minimum("operator"), utility: minimum("utility") };
  return { since: Math.max(since, last.since) as Interval, validators, minimums };
}
