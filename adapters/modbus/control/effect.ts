import type { ProfileCommand } from "../profile/profile.ts";
import type { Told } from "./plan.ts";

/** What the battery must be seen to do, and by when (ms on the machine's clock). */
export interface Expectation {
  readonly point: string;
  readonly above: number;
  readonly below: number;
  readonly byMs: number;
  readonly what: string;
}

/** A small power can't reach the profile's threshold: half of it does. */
const PART = 0.5;

/** null: the profile doesn't tell how to see this power; none at all can't be told from doing nothing. */
export function expectationOf({ verify }: ProfileCommand, watts: number, nowMs: number): Expectation | null {
  if (watts === 0) return null;
  for (const each of verify) {
    if (!("observe" in each)) continue;
    const above = each.above === undefined ? Number.NEGATIVE_INFINITY : watts > 0 ? Math.min(each.above, watts * PART) : each.above;
    const below = each.below === undefined ? Number.POSITIVE_INFINITY : watts < 0 ? Math.max(each.below, watts * PART) : each.below;
    const limits = [Number.isFinite(above) ? `above ${above}` : "", Number.isFinite(below) ? `below ${below}` : ""].filter(
      (part) => part !== "",
    );
    const what = `${each.observe} was not seen ${limits.join(" and ")} within ${each.withinSeconds} s`;
    return { point: each.observe, above, below, byMs: nowMs + each.withinSeconds * 1000, what };
  }
  return null;
}

export function isMet({ point, above, below }: Expectation, told: Told): boolean {
  const value = told(point);
  return value !== null && value > above && value < below;
}
