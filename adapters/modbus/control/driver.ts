import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { Clock, DeviceCode } from "../../../src/ports/index.ts";
import type { Profile, ProfileCommand } from "../profile/profile.ts";
import { type Expectation, expectationOf, isMet } from "./effect.ts";
import { type Found, keyOf, lasting, readAll, readBack, writeAll } from "./exchange.ts";
import { type Keeper, loadMemory, type Memory, type Original, remembering } from "./memory.ts";
import { heldSeconds, planChecks, planCommand, planUndo, type Told, type Write } from "./plan.ts";
import type { Registers } from "./registers.ts";
import { nameOf } from "./slot.ts";
import { Slots } from "./slots.ts";

export interface DriverOptions {
  readonly profile: Profile;
  readonly registers: Registers;
  /** The unit that takes the commands. */
  readonly unit: number;
  readonly keeper: Keeper;
  /** Told apart from every other life of this home; its watchdog has the same. */
  readonly life: string;
  /** Whether another process stands by to release the battery when this one dies. */
  readonly isGuarded: () => boolean;
  readonly clock: Pick<Clock, "after" | "monotonicMs" | "now">;
}

/** What the device was told last. */
interface Held {
  readonly name: string;
  readonly watts: number;
  /** When that power was first written, on the machine's clock. */
  readonly sinceMs: number;
  readonly writes: readonly Write[];
  /** When the device lets go by itself, on the machine's clock. */
  readonly untilMs: number;
}

type Refused = Extract<Result<never, DeviceCode>, { ok: false }>;

/** How long a device isn't commanded that somebody else commands, or that didn't do what it was told. */
const CONTESTED_MS = 3_600_000;
const NOT_EXECUTED_MS = 900_000;
const DAY_MS = 86_400_000;

/**
 * Tells a device what its battery shall do, by its profile, and releases it again. Before the first write what the
 * registers held is kept on disk, so that any later life, or the watchdog, can undo it. One call after the other.
 */
export class Driver {
  private readonly options: DriverOptions;
  private readonly slots: Slots;
  private held: Held | null = null;
  private expected: Expectation | null = null;
  private trouble: { readonly why: string; readonly untilMs: number } | null = null;
  /** An undo that the device didn't take yet, and which registers are somebody else's in it. */
  private unfinished: ReadonlySet<string> | null = null;

  constructor(options: DriverOptions) {
    this.options = options;
    this.slots = new Slots(options.profile, options.registers, options.unit);
  }

  /** From here on this life commands the device, and undoes what an earlier one left. */
  claim(signal?: AbortSignal): Promise<Result<void, DeviceCode>> {
    const memory = loadMemory(this.options.keeper);
    if (!memory.ok) return Promise.resolve(memory);
    this.keep({ ...memory.value, life: this.options.life }, memory.value);
    return this.release(signal);
  }

  /** Something of this life's may be in force, or can't be known. */
  get isAtWork(): boolean {
    const memory = loadMemory(this.options.keeper);
    return !memory.ok || (memory.value.life === this.options.life && memory.value.command !== null);
  }

  /** How long the device holds a command of `watts` that is asked for `seconds`. */
  holds(watts: number, seconds: number): number {
    const command = commandFor(this.options.profile, watts);
    return command === null ? 0 : heldSeconds(command.lease, seconds);
  }

  /** `told`: what the device said a moment ago. `DEVICE_REFUSED`: it can't or mustn't be commanded, and why. */
  async command(watts: number, leaseSeconds: number, told: Told, signal?: AbortSignal): Promise<Result<void, DeviceCode>> {
    const { profile, clock } = this.options;
    const wanted = commandFor(profile, watts);
    const refused = this.refusal(wanted);
    if (refused !== null || wanted === null) return refused ?? fail("DEVICE_REFUSED", `${profile.name} has no command for ${watts} W`);
    const memory = this.memory();
    if (!memory.ok) return memory;
    if (memory.value.command !== null && memory.value.command !== wanted.name) {
      const released = await this.release(signal);
      if (!released.ok) return released;
    }
    const power = this.spaced(wanted, watts);
    const writes = await planCommand(wanted, { watts: power, leaseSeconds }, told, this.slots, signal);
    if (!writes.ok) return writes;
    const done = await this.carryOut(wanted, writes.value, signal);
    if (!done.ok) return done;
    const nowMs = clock.monotonicMs();
    const sinceMs = this.held?.watts === power ? this.held.sinceMs : nowMs;
    const untilMs = nowMs + heldSeconds(wanted.lease, leaseSeconds) * 1000;
    this.unfinished = null;
    this.expect(wanted, power, nowMs);
    this.held = { name: wanted.name, watts: power, sinceMs, writes: writes.value, untilMs };
    return done;
  }

