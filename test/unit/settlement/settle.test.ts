import { describe, expect, test } from "@jest/globals";
import { homeId, interval, microPerKwh, nano } from "../../../engine/kernel/index.ts";
import type { MarketRules, Reading } from "../../../engine/messages/index.ts";
import { type Account, assertConserved, NEW_ACCOUNT, settle, utilityOnly } from "../../../engine/settlement/index.ts";
import { RULES } from "../../support/rules.ts";
import { cleared, readingOf, type Traded, tradeOf } from "../../support/settlement.ts";

const ct = (cents: number) => cents * 10_000;
/** The supplier takes 30 ct and pays 8 ct; one order is at most 25 kWh, four of them for each home. */
const rules: MarketRules = { ...RULES, residual: { importPrice: microPerKwh(ct(30)), exportPrice: microPerKwh(ct(8)) } };
const AT = interval(1000);
/** One cent in nano. */
const CENT = 10_000_000;

const metered = (importWh: number, exportWh: number, at = 999): Account => ({
  ...NEW_ACCOUNT,
  meter: { ...readingOf(0, at, importWh, exportWh), assumedImportWh: 0, assumedExportWh: 0 } as unknown as Account["meter"],
});
const homesAt = (...counters: readonly (readonly [number, number, number])[]) =>
  new Map(counters.map(([home, importWh, exportWh]) => [homeId(home), metered(importWh, exportWh)]));

/** What one home that stood at 1000/2000 is settled for: traded energy and counters at the end. */
function one(traded: number, importWh: number, exportWh: number) {
  const other: Traded = [2, -traded];
  const clearing = traded === 0 ? tradeOf(AT, ct(20)) : tradeOf(AT, ct(20), [1, traded], other);
  const { settled } = settle(rules, homesAt([1, 1000, 2000]), cleared(clearing), [readingOf(1, 1000, importWh, exportWh)]);
  const { importWh: imported, exportWh: exported, utilityImportWh, utilityExportWh, amount } = settled.homes[0]!;
  return [imported, exported, utilityImportWh, utilityExportWh, amount / CENT];
}

describe("one home: traded | counters -> imported, exported, from the utility, to the utility, cents", () => {
  test.each<[string, number, [number, number], number[]]>([
    ["nothing at all", 0, [1000, 2000], [0, 0, 0, 0, 0]],
    ["without trade the utility covers all: 2 kWh x 30", 0, [3000, 2000], [2000, 0, 2000, 0, -60]],
    ["and takes all: 3 kWh x 8", 0, [1000, 5000], [0, 3000, 0, 3000, 24]],
    ["used what it bought: 4 kWh x 20", 4000, [5000, 2000], [4000, 0, 0, 0, -80]],
    ["used more: 1 kWh x 30 on top", 4000, [6000, 2000], [5000, 0, 1000, 0, -110]],
    ["used less: 1 kWh x 8 back", 4000, [4000, 2000], [3000, 0, 0, 1000, -72]],
    ["bought and fed in: all that it bought goes to the utility too", 4000, [1000, 2500], [0, 500, 0, 4500, -44]],
    ["delivered what it sold", -5000, [1000, 7000], [0, 5000, 0, 0, 100]],
    ["delivered less: the utility steps in", -5000, [1000, 6000], [0, 4000, 1000, 0, 70]],
    ["delivered more", -5000, [1000, 8000], [0, 6000, 0, 1000, 108]],
    ["sold and drew power instead", -5000, [2000, 2000], [1000, 0, 6000, 0, -80]],
  ])("%s", (_, traded, [importWh, exportWh], expected) => expect(one(traded, importWh, exportWh)).toEqual(expected));

  // SETTLE-GSY-1 of the shared vectors: 5 sold, 4 delivered, 1 to be settled as a purchase.
  test("a seller that delivers 4 of 5 buys 1", () => expect(one(-5000, 1000, 6000)[2]).toBe(1000));
});

