import {
  type Clearing,
  explainNoTrade,
  explainOutcomeUnder,
  explainPriceUnder,
  type Network,
  networkOf,
  nodeNames,
  type Outcome,
  type Trade,
  UNLIMITED,
  type Words,
} from "../../engine/auction/index.ts";
import { type HomeId, type Interval, microPerKwh, type Nano } from "../../engine/kernel/index.ts";
import { DEFAULT_RULES, deliveryEnd, deliveryStart, type MarketRules, type Members, type ResultKind } from "../../engine/messages/index.ts";
import {
  type ClearedInterval,
  communityPercentOf,
  creditsOf,
  type MarketState,
  partsOf,
  type SettledHome,
  type SettledInterval,
  type SurplusBooks,
} from "../../engine/settlement/index.ts";
import type { ClearingView, HomeView, OrderView, SettlementView, SurplusView, WireView } from "./state.ts";
import { kwhText, priceText } from "./words.ts";

export const isoOf = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString().replace(".000Z", "Z");
export const intervalName = (rules: MarketRules, interval: Interval): string => isoOf(deliveryStart(rules, interval));
export const endName = (rules: MarketRules, interval: Interval): string => isoOf(deliveryEnd(rules, interval));

/** For the eye only: the ledger keeps nano. */
export const microOf = (amount: Nano): number => Math.round(amount / 1000);

/** What is told of a void interval in place of a reason: its homes agreed on nothing but this. */
const TOO_LATE = "the homes agreed too late to trade in this interval; the utility covers it";

/** A clearing with who withheld a sealed order; a void one is told apart from one in which orders did not meet. */
export function clearingView(kind: ResultKind, { clearing, withheld, rules }: ClearedInterval, words: Words): ClearingView {
  const trade = clearing.kind === "trade" ? clearing : null;
  const street = streetOf(rules);
  return {
    interval: intervalName(rules, clearing.interval),
    kind: kind === "void" ? kind : clearing.kind,
    priceMicro: trade?.price ?? null,
    priceRange: trade === null ? null : [trade.priceRange.low, trade.priceRange.high],
    volumeWh: trade?.volume ?? 0,
    priceSetBy: trade === null ? null : explainPriceUnder(street.mechanism, trade, rules.kPermille, words),
    noTradeReason: kind === "void" ? TOO_LATE : clearing.kind === "no-trade" ? explainNoTrade(clearing, words) : null,
    orders: [...clearing.outcomes].sort(byCurve).map((outcome) => orderView(street, outcome, clearing, words)),
    unsoldWh: clearing.unsold,
    unboughtWh: clearing.unbought,
    withheld: withheld.map((home) => ({ home, name: words.home(home) })),
    nodes: trade === null || !street.hasWires ? [] : street.names.map((name, at) => ({ name, priceMicro: trade.nodes[at]!.price })),
    wires: trade === null ? [] : wiresOf(street, trade),
  };
}

/** What the rules say of the place where orders meet. */
interface Street {
  readonly mechanism: NonNullable<MarketRules["mechanism"]>;
  readonly network: Network;
  readonly names: readonly string[];
  readonly hasWires: boolean;
}

const streetOf = (rules: MarketRules): Street => ({
  mechanism: rules.mechanism ?? DEFAULT_RULES.mechanism,
  network: networkOf(rules),
  names: nodeNames(rules),
  hasWires: nodeNames(rules).length > 1,
});

function wiresOf({ names, network }: Street, { flows }: Trade): readonly WireView[] {
  return flows.map(({ node, direction, entered, left, full, fees, rent }) => {
    const { importCapacity, exportCapacity } = network.nodes[node]!.edge!;
    const capacity = direction === "export" ? exportCapacity : importCapacity;
    return {
      name: names[node]!,
      direction,
      enteredWh: entered,
      leftWh: left,
      capacityWh: capacity === UNLIMITED ? null : capacity,
      full,
      feesMicro: microOf(fees),
      rentMicro: microOf(rent),
    };
  });
}

/** Buys by falling limit, then sells by rising limit. */
function byCurve(a: Outcome, b: Outcome): number {
  if (a.side !== b.side) return a.side === "buy" ? -1 : 1;
  return a.side === "buy" ? b.limit - a.limit : a.limit - b.limit;
}

