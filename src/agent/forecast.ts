/** Mean powers of one interval, W; both >= 0. */
export interface Powers {
  readonly loadW: number;
  readonly pvW: number;
}

/** A day of intervals as this home saw them last. */
export type DayMemory = ReadonlyMap<number, Powers>;

/** What yesterday's slope says at most: a cloud yesterday must not promise a tenfold sun today. */
const MAX_SLOPE = 2;
const NOW_WEIGHT = 0.6;

/**
 * The next interval's powers: the sun goes on as now, bent by yesterday's slope at this hour; load is between now and
 * yesterday's same interval. Without a yesterday: as now. `at` is the present interval's place in the day.
 */
export function forecast(now: Powers, yesterday: DayMemory, at: number, intervalsPerDay: number): Powers {
  const then = yesterday.get(at);
  const next = yesterday.get((at + 1) % intervalsPerDay);
  if (then === undefined || next === undefined) return now;
  const slope = then.pvW > 0 ? Math.min(MAX_SLOPE, next.pvW / then.pvW) : 1;
  return { loadW: NOW_WEIGHT * now.loadW + (1 - NOW_WEIGHT) * next.loadW, pvW: now.pvW > 0 ? now.pvW * slope : next.pvW };
}

/** Mean over samples of unknown spacing; null without any. */
export function meanPowers(samples: readonly Powers[]): Powers | null {
  if (samples.length === 0) return null;
  const mean = (of: (sample: Powers) => number): number => samples.reduce((total, sample) => total + of(sample), 0) / samples.length;
  return { loadW: mean((sample) => sample.loadW), pvW: mean((sample) => sample.pvW) };
}

/** Part of an expected surplus that a home counts on. */
const COUNTED_ON = 0.9;

/** What falls short of a promise is bought at the utility's import price, what is left over still earns its export price: so promise less than the sun does. */
export const cautious = (netWh: number): number => (netWh < 0 ? netWh * COUNTED_ON : netWh);
