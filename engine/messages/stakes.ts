import { assert, homeId } from "../kernel/index.ts";
import { packed, unpacked } from "./protobuf.ts";
import type { Stakes } from "./types.ts";

/** Ticks; keeps what one home stakes far from 2^53 nano. */
export const MAX_STAKE = 2 ** 35;

const isStake = (ticks: number): boolean => Number.isSafeInteger(ticks) && Math.abs(ticks) <= MAX_STAKE;

/** One after the other, as protobuf packs `sint64`: one byte for a home without a stake, four for most others. */
export function encodeStakes(stakes: Stakes): Uint8Array {
  assert(stakes.every(isStake), `a stake is at most ${MAX_STAKE} ticks`);
  return packed(stakes);
}

/** null: not such bytes, a stake out of range, or more of them than there are home ids. */
export function decodeStakes(bytes: Uint8Array): Stakes | null {
  const stakes = unpacked(bytes);
  return stakes !== null && stakes.length <= homeId.max + 1 && stakes.every(isStake) ? stakes : null;
}
