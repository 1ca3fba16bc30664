import { describe, expect, test } from "@jest/globals";
import type { Clearing } from "../../../engine/auction/index.ts";
import { homeId, interval, microPerKwh, nano, wh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import type { MarketRules, Reading, SignedOrder, SignedReading } from "../../../engine/messages/index.ts";
import { type Advance, accountsRoot, advance, genesis, NO_SURPLUS, settle } from "../../../engine/settlement/index.ts";
import { idOf } from "../../support/book.ts";
import { node } from "../../support/network-rules.ts";
import { RULES } from "../../support/rules.ts";
import { cleared, readingOf, tradeOf } from "../../support/settlement.ts";

const FIRST = interval(1000);
const NO_SIGNATURE = new Uint8Array(65);
const CT = 10_000;

type Line = readonly [home: number, side: "buy" | "sell", energy: number, ct: number];

const orders = (...lines: readonly Line[]): readonly SignedOrder[] =>
  lines.map(([home, side, energy, ct], i) => ({
    body: { home: homeId(home), interval: FIRST, side, energy: wh(energy), limit: microPerKwh(ct * CT), seq: i },
    id: idOf(i + 1),
    signature: NO_SIGNATURE,
  }));
const signed = (body: Reading): SignedReading => ({ body, id: ZERO_DIGEST, signature: NO_SIGNATURE });

/** The interval's orders, and its readings two later: counters before it and at its end. */
function settleFirst(
  rules: MarketRules,
  lines: readonly Line[],
  meters: readonly (readonly [home: number, importWh: number, exportWh: number])[],
): Advance {
  const agreed = { kind: "trade", withheld: [], orderSetRoot: idOf(7), readingSetRoot: ZERO_DIGEST, nextMembers: ZERO_DIGEST } as const;
  const before = meters.map(([home]) => signed(readingOf(home, FIRST - 1, 0, 0)));
  const after = meters.map(([home, importWh, exportWh]) => signed(readingOf(home, FIRST, importWh, exportWh)));
  let state = advance(rules, genesis(rules, FIRST, ZERO_DIGEST), { orders: orders(...lines), readings: [], ...agreed }).state;
  state = advance(rules, state, { orders: [], readings: before, ...agreed }).state;
  return advance(rules, state, { orders: [], readings: after, ...agreed });
}

describe("money and energy between buyers and sellers, worked out by hand", () => {
  // Home 0 in the north behind a wire of 500 Wh that costs 1 ct; home 1 in the south behind one that loses a tenth.
  const rules: MarketRules = {
    ...RULES,
    network: {
      nodes: [
        node("t", null),
        node("north", "t", { importCapacity: wh(500), fee: microPerKwh(CT) }),
        node("south", "t", { lossPpm: 100_000 }),
      ],
      homes: [
        { home: homeId(0), node: "north" },
        { home: homeId(1), node: "south" },
      ],
    },
  };
  const { ledger, settled, state, result } = settleFirst(
    rules,
    [
      [0, "buy", 1000, 30],
      [1, "sell", 1000, 10],
    ],
    [
      [0, 1000, 0],
      [1, 0, 556],
    ],
  );

  test("500 Wh arrive in the north, 556 leave the south, 56 are lost", () => {
    // 556 x 0.9 = 500.4, and 555 x 0.9 = 499.5 would not do.
    expect(settled!.homes.map(({ home, boughtWh, soldWh }) => [home, boughtWh, soldWh])).toEqual([
      [0, 500, 0],
      [1, 0, 556],
    ]);
    expect(settled!.surplus.lost).toBe(56);
    expect(settled!.conservation).toMatchObject({ energyIn: 556 + 500, energyOut: 1000 + 56 });
  });

  test("the buyer pays 30 ct, the seller gets 10; a fee of 1 ct for 500 Wh, and the rest is what the full wire earned", () => {
    const [paid, got] = [500 * 30 * CT, 556 * 10 * CT];
    expect(settled!.surplus).toEqual({ amount: paid - got, fees: 500 * CT, rents: paid - got - 500 * CT, kept: 0, charges: 0, lost: 56 });
    // 500 Wh more from the utility at its tariff.
    expect(settled!.homes.map(({ amount }) => amount)).toEqual([-paid - 500 * 300_000, got]);
    expect(settled!.residualAmount).toBe(500 * 300_000);
    expect(settled!.conservation).toMatchObject({ moneyIn: paid + 500 * 300_000, moneyOut: paid + 500 * 300_000 });
  });

  test("it is booked, and the root names it", () => {
    expect(state.surplus).toEqual({ balance: 94_400_000, lost: 56, share: 0, hundredths: 0 });
    expect(result.ledgerRoot).toBe(accountsRoot(ledger));
    expect(result.ledgerRoot).not.toBe(accountsRoot({ ...ledger, surplus: NO_SURPLUS }));
    expect(accountsRoot({ ...ledger, surplus: { ...ledger.surplus, balance: nano(94_400_001) } })).not.toBe(result.ledgerRoot);
    expect(accountsRoot({ ...ledger, surplus: { ...ledger.surplus, lost: wh(57) } })).not.toBe(result.ledgerRoot);
  });
});

describe("other mechanisms on one node", () => {
  const book: readonly Line[] = [
    [0, "buy", 500, 30],
    [1, "buy", 500, 20],
    [2, "sell", 500, 10],
    [3, "sell", 500, 14],
  ];
  const surplusUnder = (mechanism: NonNullable<MarketRules["mechanism"]>) => settleFirst({ ...RULES, mechanism }, book, []).state.surplus;

  test.each<[NonNullable<MarketRules["mechanism"]>, number]>([
    ["k-double-auction", 0],
    ["pay-as-bid", 0],
    // The last pair is given up: the buyer pays its 20 ct, the seller gets its 14.
    ["huang", 500 * (20 - 14) * CT],
    // Each home's price is what others lose by it: buyers 14 and 14, sellers 20 and 20.
    ["vcg", 1000 * (14 - 20) * CT],
  ])("%s keeps what it should", (mechanism, kept) => expect(surplusUnder(mechanism)).toMatchObject({ balance: kept, lost: 0 }));
});

describe("turns under price-time", () => {
  const rules: MarketRules = { ...RULES, rationing: "price-time" };
  const lines: readonly Line[] = [[9, "buy", 100, 20], ...Array.from({ length: 8 }, (_, i): Line => [i, "sell", 100, 10])];
  const firstUnder = (root: number): number => {
    const agreed = {
      kind: "trade",
      withheld: [],
      orderSetRoot: idOf(root),
      readingSetRoot: ZERO_DIGEST,
      nextMembers: ZERO_DIGEST,
    } as const;
    const { clearing } = advance(rules, genesis(rules, FIRST, ZERO_DIGEST), { orders: orders(...lines), readings: [], ...agreed });
    const sold = clearing.kind === "trade" ? clearing.fills.filter(({ side }) => side === "sell") : [];
    expect(sold.map(({ energy }) => energy)).toEqual([100]);
    return sold[0]!.home;
  };

  test("one after the other, in an order that only the whole set decides", () => {
    const firsts = Array.from({ length: 80 }, (_, root) => firstUnder(root + 1));
    expect(new Set(firsts).size).toBe(8);
    expect(firstUnder(5)).toBe(firstUnder(5));
  });
});

test("a clearing whose wires earn something else than lies between buyers and sellers stops the home", () => {
  const trade = tradeOf(FIRST, 200_000, [1, 100], [2, -100]) as Clearing & { kind: "trade" };
  const wire = {
    node: 1,
    direction: "import",
    entered: wh(100),
    left: wh(100),
    full: false,
    fees: nano(5),
    lossCost: nano(0),
    rent: nano(0),
  } as const;
  expect(() => settle(RULES, new Map(), cleared({ ...trade, flows: [wire] }), [])).toThrow(
    "the wires earn 5 nano, between buyers and sellers are 0",
  );
  const lossy = { ...wire, fees: nano(0), left: wh(99) };
  expect(() => settle(RULES, new Map(), cleared({ ...trade, flows: [lossy] }), [])).toThrow("100 Wh bought, 100 Wh sold, 1 Wh lost");
});

test("without trade and on one node nothing lies between", () => {
  const { settled } = settle(RULES, new Map(), cleared(tradeOf(FIRST, 0)), []);
  expect(settled.surplus).toEqual({ amount: 0, fees: 0, rents: 0, kept: 0, charges: 0, lost: 0 });
  expect(accountsRoot(genesis(RULES, interval(1), ZERO_DIGEST))).toBe(ZERO_DIGEST);
});
