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

/** A command as the device will hold it. */
export interface Hold {
  /** How long it goes on when nobody renews it, seconds. */
  readonly leaseSeconds: number;
  /** How long the command before it may go on until this one is written, seconds. */
  readonly writeSeconds: number;
  /** What the command before it holds the battery at, W; null: none. */
  readonly commandedW: number | null;
}

/**
 * The battery's power that makes the meter show what was traded: grid = load - pv - battery, so battery = load - pv - contract.
 * It discharges no more than the backup can bear until the lease ends, whatever becomes of the home meanwhile.
 * null when it can't be told: a home without data commands nothing.
 */
export function setpoint(
  telemetry: Telemetry,
  battery: NonNullable<Nameplate["battery"]>,
  contract: number,
  backupPercent: number,
  hold: Hold,
): number | null {
  const { gridW, pvW, batteryW, socPercent } = telemetry;
  if (gridW === null || pvW === null || batteryW === null || socPercent === null) return null;
  const wanted = steady(gridW + batteryW - contract, hold.commandedW);
  const floor = Math.max(backupPercent, battery.reservePercent);
  const aboveWh = ((socPercent - floor - SOC_MARGIN) / 100) * battery.capacityWh * LEAST_EFFICIENCY;
  const most = Math.min(battery.maxDischargeW, bearable(aboveWh, Math.max(batteryW, hold.commandedW ?? 0), hold));
  return Math.trunc(Math.max(-battery.maxChargeW, Math.min(most, wanted)));
}

/** W that take no more than `aboveWh` from now until the lease of a command written now ends; until it is, `nowW` goes on. */
function bearable(aboveWh: number, nowW: number, { leaseSeconds, writeSeconds }: Hold): number {
  const goneWh = (Math.max(0, nowW) * writeSeconds) / 3600;
  return Math.max(0, ((aboveWh - goneWh) * 3600) / leaseSeconds);
}

/** Small wishes to move are noise; each other number costs a device something. */
const steady = (wantedW: number, commandedW: number | null): number =>
  commandedW !== null && Math.abs(wantedW - commandedW) <= DEAD_BAND_W ? commandedW : wantedW;

/** Discharge stops this much above the backup, % of charge: what a charge that is told in whole percent may be wrong by. */
const SOC_MARGIN = 1;
/** Of what leaves the cells, what reaches the house. */
const LEAST_EFFICIENCY = 0.85;
/** A setpoint is changed only when it moves by more, W. */
const DEAD_BAND_W = 30;
