import { describe, expect, test } from "@jest/globals";
import { homeId, interval, nano, toHex, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { type MarketRules, periodHash } from "../../../engine/messages/index.ts";
import {
  closePeriod,
  encodeCertificate,
  encodeVector,
  encodeWide,
  genesis,
  type MarketState,
  NEW_ACCOUNT,
  NO_SURPLUS,
  postSurplus,
  toTicks,
} from "../../../engine/settlement/index.ts";
import { vectorBytes, wideBytes } from "../../support/batch-bytes.ts";
import { idOf } from "../../support/book.ts";
import { RULES } from "../../support/rules.ts";

const withBalances = (state: MarketState, head: number, balances: readonly (readonly [home: number, balance: number])[]): MarketState => ({
  ...state,
  head: idOf(head),
  accounts: new Map(balances.map(([home, balance]) => [homeId(home), { ...NEW_ACCOUNT, balance: nano(balance) }])),
});

describe("ticks", () => {
  test.each([
    [0, 0],
    [99_999, 0],
    [100_000, 1],
    [-1, -1],
    [-100_000, -1],
    [-100_001, -2],
  ])("%i nano are %i", (balance, ticks) => expect(toTicks(nano(balance))).toBe(ticks));
});

describe("closing periods", () => {
  // The street begins with the last two intervals of UTC day 10 (intervals 960 to 1055).
  const start = genesis(RULES, interval(1054), ZERO_DIGEST);
  const first = closePeriod(
    RULES,
    withBalances(start, 77, [
      [1, 250_000],
      [9, -50_000],
    ]),
    interval(1055),
  );

  test("the first, cut short", () => {
    expect(first.batch.result).toMatchObject({
      period: 10,
      fromInterval: 1054,
      toInterval: 1055,
      coversUntil: 1056 * 900,
      prevPeriod: ZERO_DIGEST,
      head: idOf(77),
      dataHash: ZERO_DIGEST,
    });
    expect(toHex(first.batch.vector)).toBe(vectorBytes([0, 2, 0, 0, 0, 0, 0, 0, 0, -1]));
    expect(toHex(first.batch.wide)).toBe(wideBytes([[0, -1n]]));
  });

  test("the next goes on where it ended: what was below a tick is not lost", () => {
    const { batch, carried } = closePeriod(
      RULES,
      {
        ...withBalances(start, 78, [
          [1, 310_000],
          [9, -40_000],
        ]),
        carried: first.carried,
      },
      interval(1151),
    );
    expect(batch.result).toMatchObject({
      period: 11,
      fromInterval: 1056,
      toInterval: 1151,
      coversUntil: 1152 * 900,
      prevPeriod: periodHash(first.batch.result),
      head: idOf(78),
    });
    expect(toHex(batch.vector)).toBe(vectorBytes([0, 1, 0, 0, 0, 0, 0, 0, 0, 0]));
    expect(toHex(batch.wide)).toBe(wideBytes([[0, -1n]]));
    expect(carried).toEqual({
      period: 12,
      from: 1152,
      prevPeriod: periodHash(batch.result),
      ticks: new Map([
        [1, 3],
        [9, -1],
      ]),
      surplusTicks: 0,
      communityTicks: 0,
    });
  });

  describe("what stays between buyers and sellers goes to the account that the rules name, as far as there is any", () => {
    const surplusOf = (rules: MarketRules, balance: number): MarketState => ({
      ...withBalances(start, 77, [[1, -900_000]]),
      surplus: postSurplus(rules, NO_SURPLUS, { amount: nano(balance), lost: wh(0) }),
    });
    const wideOf = (rules: MarketRules, ...balances: readonly number[]): string => {
      let carried = start.carried;
      let wide: Uint8Array = new Uint8Array();
      for (const balance of balances)
        ({
          carried,
          batch: { wide },
        } = closePeriod(rules, { ...surplusOf(rules, balance), carried }, interval(1055)));
      return toHex(wide);
    };

    test.each<[string, string, string]>([
      [
        "the grid's, if not said",
        wideOf(RULES, 650_000),
        wideBytes([
          [0, 3n],
          [1, 6n],
        ]),
      ],
      [
        "the community's",
        wideOf({ ...RULES, surplusTo: "community" }, 650_000),
        wideBytes([
          [0, 3n],
          [2, 6n],
        ]),
      ],
      ["the supplier's: together with its own", wideOf({ ...RULES, surplusTo: "supplier" }, 650_000), wideBytes([[0, 9n]])],
      ["below zero: the vault knows no debts, the supplier advances it", wideOf(RULES, -650_000), wideBytes([[0, 9n]])],
      [
        "what was carried goes back when it was lost again",
        wideOf(RULES, 650_000, -100_000),
        wideBytes([
          [0, 6n],
          [1, -6n],
        ]),
      ],
      [
        "what was carried isn't carried again",
        wideOf(RULES, 650_000, 750_000),
        wideBytes([
          [0, -1n],
          [1, 1n],
        ]),
      ],
    ])("%s", (_, found, expected) => expect(found).toBe(expected));
  });

  test("what does not fit a lane is carried on", () => {
    const most = 2 ** 31 - 1;
    const high = closePeriod(RULES, withBalances(start, 1, [[0, (most + 5) * 100_000]]), interval(1055));
    expect([toHex(high.batch.vector), toHex(high.batch.wide)]).toEqual([vectorBytes([most]), wideBytes([[0, -BigInt(most)]])]);
    const rest = closePeriod(RULES, { ...withBalances(start, 1, [[0, (most + 5) * 100_000]]), carried: high.carried }, interval(1151));
    expect(toHex(rest.batch.vector)).toBe(vectorBytes([5]));
    const low = closePeriod(RULES, withBalances(start, 1, [[0, -(2 ** 31 + 5) * 100_000]]), interval(1055));
    expect([toHex(low.batch.vector), low.carried.ticks.get(homeId(0))]).toEqual([vectorBytes([-(2 ** 31)]), -(2 ** 31)]);
  });

  test("a street without homes", () => {
    const { batch } = closePeriod(RULES, start, interval(1055));
    expect([toHex(batch.vector), toHex(batch.wide), batch.result.accountsRoot]).toEqual(["0x", wideBytes([[0, 0n]]), ZERO_DIGEST]);
  });
});

describe("bytes", () => {
  test("a lane is the change in zigzag; homes between are unchanged", () => {
    const changes = [0, -1, 1, -2, 50_000, 2 ** 31 - 1, -(2 ** 31), 0].map((delta, home) => ({ home: homeId(home), delta }));
    expect(toHex(encodeVector(changes))).toBe("0x00000000000000010000000200000003000186a0fffffffeffffffff00000000");
    expect(toHex(encodeVector([{ home: homeId(9), delta: -2 }]))).toBe(vectorBytes([0, 0, 0, 0, 0, 0, 0, 0, 0, -2]));
    expect(() => encodeVector([{ home: homeId(0), delta: 2 ** 31 }])).toThrow("does not fit");
    expect(() => encodeVector([{ home: homeId(0), delta: -(2 ** 31) - 1 }])).toThrow("does not fit");
  });

  test("the supplier's change has 64 bits", () => {
    expect(toHex(encodeWide(-(2 ** 40)))).toBe("0x00ffffff0000000000");
    expect(toHex(encodeWide(5))).toBe("0x000000000000000005");
  });

  test("signatures by place in the list of validators, not by home", () => {
    const validators = [homeId(7), homeId(3), homeId(5)];
    const sign = (home: number) => ({ validator: homeId(home), signature: new Uint8Array(65).fill(home) });
    expect(toHex(encodeCertificate(validators, [sign(5), sign(7)]))).toBe(`0x00${"07".repeat(65)}02${"05".repeat(65)}`);
    expect(() => encodeCertificate(validators, [sign(4)])).toThrow("only validators");
  });
});
