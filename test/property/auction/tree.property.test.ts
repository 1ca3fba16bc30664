import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import {
  type Clearing,
  type ClearingInput,
  clear,
  clearingDigest,
  type Edge,
  type NodePrice,
  ONE_NODE,
  type OrderEntry,
  reference,
  type Trade,
} from "../../../engine/auction/index.ts";
import type { MicroPerKwh, Wh } from "../../../engine/kernel/index.ts";
import { arrivalChangesNothing, mapOrders, renamedBy } from "../../support/laws.ts";
import { anyMarket, rewired, streetOfEquals, unbound } from "../../support/networks.ts";

/** Streets with wires: what clears equals the naive twin in every field, and keeps laws that need no twin. */
const MARKET = anyMarket({ nodes: 7, orders: 12, energy: 9 });
const runs = (numRuns: number) => ({ numRuns });

const nodeOf = ({ network }: ClearingInput, order: OrderEntry): number => network.homes.get(order.body.home) ?? 0;
const edgesOf = ({ network }: ClearingInput): readonly (Edge & { readonly node: number })[] =>
  network.nodes.flatMap(({ edge }, node) => (edge === null ? [] : [{ ...edge, node }]));
const energies = (clearing: Clearing): ReadonlyMap<string, number> =>
  new Map(clearing.outcomes.map(({ order, energy }) => [order as string, energy]));

/** Only where somebody trades there is something to say. */
const everyTrade = (law: (trade: Trade, given: ClearingInput) => void, numRuns = 800): void =>
  fc.assert(
    fc.property(MARKET, (given) => {
      const clearing = clear(given);
      if (clearing.kind === "trade") law(clearing, given);
    }),
    runs(numRuns),
  );

test("fast = naive, in every field and to the same root", () => {
  fc.assert(
    fc.property(MARKET, (given) => {
      const [fast, naive] = [clear(given), reference(given)];
      expect(fast).toEqual(naive);
      expect(clearingDigest(fast)).toBe(clearingDigest(naive));
    }),
    runs(2500),
  );
});

test("fast = naive where many equals share behind tight wires", () => {
  for (let seed = 0; seed < 1200; seed++) {
    const given = streetOfEquals(seed);
    expect({ seed, clearing: clear(given) }).toEqual({ seed, clearing: reference(given) });
  }
});

test("order of arrival changes nothing", () => {
  arrivalChangesNothing(MARKET, clear, 600);
});

test("ids change nothing but the watt-hours of equal remainders", () => {
  fc.assert(
    fc.property(MARKET, fc.integer({ min: 1, max: 1_000_000 }), (given, salt) => {
      const renamed = renamedBy(salt);
      const [before, after] = [clear(given), clear(mapOrders(given, renamed))];
      expect(after.kind).toBe(before.kind);
      if (before.kind === "trade" && after.kind === "trade") {
        const { price, priceRange, volume, welfare, nodes, lostToCapacity, unsold, unbought } = before;
        expect(after).toMatchObject({ price, priceRange, volume, welfare, nodes, lostToCapacity, unsold, unbought });
      }
      const [old, now] = [energies(before), energies(after)];
      for (const order of given.orders) {
        const apart = Math.abs(old.get(order.id)! - now.get(renamed(order).id)!);
        expect(apart).toBeLessThanOrEqual(given.rules.rationing === "price-time" ? 0 : 1);
      }
    }),
    runs(600),
  );
});

test("a tree whose wires can't bind clears like one node", () => {
  fc.assert(
    fc.property(MARKET, (given) => {
      const tree = clear(unbound(given));
      const node = clear({ ...given, network: ONE_NODE });
      if (tree.kind === "no-trade" || node.kind === "no-trade") return expect(tree).toEqual(node);
      expect({ ...tree, nodes: [tree.nodes[0]], flows: [] }).toEqual(node);
      expect(new Set(tree.nodes.map((each) => JSON.stringify(each))).size).toBe(1);
      return undefined;
    }),
    runs(800),
  );
});

