import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Digest, microPerKwh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { type MarketRules, periodHash } from "../../../engine/messages/index.ts";
import { accountProof, NANO_PER_TICK, settledWith, verifyAccount } from "../../../engine/settlement/index.ts";
import { changeOf } from "../../support/batch-bytes.ts";
import { FIRST, HOMES, type Life, live } from "../../support/market-life.ts";
import { RULES } from "../../support/rules.ts";

/** Periods of three intervals, and prices that leave much below a tick. */
const rules: MarketRules = {
  ...RULES,
  periodIntervals: 3,
  tick: microPerKwh(1),
  residual: { importPrice: microPerKwh(297_341), exportPrice: microPerKwh(80_117) },
};
const anyLife = fc
  .tuple(fc.nat(), fc.integer({ min: 3, max: 25 }), fc.constantFrom(0, 0.3, 0.8))
  .map(([seed, intervals, lost]) => live({ rules, seed, intervals, lost }));
const always = (law: (life: Life) => void): void => fc.assert(fc.property(anyLife, law), { numRuns: 80 });
const total = (all: Iterable<number>): number => [...all].reduce((sum, each) => sum + each, 0);

test("energy in = out, money in = out, and the ledger's sum is zero, after every interval", () => {
  always(({ advances }) => {
    for (const { state, settled } of advances) {
      expect(total([...state.accounts.values()].map(({ balance }) => balance)) + state.residual).toBe(0);
      if (settled === null) continue;
      const { energyIn, energyOut, moneyIn, moneyOut } = settled.conservation;
      expect([energyIn, moneyIn, total(settled.homes.map(({ amount }) => amount)) + settled.residualAmount]).toEqual([
        energyOut,
        moneyOut,
        0,
      ]);
    }
  });
});

test("what is shown is what is booked: accounts are the sum of the settled intervals, and nothing before the first is settled", () => {
  always(({ advances }) => {
    const all = advances.flatMap(({ settled }) => settled?.homes ?? []);
    expect(advances.map(({ settled }) => settled?.interval ?? null)).toEqual(advances.map((_, i) => (i < 2 ? null : FIRST + i - 2)));
    for (const [home, account] of advances.at(-1)!.state.accounts) {
      const own = all.filter((each) => each.home === home);
      const sumOf = (of: (each: (typeof own)[number]) => number): number => total(own.map(of));
      expect(account).toMatchObject({
        balance: sumOf(({ amount }) => amount),
        bought: sumOf(({ boughtWh }) => boughtWh),
        sold: sumOf(({ soldWh }) => soldWh),
        utilityImport: sumOf(({ utilityImportWh }) => utilityImportWh),
        utilityExport: sumOf(({ utilityExportWh }) => utilityExportWh),
      });
    }
  });
});

test("after gaps a home's energy is what full readings would have given, and traded with utility makes what was metered", () => {
  always(({ advances, counters, firstRead }) => {
    const end = settledWith(advances.at(-1)!.result.interval);
    for (const home of HOMES) {
      const begin = firstRead.get(home)!;
      const own = advances.flatMap(({ settled }) => settled?.homes.filter((each) => each.home === home && settled.interval > begin) ?? []);
      const [first, last] = [counters.get(home)!.get(begin)!, counters.get(home)!.get(end)!];
      expect([total(own.map(({ importWh }) => importWh)), total(own.map(({ exportWh }) => exportWh))]).toEqual([
        last[0] - first[0],
        last[1] - first[1],
      ]);
      for (const { boughtWh, soldWh, utilityImportWh, utilityExportWh, importWh, exportWh } of own)
        expect(boughtWh + utilityImportWh - soldWh - utilityExportWh).toBe(importWh - exportWh);
    }
  });
});

test("batches: each sums to zero, together they are the rounded balance, and less than a tick of each home waits", () => {
  always(({ advances }) => {
    const carried = new Map<number, number>();
    let last: Digest = ZERO_DIGEST;
    let from: number = FIRST;
    for (const { batch, state, value } of advances) {
      if (batch === null) continue;
      const { result, vector, wide } = batch;
      expect([result.fromInterval, result.prevPeriod, result.head]).toEqual([from, last, value]);
      expect([(result.toInterval + 1) % 3, result.period]).toEqual([0, Math.floor(result.toInterval / 3)]);
      [from, last] = [result.toInterval + 1, periodHash(result)];
      const deltas = Array.from({ length: vector.length / 4 }, (_, home) => changeOf(vector, home));
      expect(total(deltas) + Number(new DataView(wide.buffer).getBigInt64(1)) + 0).toBe(0);
      for (const [home, delta] of deltas.entries()) carried.set(home, (carried.get(home) ?? 0) + delta);
      for (const [home, { balance }] of state.accounts) {
        expect(carried.get(home)).toBe(Math.floor(balance / NANO_PER_TICK));
        const rest = balance - carried.get(home)! * NANO_PER_TICK;
        expect(rest >= 0 && rest < NANO_PER_TICK).toBe(true);
      }
    }
  });
});

test("every account can be proved against the root that was agreed on", () => {
  fc.assert(
    fc.property(anyLife, ({ advances }) => {
      const { state, result } = advances.at(-1)!;
      for (const [home, account] of state.accounts)
        expect(verifyAccount(result.ledgerRoot, home, account, accountProof(state.accounts, home))).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test("the same entries make the same bytes, and every interval its own", () => {
  const lives = [0, 1]
    .map(() => live({ rules, seed: 7, intervals: 12, lost: 0.3 }))
    .map(({ advances }) => advances.map(({ value }) => value));
  expect(lives[0]).toEqual(lives[1]);
  expect(new Set(lives[0]).size).toBe(12);
});
