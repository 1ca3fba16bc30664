import type { Block, PointPlace } from "./sunspec/index.ts";
import { INTERVAL_REGISTER, placesOf } from "./sunspec/index.ts";

/** Where a quantity may stand: model and point, the preferred one first. */
type Candidates = readonly (readonly [model: number, point: string])[];

/** A point of one block in a device's chain. */
export interface Spot {
  readonly block: Block;
  readonly place: PointPlace;
}

// Integers with scale factors before floats: devices that show both round the floats.
export const INVERTER_MODELS = [101, 102, 103, 111, 112, 113, 701];
export const METER_MODELS = [201, 202, 203, 204, 211, 212, 213, 214];
export const STORAGE_MODEL = 124;

const each = (models: readonly number[], point: string): Candidates => models.map((model) => [model, point] as const);

/** What is read every time, by whom it is told. */
export const TELEMETRY = {
  meter: {
    gridW: each(METER_MODELS, "W"),
    importWh: each(METER_MODELS, "TotWhImp"),
    exportWh: each(METER_MODELS, "TotWhExp"),
    latchedAt: [[INTERVAL_REGISTER, "End"]],
    latchedImportWh: [[INTERVAL_REGISTER, "TotWhImp"]],
    latchedExportWh: [[INTERVAL_REGISTER, "TotWhExp"]],
  },
  inverter: { inverterW: each(INVERTER_MODELS, "W") },
  battery: {
    batteryW: [[802, "W"]],
    socPercent: [
      [802, "SoC"],
      [713, "SoC"],
      [STORAGE_MODEL, "ChaState"],
    ],
  },
} as const satisfies Record<Role, Record<string, Candidates>>;

export type Role = "meter" | "inverter" | "battery";
export type Quantity = { [R in Role]: keyof (typeof TELEMETRY)[R] }[Role];

/** What is read once. */
export const NAMEPLATE = {
  manufacturer: [[1, "Mn"]],
  model: [[1, "Md"]],
  serial: [[1, "SN"]],
  ratedPvW: [
    [120, "WRtg"],
    [702, "WMaxRtg"],
    [121, "WMax"],
  ],
  capacityWh: [
    [802, "WHRtg"],
    [713, "WHRtg"],
    [120, "WHRtg"],
  ],
  maxChargeW: [
    [802, "WChaRteMax"],
    [702, "WChaRteMaxRtg"],
    [120, "MaxChaRte"],
    [STORAGE_MODEL, "WChaMax"],
  ],
  maxDischargeW: [
    [802, "WDisChaRteMax"],
    [702, "WDisChaRteMaxRtg"],
    [120, "MaxDisChaRte"],
    [STORAGE_MODEL, "WChaMax"],
  ],
  reservePercent: [
    [STORAGE_MODEL, "MinRsvPct"],
    [802, "SoCRsvMin"],
  ],
} as const satisfies Record<string, Candidates>;

/** All places of a quantity that this chain has, the preferred one first. The first block of a model counts. */
export function spotsOf(candidates: Candidates, chain: readonly Block[]): readonly Spot[] {
  return candidates.flatMap(([model, point]) => {
    const block = chain.find(({ id }) => id === model);
    const place = placesOf(model).get(point);
    return block === undefined || place === undefined ? [] : [{ block, place }];
  });
}
