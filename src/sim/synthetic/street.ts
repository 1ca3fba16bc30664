import type { BatteryPlate, HomeProfile } from "../../ports/index.ts";
import { syntheticHome } from "./home.ts";
import type { HouseholdKind } from "./households.ts";
import { chance } from "./noise.ts";

/** One home of a modelled street. */
export interface SyntheticHome {
  /** "home-01" */
  readonly name: string;
  readonly kind: HouseholdKind;
  /** null: no panels. */
  readonly kwp: number | null;
  readonly battery: BatteryPlate | null;
  readonly profile: HomeProfile;
}

/** What someone wants a modelled home to be. */
export interface HomePlan {
  readonly kind: HouseholdKind;
  /** null: no panels. */
  readonly kwp: number | null;
  /** null: no battery. */
  readonly batteryKwh: number | null;
}

/** Twelve homes that need each other: seven harvest more than they use at noon, five are short all day, batteries sell in the evening. */
const PLANS: readonly HomePlan[] = [
  { kind: "retired-couple", kwp: 3.6, batteryKwh: 7 },
  { kind: "workshop", kwp: null, batteryKwh: null },
  { kind: "commuters", kwp: 4.0, batteryKwh: null },
  { kind: "heat-pump", kwp: null, batteryKwh: 5 },
  { kind: "family", kwp: 4.8, batteryKwh: 10 },
  { kind: "home-office", kwp: null, batteryKwh: null },
  { kind: "commuters", kwp: 2.8, batteryKwh: 5 },
  { kind: "family", kwp: null, batteryKwh: 5 },
  { kind: "home-office", kwp: 3.4, batteryKwh: null },
  { kind: "workshop", kwp: 4.2, batteryKwh: 10 },
  { kind: "commuters", kwp: null, batteryKwh: null },
  { kind: "retired-couple", kwp: 2.4, batteryKwh: null },
];

/** A street of modelled homes: the same seed builds the same street. */
export function syntheticStreet(seed: number, count: number): readonly SyntheticHome[] {
  const plans = Array.from({ length: count }, (_, index) => {
    const plan = PLANS[index % PLANS.length]!;
    return { name: `home-${String(index + 1).padStart(2, "0")}`, ...plan, kwp: plan.kwp && about(plan.kwp, seed, index) };
  });
  return plannedStreet(seed, plans);
}

/** A street whose homes somebody chose; the seed makes its weather and its people's days. */
export function plannedStreet(seed: number, plans: readonly (HomePlan & { readonly name: string })[]): readonly SyntheticHome[] {
  return plans.map(({ name, kind, kwp, batteryKwh }, index) => ({
    name,
    kind,
    kwp,
    battery: batteryKwh === null ? null : batteryOf(batteryKwh),
    profile: syntheticHome({ seed, kind, index, kwp }),
  }));
}

/** Tenths of a kWp, up to 15 % off the plan, so that streets of different seeds differ in more than the weather. */
const about = (kwp: number, seed: number, index: number): number => Math.round(kwp * (8.5 + 3 * chance(seed, 5, index))) / 10;

/** Two hours at full power fill it, at most 5 kW, 92 % come back: the usual home battery. */
function batteryOf(kwh: number): BatteryPlate {
  const watts = Math.min(5_000, Math.round(kwh * 500));
  return { capacityWh: Math.round(kwh * 1_000), maxChargeW: watts, maxDischargeW: watts, reservePercent: 20, efficiencyPermille: 959 };
}
