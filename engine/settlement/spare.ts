import type { HomeId, Interval } from "../kernel/index.ts";
import { DEFAULT_RULES, type MarketRules } from "../messages/index.ts";
import { settledWith } from "./advance.ts";
import { NANO_PER_TICK } from "./batch.ts";
import { accountOf, type MarketState, type Meter } from "./ledger.ts";
import { MOST_WH } from "./settle.ts";

/** What the vault holds for a home, in ticks, all of one block that is final. */
export interface Holding {
  /** Less what the home owes there; below 0 where it owes more. */
  readonly ticks: number;
  /** What withdrawals have asked for. */
  readonly requested: number;
  /** The home's change in each closed period that the vault hadn't settled there, by rising period. */
  readonly unsettled: readonly number[];
}

/**
 * What the vault may pay a home at once and still settle every period of intervals up to `until`, in ticks: what it holds, without
 * what is asked for, minus the lowest that settlement can bring the home to, whatever it orders and whatever its meter says.
 * Nothing that the home may still earn counts. An older `state` only makes it less.
 */
export function spareTicks(
  rules: MarketRules,
  state: MarketState,
  home: HomeId,
  { ticks, requested, unsettled }: Holding,
  until: Interval,
): number {
  const { settled, lowest } = runningSum(unsettled);
  const inVault = (state.carried.ticks.get(home) ?? 0) - settled;
  const worst = Math.floor((accountOf(state.accounts, home).balance - worstDebt(rules, state, home, until)) / NANO_PER_TICK);
  return Math.max(0, ticks - requested + Math.min(lowest, worst - inVault));
}

/** What changes come to, one after the other, and the least that they do on the way. */
export function runningSum(changes: readonly number[]): { readonly settled: number; readonly lowest: number } {
  let [settled, lowest] = [0, 0];
  for (const change of changes) {
    settled += change;
    lowest = Math.min(lowest, settled);
  }
  return { settled, lowest };
}

/**
 * The most that a home's balance can fall by until `until` is settled, nano-currency. With E = maxOrderWh x maxOrdersPerHome, from
 * `settleHome` summed over intervals: purchases cost their amounts, and each interval that isn't cleared yet at most E x maxPrice;
 * import beyond purchases is at most what a meter may claim, E for each interval since its last counted reading; and what was sold
 * and not fed in, what was only assumed to be fed in with it, is bought from the supplier. A Wh of the E is bought or sold. Beyond
 * 2^53 it is no longer exact and more than there is money.
 */
export function worstDebt(rules: MarketRules, state: MarketState, home: HomeId, until: Interval): number {
  const { maxOrderWh, maxOrdersPerHome, maxPrice, residual } = rules;
  const energy = maxOrderWh * maxOrdersPerHome;
  const ahead = Math.max(0, until - state.interval);
  const undelivered = ahead * energy * Math.max(0, residual.importPrice - maxPrice);
  const { soldWh } = filled(state, home);
  const { meter } = accountOf(state.accounts, home);
  const taken =
    soldWh + (meter?.assumedExportWh ?? 0) + meterable(meter, { energy, from: settledWith(state.interval), until: state.interval + ahead });
  return worstSpending(rules, state, home, until) + undelivered + taken * residual.importPrice;
}

/**
 * The most that a home may pay by `until` for what it buys and for sealed orders that it never shows, nano-currency: the part of its worst
 * debt that isn't owed to the supplier for energy.
 */
export function worstSpending(rules: MarketRules, state: MarketState, home: HomeId, until: Interval): number {
  const { maxOrderWh, maxOrdersPerHome, maxPrice, withheldCharge = DEFAULT_RULES.withheldCharge } = rules;
  const ahead = Math.max(0, until - state.interval);
  const charged = (ahead * maxOrdersPerHome + withheldBy(state, home)) * withheldCharge * 1000;
  return filled(state, home).bought + ahead * maxOrderWh * maxOrdersPerHome * maxPrice + charged;
}

interface Filled {
  readonly bought: number;
  readonly boughtWh: number;
  readonly soldWh: number;
}

/** What a home has bought and sold in intervals that aren't settled yet. */
export function filled({ cleared }: MarketState, home: HomeId): Filled {
  let [bought, boughtWh, soldWh] = [0, 0, 0];
  for (const { clearing } of cleared) {
    for (const fill of clearing.kind === "trade" ? clearing.fills : []) {
      if (fill.home !== home) continue;
      if (fill.side === "sell") soldWh += fill.energy;
      else {
        bought += fill.amount;
        boughtWh += fill.energy;
      }
    }
  }
  return { bought, boughtWh, soldWh };
}

const withheldBy = ({ cleared }: MarketState, home: HomeId): number =>
  cleared.flatMap(({ withheld }) => withheld).filter((each) => each === home).length;

export interface Span {
  /** Wh that a meter may claim for each interval. */
  readonly energy: number;
  /** The last settled interval. */
  readonly from: number;
  readonly until: number;
}

/** Wh that a home's readings may still bring, in import as in export: each is compared with the one before, and none counts beyond the most. */
export const meterable = (meter: Meter | null, { energy, from, until }: Span): number =>
  Math.min((until - (meter?.interval ?? from)) * energy, (until - from) * MOST_WH);
