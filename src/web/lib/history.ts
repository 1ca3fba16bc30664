import type { PricePoint } from "../../api/state.ts";

/** A run of intervals, one after the other without a hole in time, in which something traded. */
export type Run = readonly { readonly at: number; readonly priceMicro: number }[];

/** The pieces of the line: where nothing traded, or where intervals are missing, the line is broken and no price is made up. */
export function runsOf(prices: readonly PricePoint[], intervalMs: number): Run[] {
  const runs: { at: number; priceMicro: number }[][] = [];
  let expected = Number.NaN;
  for (const { interval, priceMicro } of prices) {
    const at = Date.parse(interval);
    if (priceMicro !== null) {
      const last = runs.at(-1);
      if (last !== undefined && at === expected) last.push({ at, priceMicro });
      else runs.push([{ at, priceMicro }]);
      expected = at + intervalMs;
    }
  }
  return runs;
}

/** A price holds for its whole interval: an SVG path of level steps. */
export const runPath = (run: Run, intervalMs: number, x: (at: number) => number, y: (micro: number) => number): string =>
  run
    .map(
      ({ at, priceMicro }, i) => `${i === 0 ? "M" : "L"}${x(at).toFixed(1)} ${y(priceMicro).toFixed(1)}H${x(at + intervalMs).toFixed(1)}`,
    )
    .join("");
