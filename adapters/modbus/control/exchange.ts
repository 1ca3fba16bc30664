import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { Clock, DeviceCode } from "../../../src/ports/index.ts";
import type { Write } from "./plan.ts";
import type { Registers } from "./registers.ts";
import { masked, nameOf, type Slot, same, sizeOf, type Words } from "./slot.ts";

/** What registers hold now. */
export class Found {
  private readonly held = new Map<string, Words>();

  put(slot: Slot, words: Words): void {
    this.held.set(keyOf(slot), words);
  }

  at(slot: Slot): Words {
    return this.held.get(keyOf(slot)) ?? [];
  }

  /** The register holds what this write would leave there. */
  holds({ slot, words, mask }: Write): boolean {
    return same(this.at(slot), words, mask);
  }
}

export const keyOf = ({ unit, address }: Pick<Slot, "unit" | "address">): string => `${unit} ${address}`;

/** Before what was written is read back. */
const SETTLE_MS = 200;

export async function readAll(
  registers: Registers,
  slots: readonly Slot[],
  signal: AbortSignal | undefined,
): Promise<Result<Found, DeviceCode>> {
  const found = new Found();
  for (const slot of slots) {
    if (found.at(slot).length > 0) continue;
    const words = await registers.read(slot.unit, slot.address, sizeOf(slot), signal);
    if (!words.ok) return fail(words.code, `${nameOf(slot)}: ${words.detail}`);
    found.put(slot, words.value);
  }
  return ok(found);
}

/** In their order, each only where the register holds something else, or where the write starts the lease anew. `now` follows. */
export async function writeAll(
  registers: Registers,
  writes: readonly Write[],
  now: Found,
  signal: AbortSignal | undefined,
): Promise<Result<void, DeviceCode>> {
  for (const write of writes) {
    if (now.holds(write) && !write.renews) continue;
    const { slot, words, mask, by } = write;
    const next = masked(now.at(slot), words, mask);
    const done = await registers.write(slot.unit, slot.address, next, by, signal);
    if (!done.ok) return fail(done.code, `${nameOf(slot)}: ${done.detail}`);
    now.put(slot, next);
  }
  return ok(undefined);
}

/** Those that a register must still hold when all are written; the lease may be counting down. */
export const lasting = (writes: readonly Write[]): readonly Write[] =>
  writes.filter(({ slot, isLease, mask = ALL }, i) => {
    const later = writes.slice(i + 1).filter((each) => keyOf(each.slot) === keyOf(slot));
    return !isLease && later.every((each) => ((each.mask ?? ALL) & mask) === 0);
  });

const ALL = 0xffff;

/** An accepted write is not a kept one: each register must hold what was written. */
export async function readBack(
  registers: Registers,
  writes: readonly Write[],
  clock: Pick<Clock, "after">,
  signal: AbortSignal | undefined,
): Promise<Result<void, DeviceCode>> {
  await new Promise<void>((resolve) => clock.after(SETTLE_MS, resolve));
  const now = await readAll(
    registers,
    writes.map(({ slot }) => slot),
    signal,
  );
  if (!now.ok) return now;
  const lost = writes.filter((write) => !now.value.holds(write));
  const what = lost.map(({ slot, words }) => `${nameOf(slot)} holds ${now.value.at(slot).join(" ")}, written was ${words.join(" ")}`);
  return lost.length === 0 ? ok(undefined) : fail("DEVICE_REFUSED", `accepted and not kept: ${what.join("; ")}`);
}
