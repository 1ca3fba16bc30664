import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type ClearingInput, clear, clearingDigest, type OrderEntry, type Trade } from "../../../engine/auction/index.ts";
import { homeId, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { book, input } from "../../support/book.ts";
import { arrivalChangesNothing } from "../../support/laws.ts";
import { anyMarket, rewired } from "../../support/networks.ts";

/** Wires that lose energy: whole watt-hours come out right, and money to the nano, whatever rounding does. */
const MARKET = anyMarket({ nodes: 6, orders: 12, energy: 90, losses: [0, 1, 20_000, 50_000, 100_000, 333_333, 500_000, 999_999] });
const runs = (numRuns: number) => ({ numRuns });

const nodeOf = ({ network }: ClearingInput, order: OrderEntry): number => network.homes.get(order.body.home) ?? 0;

const everyTrade = (law: (trade: Trade, given: ClearingInput) => void, numRuns = 1500): void =>
  fc.assert(
    fc.property(MARKET, (given) => {
      const clearing = clear(given);
      if (clearing.kind === "trade") law(clearing, given);
    }),
    runs(numRuns),
  );

test("whole watt-hours: what leaves a wire is at most what arrives of what entered, and each node's balance is 0", () =>
  everyTrade(({ flows, outcomes, volume }, given) => {
    const balance = given.network.nodes.map(() => 0);
    const got = new Map(outcomes.map(({ order, energy }) => [order, energy]));
    let bought = 0;
    for (const order of given.orders) {
      const energy = got.get(order.id)!;
      const { side, energy: wanted } = order.body;
      expect([Number.isInteger(energy), energy >= 0, energy <= wanted]).toEqual([true, true, true]);
      balance[nodeOf(given, order)]! += side === "buy" ? -energy : energy;
      bought += side === "buy" ? energy : 0;
    }
    for (const { node, direction, entered, left, full } of flows) {
      const { parent, importCapacity, exportCapacity, lossPpm } = given.network.nodes[node]!.edge!;
      const most = direction === "idle" ? 0 : direction === "import" ? importCapacity : exportCapacity;
      const arrives = Number((BigInt(entered) * BigInt(1_000_000 - lossPpm)) / 1_000_000n);
      expect([Number.isInteger(left), left <= arrives, lossPpm > 0 || left === entered]).toEqual([true, true, true]);
      expect([entered <= most, full, direction === "idle"]).toEqual([true, entered > 0 && entered === most, entered === 0]);
      balance[direction === "import" ? node : parent]! += left;
      balance[direction === "import" ? parent : node]! -= entered;
    }
    expect([balance.every((left) => left === 0), volume]).toEqual([true, bought]);
  }));

test("a trade serves somebody, and is worth no less than no trade", () =>
  everyTrade(({ volume, welfare, lostToCapacity }) => {
    expect([volume > 0, welfare >= 0, lostToCapacity >= 0]).toEqual([true, true, true]);
  }));

test("nobody trades past its limit; at its node's price nobody wants more or less than it got", () =>
  everyTrade(({ outcomes, nodes }, given) => {
    const got = new Map(outcomes.map(({ order, energy }) => [order, energy]));
    for (const order of given.orders) {
      const { side, limit, energy } = order.body;
      const { price, low, high } = nodes[nodeOf(given, order)]!;
      for (const at of [price!, low ?? price!, high ?? price!]) {
        const gain = side === "buy" ? limit - at : at - limit;
        if (gain > 0) expect(got.get(order.id)).toBe(energy);
        if (gain < 0) expect(got.get(order.id)).toBe(0);
      }
    }
  }));

test("no price is below 0, however far rounding puts the parts of a street from each other", () => {
  const edge = (parent: number, importCapacity: number, exportCapacity: number, fee: number, lossPpm: number) => ({
    edge: { parent, importCapacity: wh(importCapacity), exportCapacity: wh(exportCapacity), fee: microPerKwh(fee), lossPpm },
  });
  const orders = book([1, "sell", 1, 1], [3, "buy", 9, 6], [1, "sell", 14, 0], [0, "sell", 1000, 9], [0, "buy", 1000, 0]);
  const network = {
    nodes: [{ edge: null }, edge(0, 0, 15, 3, 100_000), edge(0, 13, 0, 0, 333_333), edge(1, 1, 0, 0, 0)],
    homes: new Map([1, 3].map((home) => [homeId(home), home === 1 ? 1 : 2])),
  };
  const { nodes } = clear({ ...input(orders, 1, 0), network }) as Trade;
  expect(nodes.map(({ price }) => price)).toEqual([0, 1, 6, 0]);
});

test("where next to nothing arrives nobody's price is beyond counting", () => {
  const edge = { importCapacity: wh(1), exportCapacity: wh(0), fee: microPerKwh(0), lossPpm: 999_999 };
  const nodes = [{ edge: null }, ...[0, 1, 2].map((parent) => ({ edge: { parent, ...edge } }))];
  const orders = book([0, "sell", 1, 0], [3, "buy", 1, 100], [0, "buy", 1, 100]);
  const trade = clear({ ...input(orders, 100, 1), network: { nodes, homes: new Map([[homeId(3), 3]]) } }) as Trade;
  expect(trade.nodes.map(({ high }) => high)).toEqual([100, 100_000_000, null, null]);
  expect(clearingDigest(trade)).toMatch(/^0x/);
});

test("prices are whole ticks between their bounds", () =>
  everyTrade(({ nodes }, { rules: { tick } }) => {
    for (const { price, low, high } of nodes) {
      if (price === null) continue;
      expect([price % tick, price >= 0, (low ?? price) <= price, price <= (high ?? price)]).toEqual([0, true, true, true]);
    }
  }));

test("payments - receipts = fees + rents = surplus; each wire's spread pays its fees, what got lost, and its rent", () =>
  everyTrade(({ fills, flows, nodes, surplus, welfare }, given) => {
    const limits = new Map(given.orders.map(({ id, body }) => [id, body.limit]));
    let [money, gains] = [0, 0];
    for (const { order, side, energy, price, amount } of fills) {
      const sign = side === "buy" ? 1 : -1;
      expect(amount).toBe(energy * price);
      money += sign * amount;
      gains += sign * energy * (limits.get(order)! - price);
    }
    let [fees, rents] = [0, 0];
    for (const flow of flows) {
      const { parent, fee } = given.network.nodes[flow.node]!.edge!;
      const [enters, leaves] = flow.direction === "import" ? [parent, flow.node] : [flow.node, parent];
      const [from, to] = flow.direction === "idle" ? [0, 0] : [nodes[enters]!.price!, nodes[leaves]!.price!];
      // A fall in price times nothing is -0.
      expect((to - from) * flow.left + 0).toBe(flow.fees + flow.lossCost + flow.rent);
      expect([flow.fees, flow.lossCost]).toEqual([flow.entered * fee, (flow.entered - flow.left) * from]);
      fees += flow.fees;
      rents += flow.rent;
    }
    expect([money, surplus, welfare]).toEqual([fees + rents, fees + rents, gains + rents]);
  }));

describe("what must not matter", () => {
  test("order of arrival changes nothing, at losses that make prices equal too", () => {
    arrivalChangesNothing(MARKET, clear, 2500);
  });

  test("a loss of nothing is no loss, and every clearing has a root", () => {
    fc.assert(
      fc.property(MARKET, (given) => {
        const lossless = rewired(given, (edge) => ({ ...edge, lossPpm: 0 }));
        for (const { entered, left, lossCost } of tradesOf(lossless)) expect([left, lossCost]).toEqual([entered, 0]);
        expect(clearingDigest(clear(given))).toMatch(/^0x[0-9a-f]{64}$/);
      }),
      runs(800),
    );
  });

  const tradesOf = (given: ClearingInput): Trade["flows"] => {
    const clearing = clear(given);
    return clearing.kind === "trade" ? clearing.flows : [];
  };
});
