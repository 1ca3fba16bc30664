import { assert, compare, type Digest, sum, type Wh } from "../kernel/index.ts";
import type { Rationing } from "./types.ts";

export interface Want {
  readonly id: Digest;
  readonly energy: Wh;
}

/** Shares less than all want among equals; the answer stands in the order of the wants and sums to `available` exactly. */
export type RationingRule = (wants: readonly Want[], available: Wh) => readonly Wh[];

export const RATIONING: Readonly<Record<Rationing, RationingRule>> = { "pro-rata": proRata };

/**
 * Each gets its share of what is available, rounded down; the watt-hours that are left go one each to the largest remainders.
 * Equal remainders are the declared tie: the lower order id comes first. Order of arrival plays no part.
 */
function proRata(wants: readonly Want[], available: Wh): readonly Wh[] {
  const total = sum(wants.map(({ energy }) => energy));
  assert(available <= total, "there is no more to share than is wanted");
  if (available === total) return wants.map(({ energy }) => energy);
  const shares = wants.map(({ energy }) => shareOf(energy, available, total));
  const left = available - sum(shares.map(({ whole }) => whole as Wh));
  const energies = shares.map(({ whole }) => whole);
  const ranking = shares
    .map((_, i) => i)
    .sort((a, b) => shares[b]!.remainder - shares[a]!.remainder || compare(wants[a]!.id, wants[b]!.id));
  for (const i of ranking.slice(0, left)) energies[i]! += 1;
  return energies as Wh[];
}

/** energy x available / total with its remainder; the product of two energies may leave 2^53, the parts of the answer can't. */
function shareOf(energy: number, available: number, total: number): { readonly whole: number; readonly remainder: number } {
  const product = energy * available;
  if (product <= Number.MAX_SAFE_INTEGER) return { whole: Math.floor(product / total), remainder: product % total };
  const exact = BigInt(energy) * BigInt(available);
  return { whole: Number(exact / BigInt(total)), remainder: Number(exact % BigInt(total)) };
}
