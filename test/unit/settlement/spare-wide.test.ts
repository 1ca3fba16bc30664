import { expect, test } from "@jest/globals";
import { homeId, interval, nano, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { MarketRules, SurplusAccount } from "../../../engine/messages/index.ts";
import { genesis, type MarketState, type Meter, NEW_ACCOUNT, spareWideTicks } from "../../../engine/settlement/index.ts";
import { RULES } from "../../support/rules.ts";
import { cleared, tradeOf } from "../../support/settlement.ts";

/** 10 kWh in two orders: what one home moves in an interval at most; 0.08 for a kWh fed in, at most 1.00 for one traded. */
const SMALL: MarketRules = { ...RULES, maxOrderWh: wh(5_000), maxOrdersPerHome: 2 };
const HOMES = [3, 4].map(homeId);
const TICKS_PER_EUR = 10_000;
/** The last certified interval; 1000 is settled. */
const LAST = interval(1002);
const HOLDS = 100;

interface Books {
  readonly meter?: Partial<Meter>;
  readonly cleared?: MarketState["cleared"];
  /** Of the surplus, all the grid's, and what batches have carried of it. */
  readonly gridEur?: number;
  readonly carriedEur?: number;
}

function booksOf({ meter = {}, cleared: waiting = [], gridEur = 0, carriedEur = 0 }: Books): MarketState {
  const state = genesis(SMALL, LAST, ZERO_DIGEST);
  const read = { interval: interval(1000), importWh: wh(0), exportWh: wh(0), assumedImportWh: wh(0), assumedExportWh: wh(0) };
  const accounts = new Map([[HOMES[0]!, { ...NEW_ACCOUNT, meter: { ...read, ...meter } }]]);
  const surplus = { ...state.surplus, balance: nano(gridEur * 1e9) };
  return {
    ...state,
    accounts,
    surplus,
    interval: LAST,
    cleared: waiting,
    carried: { ...state.carried, surplusTicks: carriedEur * TICKS_PER_EUR },
  };
}

const bought = cleared(tradeOf(interval(1001), 200_000, [3, 4_000], [4, -4_000]));
const LOSSY = { id: "b", parent: "a", importCapacity: null, exportCapacity: null, fee: RULES.tick, lossPpm: 20_000 } as const;
const ROOT = { ...LOSSY, id: "a", parent: null, lossPpm: 0 };
const WIRED = { network: { nodes: [ROOT, LOSSY], homes: [] } } as unknown as Partial<MarketRules>;
const VCG: Partial<MarketRules> = { mechanism: "vcg" };

test.each<[string, SurplusAccount, Books, until: number, Partial<MarketRules>, fallTicks: number]>([
  // Two homes may feed in 10 kWh in each of the two intervals that wait for their readings: 3.20; two homes' rounding and two more.
  ["what meters may say", "supplier", {}, 1002, {}, 32_000 + 4],
  ["an interval that is behind", "supplier", {}, 900, {}, 32_000 + 4],
  // In one interval ahead each may feed in 10 kWh and buy as much that it doesn't take.
  ["one interval ahead", "supplier", {}, 1003, {}, 32_000 + 32_000 + 4],
  ["4 kWh bought and perhaps not taken", "supplier", { cleared: [bought] }, 1002, {}, 32_000 + 3_200 + 4],
  ["5 kWh at its word taken in", "supplier", { meter: { assumedImportWh: wh(5_000) } }, 1002, {}, 32_000 + 4_000 + 4],
  ["a meter that was last read four intervals before", "supplier", { meter: { interval: interval(996) } }, 1002, {}, 64_000 + 4],
  [
    "a supplier that pays nothing for what is fed in",
    "supplier",
    {},
    1003,
    { residual: { ...RULES.residual, exportPrice: (RULES.residual.exportPrice * 0) as never } },
    4,
  ],
  // 20 kWh at 1.00.
  ["what sellers may get by vcg", "supplier", {}, 1003, VCG, 64_000 + 200_000 + 4],
  ["a Wh that a lossy wire may round off, at 1.00 for a kWh", "supplier", {}, 1003, WIRED, 64_000 + 10 + 4],
  ["nothing of the grid's", "grid", { gridEur: 9, carriedEur: 9 }, 1003, {}, 1],
  ["of the grid's a lossy wire's Wh", "grid", { gridEur: 9, carriedEur: 9 }, 1003, WIRED, 10 + 1],
  ["all that the grid ever got, by vcg", "grid", { gridEur: 9, carriedEur: 9 }, 1003, VCG, 90_000 + 1],
  ["what the grid got too much", "grid", { gridEur: 7, carriedEur: 9 }, 1003, {}, 20_000 + 1],
])("settlement can take %s", (_, account, books, until, change, fallTicks) => {
  const holding = { account, ticks: HOLDS * TICKS_PER_EUR, unsettled: [] };
  const spare = spareWideTicks({ ...SMALL, ...change }, booksOf(books), holding, { homes: HOMES, until: interval(until) });
  expect(HOLDS * TICKS_PER_EUR - spare).toBe(fallTicks);
});

test.each<[string, readonly number[], fallTicks: number]>([
  ["a period that takes 40", [-400_000], 400_000],
  ["the deepest of several", [-100_000, -300_000, 400_000], 400_000],
  ["nothing for one that brings", [400_000], 1],
])("closed periods: %s", (_, unsettled, fallTicks) => {
  const carriedEur = unsettled.reduce((sum, each) => sum + each, 0) / TICKS_PER_EUR;
  const holding = { account: "grid", ticks: HOLDS * TICKS_PER_EUR, unsettled } as const;
  const books = booksOf({ gridEur: carriedEur, carriedEur });
  const spare = spareWideTicks(SMALL, books, holding, { homes: HOMES, until: LAST });
  expect(Math.abs(HOLDS * TICKS_PER_EUR - spare - fallTicks)).toBeLessThanOrEqual(1);
});
