import { cost, type MicroPerKwh, microPerKwh, min, type Wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import { priceWithin } from "../price.ts";
import { RATIONING, type RationingRule } from "../ration.ts";
import { setterOf } from "../setters.ts";
import type { Clearing, ClearingInput, ClearingMechanism, Cut, OrderEntry } from "../types.ts";
import { accepts, assertOneNode, cut, type Deal, floorToTick, noTradeOf, tradeOf, whyRefused } from "./deals.ts";
import { cross, energyOf, rank, share } from "./ranks.ts";

/**
 * McAfee, "A dominant strategy double auction", Journal of Economic Theory 56 (1992). An order is a trader. Where the last
 * orders that trade both trade whole, the price in the middle of the next two is tried: if all that trade accept it, they trade
 * at it. Otherwise, and wherever one of the last orders would trade a part, both last orders are given up: the buyers before
 * pay the limit of the one, the sellers before get that of the other, and the longer side shares by the rule of the market.
 *
 * With equal energies every last order trades whole and this is McAfee's auction to the letter. With unequal ones it still
 * holds that no order that trades moves a price it trades at or how much it gets: while it stays before the last orders, who
 * they are and who stands before them is the same; behind them it doesn't trade.
 */
export const mcafee: ClearingMechanism = (input) => clearReduced(input, middleOrReduce, RATIONING[input.rules.rationing]);

/**
 * Huang, Scheller-Wolf, Sycara, "Design of a multi-unit double auction e-market", Computational Intelligence 18 (2002). Both last
 * orders are always given up. On the longer side every order gives up the same energy; who has less than that gets nothing.
 */
export const huang: ClearingMechanism = (input) => clearReduced(input, reduce, equalLoss);

/** Who may trade, and at which two prices. */
interface Terms {
  readonly buys: readonly OrderEntry[];
  readonly sells: readonly OrderEntry[];
  readonly buyersPay: MicroPerKwh;
  readonly sellersGet: MicroPerKwh;
  readonly setBy: { readonly buy: OrderEntry; readonly sell: OrderEntry };
}

/** From both ranked sides; null when no limits meet. */
type Reduction = (buys: readonly OrderEntry[], sells: readonly OrderEntry[], tick: MicroPerKwh) => Terms | null;

const middleOrReduce: Reduction = (buys, sells, tick) => {
  const { lastBuy, lastSell, even } = cross(buys, sells);
  const [buy, sell] = [buys[lastBuy + 1], sells[lastSell + 1]];
  if (lastBuy < 0 || !even || buy === undefined || sell === undefined) return reduce(buys, sells, tick);
  // Rounded down it still lies between the two limits: both are on the tick.
  const middle = floorToTick(Math.floor((buy.body.limit + sell.body.limit) / 2), tick);
  if (!accepts(buys[lastBuy]!.body, middle) || !accepts(sells[lastSell]!.body, middle)) return reduce(buys, sells, tick);
  return {
    buys: buys.slice(0, lastBuy + 1),
    sells: sells.slice(0, lastSell + 1),
    buyersPay: middle,
    sellersGet: middle,
    setBy: { buy, sell },
  };
};

const reduce: Reduction = (buys, sells) => {
  const { lastBuy, lastSell } = cross(buys, sells);
  const [buy, sell] = [buys[lastBuy], sells[lastSell]];
  if (buy === undefined || sell === undefined) return null;
  return {
    buys: buys.slice(0, lastBuy),
    sells: sells.slice(0, lastSell),
    buyersPay: buy.body.limit,
    sellersGet: sell.body.limit,
    setBy: { buy, sell },
  };
};

function clearReduced(input: ClearingInput, reduction: Reduction, ration: RationingRule): Clearing {
  assertOneNode(input);
  const { tick } = input.rules;
  const book = { buy: rank(input.orders, "buy"), sell: rank(input.orders, "sell") };
  const terms = reduction(book.buy, book.sell, tick);
  const tradesAt = (order: OrderEntry): MicroPerKwh | null => wouldTradeAt(book, reduction, tick, order);
  if (terms === null || volumeOf(terms) === 0)
    return noTradeOf(input, "TRADE_REDUCED", (order) => cut(whyRefused(input, order, "TRADE_REDUCED"), tradesAt(order)));
  const { buyersPay, sellersGet, setBy } = terms;
  const range = { low: sellersGet, high: buyersPay };
  const headline = {
    price: priceWithin(range, input.rules),
    priceRange: range,
    priceSetBy: buyersPay === sellersGet ? bothEnds(setBy) : { low: [setterOf(setBy.sell)], high: [setterOf(setBy.buy)] },
  };
  return tradeOf(input, dealsOf(terms, ration), headline, whyLess(terms, tradesAt));
}

/** The middle of two limits is the work of both; so is a price where two limits are one. */
function bothEnds({ buy, sell }: Terms["setBy"]) {
  const setters = [buy, sell].sort((a, b) => (a.id < b.id ? -1 : 1)).map(setterOf);
  return { low: setters, high: setters };
}

const volumeOf = ({ buys, sells }: Terms): Wh => min(energyOf(buys), energyOf(sells));

function dealsOf(terms: Terms, ration: RationingRule) {
  const volume = volumeOf(terms);
  const priced = (orders: readonly OrderEntry[], price: MicroPerKwh) =>
    [...share(orders, volume, ration)].map(([id, energy]) => [id, { energy, amount: cost(energy, price) } satisfies Deal] as const);
  return new Map([...priced(terms.buys, terms.buyersPay), ...priced(terms.sells, terms.sellersGet)]);
}

function whyLess({ buys, sells, buyersPay, sellersGet, setBy }: Terms, tradesAt: (order: OrderEntry) => MicroPerKwh | null) {
  const sharing = new Set([...buys, ...sells]);
  return (order: OrderEntry): Cut => {
    if (sharing.has(order)) return cut("RATIONED", null);
    const { side } = order.body;
    const price = side === "buy" ? buyersPay : sellersGet;
    if (!accepts(order.body, price)) return cut(side === "buy" ? "PRICE_TOO_HIGH" : "PRICE_TOO_LOW", tradesAt(order));
    return cut(order === setBy[side] && buyersPay !== sellersGet ? "TRADE_REDUCED" : "NOTHING_LEFT", tradesAt(order));
  };
}

/**
 * What an order with the best limit of its side would pay or get, is where its own limit begins to trade: its price doesn't
 * depend on its limit as long as it trades. null when even then it would be given up.
 */
function wouldTradeAt(
  book: Readonly<Record<Side, readonly OrderEntry[]>>,
  reduction: Reduction,
  tick: MicroPerKwh,
  order: OrderEntry,
): MicroPerKwh | null {
  const { side } = order.body;
  const best: OrderEntry = { ...order, body: { ...order.body, limit: side === "buy" ? microPerKwh(microPerKwh.max) : microPerKwh(0) } };
  const probed = { ...book, [side]: [best, ...book[side].filter((other) => other !== order)] };
  const terms = reduction(probed.buy, probed.sell, tick);
  if (terms === null || volumeOf(terms) === 0) return null;
  return side === "buy" ? terms.buyersPay : terms.sellersGet;
}

/**
 * All give up the same, whole Wh; of what this leaves over each of those that gave as much gets 1 Wh back, lower order ids
 * first (the declared tie).
 */
const equalLoss: RationingRule = (wants, available) => {
  const bySize = wants.map((_, i) => i).sort((a, b) => wants[a]!.energy - wants[b]!.energy);
  let gap = energyOfWants(wants) - available;
  let loss = 0;
  for (const [at, i] of bySize.entries()) {
    loss = Math.ceil(gap / (wants.length - at));
    if (wants[i]!.energy >= loss) break;
    gap -= wants[i]!.energy;
  }
  const energies = wants.map(({ energy }) => Math.max(0, energy - loss));
  const gave = wants.map((_, i) => i).filter((i) => loss > 0 && wants[i]!.energy >= loss);
  const back = available - energies.reduce((total, energy) => total + energy, 0);
  for (const i of gave.sort((a, b) => (wants[a]!.id < wants[b]!.id ? -1 : 1)).slice(0, back)) energies[i]! += 1;
  return energies as Wh[];
};

const energyOfWants = (wants: Parameters<RationingRule>[0]): number => wants.reduce((total, { energy }) => total + energy, 0);