  /** Registers that wear are changed at the pace that lasts for the day: until then a power only falls. */
  private spaced({ name, storage, maxPerDay }: Named, watts: number): number {
    const { held } = this;
    if (held === null || held.name !== name || storage === "volatile" || Math.abs(watts) < Math.abs(held.watts)) return watts;
    return this.options.clock.monotonicMs() - held.sinceMs < DAY_MS / maxPerDay ? held.watts : watts;
  }

  /** Back to the device's own rules: the profile's undo, then what every other register held. Nothing where nothing was done. */
  release(signal?: AbortSignal): Promise<Result<void, DeviceCode>> {
    return this.restore(new Set(), signal);
  }

  /** Holds a command to what the battery does. One that it doesn't do is taken back, and the next ones are refused for a while. */
  async saw(told: Told, signal?: AbortSignal): Promise<void> {
    const nowMs = this.options.clock.monotonicMs();
    if (this.expected !== null && isMet(this.expected, told)) this.expected = null;
    const isLate = this.expected !== null && nowMs >= this.expected.byMs;
    if (isLate) this.trouble = { why: `not executed: ${this.expected?.what}`, untilMs: nowMs + NOT_EXECUTED_MS };
    if (isLate) await this.release(signal);
    // What couldn't be undone is tried again at each look.
    else if (this.unfinished !== null) await this.restore(this.unfinished, signal);
  }

  /** A power that moves while the battery is still to be seen doing anything is given no more time. */
  private expect(wanted: Named, watts: number, nowMs: number): void {
    const fresh = expectationOf(wanted, watts, nowMs);
    if (this.held === null) this.expected = fresh;
    else if (this.expected !== null) this.expected = fresh && { ...fresh, byMs: this.expected.byMs };
  }

  private refusal(wanted: ProfileCommand | null): Refused | null {
    if (this.trouble !== null && this.options.clock.monotonicMs() >= this.trouble.untilMs) this.trouble = null;
    if (this.trouble !== null) return fail("DEVICE_REFUSED", this.trouble.why);
    if (wanted?.lease.kind !== "none" || this.options.isGuarded()) return null;
    return fail("DEVICE_REFUSED", "the device would keep a command for ever, and no watchdog stands by to undo it");
  }

  private async carryOut(wanted: Named, writes: readonly Write[], signal: AbortSignal | undefined): Promise<Result<void, DeviceCode>> {
    const { registers, clock } = this.options;
    // A place that can't be found shows before anything is written.
    const undo = await planUndo(wanted, this.slots, signal);
    if (!undo.ok) return undo;
    const checks = await planChecks(wanted, this.slots, signal);
    if (!checks.ok) return checks;
    const now = await readAll(
      registers,
      writes.map(({ slot }) => slot),
      signal,
    );
    if (!now.ok) return now;
    const contested = await this.contested(now.value, signal);
    if (contested !== null) return contested;
    const prepared = this.prepare(wanted, writes, now.value);
    if (!prepared.ok) return prepared;
    const written = await writeAll(registers, writes, now.value, signal);
    const kept = written.ok ? await readBack(registers, [...lasting(writes), ...checks.value], clock, signal) : written;
    // Half a command is none.
    if (!kept.ok) await this.release(signal);
    return kept;
  }

  /** Keeps what the registers held, and counts what wears. */
  private prepare({ name, maxPerDay }: Named, writes: readonly Write[], now: Found): Result<void, DeviceCode> {
    const { clock } = this.options;
    const loaded = this.memory();
    if (!loaded.ok) return loaded;
    const day = Math.floor(clock.now() / DAY_MS);
    const today = loaded.value.day === day ? loaded.value.changes : 0;
    const wears = writes.some((write) => write.wears && !now.holds(write));
    if (wears && today >= maxPerDay)
      return fail("DEVICE_REFUSED", `its registers wear and were changed ${today} times today: no more until tomorrow (UTC)`);
    const seen = writes.map(({ slot, by }) => ({ unit: slot.unit, address: slot.address, words: now.at(slot), by }));
    const memory = remembering({ ...loaded.value, day, changes: today + (wears ? 1 : 0) }, name, seen);
    this.keep(memory, loaded.value);
    return ok(undefined);
  }

