import { applianceWh, type DayKind, runsOn, swellW } from "./appliances.ts";
import { HOUSEHOLDS, type Household, type HouseholdKind } from "./households.ts";
import { chance, smoothNoise } from "./noise.ts";

const HOUR_S = 3600;
const DAY_S = 86_400;
const FRIDGE_W = 95;
const FRIDGE_CYCLE_S = 3_000;
const FRIDGE_ON_SHARE = 0.4;

/** The stretch of time whose energy is asked for. */
export interface Stretch {
  /** Unix seconds. */
  readonly at: number;
  readonly seconds: number;
}

/** What a household uses in a stretch of at most an hour, Wh (not rounded). `utcOffsetHours` says when its people get up. */
export function householdWh(kind: HouseholdKind, seed: number, utcOffsetHours: number, stretch: Stretch): number {
  const household: Household = HOUSEHOLDS[kind];
  const local = stretch.at + utcOffsetHours * HOUR_S;
  const day = Math.floor(local / DAY_S);
  const from = (local - day * DAY_S) / HOUR_S;
  const hours = stretch.seconds / HOUR_S;
  const middle = stretch.at + stretch.seconds / 2;
  const mood = 0.75 + 0.5 * smoothNoise(seed, 21, middle / 2_700);
  const steady = household.baseW + fridgeW(seed, stretch) + heatPumpW(household, seed, middle);
  const swells = household.swells.reduce((sum, swell) => sum + (runsOn(swell, dayKind(day)) ? swellW(swell, from + hours / 2) : 0), 0);
  return (steady + swells * mood) * hours + appliancesWh(household, seed, day, from, hours);
}

function appliancesWh(household: Household, seed: number, day: number, from: number, hours: number): number {
  return household.appliances.reduce(
    (sum, appliance, i) => sum + (runsOn(appliance, dayKind(day)) ? applianceWh(appliance, seed, 100 + i, day, from, hours) : 0),
    0,
  );
}

/** 1970-01-01 was a Thursday: days 2 and 3 of a week counted from there are the weekend. */
const dayKind = (day: number): DayKind => (day % 7 === 2 || day % 7 === 3 ? "weekends" : "weekdays");

/** Mean power of the compressor over the stretch; its cycle starts where the seed says. */
function fridgeW(seed: number, stretch: Stretch): number {
  const start = stretch.at + chance(seed, 22) * FRIDGE_CYCLE_S;
  return (FRIDGE_W * (onUntil(start + stretch.seconds) - onUntil(start))) / stretch.seconds;
}

/** Seconds that a fridge has run by `at`. */
function onUntil(at: number): number {
  const cycles = Math.floor(at / FRIDGE_CYCLE_S);
  const on = FRIDGE_CYCLE_S * FRIDGE_ON_SHARE;
  return cycles * on + Math.min(on, at - cycles * FRIDGE_CYCLE_S);
}

/** Coldest in mid-January, a quarter is left in July for hot water; runs stronger and weaker over hours. */
function heatPumpW(household: Household, seed: number, at: number): number {
  if (household.heatPumpW === 0) return 0;
  const season = 0.625 + 0.375 * Math.cos((2 * Math.PI * (at / DAY_S - 15)) / 365.2425);
  return household.heatPumpW * season * (0.6 + 0.8 * smoothNoise(seed, 23, at / 5_400));
}
