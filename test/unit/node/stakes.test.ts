import { describe, expect, test } from "@jest/globals";
import { type HomeId, type Period, period } from "../../../engine/kernel/index.ts";
import { MAX_STAKE } from "../../../engine/messages/index.ts";
import type { Batch } from "../../../engine/settlement/index.ts";
import { StakeReader, stakesOf } from "../../../src/node/stakes.ts";
import type { Chain, VaultEscrows } from "../../../src/ports/index.ts";
import { HOMES, live } from "../../support/market-life.ts";
import { RULES } from "../../support/rules.ts";

// A life of seven periods of three intervals; the vault has 5,000 ticks of each home and settles behind it.
const { advances } = live({ rules: { ...RULES, periodIntervals: 3 }, seed: 4, intervals: 24, lost: 0.3 });
const batches = advances.flatMap(({ batch }) => (batch === null ? [] : [batch]));
const FIRST = batches[0]!.result.period;
const PAID_IN = 5_000;
const carriedAt = (closed: number) => advances.find(({ state }) => state.carried.period === FIRST + closed)!.state.carried;
const ids = Array.from({ length: 10 }, (_, home) => home);
/** What each batch moved, by home, as the vault applies it. */
const moved = (batch: Batch, home: number): number => {
  const { vector } = batch;
  if (4 * home >= vector.length) return 0;
  const word = new DataView(vector.buffer).getUint32(4 * home);
  return word % 2 === 0 ? word / 2 : -(word + 1) / 2;
};
const vaultAfter = (settled: number, change: Partial<VaultEscrows> = {}): VaultEscrows => ({
  nextPeriod: (FIRST + settled) as Period,
  ticks: ids.map((home) => batches.slice(0, settled).reduce((held, batch) => held + moved(batch, home), PAID_IN)),
  requested: ids.map(() => 0),
  ...change,
});

describe("what homes have staked", () => {
  test("however far the chain is behind the street, settlement moves no stake", () => {
    expect(batches.length).toBeGreaterThanOrEqual(7);
    expect(HOMES.some((home) => moved(batches[0]!, home) !== 0)).toBe(true);
    for (let closed = 0; closed < batches.length; closed++)
      for (let settled = 0; settled <= closed; settled++)
        for (const forgotten of [0, settled])
          expect(stakesOf(vaultAfter(settled), carriedAt(closed), batches.slice(forgotten, closed))).toEqual(ids.map(() => PAID_IN));
  });

  test("what a home has asked back is staked no more; what it has paid in since is", () => {
    const vault = vaultAfter(3);
    const requested = ids.map((home) => (home === 5 ? 4_000 : 0));
    const ticks = vault.ticks.map((held, home) => (home === 9 ? held + 70 : held));
    const found = stakesOf({ ...vault, requested, ticks }, carriedAt(5), batches.slice(0, 5));
    expect(found).toEqual(ids.map((home) => (home === 5 ? 1_000 : home === 9 ? 5_070 : 5_000)));
  });

  test("a home that was paid out what it earned has less than nothing", () => {
    const carried = { ...carriedAt(0), ticks: new Map([[2 as HomeId, 9_000]]) };
    expect(stakesOf(vaultAfter(0, { ticks: [0, 0, 1_000] }), carried, [])).toEqual([0, 0, -8_000]);
  });

  test("beyond the bound there is the bound", () => {
    const carried = {
      ...carriedAt(0),
      ticks: new Map([
        [0, 2 * MAX_STAKE],
        [1, -2 * MAX_STAKE],
      ] as [HomeId, number][]),
    };
    expect(stakesOf(vaultAfter(0, { ticks: [0, 0] }), carried, [])).toEqual([-MAX_STAKE, MAX_STAKE]);
  });

  test("books that are behind the chain, or lack a batch that it lacks, tell nothing", () => {
    expect(stakesOf(vaultAfter(4), carriedAt(3), batches.slice(0, 3))).toBeNull();
    expect(stakesOf(vaultAfter(2), carriedAt(5), batches.slice(3, 5))).toBeNull();
  });
});

describe("a reader", () => {
  function reader() {
    const told: { answer: Awaited<ReturnType<Chain["escrows"]>>; isWanted: boolean; asked: number } = {
      answer: { ok: true, value: vaultAfter(2) },
      isWanted: true,
      asked: 0,
    };
    const nothing = () => undefined;
    const made = new StakeReader({
      chain: {
        escrows: async () => {
          told.asked++;
          return told.answer;
        },
      },
      log: { error: nothing, warn: nothing, info: nothing, debug: nothing },
      books: () => ({ carried: carriedAt(3), open: batches.slice(2, 3) }),
      isWanted: () => told.isWanted,
    });
    return { told, made };
  }

  test("says what it last read, and nothing when it couldn't", async () => {
    const { told, made } = reader();
    expect(made.stakes).toBeNull();
    await made.read();
    expect(made.stakes).toEqual(ids.map(() => PAID_IN));
    told.answer = { ok: false, code: "CHAIN_UNREACHABLE", detail: "away" };
    await made.read();
    expect(made.stakes).toBeNull();
  });

  test("asks only when it is wanted, once at a time, and forgets what isn't wanted any more", async () => {
    const { told, made } = reader();
    await Promise.all([made.read(), made.read()]);
    expect(told.asked).toBe(1);
    told.isWanted = false;
    await made.read();
    expect([told.asked, made.stakes]).toEqual([1, null]);
    told.isWanted = true;
    told.answer = { ok: true, value: vaultAfter(0, { nextPeriod: period(FIRST + 9) }) };
    await made.read();
    expect([told.asked, made.stakes]).toEqual([2, null]);
  });
});
