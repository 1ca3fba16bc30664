import type { BatteryPlate } from "../ports/index.ts";

/**
 * Charge is kept in microjoules: watts x milliseconds x permille. Every span then changes it by a whole number, so that
 * many small steps and one large one end at the same charge.
 */
export const MICROJOULE_PER_WH = 3_600_000_000;

export interface Cell {
  readonly full: number;
  readonly floor: number;
  readonly maxChargeW: number;
  readonly maxDischargeW: number;
  /** Microjoules that reach the cells per W and ms of charging; and that leave them per W and ms of discharging. */
  readonly stored: number;
  readonly drawn: number;
}

export function cellOf(plate: BatteryPlate): Cell {
  const full = plate.capacityWh * MICROJOULE_PER_WH;
  return {
    full,
    floor: Math.ceil((full / 100) * plate.reservePercent),
    maxChargeW: plate.maxChargeW,
    maxDischargeW: plate.maxDischargeW,
    stored: plate.efficiencyPermille,
    // 1 / efficiency, rounded up once: the battery never gives more than it has.
    drawn: Math.ceil(1_000_000 / plate.efficiencyPermille),
  };
}

const clamp = (value: number, low: number, high: number): number => Math.min(Math.max(value, low), high);

/** Own rules: soak up the surplus, cover the load. A window of somebody else's narrows that, the plate's limits come last. */
export function wantedPower(
  cell: Cell,
  loadW: number,
  pvW: number,
  window: { readonly minW: number; readonly maxW: number } | null,
): number {
  const own = loadW - pvW;
  const asked = window === null ? own : clamp(own, window.minW, window.maxW);
  return clamp(asked, -cell.maxChargeW, cell.maxDischargeW);
}

/** Change of charge per millisecond at `powerW` (+ discharge). */
export const chargeRate = (cell: Cell, powerW: number): number => (powerW < 0 ? -powerW * cell.stored : -powerW * cell.drawn);

/** Whole milliseconds that `powerW` can last before the battery is full or at its floor. */
export function lastsFor(cell: Cell, charge: number, powerW: number): number {
  const rate = chargeRate(cell, powerW);
  if (rate === 0) return Number.POSITIVE_INFINITY;
  const room = rate > 0 ? cell.full - charge : charge - cell.floor;
  return Math.max(0, Math.floor(room / Math.abs(rate)));
}
