import type { Keeper } from "../../adapters/modbus/control/memory.ts";
import type { Registers } from "../../adapters/modbus/control/registers.ts";
import { fail, ok } from "../../engine/kernel/index.ts";
import type { Clock } from "../../src/ports/index.ts";

/** A clock that is as late as it was waited for. */
export class WaitedClock implements Pick<Clock, "after" | "monotonicMs" | "now"> {
  #ms = 0;

  now(): number {
    return 1_800_000_000_000 + this.#ms;
  }

  monotonicMs(): number {
    return this.#ms;
  }

  after(ms: number, task: () => void): () => void {
    this.#ms += ms;
    queueMicrotask(task);
    return () => undefined;
  }

  pass(ms: number): void {
    this.#ms += ms;
  }
}

/** Kept in memory, and how often it was written. */
export class MemoryKeeper implements Keeper {
  text: string | null = null;
  saves = 0;

  load(): string | null {
    return this.text;
  }

  save(text: string): void {
    this.text = text;
    this.saves += 1;
  }
}

/** The home was killed: nothing that it does from there on happens. */
export class Killed extends Error {}

interface Behaviour {
  /** Takes this write and keeps what it held. */
  readonly ignores?: (address: number) => boolean;
  readonly refuses?: (address: number) => boolean;
  /** After so many writes the one who writes is dead. */
  readonly killedAfter?: number;
}

/** Holding registers of one unit; what was never written holds `original(address)`. */
export class CommandedDevice implements Registers {
  readonly words = new Map<number, number>();
  /** In order: address, words, function. */
  readonly written: (readonly [address: number, words: readonly number[], by: number])[] = [];
  behaviour: Behaviour = {};

  constructor(words: Readonly<Record<number, number>> = {}) {
    for (const [address, word] of Object.entries(words)) this.words.set(Number(address), word);
  }

  async read(_unit: number, address: number, count: number) {
    return ok(Array.from({ length: count }, (_, i) => this.at(address + i)));
  }

  async write(_unit: number, address: number, words: readonly number[], by: 6 | 16) {
    if (this.written.length === this.behaviour.killedAfter) throw new Killed();
    this.written.push([address, words, by]);
    if (this.behaviour.refuses?.(address)) return { ...fail("DEVICE_EXCEPTION" as const, "exception 4"), exception: 4 };
    if (!this.behaviour.ignores?.(address)) words.forEach((word, i) => void this.words.set(address + i, word));
    return ok(undefined);
  }

  at(address: number): number {
    return this.words.get(address) ?? original(address);
  }
}

/** Told apart by address, and never what a command writes. */
export const original = (address: number): number => 0x5000 + (address % 0x1000);
