import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type IntervalRow, renderCsv } from "../../../adapters/exports/index.ts";
import { clearingRules, mechanismOf, networkOf, nodeNames } from "../../../engine/auction/index.ts";
import { homeId, interval, microPerKwh, nano } from "../../../engine/kernel/index.ts";
import type { MarketRules } from "../../../engine/messages/index.ts";
import { NEW_ACCOUNT, type SettledInterval, settle } from "../../../engine/settlement/index.ts";
import { intervalRows } from "../../../src/main/interval-rows.ts";
import { live } from "../../support/market-life.ts";
import { anyRules, TWO_BRANCHES } from "../../support/network-rules.ts";
import { RULES } from "../../support/rules.ts";

const settledOf = (rules: MarketRules, seed: number): readonly SettledInterval[] =>
  live({ rules, seed, intervals: 8, lost: 0.1 }).advances.flatMap(({ settled }) => (settled === null ? [] : [settled]));
const FACTS = { nameOf: (home: number) => `home-${home}`, kind: "trade", tradeId: "t", batchId: null, txHash: null } as const;
const rowsOf = (rules: MarketRules, settled: SettledInterval, community = nano(0)): readonly IntervalRow[] =>
  intervalRows(settled, { ...FACTS, rules, community }).map(({ row }) => row);
/** An interval without orders that counts, in which homes withheld what they had sealed. */
const settleWithheld = (rules: MarketRules, withheld: readonly number[]): SettledInterval => {
  const clearing = mechanismOf("k-double-auction").clear({
    interval: interval(100),
    orders: [],
    network: networkOf(rules),
    rules: clearingRules(rules),
  });
  const before = new Map([0, 1, 2].map((home) => [homeId(home), NEW_ACCOUNT]));
  return settle(rules, before, { clearing, withheld: withheld.map(homeId) }, []).settled;
};
const total = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0);
const UTILITY = ["utility_import", "utility_export"];

async function manifestOf(rows: readonly IntervalRow[]) {
  const made = renderCsv(rows, { fileName: "street.csv", scope: "street", generator: "test" });
  for await (const _ of made.chunks);
  return made.manifest();
}

