import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { RawBytes } from "../../engine/messages/index.ts";
import type { Clock, DeviceCode, LatchedCounters, Log, Meter, MeterReading } from "../../src/ports/index.ts";
import type { TelegramKeys } from "./cipher.ts";
import { type Framer, PlainFramer, SealedFramer } from "./framer.ts";
import type { Zone } from "./instant.ts";
import { KeptSource, type OpenSource } from "./source.ts";
import { readTelegram, type Telegram } from "./telegram.ts";

export interface P1Options {
  readonly open: OpenSource;
  /** null: the meter doesn't encrypt. */
  readonly keys: TelegramKeys | null;
  readonly zone: Zone;
  readonly maxAgeMs: number;
  /** A telegram of an interval's last second is what the meter latched. */
  readonly intervalSeconds: number;
  readonly clock: Pick<Clock, "after" | "monotonicMs" | "now">;
  /** 0 to 1. */
  readonly random: () => number;
  readonly log: Log;
}

interface Heard {
  readonly telegram: Telegram;
  readonly raw: readonly RawBytes[];
  readonly heardAt: number;
}

/** A meter's clock that is off by more says nothing of an interval's end. */
const MOST_SKEW_MS = 60_000;

/** The utility's meter through its P1 port. Each sound telegram replaces the one before; after `maxAgeMs` it says nothing any more. */
export class P1Meter implements Meter {
  private readonly options: P1Options;
  private readonly framer: Framer;
  private readonly source: KeptSource;
  private heard: Heard | null = null;
  private latched: LatchedCounters | null = null;
  private trouble: Result<never, DeviceCode> | null = null;

  constructor(options: P1Options) {
    this.options = options;
    this.framer = options.keys === null ? new PlainFramer() : new SealedFramer(options.keys);
    this.source = new KeptSource(options.open, { ...options, onBytes: (chunk) => this.take(chunk) });
  }

  read(): Result<MeterReading, DeviceCode> {
    const { heard, latched } = this;
    const ageMs = heard === null ? Number.POSITIVE_INFINITY : this.options.clock.monotonicMs() - heard.heardAt;
    if (heard === null || ageMs > this.options.maxAgeMs) return this.silence(ageMs);
    const { telegram, raw } = heard;
    const { gridW, importWh, exportWh, identity } = telegram;
    return ok({ gridW, importWh, exportWh, latched, origin: { source: "p1", ...identity, raw }, ageMs });
  }

  async close(): Promise<void> {
    this.source.close();
  }

  private silence(ageMs: number): Result<never, DeviceCode> {
    if (this.source.trouble !== null) return fail("DEVICE_OFFLINE", this.source.trouble);
    if (this.trouble !== null) return this.trouble;
    const since = Number.isFinite(ageMs) ? `for ${Math.round(ageMs / 1_000)} s` : "yet";
    return fail("DEVICE_TIMEOUT", `the meter has sent no telegram ${since}`);
  }

  private take(chunk: Uint8Array): void {
    const { clock, zone, log } = this.options;
    for (const bytes of this.framer.push(chunk)) {
      const telegram = readTelegram(bytes, zone);
      if (!telegram.ok && this.trouble?.ok !== false) log.warn("p1.refused", { code: telegram.code, detail: telegram.detail });
      this.trouble = telegram.ok ? null : telegram;
      if (!telegram.ok) continue;
      const raw = [{ place: "P1 telegram", bytes }];
      this.heard = { telegram: telegram.value, raw, heardAt: clock.monotonicMs() };
      this.latched = this.latchIn(telegram.value, raw) ?? this.latched;
    }
  }

  private latchIn({ at, importWh, exportWh }: Telegram, raw: readonly RawBytes[]): LatchedCounters | null {
    const { clock, intervalSeconds } = this.options;
    if (at === null || importWh === null || exportWh === null || at % intervalSeconds !== 0) return null;
    return Math.abs(clock.now() - at * 1_000) > MOST_SKEW_MS ? null : { at, importWh, exportWh, raw };
  }
}