describe("prices support the fills", () => {
  /** The node's price at both ends of its range and in between; null is no bound. */
  const supported = (given: ClearingInput, trade: Trade, priceAt: (node: NodePrice) => number | null): void => {
    const got = energies(trade);
    for (const order of given.orders) {
      const { side, limit, energy } = order.body;
      const price = priceAt(trade.nodes[nodeOf(given, order)]!);
      if (price === null) continue;
      const gain = side === "buy" ? limit - price : price - limit;
      if (gain > 0) expect(got.get(order.id)).toBe(energy);
      if (gain < 0) expect(got.get(order.id)).toBe(0);
    }
    for (const { node, parent, fee, importCapacity, exportCapacity } of edgesOf(given)) {
      const [here, there] = [priceAt(trade.nodes[node]!), priceAt(trade.nodes[parent]!)];
      if (here === null || there === null) continue;
      const { direction, full } = trade.flows.find((flow) => flow.node === node)!;
      const rise = direction === "export" ? there - here : here - there;
      if (direction === "idle") {
        if (importCapacity > 0) expect(rise).toBeLessThanOrEqual(fee);
        if (exportCapacity > 0) expect(-rise).toBeLessThanOrEqual(fee);
      } else if (full) expect(rise).toBeGreaterThanOrEqual(fee);
      else expect(rise).toBe(fee);
    }
  };
  const bounded = ({ low, high }: NodePrice): boolean => low !== null && high !== null;

  test("every node at its lowest", () => everyTrade((trade, given) => supported(given, trade, ({ low }) => low)));
  test("every node at its highest", () => everyTrade((trade, given) => supported(given, trade, ({ high }) => high)));
  test("every node at its price", () =>
    everyTrade((trade, given) => supported(given, trade, (node) => (bounded(node) ? node.price : null))));

  test("price = low + k (high - low) on the tick; one bound is the price; the street's is its node's", () =>
    everyTrade(({ nodes, price, priceRange, outcomes, priceSetBy }, { rules: { tick, kPermille }, ...given }) => {
      for (const { price, low, high } of nodes) {
        if (low === null || high === null) {
          expect(price).toBe(low ?? high);
          continue;
        }
        const short = low * 1000 + (high - low) * kPermille - price! * 1000;
        expect([price! % tick, short >= 0 && short < tick * 1000]).toEqual([0, true]);
      }
      const trading = given.orders
        .filter(({ id }) => outcomes.find(({ order }) => order === id)!.energy > 0)
        .map(({ body }) => given.network.homes.get(body.home) ?? 0);
      const at = nodes[nodes[0]!.price === null ? Math.min(...trading) : 0]!;
      expect([price, priceRange.low, priceRange.high]).toEqual([at.price, at.low ?? at.high, at.high ?? at.low]);
      expect(Math.min(priceSetBy.low.length, priceSetBy.high.length)).toBeGreaterThan(0);
    }));

  test("k = 0 is the lowest, k = 1000 thousandths the highest", () => {
    fc.assert(
      fc.property(MARKET, (given) => {
        for (const [kPermille, end] of [
          [0, "low"],
          [1000, "high"],
        ] as const) {
          const clearing = clear({ ...given, rules: { ...given.rules, kPermille } });
          if (clearing.kind === "trade") {
            for (const node of clearing.nodes.filter(bounded)) expect(node.price).toBe(node[end]);
          }
        }
      }),
      runs(400),
    );
  });
});

describe("energy", () => {
  test("at every node what comes in goes out; no wire carries both ways or more than it can; nobody more than it wanted", () =>
    everyTrade(({ flows, outcomes, volume, unsold, unbought }, given) => {
      const balance = given.network.nodes.map(() => 0);
      const got = new Map(outcomes.map(({ order, energy }) => [order, energy]));
      const sums = { buy: 0, sell: 0 };
      for (const order of given.orders) {
        const energy = got.get(order.id)!;
        const { side, energy: wanted } = order.body;
        expect(energy >= 0 && energy <= wanted && Number.isInteger(energy)).toBe(true);
        balance[nodeOf(given, order)]! += side === "buy" ? -energy : energy;
        sums[side] += wanted;
      }
      expect(flows.map(({ node }) => node)).toEqual(edgesOf(given).map(({ node }) => node));
      for (const { node, direction, entered, left, full } of flows) {
        const { parent, importCapacity, exportCapacity } = given.network.nodes[node]!.edge!;
        const most = direction === "idle" ? 0 : direction === "import" ? importCapacity : exportCapacity;
        expect([left, entered <= most, full, direction === "idle"]).toEqual([
          entered,
          true,
          entered > 0 && entered === most,
          entered === 0,
        ]);
        balance[direction === "import" ? node : parent]! += left;
        balance[direction === "import" ? parent : node]! -= entered;
      }
      expect(balance.every((left) => left === 0)).toBe(true);
      expect([unsold, unbought]).toEqual([sums.sell - volume, sums.buy - volume]);
    }));
});

