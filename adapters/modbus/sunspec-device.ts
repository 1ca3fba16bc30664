import type { Result } from "../../engine/kernel/index.ts";
import type { DeviceCode } from "../../src/ports/index.ts";
import { type LinkOptions, ModbusLink } from "./link.ts";
import { BASES, SUNS, type Survey, surveyOf } from "./sunspec/index.ts";

export type SunspecOptions = LinkOptions & {
  readonly unit: number;
  /** Where to look before the places that SunSpec names. */
  readonly bases: readonly number[];
};

/** All that one unit of a device tells through SunSpec, over a connection of its own. */
export async function surveyDevice(options: SunspecOptions): Promise<Result<Survey, DeviceCode>> {
  const link = new ModbusLink(options);
  const bases = [...new Set([...options.bases, ...BASES])];
  try {
    return await surveyOf((address, count) => link.read(options.unit, address, count), bases);
  } finally {
    link.close();
  }
}

/** Which of these units show a SunSpec map at its usual place; each over a connection of its own, since silence ends one. */
export async function unitsWithSunspec(options: LinkOptions, units: readonly number[]): Promise<readonly number[]> {
  const found: number[] = [];
  for (const unit of units) {
    const link = new ModbusLink(options);
    const words = await link.read(unit, BASES[0] ?? 0, SUNS.length);
    link.close();
    if (words.ok && words.value.every((word, i) => word === SUNS[i])) found.push(unit);
  }
  return found;
}
