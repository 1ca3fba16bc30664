import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { interval, nano, toHex, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { MarketRules } from "../../../engine/messages/index.ts";
import {
  closePeriod,
  communityPercentOf,
  genesis,
  NO_SURPLUS,
  partsOf,
  postSurplus,
  type SurplusBooks,
} from "../../../engine/settlement/index.ts";
import { wideBytes } from "../../support/batch-bytes.ts";
import { RULES } from "../../support/rules.ts";

const MOST = Number.MAX_SAFE_INTEGER;

const booksOf = (rules: Pick<MarketRules, "communityPercent" | "surplusTo">, balance: number): SurplusBooks =>
  postSurplus(rules, NO_SURPLUS, { amount: nano(balance), lost: wh(0) });

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
    expect(partsOf(booksOf({ communityPercent }, balance))).toEqual({ community, rest }),
  );

  test("nothing is said: nothing is the community's; the community's account: everything is", () => {
    expect([communityPercentOf(RULES), communityPercentOf({ surplusTo: "community" })]).toEqual([0, 100]);
    expect(partsOf(booksOf({ surplusTo: "community" }, 999))).toEqual({ community: 999, rest: 0 });
  });

  test("what intervals tell of the community's share is its part of the whole, whatever came in between and however often it was below zero", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100 }), amounts, (communityPercent, all) => {
        const { balance, shared } = told(all.map((amount) => ({ amount, communityPercent })));
        expect(shared).toBe((atLeast0(balance) * BigInt(communityPercent)) / 100n);
      }),
      { numRuns: 2_000 },
    );
  });
});

const amounts = fc.array(fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }), { minLength: 1, maxLength: 50 });
const atLeast0 = (amount: bigint): bigint => (amount > 0n ? amount : 0n);

/** All that is posted, in order, and what is told of it. */
function told(posts: readonly { readonly amount: number; readonly communityPercent: number }[]) {
  let books = NO_SURPLUS;
  let [balance, shared, hundredths] = [0n, 0n, 0n];
  for (const { amount, communityPercent } of posts) {
    const before = partsOf(books).community;
    books = postSurplus({ communityPercent }, books, { amount: nano(amount), lost: wh(0) });
    shared += BigInt(partsOf(books).community - before);
    balance += BigInt(amount);
    hundredths += BigInt(amount) * BigInt(communityPercent);
  }
  return { books, balance, shared, hundredths };
}

describe("other percents after a vote", () => {
  test.each<[string, readonly (readonly [percent: number, amount: number])[], number, number]>([
    [
      "what was parted stays parted: a fifth of 1000, then half of 100",
      [
        [20, 1_000],
        [50, 100],
      ],
      250,
      850,
    ],
    [
      "nothing more for the community: it keeps what it has",
      [
        [20, 1_000],
        [0, 500],
      ],
      200,
      1_300,
    ],
    [
      "nothing for it so far",
      [
        [0, 1_000],
        [100, 7],
      ],
      7,
      1_000,
    ],
    [
      "hundredths of a nano go on: 0.5 and 0.5",
      [
        [50, 1],
        [25, 2],
      ],
      1,
      2,
    ],
    [
      "what is paid in later is borne as it is parted then",
      [
        [50, 1_000],
        [10, -100],
      ],
      490,
      410,
    ],
    [
      "no more than there is: all of it was the community's, and the rest pays in",
      [
        [100, 100],
        [0, -60],
      ],
      40,
      0,
    ],
    [
      "below zero nobody has anything",
      [
        [100, 100],
        [0, -160],
      ],
      0,
      0,
    ],
    [
      "and comes back to what it was",
      [
        [100, 100],
        [0, -160],
        [0, 160],
      ],
      100,
      0,
    ],
  ])("%s", (_, posts, community, rest) => {
    const { books } = told(posts.map(([communityPercent, amount]) => ({ communityPercent, amount })));
    expect(partsOf(books)).toEqual({ community, rest });
  });

  test("whatever homes vote and whenever: parts sum to what there is, to the nano; the community's is the sum of all parts, rounded once", () => {
    const post = fc.record({
      amount: fc.integer({ min: -1_000_000_000_000, max: 1_000_000_000_000 }),
      communityPercent: fc.integer({ min: 0, max: 100 }),
    });
    fc.assert(
      fc.property(fc.array(post, { minLength: 1, maxLength: 50 }), (posts) => {
        const { books, balance, shared, hundredths } = told(posts);
        const { community, rest } = partsOf(books);
        const [total, whole] = [atLeast0(balance), atLeast0(hundredths - (((hundredths % 100n) + 100n) % 100n)) / 100n];
        expect(BigInt(community) + BigInt(rest)).toBe(total);
        expect(BigInt(community)).toBe(whole < total ? whole : total);
        expect(shared).toBe(BigInt(community));
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
      const closed = closePeriod(rules, { ...START, carried, surplus: booksOf(rules, balance) }, interval(1055));
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
