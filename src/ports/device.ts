import type { Result, Wh } from "../../engine/kernel/index.ts";
import type { MeterSource, RawBytes } from "../../engine/messages/index.ts";

export type DeviceCode =
  | "DEVICE_TIMEOUT"
  | "DEVICE_OFFLINE"
  | "DEVICE_EXCEPTION"
  | "DEVICE_IMPLAUSIBLE"
  | "DEVICE_MALFORMED"
  | "DEVICE_REFUSED";

/** The counters as a meter had them at an interval's end; `at` in unix seconds. `raw`: the bytes behind them, where they are others than those behind the rest. */
export interface LatchedCounters {
  readonly at: number;
  readonly importWh: Wh;
  readonly exportWh: Wh;
  readonly raw?: readonly RawBytes[];
}

/** Which meter said it, and the very bytes. */
export interface MeterOrigin {
  readonly source: MeterSource;
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly raw: readonly RawBytes[];
}

/** What inverter, battery and meter say now. null is unknown, never 0. Signs: grid + import, battery + discharge, pv >= 0. */
export interface Telemetry {
  readonly gridW: number | null;
  readonly pvW: number | null;
  readonly batteryW: number | null;
  /** State of charge, 0 to 100 %. */
  readonly socPercent: number | null;
  /** The meter's counters since it was installed. */
  readonly importWh: Wh | null;
  readonly exportWh: Wh | null;
  /** The counters at the last interval's end, where the meter latches them. */
  readonly latched: LatchedCounters | null;
  /** Behind the counters; left out: nothing is known of it. */
  readonly origin?: MeterOrigin;
  /** How old the counters are, real milliseconds; left out: just read. */
  readonly ageMs?: number;
  /** What another meter of the home counted, which settles nothing; left out: there is none, or it says nothing. */
  readonly beside?: { readonly importWh: Wh; readonly exportWh: Wh };
}

/** What is screwed to the wall: read once at start. null: the home has no battery. */
export interface Nameplate {
  readonly manufacturer: string;
  readonly model: string;
  readonly serial: string;
  readonly ratedPvW: number | null;
  readonly battery: {
    readonly capacityWh: number;
    readonly maxChargeW: number;
    readonly maxDischargeW: number;
    readonly reservePercent: number;
    /** The device holds a command at least so long, whatever lease is asked for. Default 0. */
    readonly leastLeaseSeconds?: number;
  } | null;
}

export interface Device {
  /** How long one of the calls below may take, real ms; 900 where it isn't told. */
  readonly patienceMs?: number;
  nameplate(signal: AbortSignal): Promise<Result<Nameplate, DeviceCode>>;
  read(signal: AbortSignal): Promise<Result<Telemetry, DeviceCode>>;
  /** Discharge (+) or charge (-) for `leaseSeconds` of the device's own clock; the device falls back to its own rules when the lease ends. */
  dispatch(batteryW: number, leaseSeconds: number, signal: AbortSignal): Promise<Result<void, DeviceCode>>;
  /** Hands the battery back to its own rules. */
  release(signal: AbortSignal): Promise<Result<void, DeviceCode>>;
  close(): Promise<void>;
}
