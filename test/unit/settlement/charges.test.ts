import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { homeId, type Interval, interval, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { DEFAULT_RULES, type MarketRules, type Withheld } from "../../../engine/messages/index.ts";
import { advance, genesis, NEW_ACCOUNT, settle } from "../../../engine/settlement/index.ts";
import { idOf } from "../../support/book.ts";
import { order, seal } from "../../support/node-parts.ts";
import { RULES } from "../../support/rules.ts";
import { cleared, readingOf, tradeOf } from "../../support/settlement.ts";

const AT = interval(1000);
/** One cent in nano; 5 ct for an order that was sealed and never shown, if the rules don't say otherwise. */
const CENT = 10_000_000;
const CHARGE = 5 * CENT;
const dear: MarketRules = { ...RULES, withheldCharge: 120_000 };
const free: MarketRules = { ...RULES, withheldCharge: 0 };

const outcome = (rules: MarketRules, ...withheld: readonly number[]) => {
  const { settled } = settle(rules, new Map(), cleared(tradeOf(AT, 0), ...withheld), []);
  return {
    homes: settled.homes.map(({ home, charge, amount }) => [home, charge / CENT, amount / CENT]),
    surplus: settled.surplus.charges / CENT,
  };
};

describe("who withheld -> home, charge, amount in cents | into the surplus", () => {
  test.each<[string, MarketRules, readonly number[], number[][], number]>([
    ["nobody", RULES, [], [], 0],
    ["one home, one order", RULES, [3], [[3, 5, -5]], 5],
    ["one home, four orders: as much as there are places", RULES, [3, 3, 3, 3], [[3, 20, -20]], 20],
    [
      "two homes",
      RULES,
      [7, 3, 7],
      [
        [3, 5, -5],
        [7, 10, -10],
      ],
      15,
    ],
    ["under rules that say 12 ct", dear, [3, 3], [[3, 24, -24]], 24],
    ["under rules that charge nothing", free, [3], [[3, 0, 0]], 0],
  ])("%s", (_, rules, withheld, homes, surplus) => {
    const found = outcome(rules, ...withheld);
    expect(found.homes.map((row) => row.map((each) => each + 0))).toEqual(homes);
    expect(found.surplus).toBe(surplus);
  });

  test("5 ct if not said", () => expect(DEFAULT_RULES.withheldCharge * 1000).toBe(CHARGE));
});

test("beside trade and meter: 1 kWh bought at 20 ct, 1.5 used, one order withheld: 20 + 15 + 5 ct", () => {
  const before = new Map([1, 2].map((home) => [homeId(home), { ...NEW_ACCOUNT, meter: meterAt(home) }]));
  const clearing = tradeOf(AT, 200_000, [1, 1000], [2, -1000]);
  const { settled, accounts } = settle(RULES, before, cleared(clearing, 1), [readingOf(1, 1000, 1500, 0), readingOf(2, 1000, 0, 1000)]);
  expect(settled.homes.map(({ tradeAmount, charge, amount }) => [tradeAmount / CENT, charge / CENT, amount / CENT])).toEqual([
    [-20, 5, -40],
    [20, 0, 20],
  ]);
  expect(settled.surplus).toEqual({ amount: CHARGE, fees: 0, rents: 0, kept: 0, charges: CHARGE, lost: 0 });
  expect(settled.residualAmount).toBe(15 * CENT);
  expect(settled.conservation).toMatchObject({ moneyIn: 40 * CENT, moneyOut: 40 * CENT });
  expect([accounts.get(homeId(1))!.balance, accounts.get(homeId(2))!.balance]).toEqual([-40 * CENT, 20 * CENT]);
});
const meterAt = (home: number) => ({ ...readingOf(home, 999, 0, 0), assumedImportWh: wh(0), assumedExportWh: wh(0) });

test("whatever is withheld: what homes pay is what the surplus gets, a home at most for each place that it signed in", () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 24 }), fc.integer({ min: 0, max: 1_000_000 }), (withheld, withheldCharge) => {
      const { settled } = settle({ ...RULES, withheldCharge }, new Map(), cleared(tradeOf(AT, 0), ...withheld), []);
      const paid = settled.homes.map(({ home, charge }) => [home, charge]);
      expect(paid).toEqual(
        [...new Set(withheld)]
          .sort((a, b) => a - b)
          .map((home) => [home, withheld.filter((each) => each === home).length * withheldCharge * 1000]),
      );
      expect(settled.surplus.amount).toBe(withheld.length * withheldCharge * 1000);
    }),
    { numRuns: 200 },
  );
});