describe("money", () => {
  test("payments - receipts = fees + rents = surplus; each edge's spread pays its fees and its rent", () =>
    everyTrade(({ fills, flows, nodes, surplus }, given) => {
      let money = 0;
      for (const { order, side, energy, price, amount } of fills) {
        const entry = given.orders.find(({ id }) => id === order)!;
        expect([price, amount]).toEqual([nodes[nodeOf(given, entry)]!.price, energy * price]);
        money += side === "buy" ? amount : -amount;
      }
      let earned = 0;
      for (const { node, direction, entered, left, full, fees, lossCost, rent } of flows) {
        const { parent, fee } = given.network.nodes[node]!.edge!;
        const [enters, leaves] = direction === "import" ? [parent, node] : [node, parent];
        const spread = direction === "idle" ? 0 : nodes[leaves]!.price! - nodes[enters]!.price!;
        expect(spread * left).toBe(fees + lossCost + rent);
        expect([fees, lossCost, rent >= 0, full || rent === 0]).toEqual([entered * fee, 0, true, true]);
        earned += fees + rent;
      }
      expect([money, surplus]).toEqual([earned, earned]);
    }));

  test("welfare = what buyers and sellers gain + rents", () =>
    everyTrade(({ welfare, fills, flows }, given) => {
      const limits = new Map(given.orders.map(({ id, body }) => [id, body.limit]));
      const gains = fills.map(
        ({ order, side, energy, price }) => energy * (side === "buy" ? limits.get(order)! - price : price - limits.get(order)!),
      );
      expect(gains.every((gain) => gain >= 0)).toBe(true);
      expect(gains.reduce((a, b) => a + b, 0) + flows.reduce((sum, { rent }) => sum + rent, 0)).toBe(welfare);
    }));

  const welfareOf = (clearing: Clearing): number => (clearing.kind === "trade" ? clearing.welfare : 0);

  test("more capacity never lowers welfare; what capacities cost is the welfare without them", () => {
    fc.assert(
      fc.property(MARKET, fc.nat(6), fc.nat(9), fc.nat(9), (given, which, into, out) => {
        const wider = rewired(given, (edge, node) =>
          node === which + 1
            ? { ...edge, importCapacity: (edge.importCapacity + into) as Wh, exportCapacity: (edge.exportCapacity + out) as Wh }
            : edge,
        );
        const now = clear(given);
        expect(welfareOf(clear(wider))).toBeGreaterThanOrEqual(welfareOf(now));
        const open = clear(rewired(given, (edge) => ({ ...edge, importCapacity: 1_000_000 as Wh, exportCapacity: 1_000_000 as Wh })));
        if (now.kind === "trade") expect(now.lostToCapacity).toBe(welfareOf(open) - now.welfare);
      }),
      runs(600),
    );
  });
});

