import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import { type Clearing, clear, reference, type Trade } from "../../engine/auction/index.ts";
import { type Offer, street, type Wire } from "../support/networks.ts";

/** Answers about wires that we did not invent; each fee system is written as the tree it is. kWh become Wh, a unit of money a million. */
const FILE = new URL("../../../shared/vectors/market.json", import.meta.url);

interface Vector {
  readonly id: string;
  readonly orders: readonly {
    readonly id: string;
    readonly side: "buy" | "sell";
    readonly qty: number;
    readonly price: number;
    readonly node?: string;
    readonly zone?: number;
  }[];
  readonly params: { readonly nodes?: readonly VectorNode[] };
}

interface VectorNode {
  readonly id: string;
  readonly parent: string | null;
  readonly cap_export?: number;
  readonly cap_import?: number;
  readonly fee?: number;
  readonly loss?: number;
}

const vectors: readonly Vector[] = existsSync(FILE) ? JSON.parse(readFileSync(FILE, "utf8")).vectors : [];
const present = vectors.length > 0 ? describe : describe.skip;
const why = vectors.length > 0 ? "" : " (skipped: ../shared/vectors/market.json is not there)";
const vector = (id: string): Vector => vectors.find((one) => one.id === id)!;
/** The answer is of the vector's own shape. */
const expected = <T>(id: string): T => (vector(id) as unknown as { readonly expected: T }).expected;

const wh = (kWh: number): number => Math.round(kWh * 1000);
/** Vectors are in money or in cents; either way a unit is far above a tick. */
const price = (units: number): number => Math.round(units * 100_000);
const money = (units: number): number => wh(1) * price(units);

/** The vector's orders at nodes of a tree; `k` in thousandths. */
function cleared(
  mechanism: (typeof MECHANISMS)[number][1],
  id: string,
  wires: readonly Wire[],
  nodeOf: (order: Vector["orders"][number]) => number,
  kPermille = 500,
) {
  const { orders } = vector(id);
  const offers = orders.map((order): Offer => [nodeOf(order), order.side, wh(order.qty), price(order.price)]);
  const given = street({ wires, offers, kPermille });
  const clearing = mechanism(given) as Trade;
  const named = <T>(of: (outcome: Clearing["outcomes"][number]) => T): Record<string, T> =>
    Object.fromEntries(
      clearing.outcomes.map((outcome) => [orders[given.orders.findIndex((one) => one.id === outcome.order)]!.id, of(outcome)]),
    );
  return { clearing, fills: named(({ energy }) => energy), outcomes: named((outcome) => outcome) };
}

const MECHANISMS = [
  ["clear", clear],
  ["reference", reference],
] as const;

const ROOM = 1_000_000_000;
const open = (parent: number, fee: number): Wire => ({ parent, into: ROOM, out: ROOM, fee: price(fee), lossPpm: 0 });

/** The vector's own tree; its nodes keep their order. */
function ownWires(id: string): { readonly wires: readonly Wire[]; readonly nodeOf: (order: { readonly node?: string }) => number } {
  const nodes = vector(id).params.nodes!;
  const indexOf = (node: string): number => nodes.findIndex((one) => one.id === node);
  const wires = nodes.slice(1).map(
    ({ parent, cap_import, cap_export, fee, loss }): Wire => ({
      parent: indexOf(parent!),
      into: wh(cap_import!),
      out: wh(cap_export!),
      fee: price(fee!),
      lossPpm: Math.round((loss ?? 0) * 1_000_000),
    }),
  );
  return { wires, nodeOf: ({ node }) => indexOf(node!) };
}

present(`wires that bind${why}`, () => {
  interface Congestion {
    readonly welfare: number;
    readonly fills: Readonly<Record<string, number>>;
    readonly flows: Readonly<Record<string, { readonly export: number; readonly import_: number }>>;
    readonly nodal_price: { readonly A: number; readonly B: number };
    readonly fees_collected: number;
    readonly congestion_rent: number;
  }

  test.each(MECHANISMS)("TREE-CONGESTION-1: %s", (_, mechanism) => {
    const id = "TREE-CONGESTION-1";
    const answer = expected<Congestion>(id);
    const { wires, nodeOf } = ownWires(id);
    const { clearing, fills, outcomes } = cleared(mechanism, id, wires, nodeOf);
    expect(fills).toEqual(Object.fromEntries(Object.entries(answer.fills).map(([order, qty]) => [order, wh(qty)])));
    expect(clearing.welfare).toBe(money(answer.welfare));
    const carried = (at: number, direction: string): number => {
      const flow = clearing.flows[at]!;
      return flow.direction === direction ? flow.entered : 0;
    };
    for (const [at, node] of ["A", "B"].entries()) {
      expect([carried(at, "export"), carried(at, "import")]).toEqual([wh(answer.flows[node]!.export), wh(answer.flows[node]!.import_)]);
    }
    expect(clearing.flows.map(({ full }) => full)).toEqual([true, true]);
    expect(clearing.flows.reduce((sum, { fees }) => sum + fees, 0)).toBe(money(answer.fees_collected));
    expect(clearing.flows.reduce((sum, { rent }) => sum + rent, 0)).toBe(money(answer.congestion_rent));
    expect(clearing.surplus).toBe(money(answer.fees_collected + answer.congestion_rent));
    expect(clearing.nodes).toEqual([
      { price: price(17), low: price(10), high: price(24) },
      ...[answer.nodal_price.A, answer.nodal_price.B].map((at) => ({ price: price(at), low: price(at), high: price(at) })),
    ]);
    expect(outcomes.pvA).toMatchObject({ kind: "partly-filled", reason: "EDGE_FULL", edge: 1 });
    expect(outcomes.lB).toMatchObject({ kind: "partly-filled", reason: "EDGE_FULL", edge: 2 });
  });

  // The naive twin knows no losses.
  test("TREE-LOSS-1: clear", () => {
    const id = "TREE-LOSS-1";
    const answer = expected<{
      readonly welfare: number;
      readonly sent: number;
      readonly delivered: number;
      readonly nodal_price: { readonly root: number };
    }>(id);
    const { wires, nodeOf } = ownWires(id);
    const { clearing, fills } = cleared(clear, id, wires, nodeOf);
    const [flow] = clearing.flows;
    expect(flow).toMatchObject({ node: 1, direction: "export", left: wh(answer.delivered), fees: 0 });
    expect(fills).toEqual({ pv: flow!.entered, load: flow!.left });
    // Whole watt-hours: what is sent is at most one more than the exact 8421.053.
    expect(flow!.entered - wh(answer.sent)).toBeGreaterThanOrEqual(0);
    expect(flow!.entered - wh(answer.sent)).toBeLessThanOrEqual(1);
    expect(Math.abs(clearing.welfare - money(answer.welfare))).toBeLessThanOrEqual(price(20));
    expect(Math.abs(clearing.nodes[0]!.price! - price(answer.nodal_price.root))).toBeLessThanOrEqual(1);
  });
});