// The street of SETTLE-NET-1: pv sold 5 delivered 4, pv2 sold 2 delivered 2.5, load1 bought 4 used 5, load2 bought 3 used 2.5;
// price 20, short 30, long 8. Every deviation at the supplier's two prices, none netted inside:
// 100 - 30; 40 + 4; -80 - 30; -60 + 4; the supplier takes 2 x 30 and pays 1 x 8.
test("a street with two prices for deviations", () => {
  const before = homesAt([1, 0, 0], [2, 0, 0], [3, 0, 0], [4, 0, 0]);
  const clearing = tradeOf(AT, ct(20), [1, -5000], [2, -2000], [3, 4000], [4, 3000]);
  const readings = [readingOf(4, 1000, 2500, 0), readingOf(3, 1000, 5000, 0), readingOf(2, 1000, 0, 2500), readingOf(1, 1000, 0, 4000)];
  const { settled, accounts } = settle(rules, before, cleared(clearing), readings);
  expect(settled.homes.map(({ amount }) => amount / CENT)).toEqual([70, 44, -110, -56]);
  expect(settled.homes.map(({ tradeAmount }) => tradeAmount / CENT)).toEqual([100, 40, -80, -60]);
  expect(settled.residualAmount / CENT).toBe(52);
  expect(settled.conservation).toEqual({ energyIn: 8500, energyOut: 8500, moneyIn: 166 * CENT, moneyOut: 166 * CENT });
  expect([...accounts.keys()]).toEqual([1, 2, 3, 4]);
  expect(accounts.get(homeId(1))).toEqual({
    balance: 70 * CENT,
    bought: 0,
    sold: 5000,
    utilityImport: 1000,
    utilityExport: 0,
    meter: { interval: 1000, importWh: 0, exportWh: 4000, assumedImportWh: 0, assumedExportWh: 0 },
  });
});

test("an interval in which nothing happened has zeros, not negative ones", () => {
  const { settled } = settle(rules, homesAt([1, 0, 0]), cleared(tradeOf(AT, 0)), [readingOf(1, 1000, 0, 0)]);
  expect(settled.conservation).toEqual({ energyIn: 0, energyOut: 0, moneyIn: 0, moneyOut: 0 });
});

