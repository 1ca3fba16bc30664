import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import type { Lease, Place, ProfileCommand, Step } from "../profile/profile.ts";
import { nameOf, type Slot, type Words, wordsOf } from "./slot.ts";
import type { Slots } from "./slots.ts";

/** A register to write, and what with. */
export interface Write {
  readonly slot: Slot;
  readonly words: Words;
  /** Only these bits of it. */
  readonly mask: number | undefined;
  readonly by: 6 | 16;
  /** Written even where the register holds it already: that starts the lease anew. */
  readonly renews: boolean;
  /** Of a kind that wears out. */
  readonly wears: boolean;
  /** The device may count it down. */
  readonly isLease: boolean;
}

/** What a profile's point says now, null: nothing. */
export type Told = (point: string) => number | null;

export interface Wanted {
  /** W at the battery's terminals, + discharge. */
  readonly watts: number;
  readonly leaseSeconds: number;
}

/** All writes of a command in their order, the lease first: without it a command would be for ever. */
export async function planCommand(
  command: ProfileCommand,
  wanted: Wanted,
  told: Told,
  slots: Slots,
  signal?: AbortSignal,
): Promise<Result<readonly Write[], DeviceCode>> {
  const lease = await planLease(command.lease, wanted.leaseSeconds, slots, signal);
  if (!lease.ok) return lease;
  const wears = command.storage !== "volatile";
  const writes = await planSteps(command.steps, { watts: wanted.watts, told }, slots, signal);
  if (!writes.ok) return writes;
  const isBySilence = command.lease.kind === "silence";
  return ok([
    ...lease.value,
    ...writes.value.map((write, i) => ({
      ...write,
      wears,
      renews: !wears || (isBySilence && command.steps[i]?.from !== undefined),
    })),
  ]);
}

/** The writes that bring the device back to its own rules. */
export const planUndo = (command: ProfileCommand, slots: Slots, signal?: AbortSignal): Promise<Result<readonly Write[], DeviceCode>> =>
  planSteps(command.undo, { watts: 0, told: () => null }, slots, signal);

/** What the profile wants to read when all is written, in the bits that were. Never written itself. */
export function planChecks(
  { steps, verify }: ProfileCommand,
  slots: Slots,
  signal?: AbortSignal,
): Promise<Result<readonly Write[], DeviceCode>> {
  const maskOf = (place: Place) => steps.find(({ write }) => write === place)?.mask;
  const reads = verify.flatMap((each): Step[] => {
    if (!("read" in each)) return [];
    const { read, equals, ...rest } = each;
    const mask = maskOf(read);
    return [{ ...rest, write: read, value: equals, ...(mask === undefined ? {} : { mask }) }];
  });
  return planSteps(reads, { watts: 0, told: () => null }, slots, signal);
}

/** How long a device really holds a command that is asked for `seconds`: whole units of its timer, and no more than its profile lets it. */
export function heldSeconds(lease: Lease, seconds: number): number {
  if (lease.kind === "none") return Number.POSITIVE_INFINITY;
  if (lease.kind === "silence") return lease.seconds;
  const { perUnit = 1 } = lease;
  return Math.max(1, Math.ceil(Math.min(seconds, lease.seconds) / perUnit)) * perUnit;
}

async function planLease(
  lease: Lease,
  seconds: number,
  slots: Slots,
  signal: AbortSignal | undefined,
): Promise<Result<readonly Write[], DeviceCode>> {
  if (lease.kind === "none" || lease.kind === "silence") return ok([]);
  const { write, type, perUnit = 1 } = lease;
  const slot = await slots.find(write, { ...(type === undefined ? {} : { type }) }, signal);
  if (!slot.ok) return slot;
  const words = wordsOf(slot.value, heldSeconds(lease, seconds) / perUnit);
  return words.ok
    ? ok([{ slot: slot.value, words: words.value, mask: undefined, by: 16, renews: true, wears: false, isLease: true }])
    : words;
}

async function planSteps(
  steps: readonly Step[],
  given: { readonly watts: number; readonly told: Told },
  slots: Slots,
  signal: AbortSignal | undefined,
): Promise<Result<readonly Write[], DeviceCode>> {
  const writes: Write[] = [];
  for (const step of steps) {
    const slot = await slots.find(step.write, step, signal);
    if (!slot.ok) return slot;
    const number = numberOf(step, given.watts, given.told);
    if (!number.ok) return fail(number.code, `${nameOf(slot.value)}: ${number.detail}`);
    const words = wordsOf(slot.value, number.value);
    if (!words.ok) return words;
    const by = step.function ?? 16;
    writes.push({ slot: slot.value, words: words.value, mask: step.mask, by, renews: false, wears: false, isLease: false });
  }
  return ok(writes);
}

/** The power without its sign, within its clamp (W), as percent of a point where the device wants that, times the gain. */
function numberOf(step: Step, watts: number, told: Told): Result<number, DeviceCode> {
  if (step.value !== undefined) return ok(step.value);
  const [least = null, most = null] = (step.clamp ?? []).map((each) => (typeof each === "number" ? each : told(each)));
  if (least === null || most === null) return fail("DEVICE_REFUSED", `the device doesn't tell ${(step.clamp ?? []).join(" or ")}`);
  const clamped = Math.min(Math.max(Math.abs(watts), least), most) * (step.gain ?? 1);
  if (step.percentOf === undefined) return ok(clamped);
  const whole = told(step.percentOf);
  return whole === null || whole <= 0 ? fail("DEVICE_REFUSED", `the device doesn't tell ${step.percentOf}`) : ok((clamped * 100) / whole);
}
