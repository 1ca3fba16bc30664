import { describe, expect, test } from "@jest/globals";
import { homeId, interval, microPerKwh, nano, wh } from "../../../engine/kernel/index.ts";
import type { Order, SignedCommit, Withheld } from "../../../engine/messages/index.ts";
import {
  type Account,
  creditsOf,
  genesis,
  type MarketState,
  NEW_ACCOUNT,
  NANO_PER_TICK as TICK,
  withinCredit,
  worstCost,
} from "../../../engine/settlement/index.ts";
import { order, someDigest } from "../../support/node-parts.ts";
import { RULES } from "../../support/rules.ts";
import { cleared, tradeOf } from "../../support/settlement.ts";

// The supplier sells at 30 ct and takes at 8 ct; a sealed order that is never shown costs 5 ct. 1 Wh at 1 ct is 10,000 nano.
const rules = {
  ...RULES,
  withheldCharge: 50_000,
  residual: { importPrice: microPerKwh(300_000), exportPrice: microPerKwh(80_000) },
};
const ME = homeId(1);
const AT = interval(100);

describe("what an order can cost at worst, nano", () => {
  test.each<[string, Order["side"], number, number, number]>([
    ["a buyer pays its limit: 500 Wh at 20 ct", "buy", 500, 200_000, 100_000_000],
    ["also above the supplier's price", "buy", 500, 400_000, 200_000_000],
    ["for nothing", "buy", 500, 0, 0],
    ["a seller who delivers nothing buys it at 30 ct and got 20 ct", "sell", 500, 200_000, 50_000_000],
    ["and nothing for it, if it asked for nothing", "sell", 500, 0, 150_000_000],
    ["at the supplier's price it loses nothing", "sell", 500, 300_000, 0],
    ["nor above", "sell", 500, 400_000, 0],
  ])("%s", (_, side, energy, limit, expected) => {
    expect(worstCost(rules, { side, energy: wh(energy), limit: microPerKwh(limit) })).toBe(expected);
  });
});

const stateWith = (account: Partial<Account>, waiting: MarketState["cleared"] = []): MarketState => ({
  ...genesis(rules, AT, someDigest(1)),
  accounts: new Map([[ME, { ...NEW_ACCOUNT, ...account }]]),
  cleared: waiting,
});
const meter = (assumedImportWh: number, assumedExportWh: number): Account["meter"] => ({
  interval: interval(90),
  importWh: wh(5_000),
  exportWh: wh(5_000),
  assumedImportWh: wh(assumedImportWh),
  assumedExportWh: wh(assumedExportWh),
});

describe("what a home may spend, nano, with 1,000 ticks staked", () => {
  const staked = 1_000 * TICK;
  test.each<[string, MarketState, number]>([
    ["its stake", stateWith({}), staked],
    ["and what it has earned", stateWith({ balance: nano(7_000) }), staked + 7_000],
    ["less what it owes", stateWith({ balance: nano(-7_000) }), staked - 7_000],
    ["less what it bought and isn't settled", stateWith({}, [cleared(tradeOf(AT, 200_000, [1, 300], [2, -300]))]), staked - 60_000_000],
    ["less what it would cost not to deliver", stateWith({}, [cleared(tradeOf(AT, 200_000, [1, -300], [2, 300]))]), staked - 30_000_000],
    ["nothing for a sale above the supplier's price", stateWith({}, [cleared(tradeOf(AT, 310_000, [1, -300], [2, 300]))]), staked],
    [
      "of all intervals that wait",
      stateWith(
        {},
        [1, 2].map((more) => cleared(tradeOf(interval(AT + more), 200_000, [1, 300], [2, -300]))),
      ),
      staked - 120_000_000,
    ],
    ["not for the fills of others", stateWith({}, [cleared(tradeOf(AT, 200_000, [3, 300], [2, -300]))]), staked],
    ["less the charges that are due", stateWith({}, [cleared(tradeOf(AT, 200_000), 1, 2, 1)]), staked - 100_000_000],
    ["less what it exported on its word alone", stateWith({ meter: meter(0, 300) }), staked - 90_000_000],
    ["what it imported on its word costs nothing more", stateWith({ meter: meter(300, 0) }), staked],
  ])("%s", (_, state, expected) => expect(creditsOf(rules, state, [5, 1_000])(ME)).toBe(expected));

  test("a home that has paid out more than in stakes less than nothing, and one that nobody read nothing", () => {
    const credit = creditsOf(rules, stateWith({ balance: nano(400 * TICK) }), [5, -300]);
    expect([credit(ME), credit(homeId(0)), credit(homeId(2))]).toEqual([100 * TICK, 5 * TICK, 0]);
  });
});

// 500 Wh at 20 ct to buy: 100,000,000 nano, 1,000 ticks. To sell at 20 ct half of that, at 30 ct nothing.
const buy = (seq: number, energy = 500, home: number = ME) => order(home, { seq, energy: wh(energy), limit: microPerKwh(200_000) });
const sell = (seq: number, limit = 200_000) => order(ME, { seq, side: "sell", energy: wh(500), limit: microPerKwh(limit) });
const withheld = (home: number): Withheld => ({
  kind: "commit",
  commit: { body: { home: homeId(home), interval: AT, seq: 9, commitment: someDigest(3) } } as SignedCommit,
});

describe("which orders of a home count, by their seq", () => {
  test.each<[string, number, ReturnType<typeof order>[], number[], Withheld[]]>([
    ["what it has staked to the nano", 1_000, [buy(0)], [0], []],
    ["a tick less", 999, [buy(0)], [], []],
    ["both", 1_500, [buy(0), sell(1)], [0, 1], []],
    ["the first that fits", 1_400, [buy(0), sell(1)], [0], []],
    ["the lower seq first, in whatever order they come", 1_400, [sell(1), buy(0)], [0], []],
    ["what doesn't fit makes room for what does", 700, [buy(0), sell(1)], [1], []],
    ["what can cost nothing always counts", 0, [buy(0), sell(1, 300_000)], [1], []],
    ["also of a home that owes", -50, [sell(1, 300_000)], [1], []],
    ["what is withheld beside it is paid first: 500 ticks", 1_499, [buy(0)], [], [withheld(1)]],
    ["and leaves the rest", 1_500, [buy(0)], [0], [withheld(1)]],
    ["not what another withholds", 1_000, [buy(0)], [0], [withheld(2)]],
  ])("%s", (_, stake, orders, expected, others) => {
    const counted = withinCredit(rules, stateWith({}), [0, stake], { orders, withheld: others });
    expect(counted.map(({ body }) => body.seq).sort()).toEqual(expected);
  });

  test("each home by its own, in the order in which they came", () => {
    const orders = [buy(1, 500, 3), buy(0, 500, 1), buy(0, 500, 3), buy(0, 500, 2)];
    const counted = withinCredit(rules, stateWith({}), [0, 1_000, 999, 1_000], { orders, withheld: [] });
    expect(counted).toEqual([orders[1], orders[2]]);
  });

  test("without stakes all do", () => {
    const orders = [buy(0, 5_000), buy(1, 5_000)];
    expect(withinCredit(rules, stateWith({}), null, { orders, withheld: [] })).toBe(orders);
  });
});
