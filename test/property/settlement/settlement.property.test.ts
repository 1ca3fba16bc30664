import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Digest, type HomeId, homeId, type Interval, interval, microPerKwh, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { MarketRules, SignedOrder, SignedReading } from "../../../engine/messages/index.ts";
import {
  type Advance,
  accountProof,
  advance,
  genesis,
  type MarketState,
  NANO_PER_TICK,
  settledWith,
  verifyAccount,
} from "../../../engine/settlement/index.ts";
import { idOf } from "../../support/book.ts";
import { chance } from "../../support/chance.ts";
import { RULES } from "../../support/rules.ts";
import { readingOf } from "../../support/settlement.ts";

/** Periods of three intervals, and prices that leave much below a tick. */
const rules: MarketRules = {
  ...RULES,
  periodIntervals: 3,
  tick: microPerKwh(1),
  residual: { importPrice: microPerKwh(297_341), exportPrice: microPerKwh(80_117) },
};
const FIRST = interval(1000);
const HOMES = [0, 1, 2, 5, 9].map(homeId);
const NO_SIGNATURE = new Uint8Array(65);

interface Life {
  readonly advances: readonly Advance[];
  /** Counters of each home at the end of each interval. */
  readonly counters: ReadonlyMap<HomeId, ReadonlyMap<Interval, readonly [importWh: number, exportWh: number]>>;
  /** Where counting begins: before the street does, at the last reading that came. */
  readonly firstRead: ReadonlyMap<HomeId, Interval>;
}

/** A street's life: orders as they come, meters that run, readings that get lost. In the end every meter is read. */
function live(seed: number, intervals: number, lost: number): Life {
  const random = chance(seed);
  const below = (end: number): number => Math.floor(random() * end);
  const meters = new Map(HOMES.map((home) => [home, [below(1e6), below(1e6)] as [number, number]]));
  const counters = new Map(HOMES.map((home) => [home, new Map<Interval, readonly [number, number]>()]));
  const firstRead = new Map<HomeId, Interval>();
  const last = (FIRST + intervals - 1) as Interval;
  let state: MarketState = genesis(rules, FIRST);
  const advances: Advance[] = [];
  for (let at = FIRST - 2; at <= last; at++) {
    for (const [home, meter] of meters) {
      meter[below(2)]! += below(3) * below(4000);
      counters.get(home)!.set(at as Interval, [...meter]);
    }
    if (at < FIRST) continue;
    const due = settledWith(at as Interval);
    const read = HOMES.filter(() => at === last || random() >= lost);
    for (const home of read) firstRead.set(home, due < FIRST ? due : (firstRead.get(home) ?? due));
    const readings = read.map(
      (home): SignedReading => ({ body: readingOf(home, due, ...counters.get(home)!.get(due)!), id: ZERO_DIGEST, signature: NO_SIGNATURE }),
    );
    const roots = { orderSetRoot: ZERO_DIGEST, readingSetRoot: idOf(at) };
    advances.push(advance(rules, state, { orders: ordersAt(at as Interval, below), readings, ...roots }));
    state = advances.at(-1)!.state;
  }
  return { advances, counters, firstRead };
}

const ordersAt = (at: Interval, below: (end: number) => number): readonly SignedOrder[] =>
  HOMES.filter(() => below(4) > 0).map((home, i) => ({
    body: {
      home,
      interval: at,
      side: below(2) === 0 ? "buy" : "sell",
      energy: wh(1 + below(6000)),
      limit: microPerKwh(80_000 + below(200_000)),
      seq: 0,
    },
    id: idOf(at * 10 + i),
    signature: NO_SIGNATURE,
  }));

const anyLife = fc.tuple(fc.nat(), fc.integer({ min: 3, max: 25 }), fc.constantFrom(0, 0.3, 0.8)).map((life) => live(...life));
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
    let head: Digest = ZERO_DIGEST;
    let from: number = FIRST;
    for (const { batch, state, value } of advances) {
      if (batch === null) continue;
      const { result, vector, wide } = batch;
      expect([result.fromInterval, result.prevHead, result.head]).toEqual([from, head, value]);
      expect([(result.toInterval + 1) % 3, result.period]).toEqual([0, Math.floor(result.toInterval / 3)]);
      [from, head] = [result.toInterval + 1, result.head];
      const lanes = new DataView(vector.buffer);
      const deltas = Array.from({ length: vector.length / 4 }, (_, home) => lanes.getUint32(4 * home) - 2 ** 31);
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
  const lives = [live(7, 12, 0.3), live(7, 12, 0.3)].map(({ advances }) => advances.map(({ value }) => value));
  expect(lives[0]).toEqual(lives[1]);
  expect(new Set(lives[0]).size).toBe(12);
});
