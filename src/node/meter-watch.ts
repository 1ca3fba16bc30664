import { type EntryQuality, type MeterSource, trustOf } from "../../engine/messages/index.ts";
import { hasJumped, type MeterSample, PowerCheck, TwinCheck } from "../agent/index.ts";
import type { Clock, Log, MeterAlarm, Telemetry } from "../ports/index.ts";
import type { MeterState } from "./meter-state.ts";

export interface MeterWatchModules {
  readonly clock: Pick<Clock, "now" | "monotonicMs">;
  /** Which meter settles. */
  readonly source: MeterSource;
  readonly log: Log;
}

/** After so long without counters the meter is called silent, real ms. */
const SILENT_MS = 60_000;
/** That a counter fell or leapt is told for a day, real ms. */
const BROKEN_MS = 24 * 3_600_000;

type Counters = Omit<MeterSample, "gridW">;

/** Looks at each reading of this home's meters, tells what is wrong with them, and how they are read. */
export class MeterWatch {
  readonly #modules: MeterWatchModules;
  readonly #began: number;
  readonly #power = new PowerCheck();
  readonly #twins = new TwinCheck();
  #before: Counters | null = null;
  #countedAt: number | null = null;
  #brokenAt: number | null = null;
  #quality: EntryQuality | null = null;
  #told = "";

  constructor(modules: MeterWatchModules) {
    this.#modules = modules;
    this.#began = modules.clock.monotonicMs();
  }

  /** null: nothing could be read. */
  look(telemetry: Telemetry | null): void {
    const { clock } = this.#modules;
    const { gridW = null, importWh = null, exportWh = null, beside = null, ageMs = 0 } = telemetry ?? {};
    const at = { atMs: clock.now() - ageMs };
    const counted = importWh === null || exportWh === null ? null : { ...at, importWh, exportWh };
    if (counted !== null) this.#count(counted, ageMs);
    this.#power.take(counted === null || gridW === null ? null : { ...counted, gridW });
    this.#twins.take(counted, beside === null ? null : { ...at, ...beside });
    this.#tell();
  }

  /** What became of an interval's reading. */
  kept(quality: EntryQuality): void {
    this.#quality = quality;
  }

  get state(): MeterState {
    const { source, clock } = this.#modules;
    const quality = this.#quality ?? "missing";
    const ageSeconds = this.#countedAt === null ? null : (clock.monotonicMs() - this.#countedAt) / 1_000;
    return { source, quality, trust: trustOf(source, quality), ageSeconds, alarms: this.#alarms };
  }

  get #alarms(): readonly MeterAlarm[] {
    const now = this.#modules.clock.monotonicMs();
    const alarms: readonly (readonly [MeterAlarm, boolean])[] = [
      ["METER_SILENT", now - (this.#countedAt ?? this.#began) > SILENT_MS],
      ["COUNTER_BROKEN", this.#brokenAt !== null && now - this.#brokenAt < BROKEN_MS],
      ["POWER_DIFFERS", this.#power.isOff],
      ["METERS_DIFFER", this.#twins.isOff],
    ];
    return alarms.filter(([, isOn]) => isOn).map(([alarm]) => alarm);
  }

  #count(counted: Counters, ageMs: number): void {
    const now = this.#modules.clock.monotonicMs();
    if (this.#before !== null && hasJumped(this.#before, counted)) this.#brokenAt = now;
    this.#before = counted;
    this.#countedAt = now - ageMs;
  }

  /** Each change of the alarms once. */
  #tell(): void {
    const alarms = this.#alarms;
    const told = alarms.join(" ");
    if (told === this.#told) return;
    this.#told = told;
    if (alarms.length === 0) this.#modules.log.info("meter.sound", {});
    else this.#modules.log.warn("meter.alarm", { alarms });
  }
}
