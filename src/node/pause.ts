import { type Interval, interval } from "../../engine/kernel/index.ts";

/**
 * Why a home whose store was lost or is a copy signs nothing yet, by what ends it: so many `neighbours` must still be found to be no
 * further than it; its `owner` alone can, as the street is no quorum without it; a certain `interval`; or it was `declared` that
 * nothing newer exists, and it looks around a last time.
 */
export type Pause =
  | { readonly ends: "neighbours"; readonly missing: number }
  | { readonly ends: "owner" }
  | { readonly ends: "interval"; readonly from: Interval }
  | { readonly ends: "declared" };

/** As numbers, for a peer: which kind, never 0, and how many or from where. */
export function pauseNumbers(pause: Pause | null): readonly [kind: number, detail: number] {
  if (pause === null) return [0, 0];
  if (pause.ends === "neighbours") return [1, pause.missing];
  if (pause.ends === "owner") return [2, 0];
  return pause.ends === "interval" ? [3, pause.from] : [4, 0];
}

/** A peer's numbers; null: it signs, or says what nobody says. */
export function pauseIn(kind: number, detail: number): Pause | null {
  if (kind === 1 && detail >= 1) return { ends: "neighbours", missing: detail };
  if (kind === 2 && detail === 0) return { ends: "owner" };
  if (kind === 3 && interval.is(detail)) return { ends: "interval", from: interval(detail) };
  return kind === 4 && detail === 0 ? { ends: "declared" } : null;
}