present(`zones are two nodes with the fee between them${why}`, () => {
  const zone = (order: { readonly zone?: number }): number => order.zone!;

  test.each(MECHANISMS)("ZONE-FEE-SIMPLY-DOC: %s", (_, mechanism) => {
    const { clearing, fills } = cleared(mechanism, "ZONE-FEE-SIMPLY-DOC", [open(0, 1)], zone);
    expect(clearing.welfare).toBe(money(expected<{ readonly max_welfare: number }>("ZONE-FEE-SIMPLY-DOC").max_welfare));
    expect(fills).toEqual({ b0: 100, b1: 0, b2: 100, s3: 100, s4: 100 });
  });

  test.each(MECHANISMS)("ZONE-FEE-SIMPLY-T1: %s", (_, mechanism) => {
    const answer = expected<{ readonly max_welfare: number; readonly buyer_price: number }>("ZONE-FEE-SIMPLY-T1");
    const { clearing, fills } = cleared(mechanism, "ZONE-FEE-SIMPLY-T1", [open(0, 1)], zone, 0);
    expect(clearing.welfare).toBe(money(answer.max_welfare));
    expect(fills).toEqual({ a2: 1000, b3: 0, b4: 1000 });
    expect(clearing.nodes[1]!.price).toBe(price(answer.buyer_price));
  });
});

present(`fees on the way${why}`, () => {
  test.each(MECHANISMS)("FEE-GSY-ONESIDED, five markets in a row, the seller's price holds: %s", (_, mechanism) => {
    const answer = expected<{
      readonly buyer_pays: number;
      readonly seller_gets: number;
      readonly market_trade_price: Readonly<Record<"Grid" | "Neigh1" | "House1" | "Neigh2" | "House2", number>>;
    }>("FEE-GSY-ONESIDED");
    // Grid is the root; a market's fee is the fee of the wire by which its energy comes in.
    const wires = [open(0, 0.01), open(1, 0), open(0, 0.02), open(3, 0.01)];
    const { clearing, outcomes } = cleared(mechanism, "FEE-GSY-ONESIDED", wires, ({ side }) => (side === "sell" ? 4 : 2), 0);
    const { Grid, Neigh1, House1, Neigh2, House2 } = answer.market_trade_price;
    expect(clearing.nodes.map((node) => node.price)).toEqual([Grid, Neigh1, House1, Neigh2, House2].map(price));
    expect(clearing.fills.map((fill) => [fill.side, fill.price])).toEqual([
      ["sell", price(answer.seller_gets)],
      ["buy", price(answer.buyer_pays)],
    ]);
    expect(clearing.flows.map(({ fees }) => fees)).toEqual([0.01, 0, 0.02, 0.01].map(money));
    expect([outcomes.pv!.kind, outcomes.load!.kind]).toEqual(["filled", "filled"]);
  });

  test.each(MECHANISMS)("FEE-SIMPLY-2PAC-2, a trade that is worth nothing still happens: %s", (_, mechanism) => {
    const answer = expected<{
      readonly traded_qty: number;
      readonly buyer_price: number;
      readonly seller_price: number;
      readonly included_fee: number;
    }>("FEE-SIMPLY-2PAC-2");
    const { clearing } = cleared(mechanism, "FEE-SIMPLY-2PAC-2", [open(0, 1)], ({ side }) => (side === "sell" ? 1 : 0));
    expect([clearing.volume, clearing.welfare]).toEqual([wh(answer.traded_qty), 0]);
    expect(clearing.nodes.map((node) => node.price)).toEqual([price(answer.buyer_price), price(answer.seller_price)]);
    expect(clearing.surplus).toBe(wh(answer.traded_qty) * price(answer.included_fee));
  });
});
