import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { interval, nano, toHex, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { MarketRules } from "../../../engine/messages/index.ts";
import { closePeriod, communityPercentOf, communityShare, genesis, partsOf } from "../../../engine/settlement/index.ts";
import { wideBytes } from "../../support/batch-bytes.ts";
import { RULES } from "../../support/rules.ts";

const MOST = Number.MAX_SAFE_INTEGER;

describe("a surplus's parts, in nano", () => {
  test.each<[percent: number, balance: number, community: number, rest: number]>([
    [0, 1_000, 0, 1_000],
    [20, 1_000, 200, 800],
    [20, 4, 0, 4],
    [20, 5, 1, 4],
    [33, 100, 33, 67],
    [33, 199, 65, 134],
    [100, 7, 7, 0],
    [50, 0, 0, 0],
    [50, -1_000, 0, 0],
    // 33 % of 2^53 - 1 are 2972375754064527.03, and 33 (2^53 - 1) is no exact number.
    [33, MOST, 2_972_375_754_064_527, 6_034_823_500_676_464],
    // 2^53 - 1 = 9007199254740991; 99 % are 8917127262193581.09.
    [99, MOST, 8_917_127_262_193_581, 90_071_992_547_410],
  ])("%i %% of %i: %i and %i", (communityPercent, balance, community, rest) =>
    expect(partsOf({ communityPercent }, nano(balance))).toEqual({ community, rest }),
  );

  test("nothing is said: nothing is the community's; the community's account: everything is", () => {
    expect([communityPercentOf(RULES), communityPercentOf({ surplusTo: "community" })]).toEqual([0, 100]);
    expect(partsOf({ surplusTo: "community" }, nano(999))).toEqual({ community: 999, rest: 0 });
  });

  test("what intervals tell of the community's share is its part of the whole, whatever came in between and however often it was below zero", () => {
    const amounts = fc.array(fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }), { minLength: 1, maxLength: 50 });
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), amounts, (communityPercent, all) => {
        const rules = { communityPercent };
        let [balance, shared] = [0, 0];
        for (const amount of all) {
          balance += amount;
          shared += communityShare(rules, { balance: nano(balance), lost: wh(0) }, { amount: nano(amount) });
        }
        expect(BigInt(shared)).toBe((BigInt(Math.max(0, balance)) * BigInt(communityPercent)) / 100n);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe("batches", () => {
  const START = genesis(RULES, interval(1054), ZERO_DIGEST);
  /** What the last of several periods carries to the accounts beside the homes', who have nothing here. */
  const lastWide = (change: Partial<MarketRules>, ...balances: readonly number[]): string => {
    const rules = { ...RULES, ...change };
    let { carried } = START;
    let wide = new Uint8Array();
    for (const balance of balances) {
      const closed = closePeriod(rules, { ...START, carried, surplus: { balance: nano(balance), lost: wh(0) } }, interval(1055));
      carried = closed.carried;
      wide = new Uint8Array(closed.batch.wide);
    }
    return toHex(wide);
  };

  test.each<[string, string, readonly (readonly [account: number, ticks: bigint])[]]>([
    [
      "a fifth, the rest the grid's",
      lastWide({ communityPercent: 20 }, 1_000_000),
      [
        [0, -10n],
        [1, 8n],
        [2, 2n],
      ],
    ],
    [
      "each part rounded down to ticks, and the supplier has the rest until there is more",
      lastWide({ communityPercent: 50 }, 300_000),
      [
        [0, -2n],
        [1, 1n],
        [2, 1n],
      ],
    ],
    [
      "more: only the difference is carried",
      lastWide({ communityPercent: 50 }, 300_000, 400_000),
      [
        [0, -2n],
        [1, 1n],
        [2, 1n],
      ],
    ],
    [
      "the rest the supplier's own",
      lastWide({ communityPercent: 25, surplusTo: "supplier" }, 1_000_000),
      [
        [0, -2n],
        [2, 2n],
      ],
    ],
    [
      "all of it by percent",
      lastWide({ communityPercent: 100 }, 1_000_000),
      [
        [0, -10n],
        [2, 10n],
      ],
    ],
    [
      "all of it by name",
      lastWide({ surplusTo: "community" }, 1_000_000),
      [
        [0, -10n],
        [2, 10n],
      ],
    ],
    ["below zero: the supplier advances it for both", lastWide({ communityPercent: 20 }, -1_000_000), [[0, 0n]]],
    [
      "lost again: both give back what they got",
      lastWide({ communityPercent: 20 }, 1_000_000, -300_000),
      [
        [0, 10n],
        [1, -8n],
        [2, -2n],
      ],
    ],
  ])("%s", (_, found, expected) => expect(found).toBe(wideBytes(expected)));
});
