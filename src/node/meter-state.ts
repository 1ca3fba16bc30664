import { type EntryQuality, METER_SOURCE, type MeterSource, type TrustClass, trustOf } from "../../engine/messages/index.ts";
import type { MeterAlarm } from "../ports/index.ts";

/** In the order of their bits, which never changes. */
const METER_ALARMS: readonly MeterAlarm[] = ["METER_SILENT", "COUNTER_BROKEN", "POWER_DIFFERS", "METERS_DIFFER"];

/** How a home's meter is read now, for who looks after the home. */
export interface MeterState {
  readonly source: MeterSource;
  /** Of the last interval. */
  readonly quality: EntryQuality;
  readonly trust: TrustClass;
  /** Real seconds since the meter told its counters last; null: it never did. */
  readonly ageSeconds: number | null;
  readonly alarms: readonly MeterAlarm[];
}

const QUALITIES = ["measured", "estimated", "missing"] as const;
const SOURCES = Object.keys(METER_SOURCE) as readonly MeterSource[];
/** An age beyond is told as this one. */
const MOST_SECONDS = 1_000_000;

/** As numbers, for a peer: source from 1 on, quality, age from 1 on, alarms as bits. The trust class follows from the first two. */
export function meterNumbers(state: MeterState | null): readonly [source: number, quality: number, age: number, alarms: number] {
  if (state === null) return [0, 0, 0, 0];
  const alarms = state.alarms.reduce((bits, alarm) => bits + 2 ** METER_ALARMS.indexOf(alarm), 0);
  const age = state.ageSeconds === null ? 0 : 1 + Math.min(MOST_SECONDS, Math.max(0, Math.round(state.ageSeconds)));
  return [1 + SOURCES.indexOf(state.source), QUALITIES.indexOf(state.quality), age, alarms];
}

/** A peer's numbers; null: it says nothing of its meter, or what nobody says. */
export function meterIn(source: number, quality: number, age: number, alarms: number): MeterState | null {
  const [from, how] = [SOURCES[source - 1], QUALITIES[quality]];
  if (from === undefined || how === undefined || age > 1 + MOST_SECONDS || alarms >= 2 ** METER_ALARMS.length) return null;
  return {
    source: from,
    quality: how,
    trust: trustOf(from, how),
    ageSeconds: age === 0 ? null : age - 1,
    alarms: METER_ALARMS.filter((_alarm, bit) => Math.floor(alarms / 2 ** bit) % 2 === 1),
  };
}
