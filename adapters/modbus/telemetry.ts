import { fail, ok, type Result, type Wh, wh } from "../../engine/kernel/index.ts";
import type { DeviceCode, Telemetry } from "../../src/ports/index.ts";
import type { Quantity } from "./points.ts";
import { MAX_CHARGE_PERCENT, MAX_COUNTER_WH, type Value } from "./sunspec/index.ts";

export interface Reading {
  /** Which direction the meter calls positive: Fronius and our simulator "import", SolarEdge "export". */
  readonly meterSign: "import" | "export";
  /** What the inverter's W is: the panels alone, or panels and battery together as behind a DC-coupled hybrid. */
  readonly inverterPower: "pv" | "pv-and-battery";
  /** No home exchanges, harvests or stores more than this. */
  readonly maxW: number;
}

/** An inverter lives on the grid at night; that is no harvest. */
const OWN_USE_W = 200;
/** Between the panels and the grid, and the battery and the grid. */
const CONVERSION_LOSS = 0.15;

/** Raw points to telemetry. A number that can't be true makes the whole reading implausible; a broken counter is only unknown. */
export function telemetryOf(values: ReadonlyMap<Quantity, Value>, reading: Reading): Result<Telemetry, DeviceCode> {
  const number = (quantity: Quantity): number | null => {
    const value = values.get(quantity);
    return typeof value === "number" ? value : null;
  };
  const meterW = number("gridW");
  const gridW = meterW === null || reading.meterSign === "import" ? meterW : -meterW;
  const batteryW = number("batteryW");
  const inverterW = number("inverterW");
  const soc = number("socPercent");
  for (const [name, watts] of Object.entries({ grid: gridW, inverter: inverterW, battery: batteryW })) {
    if (watts !== null && Math.abs(watts) > reading.maxW)
      return fail("DEVICE_IMPLAUSIBLE", `${name} power ${watts} W, at most ${reading.maxW} W`);
  }
  if (soc !== null && (soc < 0 || soc > MAX_CHARGE_PERCENT)) return fail("DEVICE_IMPLAUSIBLE", `state of charge ${soc} %`);
  const pvW = harvest(inverterW, batteryW, reading.inverterPower);
  if (!pvW.ok) return pvW;
  const counters = countersOf(number("importWh"), number("exportWh"));
  return ok({
    gridW: zeroed(gridW),
    pvW: pvW.value,
    batteryW,
    socPercent: soc === null ? null : Math.min(soc, 100),
    ...counters,
    latched: latchOf(number("latchedAt"), countersOf(number("latchedImportWh"), number("latchedExportWh")), counters),
  });
}

/** -0 would be another value than 0 to whoever compares. */
const zeroed = (value: number | null): number | null => (value === null ? null : value + 0);

function harvest(inverterW: number | null, batteryW: number | null, power: Reading["inverterPower"]): Result<number | null, DeviceCode> {
  if (inverterW === null) return ok(null);
  if (power === "pv-and-battery" && batteryW === null) return ok(null);
  const battery = power === "pv" ? 0 : (batteryW ?? 0);
  const pvW = inverterW - battery;
  if (pvW < -Math.max(OWN_USE_W, Math.abs(battery) * CONVERSION_LOSS)) {
    return fail("DEVICE_IMPLAUSIBLE", `the inverter takes ${-pvW} W: is a battery behind it (inverterPower: pv-and-battery)?`);
  }
  return ok(Math.max(pvW, 0));
}

interface Counters {
  readonly importWh: Wh | null;
  readonly exportWh: Wh | null;
}

/** 0 means "doesn't count", unless the other one does: a home without panels has never exported. */
function countersOf(importWh: number | null, exportWh: number | null): Counters {
  if (importWh === 0 && exportWh === 0) return { importWh: null, exportWh: null };
  return { importWh: counterOf(importWh), exportWh: counterOf(exportWh) };
}

/** Whole Wh; null: no home's counter stands there. */
export function counterOf(value: number | null): Wh | null {
  if (value === null || value < 0 || value > MAX_COUNTER_WH) return null;
  return wh(Math.floor(value));
}

function latchOf(at: number | null, { importWh, exportWh }: Counters, now: Counters): Telemetry["latched"] {
  if (at === null || at === 0 || importWh === null || exportWh === null) return null;
  // What was latched is past: the counters themselves can't be behind it.
  if ((now.importWh ?? importWh) < importWh || (now.exportWh ?? exportWh) < exportWh) return null;
  return { at, importWh, exportWh };
}
