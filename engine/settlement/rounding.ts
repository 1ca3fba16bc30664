import { compare, type Nano, nano, sum } from "../kernel/index.ts";

/** Nano-currency in one micro-currency. */
const NANO_PER_MICRO = 1000;

/** Amounts in micro-currency, and what the whole group lost by it: total = 1000 x sum of `micro` + `residue`, |residue| <= 500. */
export interface Rounded {
  readonly micro: readonly number[];
  readonly residue: Nano;
}

/**
 * The one place where money is rounded for people's documents. A group whose total is shared is rounded together by largest
 * remainder, so that it still adds up: what sums to zero in nano sums to zero in micro. Nobody's amount moves by a whole
 * micro; of equal remainders the earlier place is rounded up, so the caller's order must be the same everywhere.
 */
export function toMicro(amounts: readonly Nano[]): Rounded {
  const total = sum(amounts);
  const micro = amounts.map((amount) => (amount - remainderOf(amount)) / NANO_PER_MICRO);
  const target = nearest(total);
  const missing = target - micro.reduce((whole, each) => whole + each, 0);
  for (const place of byRemainder(amounts).slice(0, missing)) micro[place]! += 1;
  return { micro, residue: nano(total - target * NANO_PER_MICRO) };
}

/** 0 to 999 above the next lower micro, for debts too. */
const remainderOf = (amount: number): number => ((amount % NANO_PER_MICRO) + NANO_PER_MICRO) % NANO_PER_MICRO;

/** Halves go up. */
function nearest(total: Nano): number {
  const remainder = remainderOf(total);
  return (total - remainder) / NANO_PER_MICRO + (remainder >= NANO_PER_MICRO / 2 ? 1 : 0);
}

function byRemainder(amounts: readonly Nano[]): readonly number[] {
  const places = amounts.map((amount, place) => ({ place, remainder: remainderOf(amount) }));
  return places.sort((a, b) => compare(b.remainder, a.remainder) || compare(a.place, b.place)).map(({ place }) => place);
}
