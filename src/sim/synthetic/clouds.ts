import { smoothNoise } from "./noise.ts";

const WEATHER = 11;
const CLOUDS = 12;
const WISPS = 13;
/** Clouds drift along the street: each home sees them this many seconds after the one before. */
const DRIFT_S = 25;

/**
 * Share of the sun's straight light that reaches a home, 0.05 to 1. One sky for the whole street: weather changes over hours,
 * clouds pass in half an hour and reach the next home a little later.
 */
export function sunThroughClouds(seed: number, homeIndex: number, at: number): number {
  const seen = at - homeIndex * DRIFT_S;
  const weather = smoothNoise(seed, WEATHER, seen / 21_600);
  const clouds = 0.7 * smoothNoise(seed, CLOUDS, seen / 1_800) + 0.3 * smoothNoise(seed, WISPS, seen / 600);
  // Overcast where clouds exceed what the weather leaves free; the edge of a cloud is soft.
  const cover = Math.min(1, Math.max(0, (clouds - 0.25 - 0.55 * weather) / 0.25));
  return 1 - 0.95 * cover;
}
