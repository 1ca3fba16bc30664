import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type HomeId, type Interval, wh } from "../../../engine/kernel/index.ts";
import type { MarketRules, SurplusAccount } from "../../../engine/messages/index.ts";
import { lackingTicks, type MarketState, spareWideTicks, toTicks, wideTicks } from "../../../engine/settlement/index.ts";
import { HOMES } from "../../support/market-life.ts";
import { RULES } from "../../support/rules.ts";
import { anyPlay, BooksOfStreet, type Move, NOTHING, type Play } from "../../support/spending-home.ts";

const VAULT_TICKS = 5_000_000;
const ACCOUNTS: readonly SurplusAccount[] = ["supplier", "grid", "community"];
/** Homes that pay whatever they owe. */
const RICH = byId(HOMES.map(() => VAULT_TICKS));

function byId(ticks: readonly number[]): readonly number[] {
  const at = new Map(HOMES.map((home, place) => [home, ticks[place]!]));
  return Array.from({ length: Math.max(...HOMES) + 1 }, (_, home) => at.get(home as HomeId) ?? 0);
}

/** What a vault holds: no home below 0, and the supplier's account bears what homes lack. */
class VaultOfStreet {
  readonly #rules: MarketRules;
  readonly homes: number[];
  readonly wide = { supplier: VAULT_TICKS, grid: VAULT_TICKS, community: VAULT_TICKS };
  readonly #debts: number[] = [];
  readonly #settled = new Map<HomeId, number>();
  #earned = { supplier: 0, grid: 0, community: 0 };

  constructor(rules: MarketRules, homes: readonly number[]) {
    this.#rules = rules;
    this.homes = [...homes];
  }

  /** As if a period were closed and settled now. */
  settle(state: MarketState): void {
    const { settled } = wideTicks(this.#rules, state);
    for (const account of ACCOUNTS) this.wide[account] += settled[account] - this.#earned[account];
    this.#earned = settled;
    for (const [home, { balance }] of state.accounts) {
      const left = this.homes[home]! + toTicks(balance) - (this.#settled.get(home) ?? 0);
      this.#settled.set(home, toTicks(balance));
      this.homes[home] = Math.max(0, left);
      this.#debts[home] = (this.#debts[home] ?? 0) + Math.max(0, -left);
      this.wide.supplier -= Math.max(0, -left);
    }
  }

  /** Whoever owes and has something pays. */
  collect(): void {
    for (const [home, debt] of this.#debts.entries()) {
      const paid = Math.min(debt ?? 0, this.homes[home]!);
      this.#debts[home] = (debt ?? 0) - paid;
      this.homes[home]! -= paid;
      this.wide.supplier += paid;
    }
  }
}

interface Poor {
  readonly homes: readonly number[];
  readonly isCollected: boolean;
}

/** What is left of an account wherever the street may close a period after all that could be spared was paid; the least of it. */
function leastLeft(play: Play, account: SurplusAccount, { homes, isCollected }: Poor = { homes: RICH, isCollected: false }) {
  const street = new BooksOfStreet(play);
  const states = play.before.map((move) => {
    street.play(move);
    return { state: street.state, closed: street.closed.length };
  });
  const vault = new VaultOfStreet(play.rules, homes);
  const settled = Math.max(0, street.closed.length - play.late);
  const settle = (state: MarketState): number => {
    vault.settle(state);
    if (isCollected) vault.collect();
    return vault.wide[account];
  };
  const endOf = (period: number) => states.find(({ closed }) => closed === period)!.state;
  for (let period = 1; period <= settled; period++) settle(endOf(period));
  const ticks = vault.wide[account];
  const until = (street.state.interval + play.after.length) as Interval;
  const holding = { account, ticks, homes: [...vault.homes], unsettled: street.closed.slice(settled) };
  const spare = spareWideTicks(play.rules, street.state, holding, { homes: HOMES, until });
  const held = holding.unsettled.map((_, at) => settle(endOf(settled + 1 + at)));
  for (const move of [...play.after, NOTHING, NOTHING]) {
    street.play(move);
    held.push(settle(street.state));
  }
  return { spare, left: Math.min(ticks, ...held) - spare };
}

const anyPoor = fc.record<Poor>({
  homes: fc.tuple(...HOMES.map(() => fc.constantFrom(0, 60, 2_000, 30_000, VAULT_TICKS))).map(byId),
  isCollected: fc.boolean(),
});

test("whatever is traded and fed in until it is paid, and whatever homes lack, no period takes more than is left of a wide account", () => {
  fc.assert(
    fc.property(anyPlay, fc.constantFrom(...ACCOUNTS, "supplier"), anyPoor, (play, account, poor) => {
      expect(leastLeft(play, account, poor).left).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 150 },
  );
});

const FED: Move = { kind: "nothing", isGreedy: false, isRead: true, feedsIn: true };
test("and no more is kept of the supplier's than a street that feeds in all that it may takes of it, but for one home", () => {
  const rules = { ...RULES, periodIntervals: 3, maxOrderWh: wh(3_000), maxOrdersPerHome: 2, withheldCharge: 0 };
  const play: Play = { rules, seed: 1, late: 1, requested: 0, before: Array(7).fill(FED), after: [FED] };
  const { spare, left } = leastLeft(play, "supplier");
  expect(spare).toBeGreaterThan(0);
  expect(left).toBeGreaterThanOrEqual(0);
  // Nobody buys the 6 kWh that each of them might buy and not take in the interval ahead, and one home feeds nothing in.
  const { exportPrice } = rules.residual;
  const unlikely = (HOMES.length + 3) * 6_000 * exportPrice;
  expect(left).toBeLessThanOrEqual(unlikely / 100_000 + HOMES.length + 3);
});

test("what a closed period and the running one take is there, or lacking to the tick, whatever homes lack", () => {
  fc.assert(
    fc.property(anyPlay, anyPoor, ({ rules, seed, before }, { homes }) => {
      const street = new BooksOfStreet({ rules, seed });
      const vault = new VaultOfStreet(rules, homes);
      let least = 0;
      const settle = (state: MarketState): void => {
        vault.settle(state);
        least = Math.min(least, vault.wide.supplier - VAULT_TICKS);
      };
      for (const move of before) {
        const { length } = street.closed;
        street.play(move);
        if (street.closed.length > length) settle(street.state);
      }
      settle(street.state);
      const lacking = (ticks: number) => lackingTicks(rules, street.state, { account: "supplier", ticks, homes, unsettled: street.closed });
      expect([lacking(-least), lacking(-least - 7), lacking(0)]).toEqual([0, 7, -least || 0]);
    }),
    { numRuns: 60 },
  );
});
