import fc from "fast-check";
import type { ClearingInput, Edge, Network, NetworkNode, OrderEntry, Rationing } from "../../engine/auction/index.ts";
import { homeId, type MicroPerKwh, microPerKwh, type Wh, wh } from "../../engine/kernel/index.ts";
import type { Side } from "../../engine/messages/index.ts";
import { INTERVAL, idOf } from "./book.ts";
import { chance } from "./chance.ts";

/** Streets with wires for tests and benches: written out by hand, at random from a seed, or as fast-check arbitraries that shrink. */
export interface MarketShape {
  readonly nodes: number;
  readonly orders: number;
  /** Limits lie on this many ticks: few make ties frequent. */
  readonly levels: number;
  readonly energy: number;
  /** At most, in ticks. */
  readonly fee: number;
  readonly lossPpm: number;
  /** Most capacities lie below; 0 and boundless ones come anyway. */
  readonly capacity: number;
  /** The residual supplier at the root: sells above, buys below, as much as anybody could want. */
  readonly supplier: boolean;
  readonly tick: number;
  readonly kPermille: number;
  readonly rationing: Rationing;
}

export const SHAPE: MarketShape = {
  nodes: 10,
  orders: 20,
  levels: 12,
  energy: 20,
  fee: 3,
  lossPpm: 0,
  capacity: 25,
  supplier: true,
  tick: 1,
  kPermille: 500,
  rationing: "pro-rata",
};

/** One wire in plain numbers; the parent is an index before the child's. */
export interface Wire {
  readonly parent: number;
  readonly into: number;
  readonly out: number;
  readonly fee: number;
  readonly lossPpm: number;
}

/** One order in plain numbers: the node where it enters, side, energy in Wh, limit in micro per kWh. */
export type Offer = readonly [node: number, side: Side, energy: number, limit: number];

export interface PlainMarket {
  readonly wires: readonly Wire[];
  readonly offers: readonly Offer[];
  readonly tick?: number;
  readonly kPermille?: number;
  readonly rationing?: Rationing;
  /** Places in a venue's sequence, one for each offer; in their order if not said. */
  readonly ranks?: readonly number[];
}

/** Ids 1, 2, 3 ... in the order of the offers; each node has a home of its number, the root's is not listed. */
export function street({ wires, offers, tick = 1, kPermille = 500, rationing = "pro-rata", ranks }: PlainMarket): ClearingInput {
  const orders = offers.map(([node, side, energy, limit], i): OrderEntry => {
    const body = { home: homeId(node), interval: INTERVAL, side, energy: wh(energy), limit: microPerKwh(limit), seq: i };
    return { id: idOf(i + 1), body, rank: ranks?.[i] ?? i };
  });
  const residual = { importPrice: microPerKwh(0), exportPrice: microPerKwh(0) };
  return { interval: INTERVAL, orders, network: networkOf(wires), rules: { tick: microPerKwh(tick), kPermille, rationing, residual } };
}

export function networkOf(wires: readonly Wire[]): Network {
  const edges = wires.map(
    ({ parent, into, out, fee, lossPpm }): Edge => ({
      parent,
      importCapacity: wh(into),
      exportCapacity: wh(out),
      fee: microPerKwh(fee),
      lossPpm,
    }),
  );
  const nodes: readonly NetworkNode[] = [{ edge: null }, ...edges.map((edge) => ({ edge }))];
  return { nodes, homes: new Map(wires.map((_, i) => [homeId(i + 1), i + 1])) };
}

/** A tree and its orders from a seed; the same on every machine. */
export function randomMarket(seed: number, shape: MarketShape): ClearingInput {
  const next = chance(seed);
  const upTo = (most: number): number => Math.floor(next() * (most + 1));
  const supply = shape.energy * shape.orders + 1;
  const capacity = (): number => {
    const kind = next();
    return kind < 0.08 ? 0 : kind < 0.3 ? supply : upTo(shape.capacity);
  };
  const wires = Array.from({ length: shape.nodes - 1 }, (_, i): Wire => {
    const island = next() < 0.04;
    const parent = next() < 0.5 ? i - upTo(Math.min(i, 2)) : upTo(i);
    const [into, out] = island ? [0, 0] : [capacity(), capacity()];
    return { parent, into, out, fee: next() < 0.4 ? 0 : upTo(shape.fee) * shape.tick, lossPpm: next() < 0.3 ? 0 : upTo(shape.lossPpm) };
  });
  const offers = Array.from({ length: shape.orders }, (): Offer => {
    const side = next() < 0.5 ? "buy" : "sell";
    return [upTo(shape.nodes - 1), side, 1 + upTo(shape.energy - 1), (1 + upTo(shape.levels)) * shape.tick];
  });
  const supplier: readonly Offer[] = [
    [0, "sell", supply, (shape.levels + 1) * shape.tick],
    [0, "buy", supply, shape.tick],
  ];
  return street({ ...shape, wires, offers: shape.supplier ? [...offers, ...supplier] : offers, ranks: shuffled(offers.length + 2, next) });
}