describe("rows of a settled interval", () => {
  test("on any wires and under any mechanism neighbours' money sums to zero, and the file proves it", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), async (seed) => {
        const rules = anyRules(seed);
        const rows = settledOf(rules, seed).flatMap((settled) => rowsOf(rules, settled));
        const traded = rows.filter(({ flow }) => !UTILITY.includes(flow));
        expect(total(traded.map(({ amountMicro }) => amountMicro))).toBe(0);
        expect(await manifestOf(rows)).toMatchObject({ ok: true });
      }),
      { numRuns: 150 },
    );
  });

  test("no amount moves by a whole micro: each row is its nano, rounded within its group", () => {
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const rules = anyRules(seed);
        for (const settled of settledOf(rules, seed)) {
          const rows = rowsOf(rules, settled);
          for (const home of settled.homes) {
            const own = rows.filter(({ meteringPoint }) => meteringPoint === `home-${home.home}`);
            expect(own.map(({ flow }) => flow)).toEqual(["utility_import", "utility_export", "p2p_import", "p2p_export"]);
            expect(Math.abs(total(own.map(({ amountMicro }) => amountMicro)) * 1000 - home.amount)).toBeLessThan(4000);
          }
          const flows = settled.clearing.kind === "trade" ? settled.clearing.flows : [];
          for (const { node, direction, entered, left, fees, rent } of flows) {
            const own = rows.filter(({ meteringPoint }) => meteringPoint === `${rules.surplusTo}:${nodeNames(rules)[node]}`);
            expect(own.map(({ flow, energyWh }) => [flow, energyWh])).toEqual(
              direction === "idle"
                ? []
                : [
                    ["grid_fee", entered],
                    ["congestion_rent", left],
                    ["grid_loss", entered - left],
                  ],
            );
            if (direction === "idle") continue;
            expect(Math.abs(own[0]!.amountMicro * 1000 - fees)).toBeLessThan(1000);
            expect(Math.abs(own[1]!.amountMicro * 1000 - rent)).toBeLessThan(1000);
            expect(own[2]!.amountMicro).toBe(0);
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  test("prices: each home that of its own node, times energy its amount; a wire its fee", () => {
    const rules: MarketRules = { ...RULES, tick: microPerKwh(1000), network: TWO_BRANCHES };
    const rows = Array.from({ length: 10 }, (_, seed) => settledOf(rules, seed)).flatMap((life) =>
      life.flatMap((each) => rowsOf(rules, each)),
    );
    for (const { flow, energyWh, priceMicroPerKwh, amountMicro } of rows)
      if (energyWh > 0 && flow.startsWith("p2p")) expect(Math.abs(amountMicro)).toBe((energyWh * priceMicroPerKwh!) / 1000);
    const prices = new Set(
      rows.filter(({ energyWh, flow }) => energyWh > 0 && flow === "p2p_import").map(({ priceMicroPerKwh }) => priceMicroPerKwh),
    );
    expect(prices.size).toBeGreaterThan(5);
    const fees = rows.filter(({ flow }) => flow === "grid_fee");
    expect(new Set(fees.map(({ meteringPoint, priceMicroPerKwh }) => `${meteringPoint} ${priceMicroPerKwh}`))).toEqual(
      new Set(["grid:north 10000", "grid:south 2000"]),
    );
    for (const { energyWh, amountMicro } of fees.filter(({ meteringPoint }) => meteringPoint === "grid:north"))
      expect(amountMicro).toBe(energyWh * 10);
  });

  test("what a mechanism keeps is a row of its own, of the account that the rules name", () => {
    const rules: MarketRules = { ...RULES, mechanism: "mcafee", surplusTo: "community" };
    const kept = Array.from({ length: 20 }, (_, seed) => settledOf(rules, seed))
      .flat()
      .filter(({ surplus }) => surplus.kept !== 0);
    expect(kept.length).toBeGreaterThan(3);
    for (const settled of kept) {
      const row = rowsOf(rules, settled).find(({ flow }) => flow === "market_surplus")!;
      expect([row.meteringPoint, row.quality, row.tradeId, row.energyWh]).toEqual(["community:market", "calculated", "t", 0]);
      expect(Math.abs(row.amountMicro * 1000 - settled.surplus.kept)).toBeLessThan(1000);
    }
  });

  test("the community's share is two rows: out of the account that the rules name, into its own; over all intervals its part of the whole", async () => {
    const rules: MarketRules = { ...RULES, network: TWO_BRANCHES, surplusTo: "grid", communityPercent: 30 };
    const { advances } = live({ rules, seed: 2, intervals: 12, lost: 0 });
    const rows = advances.flatMap(({ settled, community }) => (settled === null ? [] : rowsOf(rules, settled, community)));
    const shares = rows.filter(({ flow }) => flow === "community_share");
    expect(new Set(shares.map(({ meteringPoint, energyWh, quality }) => `${meteringPoint} ${energyWh} ${quality}`))).toEqual(
      new Set(["grid:market 0 calculated", "community:market 0 calculated"]),
    );
    const at = (point: string) => shares.filter(({ meteringPoint }) => meteringPoint === point).map(({ amountMicro }) => amountMicro);
    expect(at("grid:market")).toEqual(at("community:market").map((amount) => -amount));
    const whole = Math.floor((advances.at(-1)!.state.surplus.balance * 30) / 100);
    expect(whole).toBeGreaterThan(1_000_000);
    expect(Math.abs(total(at("community:market")) * 1000 - whole)).toBeLessThan(1000 * at("community:market").length);
    expect(await manifestOf(rows)).toMatchObject({ ok: true, value: { amountMicro: { community_share: 0 } } });
  });

  test("an account that is the community's hands nothing on", () => {
    const rules: MarketRules = { ...RULES, surplusTo: "community" };
    expect(rowsOf(rules, settleWithheld(rules, [1]), nano(50_000_000)).filter(({ flow }) => flow === "community_share")).toEqual([]);
  });

  test("what withheld orders cost is a row of each home that pays, and one of the account that gets it", async () => {
    const rules: MarketRules = { ...RULES, surplusTo: "community", withheldCharge: 70_001 };
    const settled = settleWithheld(rules, [2, 1, 2]);
    const rows = rowsOf(rules, settled);
    const charges = rows.filter(({ flow }) => flow === "withheld_charge");
    expect(charges.map(({ meteringPoint, amountMicro, energyWh, quality }) => [meteringPoint, amountMicro, energyWh, quality])).toEqual([
      ["home-1", -70_001, 0, "calculated"],
      ["home-2", -140_002, 0, "calculated"],
      ["community:market", 210_003, 0, "calculated"],
    ]);
    for (const { home, amount } of settled.homes) {
      const own = rows.filter(({ meteringPoint }) => meteringPoint === `home-${home}`);
      expect(total(own.map(({ amountMicro }) => amountMicro)) * 1000).toBe(amount);
    }
    expect(await manifestOf(rows)).toMatchObject({ ok: true, value: { amountMicro: { withheld_charge: 0 } } });
  });

  test("each row tells of what kind its interval is: void isn't one in which nothing traded", () => {
    const settled = settleWithheld(RULES, []);
    const facts = { ...FACTS, rules: RULES, community: nano(0) };
    const kinds = (kind: "trade" | "void", of: SettledInterval) => [
      ...new Set(intervalRows(of, { ...facts, kind }).map(({ row }) => row.intervalKind)),
    ];
    const traded = settledOf(RULES, 5).find(({ clearing }) => clearing.kind === "trade")!;
    expect([kinds("trade", settled), kinds("void", settled), kinds("trade", traded)]).toEqual([["no-trade"], ["void"], ["trade"]]);
  });

  test("one node under the k-double auction has four rows for each home and no others", () => {
    for (const settled of settledOf(RULES, 5)) expect(rowsOf(RULES, settled)).toHaveLength(4 * settled.homes.length);
  });
});
