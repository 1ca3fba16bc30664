import { chance } from "./noise.ts";

/** Something that runs once on some days. */
export interface Appliance {
  readonly watts: number;
  readonly minutes: number;
  /** Local hour at which it usually starts. */
  readonly hour: number;
  /** It starts up to this many hours sooner or later. */
  readonly spread: number;
  /** Share of days on which it runs. */
  readonly chance: number;
  readonly days?: "weekdays" | "weekends";
}

/** A smooth swell of use around a time of day: light, screens, a warm house. */
export interface Swell {
  readonly watts: number;
  /** Local hour of its middle. */
  readonly hour: number;
  /** Hours from the middle to where 60 % are left. */
  readonly width: number;
  readonly days?: "weekdays" | "weekends";
}

export type DayKind = "weekdays" | "weekends";

/** Energy in Wh that an appliance takes in local hours [from, from + hours) of a day. */
export function applianceWh(appliance: Appliance, seed: number, stream: number, day: number, from: number, hours: number): number {
  if (chance(seed, stream, day, 1) >= appliance.chance) return 0;
  const length = appliance.minutes / 60;
  const wished = appliance.hour + (2 * chance(seed, stream, day, 2) - 1) * appliance.spread;
  const start = Math.min(24 - length, Math.max(0, wished));
  const overlap = Math.min(start + length, from + hours) - Math.max(start, from);
  return overlap > 0 ? overlap * appliance.watts : 0;
}

/** Mean power in W at a local hour; wraps around midnight. */
export function swellW(swell: Swell, hour: number): number {
  const apart = Math.abs(hour - swell.hour);
  const distance = Math.min(apart, 24 - apart) / swell.width;
  return swell.watts * Math.exp(-0.5 * distance * distance);
}

export const runsOn = (thing: { readonly days?: DayKind }, kind: DayKind): boolean => thing.days === undefined || thing.days === kind;
