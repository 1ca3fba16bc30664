import type { HomeProfile, StepEnergy } from "../../ports/index.ts";
import { sunThroughClouds } from "./clouds.ts";
import type { HouseholdKind } from "./households.ts";
import { householdWh } from "./load.ts";
import { chance } from "./noise.ts";
import { clearSky, type Place, type Roof } from "./sun.ts";

export const SYNTHETIC_STEP_SECONDS = 300;
/** Munich's latitude; the clock is one hour ahead of UTC all year. */
export const DEFAULT_PLACE: Place = { latitude: 48, longitude: 11.5 };
/** What inverter, cables, dust and warm cells leave of the light. */
const PERFORMANCE = 0.85;

export interface HomeModel {
  readonly seed: number;
  readonly kind: HouseholdKind;
  /** Place in the street: clouds come by in this order, and it tells homes of one kind apart. */
  readonly index: number;
  /** null: no panels. */
  readonly kwp: number | null;
  readonly place?: Place;
  /** 300 unless told; at most 3600 and a divisor of a day. */
  readonly stepSeconds?: number;
  /** Local time minus UTC in whole hours; from the longitude unless told. */
  readonly utcOffsetHours?: number;
  /** Multiplies the household's use; 1 unless told. */
  readonly loadFactor?: number;
}

/** A modelled home: the energy of any step follows from the seed, the home and the step alone. Whole Wh. */
export function syntheticHome(model: HomeModel): HomeProfile {
  const stepSeconds = model.stepSeconds ?? SYNTHETIC_STEP_SECONDS;
  return { stepSeconds, kind: "gross", energyAt: (step) => stepEnergy(model, step * stepSeconds, stepSeconds) };
}

/** A longer step is the sum of its 300 s pieces, so that a model in another resolution stays the same home. */
function stepEnergy(model: HomeModel, at: number, seconds: number): StepEnergy {
  let loadWh = 0;
  let pvWh = 0;
  for (let piece = 0; piece < seconds; piece += SYNTHETIC_STEP_SECONDS) {
    loadWh += Math.round(pieceLoadWh(model, at + piece));
    pvWh += Math.round(piecePvWh(model, at + piece));
  }
  return { loadWh, pvWh };
}

function pieceLoadWh(model: HomeModel, at: number): number {
  const offset = model.utcOffsetHours ?? Math.round((model.place ?? DEFAULT_PLACE).longitude / 15);
  const own = Math.floor(chance(model.seed, 1, model.index) * 2 ** 31);
  return householdWh(model.kind, own, offset, { at, seconds: SYNTHETIC_STEP_SECONDS }) * (model.loadFactor ?? 1);
}

function piecePvWh(model: HomeModel, at: number): number {
  if (model.kwp === null) return 0;
  const middle = at + SYNTHETIC_STEP_SECONDS / 2;
  const clear = clearSky(model.place ?? DEFAULT_PLACE, roofOf(model), middle);
  const through = sunThroughClouds(model.seed, model.index, middle);
  // A cloud takes the straight light and makes some of it diffuse.
  const light = clear.beam * through + clear.diffuse + clear.beam * (1 - through) * 0.15;
  const watts = Math.min(model.kwp * 1000, model.kwp * light * PERFORMANCE);
  return (watts * SYNTHETIC_STEP_SECONDS) / 3600;
}

/** South-ish: up to 50 degrees to the east or west, 20 to 45 degrees steep. */
function roofOf(model: HomeModel): Roof {
  return { azimuth: 100 * (chance(model.seed, 2, model.index) - 0.5), tilt: 20 + 25 * chance(model.seed, 3, model.index) };
}
