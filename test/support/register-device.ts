import type { ReadRegisters } from "../../adapters/modbus/sunspec/index.ts";
import { fail, ok } from "../../engine/kernel/index.ts";

export interface RegisterDevice {
  readonly read: ReadRegisters;
  /** What was asked for, in order. */
  readonly asked: (readonly [address: number, count: number])[];
}

interface Behaviour {
  /** Registers one request may have. */
  readonly limit?: number;
  /** The code of what it refuses. */
  readonly exception?: number;
  /** Before each answer: what changes in the device meanwhile. */
  readonly meanwhile?: (asked: number) => void;
}

/** A device with these registers from `base` on; null and what lies outside is refused. */
export function registerDevice(base: number, words: readonly (number | null)[], behaviour: Behaviour = {}): RegisterDevice {
  const { limit = 125, exception = 2, meanwhile } = behaviour;
  const asked: (readonly [number, number])[] = [];
  const refused = { ...fail("DEVICE_EXCEPTION" as const, `exception ${exception}`), exception };
  const read: ReadRegisters = async (address, count) => {
    asked.push([address, count]);
    meanwhile?.(asked.length);
    const found = Array.from({ length: count }, (_, i) => words[address - base + i] ?? null);
    return count > limit || found.some((word) => word === null) ? refused : ok(found as number[]);
  };
  return { read, asked };
}

export const MARKER: readonly number[] = [0x5375, 0x6e53];

/** A model's header and this in each register behind it. */
export const model = (id: number, length: number, word = 0): readonly number[] => [id, length, ...Array.from({ length }, () => word)];
