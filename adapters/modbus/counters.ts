import { fail, ok, type Result, type Wh } from "../../engine/kernel/index.ts";
import type { DeviceCode, Telemetry } from "../../src/ports/index.ts";
import { Counter } from "./sunspec/index.ts";
import { counterOf } from "./telemetry.ts";

const SLACK_WH = 1_000;
const MARGIN = 1.5;

/** A home's two counters over time: one that falls or leaps is refused once, and believed from there on. */
export class HomeCounters {
  private readonly importWh: Counter;
  private readonly exportWh: Counter;

  /** `maxW`: no home exchanges more than this. */
  constructor(maxW: number) {
    const bounds = { mostPerHour: maxW * MARGIN, slack: SLACK_WH };
    this.importWh = new Counter(bounds);
    this.exportWh = new Counter(bounds);
  }

  /** `at`: unix milliseconds. `wraps`: where counters start again after their last digit, and go on. */
  checked(
    telemetry: Telemetry,
    at: number,
    wraps: { readonly importWh?: number; readonly exportWh?: number } = {},
  ): Result<Telemetry, DeviceCode> {
    const go = (name: "importWh" | "exportWh"): Wh | null | undefined => {
      const value = telemetry[name];
      if (value === null) return null;
      const stands = this[name].next(value, at, wraps[name] ?? null);
      return stands === null ? undefined : counterOf(stands);
    };
    const importWh = go("importWh");
    const exportWh = go("exportWh");
    if (importWh === undefined) return fail("DEVICE_IMPLAUSIBLE", `the import counter fell or leapt to ${telemetry.importWh} Wh`);
    if (exportWh === undefined) return fail("DEVICE_IMPLAUSIBLE", `the export counter fell or leapt to ${telemetry.exportWh} Wh`);
    return ok({ ...telemetry, importWh, exportWh });
  }
}
