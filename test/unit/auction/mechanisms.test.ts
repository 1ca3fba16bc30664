import { describe, expect, test } from "@jest/globals";
import {
  type Clearing,
  type ClearingInput,
  clear,
  compareMechanisms,
  explainOutcomeUnder,
  explainPriceUnder,
  halfByHash,
  isMechanismName,
  MECHANISMS,
  type MechanismName,
  mechanismFits,
  mechanismOf,
  mudaBy,
  ONE_NODE,
  postByAuction,
  type Trade,
} from "../../../engine/auction/index.ts";
import { homeId, interval, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { book, INTERVAL, idOf, input, type Line } from "../../support/book.ts";

const NAMES = Object.keys(MECHANISMS) as MechanismName[];

const given = (lines: readonly Line[], importPrice = 30, exportPrice = 10, tick = 1): ClearingInput => {
  const plain = input(book(...lines), tick);
  return {
    ...plain,
    rules: { ...plain.rules, residual: { importPrice: microPerKwh(importPrice), exportPrice: microPerKwh(exportPrice) } },
  };
};
/** Energy and amount of each line. */
const dealsOf = (clearing: Clearing): readonly (readonly [energy: number, amount: number])[] =>
  clearing.outcomes.map(({ order, energy }) => [
    energy,
    clearing.kind === "trade" ? (clearing.fills.find((fill) => fill.order === order)?.amount ?? 0) : 0,
  ]);
const reasonsOf = ({ outcomes }: Clearing) => outcomes.map(({ reason }) => reason);
const under = (name: MechanismName, lines: readonly Line[]): Clearing => MECHANISMS[name].clear(given(lines));

/** Five buyers and five sellers of 1 Wh, as in the demonstration book of McAfee's auction. */
const DEMO: readonly Line[] = [
  ...[17, 14, 13, 9, 6].map((limit, i): Line => [i, "buy", 1, limit]),
  ...[1, 4, 5, 8, 11].map((limit, i): Line => [10 + i, "sell", 1, limit]),
];
/** The same with unequal energies: the last buyer gets a part. */
const UNEVEN: readonly Line[] = [
  [0, "buy", 4, 20],
  [1, "buy", 6, 18],
  [2, "buy", 5, 15],
  [10, "sell", 9, 5],
  [11, "sell", 3, 7],
  [12, "sell", 4, 16],
];

describe("what each makes of one book", () => {
  test("McAfee: the next bid and offer, 6 and 11, give 8.5, rounded down 8, which the last offer accepts", () => {
    const clearing = under("mcafee", DEMO) as Trade;
    expect(clearing).toMatchObject({ price: 8, volume: 4, surplus: 0, priceRange: { low: 8, high: 8 } });
    expect(clearing.priceSetBy.low.map(({ limit }) => limit)).toEqual([6, 11]);
    expect(reasonsOf(clearing).filter((reason) => reason !== null)).toEqual(["PRICE_TOO_HIGH", "PRICE_TOO_LOW"]);
  });

  test("McAfee: the middle is rounded down to the tick", () => {
    const inSevens = DEMO.map(([home, side, energy, limit]): Line => [home, side, energy, 7 * limit]);
    // Between 42 and 77 lie 59.5.
    expect(MECHANISMS.mcafee.clear(given(inSevens, 30, 10, 7))).toMatchObject({ price: 56, volume: 4, surplus: 0 });
  });

  test("McAfee: unequal energies; the buyer at 15 would get 2 of 5, so it and the offer at 7 are given up", () => {
    const clearing = under("mcafee", UNEVEN) as Trade;
    // 10 Wh are wanted of the 9 that are left to sell: 4 and 6 share them 3.6 to 5.4.
    expect(dealsOf(clearing)).toEqual([
      [4, 60],
      [5, 75],
      [0, 0],
      [9, 63],
      [0, 0],
      [0, 0],
    ]);
    expect(reasonsOf(clearing)).toEqual([null, "RATIONED", "TRADE_REDUCED", null, "TRADE_REDUCED", "PRICE_TOO_LOW"]);
    expect(clearing).toMatchObject({ price: 11, priceRange: { low: 7, high: 15 }, surplus: 72 });
    expect([clearing.priceSetBy.low, clearing.priceSetBy.high].map(([setter]) => setter!.order)).toEqual([idOf(5), idOf(3)]);
  });

  test("Huang: both buyers give up the same, half a Wh; the odd one falls to the lower id", () => {
    expect(dealsOf(under("huang", UNEVEN))).toEqual([
      [4, 60],
      [5, 75],
      [0, 0],
      [9, 63],
      [0, 0],
      [0, 0],
    ]);
  });

  test("Huang: who has less than its part of the gap gets nothing, and the others lose the rest alike", () => {
    const lines: readonly Line[] = [
      [0, "buy", 10, 30],
      [1, "buy", 1, 30],
      [2, "buy", 7, 30],
      [3, "buy", 2, 20],
      [10, "sell", 9, 1],
      [11, "sell", 11, 2],
    ];
    // 18 wanted, 9 there: 3 each is more than the 1 Wh of the second; the others lose 4 each.
    expect(dealsOf(under("huang", lines)).map(([energy]) => energy)).toEqual([6, 0, 3, 0, 9, 0]);
  });

  test("VCG: buyers pay 8 and sellers get 9, and somebody pays 4 in", () => {
    const clearing = under("vcg", DEMO) as Trade;
    expect(dealsOf(clearing).map(([, amount]) => amount)).toEqual([8, 8, 8, 8, 0, 9, 9, 9, 9, 0]);
    expect(clearing).toMatchObject({ surplus: -4, price: 8, priceRange: { low: 8, high: 9 } });
  });

  test("VCG: several orders of one home share its payment by energy, and none passes its limit", () => {
    const lines: readonly Line[] = [
      [0, "buy", 1, 20],
      [0, "buy", 2, 12],
      [1, "buy", 1, 11],
      [2, "buy", 1, 3],
      [10, "sell", 3, 2],
    ];
    // Without the first home the others would gain 11 - 2 and 3 - 2: it pays 11 + 3 + 2 for three Wh, 5.33 and 10.67.
    expect(dealsOf(under("vcg", lines))).toEqual([
      [1, 5],
      [2, 11],
      [0, 0],
      [0, 0],
      [3, 44],
    ]);
  });

  test("VCG: of a home that buys and sells, the gains of its orders are scaled to the gain of the home", () => {
    // Alone in the street it trades with itself: nobody loses by it, so it pays nothing and gets nothing.
    expect(
      dealsOf(
        under("vcg", [
          [0, "buy", 3, 10],
          [0, "sell", 3, 4],
        ]),
      ),
    ).toEqual([
      [3, 21],
      [3, 21],
    ]);
    const both: readonly Line[] = [
      [0, "buy", 2, 10],
      [0, "sell", 2, 4],
      [1, "sell", 2, 5],
      [2, "buy", 2, 6],
    ];
    const deals = dealsOf(under("vcg", both));
    // The street gains 14 with it and 2 without: its gain is 12, on values of 20 bought and 8 sold.
    expect(20 - deals[0]![1] + (deals[1]![1] - 8)).toBe(12);
  });

  test("pay-as-bid: buyers pay their bids; the cheapest offers meet the dearest bids", () => {
    const clearing = under("pay-as-bid", UNEVEN) as Trade;
    // The offer at 5 meets 4 at 20 and 5 at 18; the offer at 7 meets 1 at 18 and 2 at 15.
    expect(dealsOf(clearing)).toEqual([
      [4, 80],
      [6, 108],
      [2, 30],
      [9, 170],
      [3, 48],
      [0, 0],
    ]);
    expect(clearing).toMatchObject({ surplus: 0, price: 18, priceRange: { low: 15, high: 20 } });
    expect([clearing.priceSetBy.low, clearing.priceSetBy.high].map(([setter]) => setter!.order)).toEqual([idOf(3), idOf(1)]);
    expect(reasonsOf(clearing)).toEqual([null, null, "RATIONED", null, null, "PRICES_DO_NOT_MEET"]);
  });

  test("pay-as-bid: offers of one limit split their bids by energy; whose id is lower gains a nano at most", () => {
    const clearing = under("pay-as-bid", [
      [0, "buy", 1, 20],
      [1, "buy", 2, 11],
      [10, "sell", 1, 5],
      [11, "sell", 2, 5],
    ]);
    expect(dealsOf(clearing)).toEqual([
      [1, 20],
      [2, 22],
      [1, 14],
      [2, 28],
    ]);
  });

  test("MUDA: each half at the other's price, and who displaces others pays for it", () => {
    const halfOf = (_: unknown, home: number) => (home < 10 ? "left" : "right") as "left" | "right";
    const lines: readonly Line[] = [
      [0, "buy", 2, 20],
      [1, "buy", 2, 17],
      [2, "sell", 2, 9],
      [10, "buy", 1, 16],
      [11, "sell", 1, 12],
      [12, "sell", 1, 13],
    ];
    const clearing = mudaBy({ halfOf, post: postByAuction })(given(lines)) as Trade;
    // Left clears at 18 (between 17 and 20 where 2 of 4 are served), right at 12: between 12 and 13.
    expect(clearing.priceRange).toEqual({ low: 12, high: 12 });
    // Left at 12: the first buyer keeps 2 Wh from one that is ready to pay 17. Right at 18: nobody buys.
    expect(dealsOf(clearing)).toEqual([
      [2, 34],
      [0, 0],
      [2, 24],
      [0, 0],
      [0, 0],
      [0, 0],
    ]);
    expect(reasonsOf(clearing)).toEqual([null, "NOTHING_LEFT", null, "PRICE_TOO_HIGH", "TRADE_REDUCED", "TRADE_REDUCED"]);
    expect(clearing.surplus).toBe(10);
  });

  test("MUDA: where both sides of a half are even, a refused limit has to beat the last that is served", () => {
    const lines: readonly Line[] = [
      [0, "buy", 2, 20],
      [1, "sell", 2, 5],
      [2, "buy", 1, 5],
    ];
    const post = () => ({ price: microPerKwh(10), setBy: [] });
    const { outcomes } = mudaBy({ halfOf: () => "left", post })(given(lines));
    expect(outcomes[2]).toMatchObject({ kind: "refused", reason: "PRICE_TOO_HIGH", tradesAt: 20 });
  });

  test("rules' prices: the middle of 30 and 10; by the ratio of 12 offered for 15 wanted; and free", () => {
    const taking: readonly Line[] = [
      [0, "buy", 5, 40],
      [1, "buy", 10, 40],
      [10, "sell", 12, 0],
    ];
    const middle = under("mid-market-rate", taking) as Trade;
    expect(middle).toMatchObject({ price: 20, priceSetBy: { low: [], high: [] }, volume: 12, surplus: 0 });
    expect(dealsOf(middle)).toEqual([
      [4, 80],
      [8, 160],
      [12, 240],
    ]);
    // 30 x 10 / (20 x 0.8 + 10) = 11.54.
    expect(under("supply-demand-ratio", taking)).toMatchObject({ price: 11, volume: 12 });
    expect(dealsOf(under("bill-sharing", taking))).toEqual([
      [4, 0],
      [8, 0],
      [12, 0],
    ]);
    const half = mechanismOf("supply-demand-ratio", { compensationPermille: 500 }).clear(given(taking));
    // q = 10 + 10: 30 x 20 / (10 x 0.8 + 20) = 21.43.
    expect(half).toMatchObject({ price: 21 });
    expect(mechanismOf("mid-market-rate", { divisor: 3 }).clear(given(taking))).toMatchObject({ price: 13 });
  });

  test("a rule's price is rounded down to the tick", () => {
    const lines: readonly Line[] = [
      [0, "buy", 5, 70],
      [10, "sell", 5, 0],
    ];
    expect(MECHANISMS["mid-market-rate"].clear(given(lines, 33, 10, 7))).toMatchObject({ price: 21 });
    expect(MECHANISMS["supply-demand-ratio"].clear(given(lines, 33, 10, 7))).toMatchObject({ price: 7 });
  });

  test("whoever doesn't accept the price doesn't count: the ratio is that of the others", () => {
    // At 13 one buyer of 10 is out: 8 offered for 10 wanted give 11.5; so the price is as low as 12 lets it in, or lower.
    const lines: readonly Line[] = [
      [0, "buy", 10, 40],
      [1, "buy", 10, 12],
      [10, "sell", 8, 0],
    ];
    // With both, 30 x 10 / (20 x 0.4 + 10) = 16.7, above the limit of the second; without it 11.5, below: 12 holds.
    expect(under("supply-demand-ratio", lines)).toMatchObject({ price: 12, volume: 8 });
  });
});

describe("no trade", () => {
  test.each(NAMES)("%s: nobody, one side alone, limits that don't meet", (name) => {
    expect(under(name, [])).toMatchObject({ kind: "no-trade", reason: "NO_ORDERS", outcomes: [] });
    expect(under(name, [[0, "buy", 5, 20]])).toMatchObject({ reason: "NO_SELLERS", bestBuy: 20, bestSell: null, unbought: 5, unsold: 0 });
    expect(reasonsOf(under(name, [[0, "buy", 5, 20]]))).toEqual(["NO_SELLERS"]);
    expect(under(name, [[0, "sell", 5, 20]])).toMatchObject({ reason: "NO_BUYERS", bestBuy: null, bestSell: 20 });
    const apart = under(name, [
      [0, "buy", 5, 19],
      [1, "sell", 5, 20],
    ]);
    expect(apart).toMatchObject({ reason: "PRICES_DO_NOT_MEET", bestBuy: 19, bestSell: 20 });
  });

  test.each(["mcafee", "huang"] as const)("%s: the only trade is given up", (name) => {
    const clearing = under(name, [
      [0, "buy", 5, 20],
      [1, "sell", 5, 10],
      [2, "sell", 5, 25],
    ]);
    expect(clearing).toMatchObject({ kind: "no-trade", reason: "TRADE_REDUCED", bestBuy: 20, bestSell: 10 });
    expect(reasonsOf(clearing)).toEqual(["TRADE_REDUCED", "TRADE_REDUCED", "PRICES_DO_NOT_MEET"]);
  });

  test("MUDA: a buyer and a seller in one half have no price", () => {
    const clearing = mudaBy({ halfOf: () => "left", post: postByAuction })(
      given([
        [0, "buy", 5, 20],
        [1, "sell", 5, 10],
      ]),
    );
    expect(clearing).toMatchObject({ kind: "no-trade", reason: "TRADE_REDUCED" });
  });

  test("a half without trade posts the middle of its best limits, or the only one; an empty half nothing", () => {
    const posted = (...lines: readonly Line[]) => postByAuction(given(lines))?.price ?? null;
    expect([
      posted([0, "buy", 5, 10], [1, "sell", 5, 20]),
      posted([0, "buy", 5, 10], [1, "buy", 5, 8]),
      posted([1, "sell", 5, 20]),
      posted(),
    ]).toEqual([15, 10, 20, null]);
  });

  test("mid-market rate: the limits meet, but not at 20", () => {
    const clearing = under("mid-market-rate", [
      [0, "buy", 5, 19],
      [1, "sell", 5, 10],
    ]);
    expect(clearing).toMatchObject({ kind: "no-trade", reason: "PRICE_NOT_ACCEPTED", bestBuy: 19, bestSell: 10 });
    expect(clearing.outcomes.map(({ reason, tradesAt }) => [reason, tradesAt])).toEqual([
      ["PRICE_TOO_HIGH", 20],
      ["PRICE_NOT_ACCEPTED", null],
    ]);
  });
});

describe("not truthful: a home that gains by telling another limit, or another energy where only limits are safe", () => {
  interface Lie {
    readonly name: MechanismName;
    readonly lines: readonly Line[];
    /** What the first line tells instead. */
    readonly lie: Line;
    readonly gain: number;
  }
  const CASES: readonly Lie[] = [
    {
      name: "k-double-auction",
      lines: [
        [0, "buy", 5, 20],
        [1, "sell", 5, 10],
      ],
      lie: [0, "buy", 5, 10],
      gain: 25,
    },
    {
      name: "pay-as-bid",
      lines: [
        [0, "buy", 5, 20],
        [1, "sell", 5, 10],
      ],
      lie: [0, "buy", 5, 10],
      gain: 50,
    },
    // 5 offered for 10 wanted make 15; a limit of 12 becomes the price.
    {
      name: "supply-demand-ratio",
      lines: [
        [0, "buy", 10, 30],
        [1, "sell", 5, 0],
      ],
      lie: [0, "buy", 10, 12],
      gain: 15,
    },
    // Shares go by energy: who asks for three times as much gets 12 Wh instead of 6, all of which it wants.
    {
      name: "mid-market-rate",
      lines: [
        [0, "buy", 12, 30],
        [1, "buy", 12, 30],
        [2, "sell", 12, 0],
      ],
      lie: [0, "buy", 36, 30],
      gain: 30,
    },
    {
      name: "mcafee",
      lines: [
        [0, "buy", 12, 30],
        [1, "buy", 12, 30],
        [3, "buy", 1, 20],
        [2, "sell", 12, 0],
        [4, "sell", 60, 1],
      ],
      lie: [0, "buy", 36, 30],
      gain: 30,
    },
  ];

  test.each(CASES.map((each) => [each.name, each] as const))("%s", (name, { lines, lie, gain }) => {
    const [, side, energy, limit] = lines[0]!;
    const gainOf = (all: readonly Line[]): number => {
      const [got, amount] = dealsOf(under(name, all))[0]!;
      const value = Math.min(got, energy) * limit;
      return side === "buy" ? value - amount : amount - value;
    };
    expect(gainOf([lie, ...lines.slice(1)]) - gainOf(lines)).toBe(gain);
  });

  test("every mechanism that isn't truthful is shown here", () => {
    const shown = new Set(CASES.map(({ name }) => name));
    expect(NAMES.filter((name) => MECHANISMS[name].properties.truthful === "no" && !shown.has(name))).toEqual([]);
  });
});

describe("choosing", () => {
  test("names", () => {
    expect([isMechanismName("vcg"), isMechanismName("VCG"), isMechanismName("toString"), isMechanismName(7)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(mechanismOf("k-double-auction").clear).toBe(clear);
  });

  test("only the k-double auction knows wires", () => {
    const wires = {
      nodes: [{ edge: null }, { edge: { parent: 0, importCapacity: wh(5), exportCapacity: wh(5), fee: microPerKwh(1), lossPpm: 0 } }],
      homes: new Map(),
    };
    expect(NAMES.filter((name) => mechanismFits(name, wires) === null)).toEqual(["k-double-auction"]);
    expect(NAMES.map((name) => mechanismFits(name, ONE_NODE))).toEqual(NAMES.map(() => null));
    expect(mechanismFits("huang", wires)).toBe("MECHANISM_NEEDS_ONE_NODE");
    for (const name of NAMES)
      if (name !== "k-double-auction") expect(() => MECHANISMS[name].clear({ ...given(DEMO), network: wires })).toThrow("one node");
  });

  test("two orders of one id are refused by all, wherever they stand", () => {
    const [first, ...others] = given(DEMO).orders;
    for (const name of NAMES)
      expect(() => MECHANISMS[name].clear({ ...given(DEMO), orders: [first!, ...others, first!] })).toThrow("order ids are unique");
  });

  test("compared in one call", () => {
    // Three offers share the 4 Wh that are wanted at 20: 2, 1 and 1.
    const { "k-double-auction": best, mcafee, vcg, ...others } = compareMechanisms(given(UNEVEN), { compensationPermille: 500 });
    // 4 x 20 + 6 x 18 + 2 x 15 - 9 x 5 - 3 x 7 = 152.
    expect(best).toEqual({ volume: 12, welfare: 152, efficiencyPermille: 1000, buyersPay: 180, sellersGet: 180, surplus: 0, price: 15 });
    expect(mcafee).toEqual({ volume: 9, welfare: 125, efficiencyPermille: 822, buyersPay: 135, sellersGet: 63, surplus: 72, price: 11 });
    expect(vcg).toMatchObject({ volume: 12, welfare: 152, efficiencyPermille: 1000, price: 15 });
    expect(others["mid-market-rate"]).toMatchObject({ price: 20, volume: 4, welfare: 47, efficiencyPermille: 309 });
    expect(others["bill-sharing"]).toEqual({
      volume: 0,
      welfare: 0,
      efficiencyPermille: 0,
      buyersPay: 0,
      sellersGet: 0,
      surplus: 0,
      price: null,
    });
    expect(compareMechanisms(given([])).vcg).toMatchObject({ efficiencyPermille: 1000, price: null });
  });

  test("MUDA's halves follow from interval and home; they are about even, and change from interval to interval", () => {
    const homes = Array.from({ length: 1000 }, (_, home) => homeId(home));
    const left = (at: number): readonly boolean[] => homes.map((home) => halfByHash(interval(at), home) === "left");
    const [one, two] = [left(INTERVAL), left(INTERVAL + 1)];
    for (const side of [one, two]) expect(Math.abs(side.filter(Boolean).length - 500)).toBeLessThan(60);
    expect(Math.abs(one.filter((each, i) => each === two[i]).length - 500)).toBeLessThan(60);
    expect(left(INTERVAL)).toEqual(one);
    // Written down so that no release moves a home to the other half.
    expect(one.slice(0, 8)).toEqual([false, false, true, true, false, true, true, false]);
  });
});

describe("in words", () => {
  const words = { price: (price: number) => `${price} ct`, home: (home: number) => `home ${home}` };
  const sentences = (name: MechanismName, lines: readonly Line[]): readonly string[] => {
    const clearing = under(name, lines);
    return clearing.outcomes.map((outcome) => explainOutcomeUnder(name, outcome, clearing, words));
  };
  const price = (name: MechanismName, lines: readonly Line[]): string => explainPriceUnder(name, under(name, lines) as Trade, 500, words);

  test("every mechanism has its own where the k-double auction's would be wrong", () => {
    expect(sentences("mcafee", UNEVEN)).toEqual([
      "bought all it wanted",
      "bought a part: more was wanted than offered by those before the trade that was given up, and all had to share",
      "the mechanism gives up the last trade, so that nobody gains by not telling its true limit",
      "sold all it offered",
      "the mechanism gives up the last trade, so that nobody gains by not telling its true limit",
      "what sellers get, 7 ct, was below its limit",
    ]);
    expect(sentences("pay-as-bid", UNEVEN).slice(2)).toEqual([
      "bought a part: orders with its limit had to share what was left for them",
      "sold all it offered",
      "sold all it offered",
      "no bid was left that its limit meets",
    ]);
    expect(sentences("mid-market-rate", UNEVEN)).toEqual([
      "bought all it wanted",
      "the price that the rules give, 20 ct, was above its limit",
      "the price that the rules give, 20 ct, was above its limit",
      "sold a part: more was offered than wanted at the price that the rules give, and all had to share",
      "sold a part: more was offered than wanted at the price that the rules give, and all had to share",
      "sold a part: more was offered than wanted at the price that the rules give, and all had to share",
    ]);
    expect(
      sentences("bill-sharing", [
        [0, "buy", 5, 20],
        [1, "sell", 5, 10],
      ]),
    ).toEqual([
      "nobody of the other side accepted the price that the rules give",
      "members give each other energy free of charge, and its limit asks for more",
    ]);
  });

  test("where the price comes from", () => {
    expect(price("mcafee", DEMO)).toBe("8 ct for all: between the first bid and the first offer that do not trade");
    expect(price("huang", UNEVEN)).toBe(
      "buyers pay 15 ct and sellers get 7 ct, the limits of the trade that was given up; the market keeps the difference",
    );
    expect(price("pay-as-bid", UNEVEN)).toBe("each buyer pays its bid, from 15 ct to 20 ct, and about 18 ct on average");
    expect(price("vcg", DEMO)).toBe(
      "each home's price is what others lose by it; in an auction with one price, home 13's offer at 8 ct and home 3's bid at 9 ct; the price is the middle",
    );
    expect(price("mid-market-rate", UNEVEN)).toBe("20 ct, by the utility's two prices");
  });
});
