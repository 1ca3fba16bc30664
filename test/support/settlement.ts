import type { Clearing } from "../../engine/auction/index.ts";
import { homeId, type Interval, interval, microPerKwh, nano, sum, wh } from "../../engine/kernel/index.ts";
import type { Reading, ReadingQuality } from "../../engine/messages/index.ts";
import type { ClearedInterval } from "../../engine/settlement/index.ts";
import { idOf } from "./book.ts";
import { RULES } from "./rules.ts";

/** A fill of one home: Wh bought (above 0) or sold (below 0). */
export type Traded = readonly [home: number, energy: number];

/** A clearing as it would be with these fills; all at one price. */
export function tradeOf(at: Interval, price: number, ...traded: readonly Traded[]): Clearing {
  if (traded.length === 0)
    return {
      kind: "no-trade",
      reason: "NO_ORDERS",
      interval: at,
      outcomes: [],
      unsold: wh(0),
      unbought: wh(0),
      bestBuy: null,
      bestSell: null,
    };
  const fills = traded.map(([home, energy], i) => ({
    order: idOf(i + 1),
    home: homeId(home),
    side: energy > 0 ? ("buy" as const) : ("sell" as const),
    energy: wh(Math.abs(energy)),
    price: microPerKwh(price),
    amount: nano(Math.abs(energy) * price),
  }));
  const volume = sum(fills.filter(({ side }) => side === "buy").map(({ energy }) => energy));
  const limits = { low: microPerKwh(price), high: microPerKwh(price) };
  return {
    kind: "trade",
    interval: at,
    outcomes: [],
    unsold: wh(0),
    unbought: wh(0),
    price: microPerKwh(price),
    priceRange: limits,
    priceSetBy: { low: [], high: [] },
    volume,
    welfare: nano(0),
    surplus: nano(0),
    lostToCapacity: nano(0),
    fills,
    nodes: [{ price: microPerKwh(price), ...limits }],
    flows: [],
  };
}

/** A clearing as it waits for its readings; `withheld`: who sealed an order and never showed it. */
export const cleared = (clearing: Clearing, ...withheld: readonly number[]): ClearedInterval => ({
  clearing,
  withheld: withheld.map(homeId),
  rules: RULES,
});

export const readingOf = (home: number, at: number, importWh: number, exportWh: number, quality: ReadingQuality = "measured"): Reading => ({
  home: homeId(home),
  interval: interval(at),
  importWh: wh(importWh),
  exportWh: wh(exportWh),
  quality,
});
