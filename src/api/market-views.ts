import {
  type Clearing,
  explainNoTrade,
  explainOutcome,
  explainPrice,
  type Outcome,
  type Trade,
  type Words,
} from "../../engine/auction/index.ts";
import type { HomeId, Interval, Nano } from "../../engine/kernel/index.ts";
import { deliveryEnd, deliveryStart, type MarketRules } from "../../engine/messages/index.ts";
import type { SettledInterval } from "../../engine/settlement/index.ts";
import type { ClearingView, OrderView, SettlementView } from "./state.ts";

export const isoOf = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString().replace(".000Z", "Z");
export const intervalName = (rules: MarketRules, interval: Interval): string => isoOf(deliveryStart(rules, interval));
export const endName = (rules: MarketRules, interval: Interval): string => isoOf(deliveryEnd(rules, interval));

/** For the eye only: the ledger keeps nano. */
export const microOf = (amount: Nano): number => Math.round(amount / 1000);

export function clearingView(rules: MarketRules, clearing: Clearing, words: Words): ClearingView {
  const trade = clearing.kind === "trade" ? clearing : null;
  return {
    interval: intervalName(rules, clearing.interval),
    kind: clearing.kind,
    priceMicro: trade?.price ?? null,
    priceRange: trade === null ? null : [trade.priceRange.low, trade.priceRange.high],
    volumeWh: trade?.volume ?? 0,
    priceSetBy: trade === null ? null : explainPrice(trade as Trade, rules.kPermille, words),
    noTradeReason: clearing.kind === "no-trade" ? explainNoTrade(clearing, words) : null,
    orders: [...clearing.outcomes].sort(byCurve).map((outcome) => orderView(outcome, clearing, words)),
    unsoldWh: clearing.unsold,
    unboughtWh: clearing.unbought,
  };
}

/** Buys by falling limit, then sells by rising limit. */
function byCurve(a: Outcome, b: Outcome): number {
  if (a.side !== b.side) return a.side === "buy" ? -1 : 1;
  return a.side === "buy" ? b.limit - a.limit : a.limit - b.limit;
}

function orderView(outcome: Outcome, clearing: Clearing, words: Words): OrderView {
  const { home, side, limit, wanted, energy, kind } = outcome;
  const reason = explainOutcome(outcome, clearing, words);
  return { home, name: words.home(home), side, limitMicro: limit, energyWh: wanted, filledWh: energy, outcome: kind, reason };
}

export function settlementView(rules: MarketRules, settled: SettledInterval, nameOf: (home: HomeId) => string): SettlementView {
  const { energyIn, energyOut, moneyIn, moneyOut } = settled.conservation;
  return {
    interval: intervalName(rules, settled.interval),
    flows: settled.homes.map(({ home, boughtWh, soldWh, utilityImportWh, utilityExportWh, quality }) => ({
      home,
      name: nameOf(home),
      boughtWh,
      soldWh,
      utilityImportWh,
      utilityExportWh,
      quality,
    })),
    conservation: {
      energyInWh: energyIn,
      energyOutWh: energyOut,
      moneyInNano: moneyIn,
      moneyOutNano: moneyOut,
      holds: energyIn === energyOut && moneyIn === moneyOut,
    },
  };
}
