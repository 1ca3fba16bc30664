import type { Nano, Wh } from "../kernel/index.ts";
import { type Allocation, allocate, welfareOf } from "./allocate.ts";
import { assertClearable } from "./check.ts";
import { wholeDelivery } from "./losses.ts";
import { boundless, type Market, marketOf } from "./market.ts";
import { bestOf, leftOver, outcomesOf, surplusOf, whyNoTrade } from "./outcome.ts";
import { flowsTold, hasEdgeWithoutRoom, nodePrices } from "./price.ts";
import { reasonsFor } from "./reasons.ts";
import { settersAt } from "./setters.ts";
import { type Shared, share } from "./share.ts";
import { type Bounds, boundsOf, type Support, wholeSupport } from "./support.ts";
import type { Clearing, ClearingInput, ClearingMechanism, Fill, NodePrice, NoTrade, PriceSetter, Trade } from "./types.ts";

/**
 * The uniform-price k-double auction on the street's wires: most welfare, then most volume; at each node a price from the
 * middle (k) of every price that supports the fills; what equal prices leave open is shared by the rationing rule. The rule
 * in full is in the README. Exact.
 */
export const clear: ClearingMechanism = (input: ClearingInput): Clearing => {
  assertClearable(input);
  const market = marketOf(input);
  const best = allocate(market);
  const shared = share(market, market.wires.lossy ? worthwhile(market, wholeDelivery(market, best)) : best, input.rules.rationing);
  const bounds = boundsOf(market, shared, "limit");
  const support = wholeSupport(market.wires, bounds, input.rules.tick);
  const solved = { input, market, shared, bounds, support, prices: nodePrices(market, support, input.rules) };
  return anyTrades(shared) ? tradeOf(solved) : noTradeOf(solved);
};

function anyTrades({ filled }: Allocation): boolean {
  for (const energy of filled) if (energy > 0) return true;
  return false;
}

/** What rounding to whole watt-hours makes worth less than nothing does not trade. */
function worthwhile(market: Market, whole: Allocation): Allocation {
  if (welfareOf(market, whole) >= 0 && whole.filled.some((energy, i) => energy > 0 && market.buys[i] === 1)) return whole;
  return { filled: whole.filled.map(() => 0), flows: whole.flows.map(() => 0), arrived: whole.arrived.map(() => 0) };
}

interface Solved {
  readonly input: ClearingInput;
  readonly market: Market;
  readonly shared: Shared;
  readonly bounds: Bounds;
  readonly support: Support;
  readonly prices: readonly NodePrice[];
}

function tradeOf(solved: Solved): Trade {
  const { input, market, shared, support, prices } = solved;
  const outcomes = outcomesOf(market.orders, shared.filled, reasonsFor(market, shared, support, prices, null));
  const fills = fillsOf(market, shared.filled, prices);
  const { price, priceRange, priceSetBy } = streetPrice(solved);
  return {
    kind: "trade",
    interval: input.interval,
    price,
    priceRange,
    priceSetBy,
    volume: volumeOf(fills),
    welfare: welfareOf(market, shared) as Nano,
    surplus: surplusOf(fills),
    lostToCapacity: lostToCapacity(market, shared),
    fills,
    nodes: prices,
    flows: flowsTold(market, shared, prices),
    outcomes,
    unsold: leftOver(outcomes, "sell"),
    unbought: leftOver(outcomes, "buy"),
  };
}

/** Each at its own node's price. */
function fillsOf({ orders, nodeOf }: Market, filled: Float64Array, prices: readonly NodePrice[]): readonly Fill[] {
  const fills: Fill[] = [];
  for (let i = 0; i < orders.length; i++) {
    const energy = filled[i]! as Wh;
    if (energy === 0) continue;
    const { id, body } = orders[i]!;
    const price = prices[nodeOf[i]!]!.price!;
    fills.push({ order: id, home: body.home, side: body.side, energy, price, amount: (energy * price) as Nano });
  }
  return fills;
}

function volumeOf(fills: readonly Fill[]): Wh {
  let volume = 0;
  for (const { side, energy } of fills) if (side === "buy") volume += energy;
  return volume as Wh;
}

/** The root's price, or that of the first node where somebody trades; and who ends its range. A node with one bound has that price alone. */
function streetPrice({ market, shared, bounds, support, prices }: Solved): Pick<Trade, "price" | "priceRange" | "priceSetBy"> {
  const node = prices[0]!.price === null ? firstTrading(market, shared) : 0;
  const { price, low, high } = prices[node]!;
  const setters = (end: "low" | "high"): readonly PriceSetter[] => settersAt(market, bounds, support, node, shared.filled, end);
  const [atLow, atHigh] = [setters("low"), setters("high")];
  return {
    price: price!,
    priceRange: { low: (low ?? high)!, high: (high ?? low)! },
    priceSetBy: { low: low === null ? atHigh : atLow, high: high === null ? atLow : atHigh },
  };
}

const firstTrading = ({ nodeOf }: Market, { filled }: Allocation): number =>
  nodeOf.reduce((first, node, i) => (filled[i]! > 0 ? Math.min(first, node) : first), Number.POSITIVE_INFINITY);

/** With losses rounding may turn out better inside the capacities; then nothing is lost to them. */
function lostToCapacity(market: Market, shared: Allocation): Nano {
  if (!hasEdgeWithoutRoom(market.wires, shared.flows)) return 0 as Nano;
  const free = { ...market, wires: boundless(market.wires) };
  const best = allocate(free);
  const whole = free.wires.lossy ? worthwhile(free, wholeDelivery(free, best)) : best;
  const more = welfareOf(free, whole) - welfareOf(market, shared);
  return (free.wires.lossy ? Math.max(0, more) : more) as Nano;
}

/** Limits that would meet on one node are apart where edges or their fees keep them so. */
function noTradeOf({ input, market, shared, support, prices }: Solved): NoTrade {
  const [bestBuy, bestSell] = [bestOf(input.orders, "buy"), bestOf(input.orders, "sell")];
  const reason = whyNoTrade(bestBuy, bestSell) ?? "PRICES_DO_NOT_MEET";
  const outcomes = outcomesOf(market.orders, shared.filled, reasonsFor(market, shared, support, prices, reason));
  return {
    kind: "no-trade",
    interval: input.interval,
    reason,
    bestBuy,
    bestSell,
    outcomes,
    unsold: leftOver(outcomes, "sell"),
    unbought: leftOver(outcomes, "buy"),
  };
}
