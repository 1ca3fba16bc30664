import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Clock, Device, DeviceCode, Log, Meter, MeterReading, Nameplate, Telemetry } from "../ports/index.ts";
import { hasJumped } from "./meter-checks.ts";

export interface MeteredDeviceOptions {
  /** Inverter and battery with a meter of their own; null: the home has nothing but the meter. */
  readonly inverter: Device | null;
  readonly meter: Meter;
  /** Whose counters are the home's readings. The other's are compared with them. */
  readonly settles: "meter" | "inverter";
  readonly clock: Pick<Clock, "now">;
  readonly log: Log;
}

const NOTHING: Telemetry = {
  gridW: null,
  pvW: null,
  batteryW: null,
  socPercent: null,
  importWh: null,
  exportWh: null,
  latched: null,
};

/** A home whose meter is read by itself, beside its inverter or without one. */
export class MeteredDevice implements Device {
  readonly patienceMs?: number;
  readonly #options: MeteredDeviceOptions;
  #before: { readonly atMs: number; readonly importWh: number; readonly exportWh: number } | null = null;
  #told = "";

  constructor(options: MeteredDeviceOptions) {
    this.#options = options;
    const { patienceMs } = options.inverter ?? {};
    if (patienceMs !== undefined) this.patienceMs = patienceMs;
  }

  async nameplate(signal: AbortSignal): Promise<Result<Nameplate, DeviceCode>> {
    const { inverter, meter } = this.#options;
    if (inverter !== null) return inverter.nameplate(signal);
    const read = meter.read();
    if (!read.ok) return read;
    const { manufacturer, model, serial } = read.value.origin;
    return ok({ manufacturer, model, serial, ratedPvW: null, battery: null });
  }

  async read(signal: AbortSignal): Promise<Result<Telemetry, DeviceCode>> {
    const { inverter, meter, settles } = this.#options;
    const base = inverter === null ? null : await inverter.read(signal);
    const read = meter.read();
    this.#tell(base, read);
    if (settles === "inverter" && base !== null) return base.ok ? ok(beside(base.value, read.ok ? read.value : null)) : base;
    const others = base?.ok === true ? base.value : NOTHING;
    if (!read.ok) return base?.ok === true ? ok(withoutCounters(base.value)) : read;
    return ok(beside(settled(others, this.#sound(read.value)), others));
  }

  async dispatch(batteryW: number, leaseSeconds: number, signal: AbortSignal): Promise<Result<void, DeviceCode>> {
    return this.#options.inverter?.dispatch(batteryW, leaseSeconds, signal) ?? NO_BATTERY;
  }

  async release(signal: AbortSignal): Promise<Result<void, DeviceCode>> {
    return this.#options.inverter?.release(signal) ?? NO_BATTERY;
  }

  async close(): Promise<void> {
    const { inverter, meter } = this.#options;
    await Promise.all([inverter?.close(), meter.close()]);
  }

  /** Counters that fall or leap are refused once, and believed from there on. */
  #sound(reading: MeterReading): MeterReading {
    const { importWh, exportWh } = reading;
    if (importWh === null || exportWh === null) return reading;
    const before = this.#before;
    const now = { atMs: this.#options.clock.now() - reading.ageMs, importWh, exportWh };
    this.#before = now;
    return before === null || !hasJumped(before, now) ? reading : { ...reading, importWh: null, exportWh: null, latched: null };
  }

  /** Which of the two says nothing, when that changes: as long as the other answers nobody else would tell. */
  #tell(base: Result<unknown, DeviceCode> | null, meter: Result<unknown, DeviceCode>): void {
    const silent = [["inverter", base] as const, ["meter", meter] as const].flatMap(([which, read]) =>
      read === null || read.ok ? [] : [{ which, code: read.code, detail: read.detail }],
    );
    const told = silent.map(({ which, code }) => `${which}/${code}`).join(" ");
    if (told === this.#told) return;
    this.#told = told;
    const { log } = this.#options;
    if (silent.length === 0) log.info("device.answers", {});
    for (const each of silent) log.warn("device.silent", each);
  }
}

const NO_BATTERY = fail("DEVICE_REFUSED", "the home has no battery");

function settled(others: Telemetry, { gridW, importWh, exportWh, latched, origin, ageMs }: MeterReading): Telemetry {
  return { ...others, gridW: gridW ?? others.gridW, importWh, exportWh, latched, origin, ageMs };
}

/** With the counters that settle nothing. */
function beside(telemetry: Telemetry, other: Pick<Telemetry, "importWh" | "exportWh"> | null): Telemetry {
  const { importWh = null, exportWh = null } = other ?? {};
  return importWh === null || exportWh === null ? telemetry : { ...telemetry, beside: { importWh, exportWh } };
}

/** The meter that settles is silent; the other's counters are never taken in its place: they stand elsewhere. */
function withoutCounters({ origin: _origin, ...telemetry }: Telemetry): Telemetry {
  return { ...telemetry, importWh: null, exportWh: null, latched: null };
}
