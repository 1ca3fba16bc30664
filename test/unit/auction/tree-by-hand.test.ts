import { describe, expect, test } from "@jest/globals";
import { type Clearing, type ClearingMechanism, clear, reference, type Trade } from "../../../engine/auction/index.ts";
import { idOf } from "../../support/book.ts";
import { type PlainMarket, street, type Wire } from "../../support/networks.ts";

/** Streets with wires whose answers were worked out on paper, told by `clear` and by its naive twin alike. */
const wire = (parent: number, into: number, out: number, fee = 0): Wire => ({ parent, into, out, fee, lossPpm: 0 });
const ROOM = 1000;

const energies = (clearing: Clearing): readonly number[] => clearing.outcomes.map(({ energy }) => energy);
const reasons = (clearing: Clearing) => clearing.outcomes.map(({ reason, edge, tradesAt }) => [reason, edge, tradesAt]);

describe.each<readonly [string, ClearingMechanism]>([
  ["clear", clear],
  ["reference", reference],
])("%s", (_, mechanism) => {
  const trade = (market: PlainMarket): Trade => mechanism(street(market)) as Trade;

  test("sellers in three places share in proportion across wires with room", () => {
    const clearing = trade({
      wires: [wire(0, ROOM, ROOM), wire(1, ROOM, ROOM)],
      offers: [
        [0, "sell", 2, 10],
        [1, "sell", 4, 10],
        [2, "sell", 6, 10],
        [0, "buy", 6, 20],
      ],
    });
    expect(energies(clearing)).toEqual([1, 2, 3, 6]);
    expect(reasons(clearing)[2]).toEqual(["RATIONED", null, 10]);
  });

  test("two full branches relieve the wire above them: the node between shares as if that wire had room", () => {
    const clearing = trade({
      wires: [wire(0, ROOM, 13), wire(1, ROOM, 2), wire(1, ROOM, 2)],
      offers: [
        [0, "buy", 20, 50],
        [0, "sell", 10, 10],
        [1, "sell", 10, 10],
        [2, "sell", 20, 10],
        [3, "sell", 20, 10],
      ],
    });
    // In proportion the wire to the root would carry 16.7; 4.7 of that too much are the branches'.
    expect(energies(clearing)).toEqual([20, 8, 8, 2, 2]);
    expect(clearing.flows.map(({ entered, full }) => [entered, full])).toEqual([
      [12, false],
      [2, true],
      [2, true],
    ]);
    expect(reasons(clearing).slice(1)).toEqual([
      ["RATIONED", null, 10],
      ["RATIONED", null, 10],
      ["EDGE_FULL", 2, 10],
      ["EDGE_FULL", 3, 10],
    ]);
  });

  test("each side of a full wire rounds for itself", () => {
    const clearing = trade({
      wires: [wire(0, ROOM, 1)],
      offers: [
        [0, "sell", 7, 10],
        [0, "sell", 7, 10],
        [0, "sell", 6, 10],
        [1, "sell", 20, 10],
        [1, "sell", 30, 10],
        [0, "buy", 3, 20],
      ],
    });
    // Outside 0.7, 0.7 and 0.6; behind the wire 0.4 and 0.6 of its one watt-hour.
    expect(energies(clearing)).toEqual([1, 1, 0, 0, 1, 3]);
  });

  test("a wire that fair shares fill to the brim stays full, whoever has the lower ids", () => {
    const clearing = trade({
      wires: [wire(0, ROOM, 1)],
      offers: [
        [0, "sell", 1, 10],
        [0, "sell", 1, 10],
        [1, "sell", 1, 10],
        [1, "sell", 1, 10],
        [0, "buy", 2, 20],
      ],
    });
    expect(energies(clearing)).toEqual([1, 0, 1, 0, 2]);
  });

  test("equal shares across wires, where one is full and one wants less", () => {
    const clearing = trade({
      rationing: "max-min",
      wires: [wire(0, ROOM, 2), wire(0, ROOM, ROOM)],
      offers: [
        [0, "sell", 1, 10],
        [1, "sell", 6, 10],
        [2, "sell", 6, 10],
        [0, "buy", 8, 20],
      ],
    });
    expect(energies(clearing)).toEqual([1, 2, 5, 8]);
    expect(reasons(clearing).slice(1, 3)).toEqual([
      ["EDGE_FULL", 1, 10],
      ["RATIONED", null, 10],
    ]);
  });

  test("by rank across wires: the first takes what its wire lets through, the next the rest", () => {
    const clearing = trade({
      rationing: "price-time",
      ranks: [3, 1, 2, 0],
      wires: [wire(0, ROOM, ROOM), wire(0, ROOM, 3)],
      offers: [
        [0, "sell", 5, 10],
        [2, "sell", 5, 10],
        [1, "sell", 4, 10],
        [0, "buy", 8, 20],
      ],
    });
    expect(energies(clearing)).toEqual([1, 3, 4, 8]);
  });

  test("delivered prices share, not limits: 10 and a fee of 1 are 11", () => {
    const clearing = trade({
      wires: [wire(0, ROOM, ROOM, 1)],
      offers: [
        [0, "sell", 4, 11],
        [1, "sell", 4, 10],
        [0, "buy", 4, 20],
      ],
    });
    expect(energies(clearing)).toEqual([2, 2, 4]);
    expect([clearing.welfare, clearing.surplus]).toEqual([4 * 20 - 2 * 11 - 2 * 10 - 2, 2]);
    expect(clearing.nodes.map(({ price }) => price)).toEqual([11, 10]);
  });

  test("a trade that pays its fee and nothing else still happens", () => {
    const clearing = trade({
      wires: [wire(0, 0, 5, 1)],
      offers: [
        [1, "sell", 7, 5],
        [0, "buy", 9, 6],
      ],
    });
    expect([clearing.volume, clearing.welfare, clearing.surplus]).toEqual([5, 0, 5]);
  });

  test("an idle wire carries prices within its fee, but none below 0", () => {
    const clearing = trade({
      wires: [wire(0, 9, 9, 5)],
      offers: [
        [0, "sell", 4, 3],
        [0, "buy", 4, 10],
      ],
    });
    expect(clearing.nodes).toEqual([
      { price: 6, low: 3, high: 10 },
      { price: 7, low: 0, high: 15 },
    ]);
  });

  test("a root that knows one bound takes it, and whoever set that ends both ends of the range", () => {
    const clearing = trade({
      wires: [wire(0, 5, 0, 1)],
      offers: [
        [1, "sell", 4, 3],
        [1, "buy", 4, 10],
      ],
    });
    expect(clearing.nodes).toEqual([
      { price: 2, low: 2, high: null },
      { price: 6, low: 3, high: 10 },
    ]);
    expect([clearing.price, clearing.priceRange]).toEqual([2, { low: 2, high: 2 }]);
    const seller = [{ order: idOf(1), home: 1, side: "sell", limit: 3 }];
    expect(clearing.priceSetBy).toEqual({ low: seller, high: seller });
  });

  test("a root that knows nothing leaves the street's price to the first node that trades", () => {
    const clearing = trade({
      wires: [wire(0, 0, 0), wire(0, 0, 0)],
      offers: [
        [1, "sell", 4, 3],
        [2, "sell", 4, 4],
        [2, "buy", 4, 10],
      ],
    });
    expect(clearing.nodes).toEqual([
      { price: null, low: null, high: null },
      { price: 3, low: null, high: 3 },
      { price: 7, low: 4, high: 10 },
    ]);
    expect([clearing.price, clearing.priceRange]).toEqual([7, { low: 4, high: 10 }]);
  });

  test("whoever sets that price may sit on another branch, up the wires and down again", () => {
    const { price, priceSetBy } = trade({
      wires: [wire(0, 0, 0), wire(1, ROOM, ROOM, 1), wire(1, ROOM, ROOM, 2)],
      offers: [
        [2, "sell", 5, 10],
        [3, "buy", 5, 23],
      ],
    });
    expect([price, priceSetBy.low.map(({ order }) => order), priceSetBy.high.map(({ order }) => order)]).toEqual([
      15,
      [idOf(1)],
      [idOf(2)],
    ]);
  });

  test("a buyer behind a full wire is told which, and what its own node's price is", () => {
    const clearing = trade({
      wires: [wire(0, 3, 0, 1), wire(1, ROOM, ROOM, 2)],
      offers: [
        [0, "sell", 9, 5],
        [2, "buy", 4, 20],
        [2, "buy", 4, 9],
        [2, "buy", 4, 7],
      ],
    });
    expect(energies(clearing)).toEqual([3, 3, 0, 0]);
    expect(clearing.nodes.map(({ price }) => price)).toEqual([5, 18, 20]);
    expect(reasons(clearing)).toEqual([
      ["EDGE_FULL", 1, 5],
      ["EDGE_FULL", 1, 20],
      ["EDGE_FULL", 1, 20],
      ["PRICE_TOO_HIGH", null, 20],
    ]);
    expect(clearing.flows).toEqual([
      { node: 1, direction: "import", entered: 3, left: 3, full: true, fees: 3, lossCost: 0, rent: 3 * 12 },
      { node: 2, direction: "import", entered: 3, left: 3, full: false, fees: 6, lossCost: 0, rent: 0 },
    ]);
    expect([clearing.lostToCapacity, clearing.welfare]).toEqual([1 * 12 + 4 * 1, 3 * 12]);
  });

  test("two who would trade but for an island: no trade, and each is told the wire", () => {
    const clearing = mechanism(
      street({
        wires: [wire(0, 0, 0, 1)],
        offers: [
          [0, "sell", 4, 5],
          [1, "buy", 4, 10],
          [1, "buy", 4, 5],
        ],
      }),
    );
    expect(clearing).toMatchObject({ kind: "no-trade", reason: "PRICES_DO_NOT_MEET", bestBuy: 10, bestSell: 5, unsold: 4, unbought: 8 });
    expect(reasons(clearing)).toEqual([
      ["EDGE_FULL", 1, null],
      ["EDGE_FULL", 1, null],
      ["PRICES_DO_NOT_MEET", null, null],
    ]);
  });
});
