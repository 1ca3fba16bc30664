import { type HomeId, type Interval, nano } from "../kernel/index.ts";
import { DEFAULT_RULES, type MarketRules, type SurplusAccount } from "../messages/index.ts";
import { settledWith } from "./advance.ts";
import { NANO_PER_TICK, wideTicks } from "./batch.ts";
import { accountOf, type MarketState } from "./ledger.ts";
import { filled, meterable, runningSum } from "./spare.ts";
import { surplusOf } from "./surplus.ts";

/** What the vault holds for the supplier, the grid or the community, in ticks. */
export interface WideHolding {
  readonly account: SurplusAccount;
  readonly ticks: number;
  /** The account's change in each closed period that the vault hasn't settled, by rising period. */
  readonly unsettled: readonly number[];
}

/** What is still to be settled: whose meters count, and the last interval that is cleared before a payout is paid. */
export interface Ahead {
  readonly homes: readonly HomeId[];
  readonly until: Interval;
}

/**
 * What the vault may pay of a wide account and still settle every closed period and all that is cleared until `until`, in ticks: what it
 * holds, less the lowest that settlement can bring it to. Nothing that the account may still earn counts.
 */
export function spareWideTicks(rules: MarketRules, state: MarketState, holding: WideHolding, ahead: Ahead): number {
  const worst = Math.ceil(worstFall(rules, state, holding.account, ahead) / NANO_PER_TICK);
  // Each home's ticks are rounded down, and the supplier has what they lack.
  const rounded = holding.account === "supplier" ? homesOf(state, ahead).length + 2 : 1;
  return Math.max(0, holding.ticks + lowestOf(rules, state, holding, worst + rounded));
}

/** Ticks that the account lacks for the closed periods and what is settled of the running one; 0: it bears them. */
export const lackingTicks = (rules: MarketRules, state: MarketState, holding: WideHolding): number =>
  Math.max(0, -holding.ticks - lowestOf(rules, state, holding, 0));

/** Below 0: what settlement takes at most, closed periods one after the other and what comes after them at the worst. */
function lowestOf(rules: MarketRules, state: MarketState, { account, unsettled }: WideHolding, worst: number): number {
  const { settled: before, lowest } = runningSum(unsettled);
  const { settled, carried } = wideTicks(rules, state);
  return Math.min(lowest, before + settled[account] - carried[account] - worst);
}

/**
 * The most that a wide account can fall by, nano-currency. The supplier pays its export price for what homes feed in beyond what they
 * sold, at most what their meters may say, and for what they bought and didn't take, which they may have been believed to take; and it
 * advances what a mechanism or rounding on lossy wires pays in. Grid and community lose by the latter alone, and no more than they have.
 */
function worstFall(rules: MarketRules, state: MarketState, account: SurplusAccount, ahead: Ahead): number {
  const homes = homesOf(state, ahead);
  const intervals = Math.max(0, ahead.until - state.interval);
  const energy = rules.maxOrderWh * rules.maxOrdersPerHome;
  const known = state.cleared.reduce((total, { clearing }) => total + Math.max(0, -surplusOf(clearing, nano(0)).amount), 0);
  const paidIn = known + intervals * worstDeficit(rules, homes.length * energy);
  if (account !== "supplier") return Math.min(paidIn, Math.max(0, wideTicks(rules, state).settled[account]) * NANO_PER_TICK);
  const from = settledWith(state.interval);
  const taken = homes.reduce((total, home) => {
    const { meter } = accountOf(state.accounts, home);
    const fedIn = meterable(meter, { energy, from, until: state.interval + intervals });
    return total + filled(state, home).boughtWh + intervals * energy + (meter?.assumedImportWh ?? 0) + fedIn;
  }, 0);
  return taken * Math.max(0, rules.residual.exportPrice) + paidIn;
}

/** What one interval may pay in: at `vcg` no more than sellers can get; on wires with losses a rounded Wh for each wire. */
function worstDeficit(rules: MarketRules, energy: number): number {
  const { network, mechanism = DEFAULT_RULES.mechanism, maxPrice } = rules;
  if (mechanism === "vcg") return energy * maxPrice;
  return (network?.nodes ?? []).filter(({ lossPpm }) => lossPpm > 0).length * maxPrice;
}

const homesOf = ({ accounts }: MarketState, { homes }: Ahead): readonly HomeId[] => [...new Set([...accounts.keys(), ...homes])];
