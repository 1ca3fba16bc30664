import { loadReadings, type ReadingsFile } from "../../../adapters/imports/index.ts";
import { ok } from "../../../engine/kernel/index.ts";
import type { BatteryPlate, Checked, HomeProfile, HousePlate } from "../../ports/index.ts";
import { consumersFor, MEASURED_HOME_BATTERY, plannedStreet, type SyntheticHome, syntheticStreet } from "../../sim/synthetic/index.ts";
import type { PlannedHome, ReadingsConfig } from "../config/index.ts";

/** Where a street's energy comes from; plain JSON, so that the device simulator builds the same homes. */
export type StreetSource =
  | { readonly kind: "synthetic"; readonly seed: number; readonly homes: number; readonly start: string }
  | { readonly kind: "list"; readonly seed: number; readonly homes: readonly PlannedHome[]; readonly start: string }
  | ({ readonly kind: "readings"; readonly seed: number; readonly splitSeconds: number | null } & Omit<ReadingsConfig, "split">);

export interface HousePlan {
  readonly name: string;
  readonly plate: HousePlate;
  readonly profile: HomeProfile;
}

export interface StreetPlan {
  readonly homes: readonly HousePlan[];
  /** Unix seconds: when the meters begin to count. */
  readonly start: number;
  /** Unix seconds; null: for ever. */
  readonly until: number | null;
  /** The file's own resolution, or that of a declared split; null: any interval will do. */
  readonly stepSeconds: number | null;
  /** What is shown wherever the readings matter. */
  readonly label: string;
  readonly synthetic: boolean;
  /** Sentences that people must read: what was added, split or left out. */
  readonly notes: readonly string[];
}

/** Builds the homes of a street; a pure function of the source and, for readings, of the file. */
export async function planStreet(source: StreetSource, intervals: number | null = null): Promise<Checked<StreetPlan>> {
  if (source.kind === "readings") return planReadings(source, intervals);
  const homes = source.kind === "synthetic" ? syntheticStreet(source.seed, source.homes) : plannedStreet(source.seed, source.homes);
  const label = `synthetic (seed ${source.seed})`;
  const start = Date.parse(source.start) / 1000;
  return ok({
    homes: homes.map(houseOf),
    start,
    until: null,
    stepSeconds: null,
    label,
    synthetic: true,
    notes: [`Readings are ${label}: a model, not measurements.`],
  });
}

async function planReadings(source: Extract<StreetSource, { kind: "readings" }>, intervals: number | null): Promise<Checked<StreetPlan>> {
  const file = await load(source);
  if (!file.ok) return file;
  const { value } = file;
  // The whole file shapes the homes, however little of it is replayed; a wish beyond its end is refused in the importer's words.
  const isTooMuch = intervals !== null && value.window.from + intervals * value.stepSeconds > value.window.until;
  const refusal = isTooMuch ? await load(source, intervals) : null;
  if (refusal?.ok === false) return refusal;
  const battery = source.batteries ? MEASURED_HOME_BATTERY : null;
  const measured = value.homes.map(({ id, profile }) => ({
    name: id,
    profile,
    plate: plateOf(id, harvests(value, id) ? peakW(value, id) : null, battery),
  }));
  const added = consumersFor(value, { seed: source.seed });
  return ok({
    homes: [...measured, ...added.map(houseOf)],
    start: value.window.from,
    until: value.window.until,
    stepSeconds: value.stepSeconds,
    label: labelOf(value),
    synthetic: false,
    notes: [
      ...value.notes,
      addedNote(added.map(({ name }) => name)),
      ...(source.batteries ? ["Batteries are a model (6.4 kWh, 5 kW), not measured."] : []),
    ],
  });
}

function load(source: Extract<StreetSource, { kind: "readings" }>, intervals: number | null = null): ReturnType<typeof loadReadings> {
  return loadReadings(source.file, {
    ...(source.from === null ? {} : { from: source.from }),
    ...(intervals === null ? {} : { intervals }),
    ...(source.homes === null ? {} : { homes: source.homes }),
    ...(source.splitSeconds === null ? {} : { split: source.splitSeconds }),
  });
}

const labelOf = (file: ReadingsFile): string => `measured (${file.file.slice(file.file.lastIndexOf("/") + 1)})`;

const addedNote = (names: readonly string[]): string =>
  `${names.length} homes without panels were added so that the market has two sides: ${names.join(", ")} (synthetic load).`;

const houseOf = ({ name, kwp, battery, profile }: SyntheticHome): HousePlan => ({
  name,
  profile,
  plate: plateOf(name, kwp === null ? null : Math.round(kwp * 1000), battery),
});
const plateOf = (name: string, ratedPvW: number | null, battery: BatteryPlate | null): HousePlate => ({
  serial: `SIM-${name}`,
  ratedPvW,
  battery,
});

const profileOf = (file: ReadingsFile, id: string): HomeProfile => file.homes.find((home) => home.id === id)!.profile;
const harvests = (file: ReadingsFile, id: string): boolean => peakW(file, id) > 0;

/** The most that its panels gave in the file, rounded up to 100 W: a rating that nothing measured exceeds. */
function peakW(file: ReadingsFile, id: string): number {
  const profile = profileOf(file, id);
  let most = 0;
  for (let step = file.window.from / file.stepSeconds; step < file.window.until / file.stepSeconds; step++)
    most = Math.max(most, profile.energyAt(step)?.pvWh ?? 0);
  return Math.ceil((most * 3600) / file.stepSeconds / 100) * 100;
}
