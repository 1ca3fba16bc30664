const RADIANS = Math.PI / 180;
const DAY_S = 86_400;

export interface Place {
  /** Degrees, north positive. */
  readonly latitude: number;
  /** Degrees, east positive. */
  readonly longitude: number;
}

export interface Roof {
  /** Degrees from horizontal. */
  readonly tilt: number;
  /** Degrees from south, west positive. */
  readonly azimuth: number;
}

/** Irradiance on a roof, W/m2. */
export interface Irradiance {
  readonly beam: number;
  readonly diffuse: number;
}

/** Of a cloudless sky, the share of light that doesn't come straight from the sun. */
const CLEAR_DIFFUSE_SHARE = 0.15;
const GROUND_REFLECTANCE = 0.2;
const DARK: Irradiance = { beam: 0, diffuse: 0 };

/**
 * Cloudless irradiance on a roof at an instant (unix seconds). Global horizontal after Haurwitz 1945,
 * 1098 cos z exp(-0.057 / cos z), as compared in Reno, Hansen, Stein 2012 (SAND2012-2389); declination after Cooper 1969,
 * equation of time after Spencer 1971, tilted plane with isotropic diffuse light after Liu and Jordan 1963.
 */
export function clearSky(place: Place, roof: Roof, at: number): Irradiance {
  const { cosZenith, cosIncidence } = sunOnRoof(place, roof, at);
  if (cosZenith <= 0.01) return DARK;
  const global = 1098 * cosZenith * Math.exp(-0.057 / cosZenith);
  const straight = (global * (1 - CLEAR_DIFFUSE_SHARE)) / cosZenith;
  const cosTilt = Math.cos(roof.tilt * RADIANS);
  const sky = (global * CLEAR_DIFFUSE_SHARE * (1 + cosTilt)) / 2;
  const ground = (global * GROUND_REFLECTANCE * (1 - cosTilt)) / 2;
  return { beam: straight * Math.max(0, cosIncidence), diffuse: sky + ground };
}

function sunOnRoof(place: Place, roof: Roof, at: number): { readonly cosZenith: number; readonly cosIncidence: number } {
  const dayOfYear = (at / DAY_S - 0.5) % 365.2425;
  const declination = 23.45 * RADIANS * Math.sin((2 * Math.PI * (284 + dayOfYear)) / 365);
  const hourAngle = (solarHour(place, at, dayOfYear) - 12) * 15 * RADIANS;
  const latitude = place.latitude * RADIANS;
  const up = Math.sin(latitude) * Math.sin(declination) + Math.cos(latitude) * Math.cos(declination) * Math.cos(hourAngle);
  const south = Math.sin(latitude) * Math.cos(declination) * Math.cos(hourAngle) - Math.cos(latitude) * Math.sin(declination);
  const west = Math.cos(declination) * Math.sin(hourAngle);
  const tilt = roof.tilt * RADIANS;
  const azimuth = roof.azimuth * RADIANS;
  const cosIncidence = up * Math.cos(tilt) + Math.sin(tilt) * (south * Math.cos(azimuth) + west * Math.sin(azimuth));
  return { cosZenith: up, cosIncidence };
}

/** Hours of true solar time; the sun is highest at 12. */
function solarHour(place: Place, at: number, dayOfYear: number): number {
  const b = (2 * Math.PI * dayOfYear) / 365;
  const equationMinutes =
    229.18 * (0.000075 + 0.001868 * Math.cos(b) - 0.032077 * Math.sin(b) - 0.014615 * Math.cos(2 * b) - 0.040849 * Math.sin(2 * b));
  const utcHour = (at % DAY_S) / 3600;
  return utcHour + place.longitude / 15 + equationMinutes / 60;
}
