import { type Interval, interval } from "../../engine/kernel/index.ts";
import { intervalAt, intervalSeconds, type MarketRules } from "../../engine/messages/index.ts";

/** Intervals whose gate is open at `nowMs` (street time): from the next to close on, as far ahead as the rules allow. */
export function openIntervals(rules: MarketRules, nowMs: number): { readonly first: Interval; readonly last: Interval } {
  const first = nextGate(rules, nowMs);
  return { first, last: interval(first + rules.openIntervals - 1) };
}

/** The first interval whose gate has not closed: its delivery starts more than the lead after now. */
export function nextGate(rules: MarketRules, nowMs: number): Interval {
  const lead = rules.gateLeadSeconds;
  return interval(Math.floor((nowMs / 1000 + lead) / intervalSeconds(rules)) + 1);
}

/** The interval that is being delivered. */
export const delivering = (rules: MarketRules, nowMs: number): Interval => intervalAt(rules, nowMs / 1000);

/** Clocks of neighbours may differ by that much, ms of street time. */
const skewMs = (speed: number): number => Math.max(2_000, 50 * speed);

/** The last interval whose end has passed, so that its reading may be there. */
export const lastDelivered = (rules: MarketRules, nowMs: number, speed: number): Interval =>
  interval(Math.max(0, delivering(rules, nowMs + skewMs(speed)) - 1));
