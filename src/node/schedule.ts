import { type Interval, interval } from "../../engine/kernel/index.ts";
import { deliveryStart, gateClosure, intervalAt, intervalSeconds, type MarketRules } from "../../engine/messages/index.ts";

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

/**
 * Sealed orders are shown a while after the gate, so that every honest gate is closed by then: clocks differ by less, and a
 * clock that differs by more is told so. Real ms; in a replay all clocks are one.
 */
export const REVEAL_MS = 500;
/** How long after the gate a list waits at most for orders to be shown. */
export const SHOWN_MS = 1_500;
/**
 * Of an agreement, real ms. A view's time-out grows so that slow homes find together. A leader waits a little for more lists, and
 * longer for the value that is most likely being finalized right now: proposing it again costs all homes.
 */
export const TIMEOUTS = {
  view: (view: number) => Math.min(1000 * 1.5 ** (view - 1), 5000),
  lists: () => 100,
  "hand-on": () => 400,
} as const;
/** How long a round may be silent before peers are asked for it; what it lacks is most likely on its way, and asked for sooner. */
export const STALL_MS = 500;
export const FETCH_MS = 80;
/** A gate that closed longer ago than this (real ms) was not met live; its latency says nothing. */
export const LIVE_MS = 250;
/** Between looks at whether the leader is still there. */
export const LOOK_MS = 100;
/** Before delivery begins a trade must be agreed, or agreement gets this long after the gate in a replay too fast for that. */
const DEADLINE_SECONDS = 10;
const DEADLINE_MS = 10_000;

/** Between looks at the chain, real ms. */
export const CHAIN_MS = 5_000;
/** Validators read what homes have staked so long before they list it, real ms: a few looks at the chain. */
const STAKES_MS = 15_000;

const afterGate = (rules: MarketRules, interval: Interval, speed: number, realMs: number): number =>
  gateClosure(rules, interval) * 1000 + realMs * speed;

/** From when on a validator reads what homes have staked, for its list of an interval; street time, ms. */
export const stakesReadFrom = (rules: MarketRules, interval: Interval, speed: number): number =>
  afterGate(rules, interval, speed, -STAKES_MS);

/** When this home shows the orders that it sealed; street time, ms. */
export const revealAt = (rules: MarketRules, interval: Interval, speed: number): number => afterGate(rules, interval, speed, REVEAL_MS);

/** When a validator asks peers for orders that should have been shown; street time, ms. */
export const askUnshownAt = (rules: MarketRules, interval: Interval, speed: number): number =>
  afterGate(rules, interval, speed, (REVEAL_MS + SHOWN_MS) / 2);

/** When a validator lists what was shown until then; street time, ms. */
export const shownBy = (rules: MarketRules, interval: Interval, speed: number): number => afterGate(rules, interval, speed, SHOWN_MS);

/** From when on this home agrees to no fresh trade; street time, ms. */
export const tradeDeadline = (rules: MarketRules, interval: Interval, speed: number): number =>
  Math.max((deliveryStart(rules, interval) - DEADLINE_SECONDS) * 1000, afterGate(rules, interval, speed, DEADLINE_MS));

/** The interval that is being delivered. */
export const delivering = (rules: MarketRules, nowMs: number): Interval => intervalAt(rules, nowMs / 1000);

/** Clocks of neighbours may differ by that much, ms of street time. */
const skewMs = (speed: number): number => Math.max(2_000, 50 * speed);

/** The last interval whose end has passed, so that its reading may be there. */
export const lastDelivered = (rules: MarketRules, nowMs: number, speed: number): Interval =>
  interval(Math.max(0, delivering(rules, nowMs + skewMs(speed)) - 1));
