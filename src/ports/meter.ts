import type { Result, Wh } from "../../engine/kernel/index.ts";
import type { DeviceCode, LatchedCounters, MeterOrigin } from "./device.ts";

/** What a meter says by itself. null is unknown, never 0. */
export interface MeterReading {
  /** + is import. */
  readonly gridW: number | null;
  readonly importWh: Wh | null;
  readonly exportWh: Wh | null;
  readonly latched: LatchedCounters | null;
  readonly origin: MeterOrigin;
  /** How old it is, real milliseconds. */
  readonly ageMs: number;
}

/** A meter beside the inverter, or alone: it tells of itself, and a look is at what it told last. */
export interface Meter {
  /** Refused when what it told last is too old. */
  read(): Result<MeterReading, DeviceCode>;
  close(): Promise<void>;
}

/**
 * What is wrong with a home's meters. METER_SILENT: nothing of the meter that settles for a minute. COUNTER_BROKEN: it fell or leapt.
 * POWER_DIFFERS: it counted another energy than its power makes. METERS_DIFFER: the home's other meter counted another energy.
 */
export type MeterAlarm = "METER_SILENT" | "COUNTER_BROKEN" | "POWER_DIFFERS" | "METERS_DIFFER";
