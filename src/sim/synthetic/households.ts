import type { Appliance, Swell } from "./appliances.ts";

/** Who lives here and what they switch on. Watts are typical figures of appliances; a day adds up to 6 to 16 kWh. */
export interface Household {
  /** Shown to people. */
  readonly label: string;
  /** Always on: router, standby, pumps; W. */
  readonly baseW: number;
  readonly swells: readonly Swell[];
  readonly appliances: readonly Appliance[];
  /** Heating that follows the season, mean W in mid-winter; 0 for most. */
  readonly heatPumpW: number;
}

const KETTLE: Appliance = { watts: 2000, minutes: 4, hour: 7, spread: 1, chance: 0.9 };
const SUPPER: Appliance = { watts: 1700, minutes: 35, hour: 18.5, spread: 1, chance: 0.9 };
const LUNCH: Appliance = { watts: 1500, minutes: 30, hour: 12, spread: 0.7, chance: 0.85 };
const LAUNDRY: Appliance = { watts: 1500, minutes: 40, hour: 10, spread: 2, chance: 0.35 };
/** A boiler on a timer: the sun is cheap at noon. */
const HOT_WATER: Appliance = { watts: 1800, minutes: 45, hour: 12.5, spread: 1.5, chance: 0.9 };
const DISHES: Appliance = { watts: 1200, minutes: 45, hour: 20.5, spread: 0.8, chance: 0.6 };

export const HOUSEHOLDS = {
  "retired-couple": {
    label: "retired couple",
    baseW: 145,
    swells: [
      { watts: 150, hour: 9, width: 2 },
      { watts: 250, hour: 19.5, width: 2 },
    ],
    appliances: [KETTLE, LUNCH, LAUNDRY, { ...SUPPER, minutes: 20 }],
    heatPumpW: 0,
  },
  family: {
    label: "family",
    baseW: 170,
    swells: [
      { watts: 350, hour: 7, width: 1 },
      { watts: 500, hour: 19.5, width: 2.2 },
      { watts: 200, hour: 14, width: 3, days: "weekends" },
    ],
    appliances: [KETTLE, SUPPER, DISHES, { ...LAUNDRY, chance: 0.6, hour: 14 }, { ...LUNCH, days: "weekends" }],
    heatPumpW: 0,
  },
  commuters: {
    label: "commuters",
    baseW: 130,
    swells: [
      { watts: 300, hour: 6.5, width: 0.8, days: "weekdays" },
      { watts: 450, hour: 20.5, width: 1.8 },
      { watts: 200, hour: 12, width: 4, days: "weekends" },
    ],
    appliances: [KETTLE, { ...SUPPER, hour: 19.5 }, DISHES, { ...LAUNDRY, hour: 19, spread: 1 }],
    heatPumpW: 0,
  },
  "home-office": {
    label: "home office",
    baseW: 160,
    swells: [
      { watts: 260, hour: 11, width: 2.5, days: "weekdays" },
      { watts: 220, hour: 15.5, width: 2, days: "weekdays" },
      { watts: 350, hour: 20, width: 2 },
    ],
    appliances: [KETTLE, LUNCH, { ...KETTLE, hour: 15 }, { ...SUPPER, minutes: 25 }, { ...LAUNDRY, hour: 13 }],
    heatPumpW: 0,
  },
  workshop: {
    label: "home with workshop",
    baseW: 180,
    swells: [
      { watts: 550, hour: 9.5, width: 1.4, days: "weekdays" },
      { watts: 600, hour: 14, width: 1.8, days: "weekdays" },
      { watts: 300, hour: 20, width: 2 },
      { watts: 250, hour: 13, width: 3, days: "weekends" },
    ],
    appliances: [KETTLE, { watts: 2200, minutes: 40, hour: 11, spread: 1.5, chance: 0.7, days: "weekdays" }, SUPPER],
    heatPumpW: 0,
  },
  "heat-pump": {
    label: "home with heat pump",
    baseW: 130,
    swells: [
      { watts: 250, hour: 7, width: 1.2 },
      { watts: 350, hour: 19.5, width: 2 },
    ],
    appliances: [KETTLE, SUPPER, DISHES, HOT_WATER, { ...LAUNDRY, chance: 0.3 }],
    heatPumpW: 160,
  },
} as const satisfies Record<string, Household>;

export type HouseholdKind = keyof typeof HOUSEHOLDS;
export const HOUSEHOLD_KINDS = Object.keys(HOUSEHOLDS) as readonly HouseholdKind[];
