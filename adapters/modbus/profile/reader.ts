import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { RawBytes } from "../../../engine/messages/index.ts";
import type { DeviceCode } from "../../../src/ports/index.ts";
import type { ReadRegisters } from "../sunspec/index.ts";
import { ChainReads, type Readings } from "./chains.ts";
import { type Answers, type NamedValue, valuesOf } from "./evaluate.ts";
import { addressOf, type BlockRead, countOf, MAIN, planReads } from "./plan.ts";
import { isRegister, isSunspec, leavesOf, type Match, type Profile, type SunspecPoint } from "./profile.ts";
import { rawBehind } from "./raw.ts";
import { BlockReads, type RegisterSource, type RegistersRead, type Words } from "./registers.ts";
import { saidAt, within } from "./value.ts";

/** Reads a device by its profile, again and again. Knows no commands. */
export class ProfileReader {
  readonly profile: Profile;
  private readonly source: RegisterSource;
  private readonly units: Readonly<Record<string, number>>;
  private readonly blocks: BlockReads;
  private readonly chains: ReadonlyMap<string, ChainReads>;
  private last: Answers | null = null;

  /** `units`: unit ids that differ from the profile's, by role. */
  constructor(profile: Profile, source: RegisterSource, units: Readonly<Record<string, number>> = {}) {
    this.profile = profile;
    this.source = source;
    this.units = { ...profile.link.units, ...units };
    const points = Object.values(profile.points);
    this.blocks = new BlockReads(planReads(points, profile));
    this.chains = chainsOf([...points.flatMap((point) => [...leavesOf(point)]), ...profile.match].filter(isSunspec), profile);
  }

  /** All named values, those without a value with the reason. Fails where the device doesn't answer. */
  async read(signal?: AbortSignal): Promise<Result<readonly NamedValue[], DeviceCode>> {
    const words = await this.blocks.read((read) => this.ask(read, signal));
    if (!words.ok) return words;
    const chains = await this.readChains(!words.value.isEmpty, signal);
    if (!chains.ok) return chains;
    this.last = { words: words.value, chains: chains.value };
    return ok(valuesOf(this.profile, this.last));
  }

  /** What the device sent for these points when it was last read. */
  rawOf(names: readonly string[]): readonly RawBytes[] {
    return this.last === null ? [] : rawBehind(names, this.profile, this.last, (role) => this.unitOf(role));
  }

  /** null: it is a device of this profile, as far as its registers tell; else what they say instead. */
  async mismatch(signal?: AbortSignal): Promise<Result<string | null, DeviceCode>> {
    const { match } = this.profile;
    // What it refused when it was asleep says nothing about now.
    const words = await new BlockReads(planReads(match, this.profile)).read((read) => this.ask(read, signal));
    if (!words.ok) return words;
    const chains = match.some((each) => isSunspec(each)) ? await this.readChains(false, signal) : ok(new Map<string, Readings>());
    if (!chains.ok) return chains.code === "DEVICE_MALFORMED" ? ok(chains.detail) : chains;
    for (const each of match) {
      const wrong = misfit(each, this.profile, words.value, chains.value);
      if (wrong !== null) return ok(wrong);
    }
    return ok(null);
  }

  /** `isOptional`: the device told something already, so that a lack of SunSpec only makes those points unreadable. */
  private async readChains(
    isOptional: boolean,
    signal: AbortSignal | undefined,
  ): Promise<Result<ReadonlyMap<string, Readings>, DeviceCode>> {
    const found = new Map<string, Readings>();
    for (const [of, chain] of this.chains) {
      const read: ReadRegisters = (address, count) => this.source.read("holding", this.unitOf(of), address, count, signal);
      const readings = await chain.read(read);
      const isLack = !readings.ok && (readings.code === "DEVICE_MALFORMED" || readings.code === "DEVICE_EXCEPTION");
      // Without the meter's chain its points are unreadable, and nothing else is.
      if (!readings.ok && of === MAIN && !(isOptional && isLack)) return readings;
      if (readings.ok) found.set(of, readings.value);
    }
    return ok(found);
  }

  private ask(read: BlockRead, signal: AbortSignal | undefined): Promise<RegistersRead> {
    return this.source.read(read.table, this.unitOf(read.of), addressOf(read), countOf(read), signal);
  }

  private unitOf(of: string): number {
    return this.units[of] ?? this.units[MAIN] ?? 1;
  }
}

function chainsOf(points: readonly SunspecPoint[], { link }: Profile): ReadonlyMap<string, ChainReads> {
  const roles = [...new Set(points.map(({ of }) => of ?? MAIN))];
  return new Map(
    roles.map((role) => [
      role,
      new ChainReads(
        points.filter(({ of }) => (of ?? MAIN) === role),
        link.maxRegisters,
      ),
    ]),
  );
}

/** What a register says that it must not say; null: it fits. */
function misfit(match: Match, profile: Profile, words: Words, chains: ReadonlyMap<string, Readings>): string | null {
  const place = isRegister(match) ? `${match.table ?? profile.table} ${[match.at].flat()[0]}` : [match.sunspec].flat().join(", ");
  const answer = isRegister(match)
    ? within(saidAt(match, profile, words.at(match.of ?? MAIN, match.table ?? profile.table)), match.in ?? null)
    : (chains.get(match.of ?? MAIN)?.said(match).answer ?? null);
  if (answer === null || answer.value === null) return `${place} says nothing that it could be (${answer?.silence ?? "no chain"})`;
  const fitsList = match.is === undefined || match.is.includes(answer.value);
  const fitsText = match.like === undefined || new RegExp(match.like, "i").test(String(answer.value));
  return fitsList && fitsText ? null : `${place} says ${JSON.stringify(answer.value)}`;
}

/** Why a device that doesn't fit its profile is not read. */
export const notTheDevice = (profile: Profile, why: string): Extract<Result<never, DeviceCode>, { ok: false }> =>
  fail("DEVICE_IMPLAUSIBLE", `this is no ${profile.name}: ${why}`);
