import { expect, test } from "@jest/globals";
import { homeId, interval, nano, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { MarketRules, SurplusAccount } from "../../../engine/messages/index.ts";
import {
  encodeVector,
  encodeWide,
  genesis,
  lackingTicks,
  type MarketState,
  type Meter,
  NEW_ACCOUNT,
  spareWideTicks,
} from "../../../engine/settlement/index.ts";
import { RULES } from "../../support/rules.ts";
import { cleared, tradeOf } from "../../support/settlement.ts";

/** 10 kWh in two orders: what one home moves in an interval at most; 0.08 for a kWh fed in, at most 1.00 for one traded, 0.05 for an order never shown. */
const SMALL: MarketRules = { ...RULES, maxOrderWh: wh(5_000), maxOrdersPerHome: 2 };
const HOMES = [3, 4].map(homeId);
const TICKS_PER_EUR = 10_000;
/** The last certified interval; 1000 is settled. */
const LAST = interval(1002);
const HOLDS = 100;
/** Homes that pay whatever they owe. */
const RICH = HOMES.reduce((held: number[], home) => Object.assign(held, { [home]: 1_000 * TICKS_PER_EUR }), [0, 0, 0, 0, 0]);

interface Books {
  /** Of home 3, in euro: what is settled, and what batches have carried of it. */
  readonly balanceEur?: number;
  readonly homeCarriedEur?: number;
  readonly meter?: Partial<Meter>;
  readonly cleared?: MarketState["cleared"];
  /** Of the surplus, all the grid's, and what batches have carried of it. */
  readonly gridEur?: number;
  readonly carriedEur?: number;
}

function booksOf({
  balanceEur = 0,
  homeCarriedEur = 0,
  meter = {},
  cleared: waiting = [],
  gridEur = 0,
  carriedEur = 0,
}: Books): MarketState {
  const state = genesis(SMALL, LAST, ZERO_DIGEST);
  const read = { interval: interval(1000), importWh: wh(0), exportWh: wh(0), assumedImportWh: wh(0), assumedExportWh: wh(0) };
  const accounts = new Map([[HOMES[0]!, { ...NEW_ACCOUNT, balance: nano(balanceEur * 1e9), meter: { ...read, ...meter } }]]);
  const surplus = { ...state.surplus, balance: nano(gridEur * 1e9) };
  return {
    ...state,
    accounts,
    surplus,
    interval: LAST,
    cleared: waiting,
    carried: {
      ...state.carried,
      surplusTicks: carriedEur * TICKS_PER_EUR,
      ticks: new Map([[HOMES[0]!, homeCarriedEur * TICKS_PER_EUR]]),
    },
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
  const holding = { account, ticks: HOLDS * TICKS_PER_EUR, homes: RICH, unsettled: [] };
  const spare = spareWideTicks({ ...SMALL, ...change }, booksOf(books), holding, { homes: HOMES, until: interval(until) });
  expect(HOLDS * TICKS_PER_EUR - spare).toBe(fallTicks);
});

test.each<[string, readonly number[], fallTicks: number]>([
  ["a period that takes 40", [-400_000], 400_000],
  ["the deepest of several", [-100_000, -300_000, 400_000], 400_000],
  ["nothing for one that brings", [400_000], 1],
])("closed periods: %s", (_, unsettled, fallTicks) => {
  const carriedEur = unsettled.reduce((sum, each) => sum + each, 0) / TICKS_PER_EUR;
  const batches = unsettled.map((delta) => ({ vector: encodeVector([]), wide: encodeWide(-delta, [{ account: 1, delta }]) }));
  const holding = { account: "grid", ticks: HOLDS * TICKS_PER_EUR, homes: [], unsettled: batches } as const;
  const books = booksOf({ gridEur: carriedEur, carriedEur });
  const spare = spareWideTicks(SMALL, books, holding, { homes: HOMES, until: LAST });
  expect(Math.abs(HOLDS * TICKS_PER_EUR - spare - fallTicks)).toBeLessThanOrEqual(1);
});

/** What may come of two homes' meters, and the rounding. */
const FED = 32_000 + 4;
const withheld = { ...bought, withheld: [HOMES[0]!, HOMES[0]!] };
/** Home 3's change in a batch in ticks, and the supplier's opposite one. */
const batchOf = (delta: number) => ({ vector: encodeVector([{ home: HOMES[0]!, delta }]), wide: encodeWide(-delta) });

interface Held {
  readonly home3: number;
  readonly unsettled?: readonly number[];
  readonly until?: number;
}
const holdingOf = (account: SurplusAccount, { home3, unsettled = [] }: Held) => ({
  account,
  ticks: HOLDS * TICKS_PER_EUR,
  homes: Object.assign([...RICH], { 3: home3 }),
  unsettled: unsettled.map(batchOf),
});

test.each<[string, Held, Books, Partial<MarketRules>, fallTicks: number]>([
  // It bought 4 kWh at 0.20 in what isn't settled yet, and needn't take them: 8,000 ticks, and 3,200 for what it feeds in so.
  ["has what it bought for", { home3: 8_001 }, { cleared: [bought] }, {}, FED + 3_200],
  ["lacks it, and a tick of rounding", { home3: 0 }, { cleared: [bought] }, {}, FED + 3_200 + 8_001],
  ["lacks a part of it", { home3: 5_000 }, { cleared: [bought] }, {}, FED + 3_200 + 3_001],
  ["asked for all that it has and more", { home3: -100 }, { cleared: [bought] }, {}, FED + 3_200 + 8_101],
  // Two orders at 0.05.
  ["lacks what two orders cost that it never showed", { home3: 8_000 }, { cleared: [withheld] }, {}, FED + 3_200 + 1_001],
  // 10 kWh at 1.00 in the interval ahead and two orders never shown, and as much fed in as bought and not taken.
  ["may buy once more for what it doesn't have", { home3: 0, until: 1003 }, {}, {}, 64_000 + 4 + 101_001],
  ["may buy for what it has", { home3: 101_001, until: 1003 }, {}, {}, 64_000 + 4],
  // What it used beyond its trades the supplier is owed, and gets nothing of it: nothing lost.
  ["owes 2.00 for what it used and has 0.50", { home3: 5_000 }, { balanceEur: -2 }, {}, FED - 5_000 + 1],
  ["earned 2.00 that the vault lacks", { home3: 0 }, { balanceEur: 2, cleared: [bought] }, {}, FED + 20_000 + 3_200],
  // A period takes 3.00 of 1.00; the next brings 4.00, of which 2.00 is left to be borne by the supplier as it was.
  ["lacks 2.00 for a closed period", { home3: 10_000, unsettled: [-30_000] }, { balanceEur: -3, homeCarriedEur: -3 }, {}, FED - 10_000 + 1],
  [
    "lacks 2.00 and then gets 4.00",
    { home3: 10_000, unsettled: [-30_000, 40_000] },
    { balanceEur: 1, homeCarriedEur: 1 },
    {},
    FED + 10_000 + 20_000,
  ],
])("where a home %s", (_, held, books, change, fallTicks) => {
  const { until = 1002 } = held;
  const spare = spareWideTicks({ ...SMALL, ...change }, booksOf(books), holdingOf("supplier", held), {
    homes: HOMES,
    until: interval(until),
  });
  expect(HOLDS * TICKS_PER_EUR - spare).toBe(fallTicks);
});

test.each<[string, Held, Books, lacking: number]>([
  // The account has nothing. A home that lacks what it owes brings what it has.
  ["a home that pays", { home3: 20_000, unsettled: [-20_000] }, { balanceEur: -2, homeCarriedEur: -2 }, 0],
  ["a home that has nothing", { home3: 0, unsettled: [-20_000] }, { balanceEur: -2, homeCarriedEur: -2 }, 0],
  ["one that brings first", { home3: 0, unsettled: [20_000, -30_000] }, { balanceEur: -1, homeCarriedEur: -1 }, 20_000],
  ["one that lacks first", { home3: 5_000, unsettled: [-30_000, 20_000] }, { balanceEur: -1, homeCarriedEur: -1 }, 15_000],
  ["one that lacks, and then earned", { home3: 5_000, unsettled: [-30_000] }, { balanceEur: 1, homeCarriedEur: -3 }, 35_000],
  ["one that earned, and then lacks", { home3: 5_000, unsettled: [30_000] }, { balanceEur: -1, homeCarriedEur: 3 }, 30_000],
])("an account without money lacks, by %s", (_, held, books, lacking) => {
  const holding = { ...holdingOf("supplier", held), ticks: 0 };
  expect(lackingTicks(SMALL, booksOf(books), holding)).toBe(lacking);
});

test("grid and community bear nothing of what homes lack", () => {
  for (const account of ["grid", "community"] as const) {
    const holding = holdingOf(account, { home3: 0, unsettled: [-20_000] });
    const books = booksOf({ balanceEur: -3, homeCarriedEur: -2, cleared: [bought] });
    expect(lackingTicks(SMALL, books, { ...holding, ticks: 0 })).toBe(0);
    expect(spareWideTicks(SMALL, books, holding, { homes: HOMES, until: interval(1003) })).toBe(HOLDS * TICKS_PER_EUR - 1);
  }
});