describe("sharing", () => {
  test("twins at one node, of one side and limit: in proportion, or equal shares, or by rank, each to the watt-hour", () =>
    everyTrade(({ outcomes }, given) => {
      const got = new Map(outcomes.map(({ order, energy }) => [order, energy]));
      for (const one of given.orders) {
        for (const other of given.orders) {
          const alike = one.body.side === other.body.side && one.body.limit === other.body.limit;
          if (one === other || !alike || nodeOf(given, one) !== nodeOf(given, other)) continue;
          const [mine, theirs, all, most] = [got.get(one.id)!, got.get(other.id)!, one.body.energy, other.body.energy];
          if (given.rules.rationing === "pro-rata") expect(Math.abs(mine * most - theirs * all)).toBeLessThan(all + most);
          else if (given.rules.rationing === "max-min") expect(mine === all || theirs <= mine + 1).toBe(true);
          else expect(mine === all || theirs === 0 || other.rank! < one.rank!).toBe(true);
        }
      }
    }));

  test("energies and capacities times c: c times the welfare, the same prices, c times the shares but for rounding", () => {
    fc.assert(
      fc.property(MARKET, fc.integer({ min: 2, max: 300 }), (given, c) => {
        const larger = mapOrders(given, (order) => ({ ...order, body: { ...order.body, energy: (order.body.energy * c) as Wh } }));
        const scaled = rewired(larger, (edge) => ({
          ...edge,
          importCapacity: (edge.importCapacity * c) as Wh,
          exportCapacity: (edge.exportCapacity * c) as Wh,
        }));
        const [plain, large] = [clear(given), clear(scaled)];
        expect(large.kind).toBe(plain.kind);
        const [few, many] = [energies(plain), energies(large)];
        const slack = given.rules.rationing === "price-time" ? 1 : c + 1;
        for (const [order, energy] of few) expect(Math.abs(many.get(order)! - c * energy)).toBeLessThan(slack);
        if (plain.kind === "no-trade" || large.kind === "no-trade") return;
        expect([large.volume, large.welfare, large.lostToCapacity]).toEqual(
          [plain.volume, plain.welfare, plain.lostToCapacity].map((amount) => amount * c),
        );
        expect(large.nodes).toEqual(plain.nodes);
      }),
      runs(600),
    );
  });

  test("limits, fees and tick times c: the same fills and reasons, all money times c, to the edge of the exact integers", () => {
    fc.assert(
      fc.property(MARKET, fc.integer({ min: 2, max: 80_000 }), (given, c) => {
        const times = (price: number): MicroPerKwh => (price * c) as MicroPerKwh;
        const dearer = mapOrders(given, (order) => ({ ...order, body: { ...order.body, limit: times(order.body.limit) } }));
        const scaled = rewired(dearer, (edge) => ({ ...edge, fee: times(edge.fee) }));
        const [plain, large] = [clear(given), clear({ ...scaled, rules: { ...given.rules, tick: times(given.rules.tick) } })];
        const told = ({ outcomes }: Clearing) => outcomes.map(({ energy, reason, edge }) => [energy, reason, edge]);
        expect(told(large)).toEqual(told(plain));
        if (plain.kind === "no-trade" || large.kind === "no-trade") return;
        const money = ({ price, welfare, surplus, lostToCapacity, nodes, flows }: Trade) => [
          ...[price, welfare, surplus, lostToCapacity],
          ...nodes.flatMap(({ price, low, high }) => [price, low, high]),
          ...flows.flatMap(({ fees, rent }) => [fees, rent]),
        ];
        expect(money(large)).toEqual(money(plain).map((amount) => amount && amount * c));
      }),
      runs(600),
    );
  });

  test("buyers and sellers, and imports and exports, changed over around a price: everything mirrored", () => {
    const top = 40;
    const other = { buy: "sell", sell: "buy" } as const;
    fc.assert(
      fc.property(MARKET, fc.constantFrom(0, 1000), (given, kPermille) => {
        const { tick } = given.rules;
        const plainly = { ...given, rules: { ...given.rules, kPermille } };
        // Far from 0, so that no lowest price is lifted to it.
        const raised = mapOrders(plainly, (order) => ({
          ...order,
          body: { ...order.body, limit: (order.body.limit + 20 * tick) as MicroPerKwh },
        }));
        const turned = rewired(
          mapOrders(raised, (order) => ({
            ...order,
            body: { ...order.body, side: other[order.body.side], limit: (top * tick - order.body.limit) as MicroPerKwh },
          })),
          (edge) => ({ ...edge, importCapacity: edge.exportCapacity, exportCapacity: edge.importCapacity }),
        );
        const [plain, mirror] = [clear(raised), clear({ ...turned, rules: { ...turned.rules, kPermille: 1000 - kPermille } })];
        const turn = (price: number | null): number | null => price && top * tick - price;
        expect([...energies(mirror)]).toEqual([...energies(plain)]);
        expect(mirror.outcomes.map(({ edge, tradesAt }) => [edge, turn(tradesAt)])).toEqual(
          plain.outcomes.map(({ edge, tradesAt }) => [edge, tradesAt]),
        );
        if (plain.kind === "no-trade" || mirror.kind === "no-trade") return;
        expect(mirror.nodes.map(({ price, low, high }) => [price, low, high].map(turn))).toEqual(
          plain.nodes.map(({ price, low, high }) => [price, high, low]),
        );
        expect([mirror.welfare, mirror.surplus, mirror.lostToCapacity]).toEqual([plain.welfare, plain.surplus, plain.lostToCapacity]);
        expect(mirror.priceSetBy.low.map(({ order }) => order)).toEqual(plain.priceSetBy.high.map(({ order }) => order));
      }),
      runs(600),
    );
  });
});