function shuffled(length: number, next: () => number): readonly number[] {
  const numbers = Array.from({ length }, (_, i) => i);
  for (let i = length - 1; i > 0; i--) {
    const j = Math.floor(next() * (i + 1));
    [numbers[i], numbers[j]] = [numbers[j]!, numbers[i]!];
  }
  return numbers;
}

/** Many of one side at one limit behind tight wires without fees, and a few of the other side: how to share is all that is left to decide. */
export function streetOfEquals(seed: number): ClearingInput {
  const next = chance(seed);
  const upTo = (most: number): number => Math.floor(next() * (most + 1));
  const nodes = 2 + upTo(10);
  const wires = Array.from({ length: nodes - 1 }, (_, i): Wire => {
    const parent = next() < 0.6 ? i - upTo(Math.min(i, 1)) : upTo(i);
    return { parent, into: upTo(8), out: upTo(8), fee: 0, lossPpm: 0 };
  });
  const [equals, others, limit]: readonly [Side, Side, number] = next() < 0.5 ? ["sell", "buy", 20] : ["buy", "sell", 5];
  const offers = Array.from(
    { length: 3 + upTo(12) },
    (): Offer => (next() < 0.75 ? [upTo(nodes - 1), equals, 1 + upTo(11), 10] : [upTo(nodes - 1), others, 1 + upTo(15), limit]),
  );
  return street({ wires, offers, ranks: shuffled(offers.length, next), rationing: RATIONINGS[seed % 3]! });
}

export interface Most {
  readonly nodes: number;
  readonly orders: number;
  readonly energy: number;
  /** What wires may lose, in millionths; nothing if not said. */
  readonly losses?: readonly number[];
}

const RATIONINGS: readonly Rationing[] = ["pro-rata", "max-min", "price-time"];

/** Small streets with few limits and tight wires, so that ties, full edges and shared levels are the rule. */
export const anyMarket = (most: Most): fc.Arbitrary<ClearingInput> =>
  fc
    .record({
      tick: fc.constantFrom(1, 7, 100),
      kPermille: fc.oneof(fc.constantFrom(0, 500, 1000), fc.integer({ min: 0, max: 1000 })),
      rationing: fc.constantFrom(...RATIONINGS),
      wires: fc.array(anyWire(most), { maxLength: most.nodes - 1 }),
      offers: fc.array(anyOffer(most), { maxLength: most.orders }),
      supplier: fc.boolean(),
      salt: fc.nat(1000),
    })
    .map(({ tick, kPermille, rationing, wires, offers, supplier, salt }) => {
      const residual: readonly Offer[] = supplier
        ? [
            [0, "sell", 1000, 9],
            [0, "buy", 1000, 0],
          ]
        : [];
      const placed = [...offers, ...residual].map(
        ([node, side, energy, limit]): Offer => [node % (wires.length + 1), side, energy, limit * tick],
      );
      const ranks = shuffled(placed.length, chance(salt));
      const hung = wires.map((wire, i) => ({ ...wire, parent: wire.parent % (i + 1), fee: wire.fee * tick }));
      return street({ tick, kPermille, rationing, wires: hung, offers: placed, ranks });
    });

const anyWire = ({ nodes, energy, losses = [0] }: Most): fc.Arbitrary<Wire> => {
  const capacity = fc.oneof(fc.nat(energy), fc.constantFrom(0, 1, 2, 3, 10_000));
  return fc.record({
    parent: fc.nat(nodes),
    into: capacity,
    out: capacity,
    fee: fc.oneof(fc.constant(0), fc.nat(3)),
    lossPpm: fc.constantFrom(...losses),
  });
};

const anyOffer = ({ nodes, energy }: Most): fc.Arbitrary<Offer> =>
  fc.tuple(
    fc.nat(nodes),
    fc.constantFrom("buy" as const, "sell" as const),
    fc.integer({ min: 1, max: energy }),
    fc.oneof(fc.nat(5), fc.nat(12)),
  );

/** The same street with other wires. */
export const rewired = (given: ClearingInput, change: (edge: Edge, node: number) => Edge): ClearingInput => {
  const nodes = given.network.nodes.map(({ edge }, node) => ({ edge: edge && change(edge, node) }));
  return { ...given, network: { ...given.network, nodes } };
};

/** Wires that can't bind: no fee, and more room than there is energy. */
export function unbound(given: ClearingInput): ClearingInput {
  const room = (1 + given.orders.reduce((sum, { body }) => sum + body.energy, 0)) as Wh;
  return rewired(given, (edge) => ({ ...edge, importCapacity: room, exportCapacity: room, fee: 0 as MicroPerKwh }));
}
