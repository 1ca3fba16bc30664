import type { Fill } from "../../engine/auction/index.ts";
import type { HomeId } from "../../engine/kernel/index.ts";
import type { Nameplate, Telemetry } from "../ports/index.ts";

/** What this home bought (+) or sold (-) for an interval, W over its length; null without a fill. */
export function contractW(fills: readonly Fill[], home: HomeId, seconds: number): number | null {
  const own = fills.filter((fill) => fill.home === home);
  if (own.length === 0) return null;
  const netWh = own.reduce((total, fill) => total + (fill.side === "buy" ? fill.energy : -fill.energy), 0);
  return (netWh * 3600) / seconds;
}

/**
 * The battery's power that makes the meter show what was traded: grid = load - pv - battery, so battery = load - pv - contract.
 * null when it can't be told: a home without data commands nothing.
 */
export function setpoint(
  telemetry: Telemetry,
  battery: NonNullable<Nameplate["battery"]>,
  contract: number,
  backupPercent: number,
): number | null {
  const { gridW, pvW, batteryW, socPercent } = telemetry;
  if (gridW === null || pvW === null || batteryW === null || socPercent === null) return null;
  const wanted = gridW + batteryW - contract;
  const floor = Math.max(backupPercent, battery.reservePercent);
  if (wanted > 0 && socPercent <= floor + SOC_MARGIN) return 0;
  return Math.round(Math.max(-battery.maxChargeW, Math.min(battery.maxDischargeW, wanted)));
}

/** Discharge stops this much above the backup, % of charge. */
const SOC_MARGIN = 1;
