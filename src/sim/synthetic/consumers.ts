import type { HomeProfile } from "../../ports/index.ts";
import { DEFAULT_PLACE, syntheticHome } from "./home.ts";
import type { HouseholdKind } from "./households.ts";
import type { SyntheticHome } from "./street.ts";

/** What is asked of a measured street; a ReadingsFile is one. */
export interface MeasuredStreet {
  readonly stepSeconds: number;
  /** Unix seconds; `until` is exclusive. */
  readonly window: { readonly from: number; readonly until: number };
  readonly homes: readonly { readonly profile: HomeProfile }[];
}

const KINDS: readonly HouseholdKind[] = ["workshop", "home-office", "heat-pump", "family"];
const DAY_S = 86_400;
/** A month tells enough about a street's size and clock. */
const LOOK_S = 31 * DAY_S;
/** Consumers stand for houses without panels and a bit more, so that a surplus finds buyers. */
const SIZE = 1.5;
/** Fewer homes than this can't certify anything among themselves when one is away. */
const SMALLEST_STREET = 4;

/**
 * Modelled homes without panels to add to a measured street, where nearly everyone has a surplus at the same time. They use
 * what its homes use on average (times 1.5), get up when its sun rises, and step as its file does. Say to people that they are synthetic.
 */
export function consumersFor(
  street: MeasuredStreet,
  options: { readonly seed?: number; readonly count?: number } = {},
): readonly SyntheticHome[] {
  const seed = options.seed ?? 1;
  const count = options.count ?? Math.max(2, Math.ceil(street.homes.length / 5), SMALLEST_STREET - street.homes.length);
  const seen = look(street);
  return Array.from({ length: count }, (_, index) => {
    const kind = KINDS[index % KINDS.length]!;
    const model = {
      seed,
      kind,
      index: street.homes.length + index,
      kwp: null,
      stepSeconds: street.stepSeconds,
      utcOffsetHours: seen.utcOffsetHours,
    };
    return {
      name: `consumer-${String(index + 1).padStart(2, "0")}`,
      kind,
      kwp: null,
      battery: null,
      profile: syntheticHome({ ...model, loadFactor: loadFactor(syntheticHome(model), street, seen.meanLoadW) }),
    };
  });
}

interface Look {
  /** Mean of all homes; null when the file doesn't tell. */
  readonly meanLoadW: number | null;
  readonly utcOffsetHours: number;
}

/** How much the homes use, and where their sun stands highest: the clock that their people live by. */
function look(street: MeasuredStreet): Look {
  let loadWh = 0;
  let seconds = 0;
  let east = 0;
  let north = 0;
  for (const { profile } of street.homes) {
    for (let step = firstStep(street); step < lastStep(street); step++) {
      const energy = profile.energyAt(step);
      if (energy === null) continue;
      loadWh += energy.loadWh;
      seconds += street.stepSeconds;
      const angle = (2 * Math.PI * ((step + 0.5) * street.stepSeconds)) / DAY_S;
      east += energy.pvWh * Math.sin(angle);
      north += energy.pvWh * Math.cos(angle);
    }
  }
  return { meanLoadW: loadWh > 0 ? (loadWh * 3600) / seconds : null, utcOffsetHours: offsetOf(east, north) };
}

/** The middle of the harvest on the circle of a day is noon; no harvest, no noon: the default place. */
function offsetOf(east: number, north: number): number {
  if (east === 0 && north === 0) return Math.round(DEFAULT_PLACE.longitude / 15);
  const noonUtcHour = (Math.atan2(east, north) / (2 * Math.PI)) * 24;
  return Math.round((((12 - noonUtcHour + 12) % 24) + 24) % 24) - 12;
}

function loadFactor(model: HomeProfile, street: MeasuredStreet, meanLoadW: number | null): number {
  if (meanLoadW === null) return 1;
  let wh = 0;
  const steps = Math.ceil((7 * DAY_S) / street.stepSeconds);
  for (let i = 0; i < steps; i++) wh += model.energyAt(firstStep(street) + i)?.loadWh ?? 0;
  const modelW = (wh * 3600) / (steps * street.stepSeconds);
  return (SIZE * meanLoadW) / modelW;
}

const firstStep = (street: MeasuredStreet): number => Math.floor(street.window.from / street.stepSeconds);
const lastStep = (street: MeasuredStreet): number =>
  Math.floor(Math.min(street.window.until, street.window.from + LOOK_S) / street.stepSeconds);
