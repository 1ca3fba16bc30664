/** Zones that people know first; the others follow in alphabetical order. */
const WELL_KNOWN = [
  "Europe/Berlin",
  "Europe/London",
  "America/New_York",
  "America/Chicago",
  "America/Denver",
  "America/Los_Angeles",
  "Australia/Sydney",
  "Pacific/Auckland",
  "America/Santiago",
];

const clocks = new Map<string, Intl.DateTimeFormat>();

/**
 * A zone whose clocks go back by `seconds` at this instant (unix seconds), so that the wall-clock time after it has been
 * there before: tables kept in local time have no row for it. null when there is no such zone.
 */
export function zoneThatRepeats(at: number, seconds: number): string | null {
  const zones = [...WELL_KNOWN, ...Intl.supportedValuesOf("timeZone")];
  return zones.find((zone) => offsetSeconds(zone, at - 1) - offsetSeconds(zone, at) === seconds) ?? null;
}

/** Local time minus UTC. */
function offsetSeconds(zone: string, at: number): number {
  const parts = clockOf(zone).formatToParts(at * 1000);
  const name = parts.find((part) => part.type === "timeZoneName")?.value ?? "";
  const match = /^GMT([+-])(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(name);
  if (match === null) return 0;
  const size = Number(match[2]) * 3600 + Number(match[3]) * 60 + Number(match[4] ?? 0);
  return match[1] === "-" ? -size : size;
}

function clockOf(zone: string): Intl.DateTimeFormat {
  const known = clocks.get(zone);
  if (known !== undefined) return known;
  const clock = new Intl.DateTimeFormat("en-US", { timeZone: zone, timeZoneName: "longOffset" });
  clocks.set(zone, clock);
  return clock;
}
