import { compare, type MicroPerKwh, max, min } from "../kernel/index.ts";
import type { Margin } from "./levels.ts";
import type { ClearingRules, OrderEntry, PriceRange, PriceSetter } from "./types.ts";

/**
 * All prices that support the same fills: high enough for every seller that trades and too dear for every buyer that wants
 * more; low enough for every buyer that trades and too cheap for every seller that has more.
 */
export function indifference(buys: Margin, sells: Margin): PriceRange {
  return {
    low: buys.open === null ? sells.accepted : max(sells.accepted, buys.open),
    high: sells.open === null ? buys.accepted : min(buys.accepted, sells.open),
  };
}

/** k of the way from low to high, rounded down to the tick. Both ends are limits and so on the tick: rounding can't leave the range. */
export function priceWithin({ low, high }: PriceRange, { tick, kPermille }: ClearingRules): MicroPerKwh {
  const ticks = (high - low) / tick;
  return (low + tick * Math.floor((ticks * kPermille) / 1000)) as MicroPerKwh;
}

/** Who ends the range: at the low end a seller that trades or a buyer that wants more, at the high end the other way round. */
export function settersOf(orders: readonly OrderEntry[], range: PriceRange, filled: (order: OrderEntry) => number) {
  const trades = (order: OrderEntry): boolean => filled(order) > 0;
  const wantsMore = (order: OrderEntry): boolean => filled(order) < order.body.energy;
  const at = (limit: MicroPerKwh, sell: typeof trades, buy: typeof trades): readonly PriceSetter[] =>
    orders
      .filter((order) => order.body.limit === limit && (order.body.side === "sell" ? sell(order) : buy(order)))
      .map(({ id, body }) => ({ order: id, home: body.home, side: body.side, limit: body.limit }))
      .sort((a, b) => compare(a.order, b.order));
  return { low: at(range.low, trades, wantsMore), high: at(range.high, wantsMore, trades) };
}
