import { type HomeId, type Interval, nano } from "../kernel/index.ts";
import { DEFAULT_RULES, type MarketRules, type SurplusAccount } from "../messages/index.ts";
import { settledWith } from "./advance.ts";
import { type Batch, changeInWide, decodeVector, NANO_PER_TICK, toTicks, wideTicks } from "./batch.ts";
import { accountOf, type MarketState } from "./ledger.ts";
import { filled, meterable, worstSpending } from "./spare.ts";
import { surplusOf } from "./surplus.ts";

/** What the vault holds for the supplier, the grid or the community, in ticks, all of one state. */
export interface WideHolding {
  readonly account: SurplusAccount;
  readonly ticks: number;
  /**
   * What it holds for each home without what is asked for, by home id: the supplier's account bears what homes lack. Debts are no part of
   * it: that account has borne them already.
   */
  readonly homes: readonly number[];
  /** The closed periods that the vault hasn't settled, by rising period. */
  readonly unsettled: readonly Pick<Batch, "vector" | "wide">[];
}

/** What is still to be settled: whose meters count, and the last interval that is cleared before a payout is paid. */
export interface Ahead {
  readonly homes: readonly HomeId[];
  readonly until: Interval;
}

/**
 * What the vault may pay of a wide account and still settle every closed period and all that is cleared until `until`, in ticks: what it
 * holds, less the lowest that settlement can bring it to. Nothing that the account may still earn counts, but for what homes use beyond
 * their trades: the supplier is owed it, and bears no more of it than that where they lack it.
 */
export function spareWideTicks(rules: MarketRules, state: MarketState, holding: WideHolding, ahead: Ahead): number {
  const homes = homesOf(state, ahead);
  const worst = Math.ceil(worstFall(rules, state, holding.account, ahead) / NANO_PER_TICK);
  // Each home's ticks are rounded down, and the supplier has what they lack.
  const rounded = holding.account === "supplier" ? homes.length + 2 : 1;
  const ends = homes.map((home) => {
    const left = accountOf(state.accounts, home).balance - worstSpending(rules, state, home, ahead.until);
    // What it lacks is rounded once more, when it is at its lowest.
    return { home, ticks: Math.floor(left / NANO_PER_TICK) - 1 };
  });
  return Math.max(0, holding.ticks + lowestOf(rules, state, holding, { ends, worst: worst + rounded }));
}

/** Ticks that the account lacks for the closed periods and what is settled of the running one, with what homes lack; 0: it bears them. */
export function lackingTicks(rules: MarketRules, state: MarketState, holding: WideHolding): number {
  const ends = [...state.accounts].map(([home, { balance }]) => ({ home, ticks: toTicks(balance) }));
  return Math.max(0, -holding.ticks - lowestOf(rules, state, holding, { ends, worst: 0 }));
}

/** How what comes after the closed periods may end at the worst: each home's ticks in the books, and what the account falls by. */
interface Worst {
  readonly ends: readonly { readonly home: HomeId; readonly ticks: number }[];
  readonly worst: number;
}

/** Below 0: what settlement takes at most, closed periods one after the other and what comes after them at the worst. */
function lowestOf(rules: MarketRules, state: MarketState, holding: WideHolding, { ends, worst }: Worst): number {
  const { account, unsettled } = holding;
  const homes = [...holding.homes];
  const bear = (changes: Changes): number => (account === "supplier" ? settleHomes(homes, changes) : 0);
  let [before, lowest] = [0, 0];
  for (const { vector, wide } of unsettled) {
    before += changeInWide(wide, account) - bear(decodeVector(vector).entries());
    lowest = Math.min(lowest, before);
  }
  const { settled, carried } = wideTicks(rules, state);
  const borne = bear(ends.map(({ home, ticks }) => [home, ticks - (state.carried.ticks.get(home) ?? 0)]));
  return Math.min(lowest, before + settled[account] - carried[account] - borne - worst);
}

type Changes = Iterable<readonly [home: number, ticks: number]>;

/** Changes what homes hold as the vault does, none to below 0, and tells what they lack, in ticks: the supplier's account bears it. */
function settleHomes(homes: number[], changes: Changes): number {
  let lacking = 0;
  for (const [home, ticks] of changes) {
    const left = (homes[home] ?? 0) + ticks;
    homes[home] = Math.max(0, left);
    lacking += Math.max(0, -left);
  }
  return lacking;
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
