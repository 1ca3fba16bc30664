import { assert } from "../../engine/kernel/index.ts";

/** Where an interval stands in its local day. Days have 92, 96 or 100 quarter-hours; nothing here assumes 24 hours. */
export interface LocalInterval {
  /** 2026-10-25 */
  readonly date: string;
  /** From 1, counted from the day's first instant, so that the doubled hour of autumn has its own numbers. */
  readonly index: number;
  /** How many intervals the day has. */
  readonly count: number;
}

/** Reads instants on the clocks of one IANA zone. Keeps the last day found: exports come in order. */
export function localTime(timeZone: string): (startMs: number, lengthMs: number) => LocalInterval {
  assert(isTimeZone(timeZone), `not a time zone: ${timeZone}`);
  const calendar = calendarOf(timeZone);
  let day: LocalDay | null = null;
  return (startMs, lengthMs) => {
    if (day === null || startMs < day.start || startMs >= day.end) day = dayOf(calendar, startMs);
    // Intervals hang on UTC: in a zone of odd minutes a day's first interval starts some minutes into it.
    const first = Math.ceil(day.start / lengthMs);
    return { date: day.date, index: Math.floor(startMs / lengthMs) - first + 1, count: Math.ceil(day.end / lengthMs) - first };
  };
}

export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

interface LocalDay {
  readonly date: string;
  readonly start: number;
  readonly end: number;
}

/** What the zone's wall clock and calendar show at an instant, as if they were UTC. */
type Calendar = (ms: number) => number;

const DAY_MS = 86_400_000;

function calendarOf(timeZone: string): Calendar {
  const format = new Intl.DateTimeFormat("en-u-ca-gregory-nu-latn", {
    timeZone,
    hourCycle: "h23",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
  });
  return (ms) => {
    const part: Record<string, number> = {};
    for (const { type, value } of format.formatToParts(ms)) part[type] = Number(value);
    return Date.UTC(part.year!, part.month! - 1, part.day!, part.hour!, part.minute!, part.second!);
  };
}

function dayOf(calendar: Calendar, ms: number): LocalDay {
  const midnight = Math.floor(calendar(ms) / DAY_MS) * DAY_MS;
  return {
    date: new Date(midnight).toISOString().slice(0, 10),
    start: firstInstant(calendar, midnight),
    end: firstInstant(calendar, midnight + DAY_MS),
  };
}

/**
 * The first instant of a local date. Midnight may not exist (clocks go forward at it) or come twice (they go back over it),
 * so both offsets around it are tried, and the one counts that has the day before it in the second before.
 */
function firstInstant(calendar: Calendar, midnight: number): number {
  const offsets = [-DAY_MS, DAY_MS].map((away) => calendar(midnight + away) - (midnight + away));
  const found = offsets.map((offset) => midnight - offset).find((at) => calendar(at) >= midnight && calendar(at - 1000) < midnight);
  assert(found !== undefined, `no first instant of ${new Date(midnight).toISOString().slice(0, 10)}`);
  return found;
}