function orderView({ mechanism, network, names, hasWires }: Street, outcome: Outcome, clearing: Clearing, words: Words): OrderView {
  const { home, side, limit, wanted, energy, kind, edge } = outcome;
  const node = network.homes.get(home) ?? 0;
  const reason = explainOutcomeUnder(mechanism, outcome, hasWires ? seenFrom(node, clearing) : clearing, words);
  const place = { node: hasWires ? names[node]! : null, wire: edge === null ? null : names[edge]! };
  return { home, name: words.home(home), side, limitMicro: limit, energyWh: wanted, filledWh: energy, outcome: kind, ...place, reason };
}

/** A home's reasons are about the price at its own node. */
function seenFrom(node: number, clearing: Clearing): Clearing {
  return clearing.kind === "trade" ? { ...clearing, price: clearing.nodes[node]!.price ?? clearing.price } : clearing;
}

export const surplusView = (rules: MarketRules, books: SurplusBooks): SurplusView => ({
  account: rules.surplusTo ?? DEFAULT_RULES.surplusTo,
  balanceMicro: microOf(books.balance),
  communityPercent: communityPercentOf(rules),
  communityMicro: microOf(partsOf(books).community),
  lostWh: books.lost,
});

/** What each home may spend on orders for the next interval; null: nothing limits it. */
export function creditView(rules: MarketRules, state: MarketState | null, members: Members | null): (home: HomeId) => number | null {
  const stakes = members?.stakes ?? null;
  if (state === null || stakes === null) return () => null;
  const credit = creditsOf(rules, state, stakes);
  return (home) => microOf(credit(home));
}

export function settlementView(rules: MarketRules, settled: SettledInterval, nameOf: (home: HomeId) => string): SettlementView {
  const { energyIn, energyOut, moneyIn, moneyOut } = settled.conservation;
  return {
    interval: intervalName(rules, settled.interval),
    flows: settled.homes.map(({ home, boughtWh, soldWh, utilityImportWh, utilityExportWh, charge, quality }) => ({
      home,
      name: nameOf(home),
      boughtWh,
      soldWh,
      utilityImportWh,
      utilityExportWh,
      chargeMicro: microOf(charge),
      quality,
    })),
    surplus: {
      account: rules.surplusTo ?? DEFAULT_RULES.surplusTo,
      amountMicro: microOf(settled.surplus.amount),
      feesMicro: microOf(settled.surplus.fees),
      rentsMicro: microOf(settled.surplus.rents),
      keptMicro: microOf(settled.surplus.kept),
      chargesMicro: microOf(settled.surplus.charges),
      lostWh: settled.surplus.lost,
    },
    conservation: {
      energyInWh: energyIn,
      energyOutWh: energyOut,
      moneyInNano: moneyIn,
      moneyOutNano: moneyOut,
      holds: energyIn === energyOut && moneyIn === moneyOut,
    },
  };
}

/** What became of the last interval, in a few words. */
export function clearedText(clearing: ClearingView | null, currency: string): readonly string[] {
  if (clearing === null) return ["the first interval is on its way"];
  if (clearing.priceMicro === null) return [`nothing traded: ${clearing.noTradeReason}`];
  return [`last price ${priceText(microPerKwh(clearing.priceMicro), currency)}`, leftOver(clearing)];
}

/** What of the energy found nobody, as a part of a sentence. */
function leftOver({ unsoldWh, unboughtWh }: ClearingView): string {
  if (unsoldWh > 0) return `${kwhText(unsoldWh)} found no buyer`;
  return unboughtWh > 0 ? `${kwhText(unboughtWh)} found no seller` : "all that was offered and asked for found its match";
}

/** What a home's meter said of the interval that was settled last; null: nothing. */
export function lastReading(rules: MarketRules, settled: SettledInterval | null, home: SettledHome | undefined): HomeView["reading"] {
  if (home === undefined || home.quality === "estimated" || settled === null) return null;
  return { interval: intervalName(rules, settled.interval), importWh: home.importWh, exportWh: home.exportWh };
}