describe("without a reading that counts a home is taken at its word", () => {
  /** Intervals 1000, 1001, ... of one home: bought (or sold, below 0) in each, and what its meter said. */
  function life(start: Account, ...steps: readonly (readonly [traded: number, reading: readonly [number, number] | null])[]) {
    let accounts: ReadonlyMap<ReturnType<typeof homeId>, Account> = new Map([[homeId(1), start]]);
    return steps.map(([traded, counters], i) => {
      const at = interval(1000 + i);
      const clearing = traded === 0 ? tradeOf(at, 0) : tradeOf(at, ct(20), [1, traded], [2, -traded]);
      const readings: Reading[] = counters === null ? [] : [readingOf(1, 1000 + i, ...counters)];
      const next = settle(rules, accounts, cleared(clearing), readings);
      accounts = next.accounts;
      const { importWh, exportWh, amount, quality } = next.settled.homes[0]!;
      return [importWh, exportWh, amount / CENT, quality];
    });
  }

  test.each<[string, ReturnType<typeof life>, unknown[][]]>([
    [
      "missing: 1 kWh bought counts as used; then the counter shows 3 kWh for both, of which 1 is settled and 1 bought",
      life(metered(0, 0), [1000, null], [1000, [3000, 0]]),
      [
        [1000, 0, -20, "estimated"],
        [2000, 0, -50, "measured"],
      ],
    ],
    [
      "the word was too high: the rest goes to the utility, below zero",
      life(metered(0, 0), [1000, null], [0, [400, 0]]),
      [
        [1000, 0, -20, "estimated"],
        [-600, 0, 4.8, "measured"],
      ],
    ],
    [
      "a seller's word was too high: it owes the utility's price for what it did not deliver",
      life(metered(0, 0), [-2000, null], [-1000, null], [0, [0, 2500]]),
      [
        [0, 2000, 40, "estimated"],
        [0, 1000, 20, "estimated"],
        [0, -500, -15, "measured"],
      ],
    ],
    [
      "a home that joins: its first reading only tells where counting begins",
      life(NEW_ACCOUNT, [0, null], [0, [70_000, 9000]], [0, [71_000, 9000]]),
      [
        [0, 0, 0, "estimated"],
        [0, 0, 0, "estimated"],
        [1000, 0, -30, "measured"],
      ],
    ],
    [
      "another meter, below the last reading: counting begins again",
      life(metered(5000, 0), [1000, [10, 0]], [0, [1010, 0]]),
      [
        [1000, 0, -20, "estimated"],
        [1000, 0, -30, "measured"],
      ],
    ],
    [
      "a counter between the last reading and the word is no other meter",
      life(metered(5000, 0), [1000, null], [0, [5001, 0]]),
      [
        [1000, 0, -20, "estimated"],
        [-999, 0, 7.992, "measured"],
      ],
    ],
    ["the most that is believed: 4 x 25 kWh in one interval", life(metered(0, 0), [0, [100_000, 0]]), [[100_000, 0, -3000, "measured"]]],
    ["a watt-hour more is not", life(metered(0, 0), [0, [100_001, 0]]), [[0, 0, 0, "estimated"]]],
    ["and no more fed in either", life(metered(0, 0), [0, [0, 100_001]]), [[0, 0, 0, "estimated"]]],
    [
      "in two intervals twice as much",
      life(metered(0, 0), [0, null], [0, [200_000, 0]]),
      [
        [0, 0, 0, "estimated"],
        [200_000, 0, -6000, "measured"],
      ],
    ],
  ])("%s", (_, found, expected) => expect(found).toEqual(expected));

  test("after years of silence still no more than 100 MWh: what one home claims never reaches 2^53", () => {
    const before = homesAt([1, 0, 0]);
    const late = interval(300_000);
    const settledWith = (importWh: number) =>
      settle(rules, before, cleared(tradeOf(late, 0)), [readingOf(1, late, importWh, 0)]).settled.homes[0];
    expect(settledWith(100_000_000)).toMatchObject({ importWh: 100_000_000, quality: "measured" });
    expect(settledWith(100_000_001)).toMatchObject({ importWh: 0, quality: "estimated" });
    expect(settledWith(1_000_000_000_000)).toMatchObject({ importWh: 0, quality: "estimated" });
  });

  test("a home's own estimate counts, and says so", () => {
    const { settled } = settle(rules, homesAt([1, 0, 0]), cleared(tradeOf(AT, 0)), [readingOf(1, 1000, 1000, 0, "estimated")]);
    expect(settled.homes[0]).toMatchObject({ importWh: 1000, quality: "estimated" });
  });
});

describe("books that don't balance stop the home", () => {
  const { settled } = settle(rules, homesAt([1, 0, 0], [2, 0, 0]), cleared(tradeOf(AT, ct(20), [1, -5000], [2, 5000])), []);
  test.each([
    ["energy", { ...settled, conservation: { ...settled.conservation, energyIn: 1 } }, "1 Wh in"],
    ["money", { ...settled, conservation: { ...settled.conservation, moneyOut: 1 } }, "1 nano out"],
    ["trade", { ...settled, homes: settled.homes.slice(0, 1) }, "0 Wh bought, 5000 Wh sold"],
  ])("%s", (_, broken, message) => expect(() => assertConserved(broken)).toThrow(message));
});

test("the same energy at the utility alone", () => {
  expect(utilityOnly(rules, { importWh: 3000, exportWh: 1000 })).toBe(nano(-82 * CENT));
});