describe("through the market's state", () => {
  const roots = { orderSetRoot: idOf(7), readingSetRoot: ZERO_DIGEST, nextMembers: ZERO_DIGEST };
  const at = (each: number) => order(1, { interval: interval(each) });
  const asSeal = (each: number): Withheld => ({ kind: "commit", commit: seal(at(each)) });
  const asOrder = (each: number): Withheld => ({ kind: "order", order: at(each) });
  const nothing = { kind: "trade", orders: [], readings: [], withheld: [], ...roots } as const;

  test.each<[string, (each: number) => Withheld]>([
    ["a seal that was never shown", asSeal],
    ["one of two orders in one place", asOrder],
  ])("%s is booked two intervals later, once, to the home and to the surplus account", (_, withheld) => {
    const first = advance(RULES, genesis(RULES, AT, ZERO_DIGEST), { ...nothing, withheld: [withheld(1000)] });
    expect([first.settled, first.state.surplus.balance, first.state.accounts.size]).toEqual([null, 0, 0]);
    const second = advance(RULES, first.state, nothing);
    expect(second.state.surplus.balance).toBe(0);
    const third = advance(RULES, second.state, nothing);
    expect(third.settled!.homes.map(({ home, charge }) => [home, charge])).toEqual([[1, CHARGE]]);
    expect([third.state.accounts.get(homeId(1))!.balance, third.state.surplus.balance]).toEqual([-CHARGE, CHARGE]);
    const fourth = advance(RULES, third.state, nothing);
    expect([fourth.state.accounts.get(homeId(1))!.balance, fourth.state.surplus.balance]).toEqual([-CHARGE, CHARGE]);
    expect(fourth.result.ledgerRoot).toBe(third.result.ledgerRoot);
  });

  test("a void interval has no orders and no charges, and is another result than a trade of nothing", () => {
    const start = genesis(RULES, AT, ZERO_DIGEST);
    const voided = advance(RULES, start, { ...nothing, kind: "void" });
    expect(voided.result.kind).toBe("void");
    expect(voided.clearing.kind).toBe("no-trade");
    expect(voided.value).not.toBe(advance(RULES, start, nothing).value);
    expect(() => advance(RULES, start, { ...nothing, kind: "void", withheld: [asSeal(1000)] })).toThrow("a void interval counts no orders");
    expect(() => advance(RULES, start, { ...nothing, kind: "void", orders: [at(1000)] })).toThrow("a void interval counts no orders");
  });

  test("readings are settled in a void interval all the same", () => {
    const read = (each: number, importWh: number) => ({
      body: readingOf(1, each, importWh, 0),
      id: ZERO_DIGEST,
      signature: new Uint8Array(65),
    });
    let { state } = advance(RULES, genesis(RULES, AT, ZERO_DIGEST), nothing);
    state = advance(RULES, state, { ...nothing, kind: "void", readings: [read(999, 100)] }).state;
    const { settled } = advance(RULES, state, { ...nothing, kind: "void", readings: [read(1000, 600)] });
    expect(settled!.homes).toMatchObject([{ home: 1, importWh: 500, utilityImportWh: 500, quality: "measured" }]);
  });

  test("who agrees on the next interval is part of the result and of the state", () => {
    const start = genesis(RULES, AT, idOf(1));
    expect(start.members).toBe(idOf(1));
    const [same, other] = [1, 2].map((set) => advance(RULES, start, { ...nothing, nextMembers: idOf(set) }));
    expect([same!.state.members, other!.state.members]).toEqual([idOf(1), idOf(2)]);
    expect([same!.result.nextMembers, other!.result.nextMembers]).toEqual([idOf(1), idOf(2)]);
    expect(same!.value).not.toBe(other!.value);
    expect(same!.state.interval).toBe(AT as Interval);
  });
});

test("an interval is settled under the rules that it was cleared under, whatever homes have voted on since", () => {
  const after: MarketRules = { ...dear, communityPercent: 50, kPermille: 0 };
  const entriesAt = (at: number, withheld: readonly Withheld[]) => ({
    kind: "trade" as const,
    orders: [],
    withheld,
    readings: [],
    orderSetRoot: idOf(at),
    readingSetRoot: ZERO_DIGEST,
    nextMembers: ZERO_DIGEST,
  });
  const withheldAt = (at: number): Withheld => ({ kind: "commit", commit: seal(order(3, { interval: interval(at) })) });
  // 1000 and 1001 under the first rules, 1002 and what follows under the voted ones; each withholds one order and is settled two later.
  let state = genesis(RULES, AT, ZERO_DIGEST);
  const told: (readonly [at: number, charged: number, community: number])[] = [];
  for (let at = 1000; at < 1005; at++) {
    const made = advance(at < 1002 ? RULES : after, state, entriesAt(at, [withheldAt(at)]));
    state = made.state;
    if (made.settled !== null) told.push([made.settled.interval, made.settled.surplus.charges / CENT, made.community / CENT]);
  }
  expect(told).toEqual([
    [1000, 5, 0],
    [1001, 5, 0],
    [1002, 12, 6],
  ]);
  expect(state.surplus).toEqual({ balance: 22 * CENT, lost: 0, share: 6 * CENT, hundredths: 0 });
});
