import type { Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import type { RegistersRead } from "../profile/registers.ts";

/** The holding registers of a device's units, to read and to write. */
export interface Registers {
  read(unit: number, address: number, count: number, signal?: AbortSignal): Promise<RegistersRead>;
  /** With function 16, or with 6 where a device wants that: then one register. */
  write(unit: number, address: number, words: readonly number[], by: 6 | 16, signal?: AbortSignal): Promise<Result<void, DeviceCode>>;
}
