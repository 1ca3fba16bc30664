import type { Value } from "./values.ts";

type Bounds = readonly [min: number, max: number];

/** 1 GWh: more than a house takes in a century. Some meters put a negative number into an unsigned counter. */
export const MAX_COUNTER_WH = 1_000_000_000;
/** A full battery may say a little more than 100 %. */
export const MAX_CHARGE_PERCENT = 102;

const COUNTER: Bounds = [0, MAX_COUNTER_WH];
const POWER: Bounds = [-1_000_000, 1_000_000];

/** By unit, in lower case: no device of a home shows more. */
const BOUNDS: Readonly<Record<string, Bounds>> = {
  wh: COUNTER,
  vah: COUNTER,
  varh: COUNTER,
  w: POWER,
  va: POWER,
  var: POWER,
  v: [-2_000, 2_000],
  a: [-10_000, 10_000],
  hz: [0, 500],
  c: [-100, 300],
};

/** What makes up a battery: percent of it. */
const CHARGES = /(^|_)(Str|Mod)?So[CH]$|(^|_)DoD$|(^|_)ChaState$/;

/** Why a point can't have this value, in words; null: it can. A number in doubt is for people to see, never to settle by. */
export function implausible(name: string, unit: string | null, value: Value): string | null {
  if (typeof value !== "number") return null;
  const bounds = CHARGES.test(name) ? ([0, MAX_CHARGE_PERCENT] as const) : BOUNDS[unit?.toLowerCase() ?? ""];
  if (bounds === undefined || (value >= bounds[0] && value <= bounds[1])) return null;
  return `not within ${bounds[0]} and ${bounds[1]}${unit === null ? "" : ` ${unit}`}`;
}
