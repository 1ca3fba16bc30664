import { compare, type MicroPerKwh, type Nano, type Wh } from "../kernel/index.ts";
import type { Side } from "../messages/index.ts";
import { bestFills, edgesOf, nodeOf, welfareOf, withoutCapacities } from "./reference-flow.ts";
import { demandsOf, type Happened, nodePrices, streetPrice, worthOf } from "./reference-prices.ts";
import { whyLess } from "./reference-reasons.ts";
import { shareFairly } from "./reference-share.ts";
import type {
  Clearing,
  ClearingInput,
  ClearingMechanism,
  Cut,
  EdgeFlow,
  Fill,
  Network,
  NodePrice,
  NoTradeReason,
  OrderEntry,
  Outcome,
} from "./types.ts";

/**
 * The naive twin of `clear` on trees without losses, written from the definitions and sharing no code with it: fills by cancelling
 * negative cycles, prices by shortest paths, shares by trying every level. Only for small streets; slow on purpose.
 */
export const reference: ClearingMechanism = ({ interval, orders, network, rules }: ClearingInput): Clearing => {
  const best = bestFills(network, orders);
  const energy = shareFairly(network, best, rules.rationing);
  const happened: Happened = { network, energy, imported: importsOf(network, energy) };
  const volume = [...energy].reduce((sum, [{ body }, got]) => sum + (body.side === "buy" ? got : 0), 0);
  const noTrade = volume === 0 ? whyNothing(orders) : null;
  const demands = demandsOf(happened);
  const worth = worthOf(demands);
  const prices = nodePrices(worth, rules);
  const outcomes = judge(energy, (order) => whyLess(order, happened, prices, worth, noTrade));
  const rest = (side: Side): Wh => (total(orders, side) - volume) as Wh;
  const common = { interval, outcomes, unsold: rest("sell"), unbought: rest("buy") };
  if (noTrade !== null) return { ...common, kind: "no-trade", reason: noTrade, ...bestLimits(orders) };
  const flows = flowsOf(happened, prices);
  const welfare = welfareOf(network, happened);
  const open = withoutCapacities(network, orders);
  return {
    ...common,
    kind: "trade",
    ...streetPrice(
      prices,
      demands,
      [...energy].flatMap(([order, got]) => (got > 0 ? [order] : [])),
      network,
    ),
    volume: volume as Wh,
    welfare,
    surplus: flows.reduce((sum, { fees, rent }) => sum + fees + rent, 0) as Nano,
    lostToCapacity: (welfareOf(open, bestFills(open, orders)) - welfare) as Nano,
    fills: fillsOf(outcomes, network, energy, prices),
    nodes: prices,
    flows,
  };
};

const total = (orders: readonly OrderEntry[], side: Side): number =>
  orders.reduce((sum, { body }) => sum + (body.side === side ? body.energy : 0), 0);

/** What each node's edge brings in is what its subtree buys more than it sells. */
function importsOf(network: Network, energy: ReadonlyMap<OrderEntry, number>): readonly number[] {
  const needs = network.nodes.map(() => 0);
  for (const [order, got] of energy) needs[nodeOf(network, order)]! += order.body.side === "buy" ? got : -got;
  for (const { node, parent } of [...edgesOf(network)].reverse()) needs[parent]! += needs[node]!;
  return needs;
}

function flowsOf({ network, imported }: Happened, prices: readonly NodePrice[]): readonly EdgeFlow[] {
  return edgesOf(network).map(({ node, parent, importCapacity, exportCapacity, fee }): EdgeFlow => {
    const nothing = { fees: 0 as Nano, lossCost: 0 as Nano, rent: 0 as Nano };
    if (imported[node] === 0) return { node, direction: "idle", entered: 0 as Wh, left: 0 as Wh, full: false, ...nothing };
    const comesIn = imported[node]! > 0;
    const energy = Math.abs(imported[node]!) as Wh;
    const [enters, leaves] = comesIn ? [parent, node] : [node, parent];
    const fees = (energy * fee) as Nano;
    return {
      node,
      direction: comesIn ? "import" : "export",
      entered: energy,
      left: energy,
      full: energy === (comesIn ? importCapacity : exportCapacity),
      ...nothing,
      fees,
      rent: (energy * (prices[leaves]!.price! - prices[enters]!.price!) - fees) as Nano,
    };
  });
}

const inIdOrder = (orders: Iterable<OrderEntry>): readonly OrderEntry[] => [...orders].sort((a, b) => compare(a.id, b.id));

function judge(given: ReadonlyMap<OrderEntry, number>, why: (order: OrderEntry) => Cut): readonly Outcome[] {
  return inIdOrder(given.keys()).map((order) => {
    const { home, side, limit, energy: wanted } = order.body;
    const energy = given.get(order)! as Wh;
    const judged = { order: order.id, home, side, limit, wanted, energy };
    if (energy === wanted) return { ...judged, kind: "filled", reason: null, edge: null, tradesAt: null };
    return energy === 0 ? { ...judged, kind: "refused", ...why(order) } : { ...judged, kind: "partly-filled", ...why(order) };
  });
}

function fillsOf(
  outcomes: readonly Outcome[],
  network: Network,
  given: ReadonlyMap<OrderEntry, number>,
  prices: readonly NodePrice[],
): readonly Fill[] {
  const nodes = new Map([...given.keys()].map((order) => [order.id, nodeOf(network, order)]));
  return outcomes.flatMap(({ order, home, side, energy }) => {
    if (energy === 0) return [];
    const price = prices[nodes.get(order)!]!.price!;
    return [{ order, home, side, energy, price, amount: (energy * price) as Nano }];
  });
}

function whyNothing(orders: readonly OrderEntry[]): NoTradeReason {
  const [buys, sells] = [total(orders, "buy") > 0, total(orders, "sell") > 0];
  if (buys && sells) return "PRICES_DO_NOT_MEET";
  if (buys) return "NO_SELLERS";
  return sells ? "NO_BUYERS" : "NO_ORDERS";
}

function bestLimits(orders: readonly OrderEntry[]) {
  const limits = (side: Side): readonly number[] => orders.filter(({ body }) => body.side === side).map(({ body }) => body.limit);
  const end = (limit: number): MicroPerKwh | null => (Number.isFinite(limit) ? (limit as MicroPerKwh) : null);
  return { bestBuy: end(Math.max(...limits("buy"))), bestSell: end(Math.min(...limits("sell"))) };
}
