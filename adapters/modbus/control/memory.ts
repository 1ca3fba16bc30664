import { assert, fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import type { Words } from "./slot.ts";

/** Where what must outlive the process is kept. Once `save` has returned, a power cut takes nothing of it. */
export interface Keeper {
  load(): string | null;
  save(text: string): void;
}

/** What a register held before the first command. */
export interface Original {
  readonly unit: number;
  readonly address: number;
  readonly words: Words;
  /** The function that writes it. */
  readonly by: 6 | 16;
}

/** All that says how to release a battery, and how often it was written to. */
export interface Memory {
  readonly version: 1;
  /** Whose turn it is: one program at a time commands the device, and the last that claimed it does. */
  readonly life: string;
  /** The command that may be in force; null: none of ours is. */
  readonly command: string | null;
  readonly originals: readonly Original[];
  /** Days since 1970, and the commands of that day that changed registers which wear. */
  readonly day: number;
  readonly changes: number;
}

export const NOTHING: Memory = { version: 1, life: "", command: null, originals: [], day: 0, changes: 0 };

/** Fails where the file isn't what this program wrote: what it was to restore is then unknown. */
export function loadMemory(keeper: Keeper): Result<Memory, DeviceCode> {
  const text = keeper.load();
  if (text === null) return ok(NOTHING);
  try {
    const memory = JSON.parse(text) as Memory;
    assert(memory.version === 1 && Array.isArray(memory.originals), "another version");
    return ok(memory);
  } catch (error) {
    return fail("DEVICE_REFUSED", `what was to be restored can't be read any more: ${String(error)}`);
  }
}

/** The same with what these registers hold, unless it is known what they held before. */
export function remembering(memory: Memory, command: string, seen: readonly Original[]): Memory {
  const known = new Set(memory.originals.map(({ unit, address }) => `${unit} ${address}`));
  const fresh = seen.filter(({ unit, address }) => !known.has(`${unit} ${address}`));
  return { ...memory, command, originals: [...memory.originals, ...fresh] };
}
