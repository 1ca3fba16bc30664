import type { MicroPerKwh } from "../../engine/kernel/index.ts";
import { microPerKwh, wh } from "../../engine/kernel/index.ts";
import type { MarketRules, Order } from "../../engine/messages/index.ts";

/** What a household may set, and needs to set nothing of. Prices in micro-currency per kWh. */
export interface Preferences {
  /** The lowest price it sells at. */
  readonly sellAbove: MicroPerKwh;
  /** The highest price it buys at. */
  readonly buyBelow: MicroPerKwh;
  /** Of the battery, never sold and never used for trade. */
  readonly backupPercent: number;
}

export interface BatteryState {
  readonly storedWh: number;
  readonly capacityWh: number;
  readonly reservePercent: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
}

export type Wish = Pick<Order, "side" | "energy" | "limit">;

/** Below this an order is not worth its message, Wh. */
const SMALLEST_WH = 10;
/** What goes in and comes out again. */
const ROUND_TRIP = 0.85;
/** Part of the spare charge that a home offers to neighbours in one interval. */
const SPARE_SHARE = 0.25;
/** Nights to come: what a home keeps for itself before it offers stored energy, as part of its battery. */
const OWN_NIGHT_SHARE = 0.5;

/**
 * What a home offers and asks for one interval, from its expected energy: the only door from floats to the market's integers.
 * Stored energy is worth what it saves later, the utility's import price less losses: a home buys rather than empties its
 * battery below that price, sells sun that it could store only above it, and the rest at its own limit.
 */
export function wishes(
  rules: MarketRules,
  preferences: Preferences,
  netWh: number,
  battery: BatteryState | null,
  hours: number,
): readonly Wish[] {
  const storedValue = Math.max(preferences.sellAbove, Math.min(preferences.buyBelow, rules.residual.importPrice * ROUND_TRIP));
  const spare = battery === null ? 0 : spareWh(battery, preferences, hours);
  const room = battery === null ? 0 : Math.min(battery.capacityWh - battery.storedWh, battery.maxChargeW * hours);
  if (netWh >= 0) {
    const covered = Math.min(netWh, spare);
    const left = spare - covered;
    const offer = battery !== null && battery.storedWh > OWN_NIGHT_SHARE * battery.capacityWh ? left * SPARE_SHARE : 0;
    return orders(rules, [
      { side: "buy", energyWh: netWh - covered, limit: preferences.buyBelow },
      covered > offer ? { side: "buy", energyWh: covered, limit: storedValue } : { side: "sell", energyWh: offer, limit: storedValue },
    ]);
  }
  const storable = Math.min(-netWh, Math.max(0, room));
  return orders(rules, [
    { side: "sell", energyWh: -netWh - storable, limit: preferences.sellAbove },
    { side: "sell", energyWh: storable, limit: storedValue },
  ]);
}

/** Charge above the backup that the battery could give in the interval. */
function spareWh(battery: BatteryState, { backupPercent }: Preferences, hours: number): number {
  const kept = (battery.capacityWh * Math.max(backupPercent, battery.reservePercent)) / 100;
  return Math.max(0, Math.min(battery.storedWh - kept, battery.maxDischargeW * hours));
}

function orders(
  rules: MarketRules,
  drafts: readonly { readonly side: Order["side"]; readonly energyWh: number; readonly limit: number }[],
): readonly Wish[] {
  return drafts
    .filter(({ energyWh }) => energyWh >= SMALLEST_WH)
    .flatMap(({ side, energyWh, limit: wanted }) => {
      const limit = onTick(rules, side, wanted);
      return limit === null ? [] : [{ side, energy: wh(Math.min(rules.maxOrderWh, Math.round(energyWh))), limit }];
    })
    .slice(0, rules.maxOrdersPerHome);
}

/** A buyer's limit rounds down and a seller's up, so that nobody trades past what was meant; null: the market ends below it. */
function onTick({ tick, maxPrice }: MarketRules, side: Order["side"], limit: number): MicroPerKwh | null {
  const most = Math.floor(maxPrice / tick) * tick;
  if (side === "buy") return microPerKwh(Math.min(Math.max(0, Math.floor(limit / tick) * tick), most));
  const least = Math.ceil(limit / tick) * tick;
  return least > most ? null : microPerKwh(least);
}
