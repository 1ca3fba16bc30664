import { expect, test } from "@jest/globals";
import { homeId, interval, microPerKwh, nano, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import {
  genesis,
  type Holding,
  type MarketState,
  type Meter,
  NEW_ACCOUNT,
  spareTicks,
  worstDebt,
} from "../../../engine/settlement/index.ts";
import { RULES } from "../../support/rules.ts";
import { cleared, tradeOf } from "../../support/settlement.ts";

/** 10 kWh in two orders: what one home moves in an interval at most; 0.30 and at most 1.00 for a kWh, 0.05 for what is withheld. */
const SMALL = { ...RULES, maxOrderWh: wh(5_000), maxOrdersPerHome: 2 };
const HOME = homeId(3);
const [TICKS_PER_EUR, NANO_PER_EUR] = [10_000, 1_000_000_000];
/** The last certified interval; 1000 is settled. */
const LAST = interval(1002);

interface Books {
  readonly eur?: number;
  readonly carriedEur?: number;
  readonly meter?: Partial<Meter> | null;
  readonly cleared?: MarketState["cleared"];
}

function booksOf({ eur = 0, carriedEur = 0, meter = {}, cleared: waiting = [] }: Books): MarketState {
  const state = genesis(SMALL, LAST, ZERO_DIGEST);
  const read = { interval: interval(1000), importWh: wh(0), exportWh: wh(0), assumedImportWh: wh(0), assumedExportWh: wh(0) };
  const account = { ...NEW_ACCOUNT, balance: nano(eur * NANO_PER_EUR), meter: meter === null ? null : { ...read, ...meter } };
  const carried = { ...state.carried, ticks: new Map([[HOME, carriedEur * TICKS_PER_EUR]]) };
  return { ...state, interval: LAST, accounts: new Map([[HOME, account]]), cleared: waiting, carried };
}

const at = (interval_: number, ...traded: Parameters<typeof tradeOf>[2][]) => cleared(tradeOf(interval(interval_), 200_000, ...traded));

test.each<[string, Books, until: number, eur: number]>([
  // Two intervals wait for their readings: 2 x 10 kWh of import at 0.30.
  ["nothing but its meter", {}, 1002, 6],
  ["an interval that is behind", {}, 900, 6],
  // And 10 kWh more of import, 10 kWh bought at 1.00 and two orders withheld in each interval ahead.
  ["one interval ahead", {}, 1003, 6 + 3 + 10 + 0.1],
  ["three intervals ahead", {}, 1005, 6 + 3 * 13.1],
  ["a meter that was last read four intervals before", { meter: { interval: interval(996) } }, 1002, 18],
  ["a meter that was never read", { meter: null }, 1002, 6],
  // No reading counts more than 100 MWh.
  ["a meter that was last read long ago", { meter: { interval: interval(0) } }, 1002, 3006],
  ["5 kWh at its word fed in", { meter: { assumedExportWh: wh(5_000) } }, 1002, 7.5],
  ["4 kWh bought at 0.20", { cleared: [at(1001, [3, 4_000]), at(1002)] }, 1002, 6.8],
  // Sold at 0.20 and perhaps not fed in; that it earns 0.20 counts for nothing.
  ["4 kWh sold", { cleared: [at(1001), at(1002, [3, -4_000])] }, 1002, 7.2],
  ["another home's trades", { cleared: [at(1001, [2, 4_000]), at(1002, [2, -4_000])] }, 1002, 6],
  ["an order withheld", { cleared: [cleared(tradeOf(interval(1001), 200_000), 3, 2), at(1002)] }, 1002, 6.05],
])("at worst a home with %s falls by", (_, books, until, eur) => {
  expect(worstDebt(SMALL, booksOf(books), HOME, interval(until)) / NANO_PER_EUR).toBeCloseTo(eur, 9);
});

test("where the supplier takes more than any trade may, each interval ahead costs its price: 2.00 for 10 kWh sold and not fed in", () => {
  const rules = { ...SMALL, residual: { ...SMALL.residual, importPrice: microPerKwh(2_000_000) } };
  expect(worstDebt(rules, booksOf({}), HOME, interval(1003)) / NANO_PER_EUR).toBeCloseTo(40 + 20 + 20 + 0.1, 9);
});

test("what no sum counts exactly is more than any home has", () => {
  const rules = { ...SMALL, maxOrderWh: wh(100_000_000) };
  expect(spareTicks(rules, booksOf({ eur: 9_000_000 }), HOME, { ticks: 2 ** 31 - 1, requested: 0, unsettled: [] }, interval(2 ** 31))).toBe(
    0,
  );
});

const holds = (eur: number, requested = 0, ...unsettled: readonly number[]): Holding => ({
  ticks: eur * TICKS_PER_EUR,
  requested: requested * TICKS_PER_EUR,
  unsettled: unsettled.map((each) => each * TICKS_PER_EUR),
});

test.each<[string, Books, Holding, eur: number]>([
  ["100 in the vault, books even", {}, holds(100), 94],
  ["20 of it asked for", {}, holds(100, 20), 74],
  ["it owes 30", { eur: -30 }, holds(100), 64],
  ["it is owed 30", { eur: 30 }, holds(100), 100],
  ["it is owed 4", { eur: 4 }, holds(100), 98],
  ["it owes 30, which the vault has settled", { eur: -30, carriedEur: -30 }, holds(100), 94],
  ["it owes 30, closed in a period that the vault lacks", { eur: -30, carriedEur: -30 }, holds(100, 0, -30), 64],
  ["it owed 50 in one period and is owed them back in the next", { carriedEur: 0 }, holds(100, 0, -50, 50), 50],
  ["it earned 50 in one period and owes them in the next", { carriedEur: 0 }, holds(100, 0, 50, -50), 94],
  ["it earned 50, which nobody has settled", { eur: 50, carriedEur: 50 }, holds(100, 0, 50), 100],
  ["everything is asked for", {}, holds(100, 100), 0],
  ["it owes more than it has", { eur: -200 }, holds(100), 0],
  ["nothing", {}, holds(0), 0],
])("what a home can spare: %s", (_, books, holding, eur) => {
  expect(spareTicks(SMALL, booksOf(books), HOME, holding, LAST) / TICKS_PER_EUR).toBe(eur);
});

test("a balance between two ticks is rounded against the home", () => {
  const state = booksOf({ eur: -1 });
  const account = { ...state.accounts.get(HOME)!, balance: nano(-NANO_PER_EUR - 1) };
  expect(spareTicks(SMALL, { ...state, accounts: new Map([[HOME, account]]) }, HOME, holds(100), LAST)).toBe(930_000 - 1);
});

test("a home that the books don't know yet", () => {
  expect(spareTicks(SMALL, booksOf({}), homeId(8), holds(50), LAST)).toBe(440_000);
});
