import { cost, type Digest, type MicroPerKwh, type Nano, sub, sum, type Wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import { priceWithin } from "../price.ts";
import type {
  Clearing,
  ClearingInput,
  ClearingMechanism,
  ClearingRules,
  EdgeFlow,
  Network,
  NodePrice,
  NoTrade,
  OrderEntry,
  Outcome,
  PriceSetter,
  Trade,
} from "../types.ts";

/**
 * Clears orders of which some are favoured: among equal limits they come first, and otherwise nothing changes. Prices get finer
 * for this: a limit p becomes 4p + 1, that of a favoured seller 4p, that of a favoured buyer 4p + 2; fees are multiplied by 4.
 * Rounding a fine price down gives p again, and no chain of limits and fees can gain a whole p by it, so fills, welfare and
 * prices are those of the true limits; where a limit is just the price, a full wire and a worse limit may be told one for the
 * other. Under `mechanism` each node has one price.
 */
export function clearFavouring(mechanism: ClearingMechanism, input: ClearingInput, favoured: ReadonlySet<Digest>): Clearing {
  if (favoured.size === 0) return mechanism(input);
  const clearing = mechanism(refined(input, favoured));
  const limits = new Map(input.orders.map(({ id, body }) => [id, body.limit]));
  return clearing.kind === "trade" ? coarseTrade(clearing, input, limits) : coarseNoTrade(clearing, input.orders, limits);
}

const FINER = 4;
const fine = (price: MicroPerKwh, favour: number): MicroPerKwh => (FINER * price + 1 + favour) as MicroPerKwh;
const coarse = (price: MicroPerKwh): MicroPerKwh => Math.floor(price / FINER) as MicroPerKwh;
const coarseBound = (price: MicroPerKwh | null): MicroPerKwh | null => price && coarse(price);

/** How much larger prices get inside; for the door, so that no product leaves the exact integers. */
export const FAVOUR_SCALE = FINER;

type Limits = ReadonlyMap<Digest, MicroPerKwh>;

function refined(input: ClearingInput, favoured: ReadonlySet<Digest>): ClearingInput {
  const orders = input.orders.map((order): OrderEntry => {
    const favour = favoured.has(order.id) ? (order.body.side === "sell" ? -1 : 1) : 0;
    return { ...order, body: { ...order.body, limit: fine(order.body.limit, favour) } };
  });
  const nodes = input.network.nodes.map(({ edge }) => ({ edge: edge && { ...edge, fee: (FINER * edge.fee) as MicroPerKwh } }));
  return { ...input, orders, network: { ...input.network, nodes }, rules: { ...input.rules, tick: 1 as MicroPerKwh } };
}

function coarseTrade(trade: Trade, { network, rules }: ClearingInput, limits: Limits): Trade {
  const nodes = trade.nodes.map((node) => coarseNode(node, rules));
  const priceAt = (home: OrderEntry["body"]["home"]): MicroPerKwh => nodes[network.homes.get(home) ?? 0]!.price!;
  const priceRange = { low: coarse(trade.priceRange.low), high: coarse(trade.priceRange.high) };
  const fills = trade.fills.map((fill) => ({ ...fill, price: priceAt(fill.home), amount: cost(fill.energy, priceAt(fill.home)) }));
  const paid = (side: Side): Nano => sum(fills.filter((fill) => fill.side === side).map(({ amount }) => amount));
  return {
    ...trade,
    price: priceWithin(priceRange, rules),
    priceRange,
    priceSetBy: { low: trade.priceSetBy.low.map(withLimit(limits)), high: trade.priceSetBy.high.map(withLimit(limits)) },
    welfare: sub(welfareOf(trade.fills, limits), feesOf(trade.flows, network)),
    surplus: sub(paid("buy"), paid("sell")),
    lostToCapacity: Math.floor(trade.lostToCapacity / FINER) as Nano,
    fills,
    nodes,
    flows: trade.flows.map((flow) => coarseFlow(flow, network, nodes)),
    outcomes: trade.outcomes.map((outcome) => coarseOutcome(outcome, limits, nodes[network.homes.get(outcome.home) ?? 0]!.price)),
  };
}

function coarseNode({ low, high }: NodePrice, rules: ClearingRules): NodePrice {
  const bounds = { low: coarseBound(low), high: coarseBound(high) };
  if (bounds.low === null || bounds.high === null) return { ...bounds, price: bounds.low ?? bounds.high };
  return { ...bounds, price: priceWithin({ low: bounds.low, high: bounds.high }, rules) };
}

const withLimit =
  (limits: Limits) =>
  (setter: PriceSetter): PriceSetter => ({ ...setter, limit: limits.get(setter.order)! });

function welfareOf(fills: Trade["fills"], limits: Limits): Nano {
  const value = (side: Side): Nano =>
    sum(fills.filter((fill) => fill.side === side).map(({ order, energy }) => cost(energy, limits.get(order)!)));
  return sub(value("buy"), value("sell"));
}

const feesOf = (flows: readonly EdgeFlow[], network: Network): Nano => sum(flows.map(({ node, entered }) => feeOf(network, node, entered)));

const feeOf = (network: Network, node: number, entered: Wh): Nano => cost(entered, network.nodes[node]!.edge!.fee);

function coarseFlow(flow: EdgeFlow, network: Network, nodes: readonly NodePrice[]): EdgeFlow {
  if (flow.direction === "idle") return flow;
  const { parent } = network.nodes[flow.node]!.edge!;
  const [enters, leaves] = flow.direction === "import" ? [parent, flow.node] : [flow.node, parent];
  const [before, after] = [nodes[enters]!.price!, nodes[leaves]!.price!];
  const fees = feeOf(network, flow.node, flow.entered);
  const lossCost = cost(sub(flow.entered, flow.left), before);
  const spread = sub(cost(flow.left, after), cost(flow.left, before));
  return { ...flow, fees, lossCost, rent: sub(sub(spread, fees), lossCost) };
}

function coarseOutcome(outcome: Outcome, limits: Limits, price: MicroPerKwh | null): Outcome {
  const limit = limits.get(outcome.order)!;
  if (outcome.kind === "filled") return { ...outcome, limit };
  const tradesAt = coarseBound(outcome.tradesAt);
  // Favoured orders with its limit took all there was, and the finer price called that a worse limit.
  const beaten = (outcome.reason === "PRICE_TOO_HIGH" || outcome.reason === "PRICE_TOO_LOW") && limit === price;
  return { ...outcome, limit, tradesAt, reason: beaten ? "NOTHING_LEFT" : outcome.reason };
}

function coarseNoTrade(clearing: NoTrade, orders: readonly OrderEntry[], limits: Limits): NoTrade {
  const best = (side: Side): MicroPerKwh | null => {
    const all = orders.filter(({ body }) => body.side === side).map(({ body }) => body.limit);
    if (all.length === 0) return null;
    return all.reduce((one, other) => ((side === "buy") === other > one ? other : one));
  };
  return {
    ...clearing,
    bestBuy: best("buy"),
    bestSell: best("sell"),
    outcomes: clearing.outcomes.map((outcome) => coarseOutcome(outcome, limits, null)),
  };
}
