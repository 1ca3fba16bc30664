import { assert, type HomeId, type Interval } from "../kernel/index.ts";

/** Who certifies: validators by rising id. Fewer than a third may be Byzantine. */
export interface Validators {
  readonly ids: readonly HomeId[];
}

/** f: how many may lie. */
export const faulty = ({ ids }: Validators): number => Math.floor((ids.length - 1) / 3);

/** q: the smallest number above two thirds. */
export const quorum = ({ ids }: Validators): number => Math.floor((2 * ids.length) / 3) + 1;

/** A permutation over n consecutive views, so that no faulty leader leads for ever. Views count from 1. */
export function leaderOf({ ids }: Validators, interval: Interval, view: number): HomeId {
  assert(ids.length > 0, "a street has validators");
  return ids[(interval + view - 1) % ids.length]!;
}
