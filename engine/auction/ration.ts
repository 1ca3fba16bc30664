import { assert, compare, type Digest, min, sum, type Wh, wh } from "../kernel/index.ts";
import type { Rationing } from "./types.ts";

export interface Want {
  readonly id: Digest;
  readonly energy: Wh;
  /** Its place in a venue's sequence, for price-time. */
  readonly rank?: number;
}

/** Shares less than all want among equals; the answer stands in the order of the wants and sums to `available` exactly. */
export type RationingRule = (wants: readonly Want[], available: Wh) => readonly Wh[];

export const RATIONING: Readonly<Record<Rationing, RationingRule>> = { "pro-rata": proRata, "price-time": priceTime, "max-min": maxMin };

/** In proportion to what each wants, by largest remainder. Order of arrival plays no part. */
function proRata(wants: readonly Want[], available: Wh): readonly Wh[] {
  const total = totalOf(wants, available);
  if (available === total) return wants.map(({ energy }) => energy);
  return largestRemainder(
    available,
    wants.map(({ id, energy }) => ({ id, weight: energy })),
  ) as readonly Wh[];
}

export interface Weighed {
  readonly id: Digest;
  readonly weight: number;
}

/**
 * Each gets its share by weight, rounded down; the units that are left go one each to the largest remainders. Equal remainders
 * are the declared tie: the lower order id comes first. Without any weight there is nothing for anybody.
 */
export function largestRemainder(amount: number, parts: readonly Weighed[]): readonly number[] {
  const total = parts.reduce((whole, { weight }) => whole + weight, 0);
  assert(Number.isSafeInteger(total), "beyond 2^53: weights");
  if (total === 0) return parts.map(() => 0);
  const shares = parts.map(({ weight }) => shareOf(weight, amount, total));
  const whole = shares.map((share) => share.whole);
  const left = amount - whole.reduce((all, each) => all + each, 0);
  const ranking = shares
    .map((_, i) => i)
    .sort((a, b) => shares[b]!.remainder - shares[a]!.remainder || compare(parts[a]!.id, parts[b]!.id));
  for (const i of ranking.slice(0, left)) whole[i]! += 1;
  return whole;
}

/** First come, first served, by rank; orders without one stand behind, by lower order id. */
function priceTime(wants: readonly Want[], available: Wh): readonly Wh[] {
  let left = min(available, totalOf(wants, available));
  const energies = wants.map(() => wh(0));
  const rankOf = (i: number): number => wants[i]!.rank ?? Number.MAX_SAFE_INTEGER;
  for (const i of wants.map((_, i) => i).sort((a, b) => rankOf(a) - rankOf(b) || compare(wants[a]!.id, wants[b]!.id))) {
    energies[i] = min(wants[i]!.energy, left);
    left = (left - energies[i]!) as Wh;
  }
  return energies;
}

/**
 * Everybody gets the same, nobody more than it wants: small wants are served whole, the rest shares what they leave. The
 * watt-hours that don't divide go one each to the lower order ids among those that are cut.
 */
function maxMin(wants: readonly Want[], available: Wh): readonly Wh[] {
  totalOf(wants, available);
  const energies = wants.map(() => wh(0));
  const ranking = wants.map((_, i) => i).sort((a, b) => wants[a]!.energy - wants[b]!.energy || compare(wants[a]!.id, wants[b]!.id));
  let left: number = available;
  for (const [at, i] of ranking.entries()) {
    const sharing = ranking.length - at;
    const level = Math.floor(left / sharing);
    if (wants[i]!.energy > level) {
      const cut = ranking.slice(at).sort((a, b) => compare(wants[a]!.id, wants[b]!.id));
      const favoured = new Set(cut.slice(0, left - level * sharing));
      for (const each of cut) energies[each] = (level + (favoured.has(each) ? 1 : 0)) as Wh;
      return energies;
    }
    energies[i] = wants[i]!.energy;
    left -= wants[i]!.energy;
  }
  return energies;
}

function totalOf(wants: readonly Want[], available: Wh): Wh {
  const total = sum(wants.map(({ energy }) => energy));
  assert(available <= total, "there is no more to share than is wanted");
  return total;
}

/** weight x amount / total with its remainder; the product may leave 2^53, the parts of the answer can't. */
function shareOf(weight: number, amount: number, total: number): { readonly whole: number; readonly remainder: number } {
  const product = weight * amount;
  if (product <= Number.MAX_SAFE_INTEGER) return { whole: Math.floor(product / total), remainder: product % total };
  const exact = BigInt(weight) * BigInt(amount);
  return { whole: Number(exact / BigInt(total)), remainder: Number(exact % BigInt(total)) };
}