  /** A register that we hold says something else than we wrote: another controller is at work, and two would fight. */
  private async contested(now: Found, signal: AbortSignal | undefined): Promise<Refused | null> {
    const nowMs = this.options.clock.monotonicMs();
    if (this.held === null || nowMs >= this.held.untilMs) return null;
    const foreign = lasting(this.held.writes).filter((write) => !now.holds(write));
    if (foreign.length === 0) return null;
    const why = `contested: somebody else wrote ${foreign.map(({ slot }) => nameOf(slot)).join(", ")}`;
    this.trouble = { why, untilMs: nowMs + CONTESTED_MS };
    await this.restore(new Set(foreign.map(({ slot }) => keyOf(slot))), signal);
    return fail("DEVICE_REFUSED", why);
  }

  /** `others`: registers that are somebody else's now. */
  private async restore(others: ReadonlySet<string>, signal: AbortSignal | undefined): Promise<Result<void, DeviceCode>> {
    this.expected = null;
    const restored = await this.undo(others, signal);
    this.unfinished = restored.ok ? null : others;
    return restored;
  }

  private async undo(others: ReadonlySet<string>, signal: AbortSignal | undefined): Promise<Result<void, DeviceCode>> {
    const { profile, registers, clock } = this.options;
    const memory = this.memory();
    if (!memory.ok) return memory;
    const { command, originals } = memory.value;
    if (command === null) return ok(undefined);
    const undo = await planUndo(profile.commands[command] ?? NO_COMMAND, this.slots, signal);
    if (!undo.ok) return undo;
    const writes = [...undo.value, ...restoring(originals, undo.value)].filter(({ slot }) => !others.has(keyOf(slot)));
    const now = await readAll(
      registers,
      writes.map(({ slot }) => slot),
      signal,
    );
    if (!now.ok) return now;
    const written = await writeAll(registers, writes, now.value, signal);
    const kept = written.ok ? await readBack(registers, lasting(writes), clock, signal) : written;
    if (!kept.ok) return kept;
    this.held = null;
    this.keep({ ...memory.value, command: null, originals: [] }, memory.value);
    return ok(undefined);
  }

  private memory(): Result<Memory, DeviceCode> {
    const memory = loadMemory(this.options.keeper);
    if (!memory.ok || memory.value.life === this.options.life) return memory;
    return fail("DEVICE_REFUSED", "another program commands this device now");
  }

  private keep(memory: Memory, before: Memory): void {
    const text = JSON.stringify(memory);
    if (text !== JSON.stringify(before)) this.options.keeper.save(text);
  }
}

type Named = ProfileCommand & { readonly name: string };

/** A command that a profile no longer has: its registers are restored to what they held. */
const NO_COMMAND: ProfileCommand = { lease: { kind: "none" }, steps: [], verify: [], undo: [], storage: "unknown", maxPerDay: 0 };

/** The command that `watts` (+ discharge) needs, null where the profile has none. */
function commandFor({ commands }: Profile, watts: number): Named | null {
  const names = watts > 0 ? ["discharge"] : watts < 0 ? ["charge"] : ["hold", "discharge", "charge"];
  for (const name of names) {
    const command = commands[name];
    if (command !== undefined) return { ...command, name };
  }
  return null;
}

/** What the registers held that no undo sets, the last written first. */
const restoring = (originals: readonly Original[], undo: readonly Write[]): readonly Write[] =>
  originals
    .filter((original) => !undo.some(({ slot }) => keyOf(slot) === keyOf(original)))
    .map(({ unit, address, words, by }): Write => {
      const type = words.length === 4 ? "uint64" : words.length === 2 ? "uint32" : "uint16";
      const slot = { unit, address, type, order: "high-first", scale: 0 } as const;
      return { slot, words, mask: undefined, by, renews: false, wears: false, isLease: false };
    })
    .reverse();
