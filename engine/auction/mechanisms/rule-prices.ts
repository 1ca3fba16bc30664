import { assert, cost, type MicroPerKwh, microPerKwh, min, type Wh, wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import { RATIONING } from "../ration.ts";
import type { Clearing, ClearingInput, ClearingMechanism, ClearingRules, Cut, OrderEntry } from "../types.ts";
import { accepts, assertOneNode, cut, type Deal, floorToTick, noTradeOf, tradeOf, whyRefused } from "./deals.ts";
import { energyOf, share } from "./ranks.ts";

/**
 * Mid-market rate (Long, Wu, Zhang, Thomas, Cheng, Jenkins, IEEE PES General Meeting 2017): the sum of what the residual supplier
 * charges and what it pays, divided by 2 (or, as some communities have it, by more), rounded down to the tick. What a side has
 * beyond the other's energy stays with the supplier, in settlement; that is the published average price, since all of the
 * longer side share alike.
 */
export function midMarketRate(divisor = 2): ClearingMechanism {
  assert(Number.isSafeInteger(divisor) && divisor > 0, "the divisor is a positive integer");
  return (input) => {
    const { residual, tick } = input.rules;
    return clearAtRule(input, floorToTick(Math.floor((residual.importPrice + residual.exportPrice) / divisor), tick));
  };
}

/**
 * Bill sharing (Long et al. 2017): members share the street's bill at the transformer, and nothing else: what they give each
 * other is free. So an offer takes part only if it asks for nothing.
 */
export const billSharing: ClearingMechanism = (input) => clearAtRule(input, 0 as MicroPerKwh);

/**
 * Supply-demand ratio (Liu, Yu, Wang, Li, Ma, Lei, IEEE Transactions on Power Systems 32 (2017)), with compensation: the more there
 * is for sale for each Wh wanted, the nearer the price to the export price, and from 1 on it is that plus the compensation.
 *
 * Whoever doesn't accept a price doesn't count in the ratio that makes it. The ratio's price falls and the ratio of those who
 * accept rises with the price, so they meet once: at the highest price on the tick that isn't above what the ratio of those
 * who accept it gives. Where no limit lies between the supplier's prices it is the published one, rounded down to the tick.
 */
export function supplyDemandRatio(compensationPermille = 0): ClearingMechanism {
  assert(
    Number.isSafeInteger(compensationPermille) && compensationPermille >= 0 && compensationPermille <= 1000,
    "compensation is 0 to 1000",
  );
  return (input) => {
    const priceOf = (orders: readonly OrderEntry[]): MicroPerKwh => ratioPrice(orders, input.rules, compensationPermille);
    const price = priceOf(input.orders);
    return clearAt(input, price, (order) => ratioAccepts(input.orders, price, order, priceOf));
  };
}

function ratioPrice(orders: readonly OrderEntry[], { residual, tick }: ClearingRules, compensationPermille: number): MicroPerKwh {
  let [low, high] = [0, Math.floor(residual.importPrice / tick)];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    const price = (middle * tick) as MicroPerKwh;
    const [demand, supply] = [accepted(orders, "buy", price), accepted(orders, "sell", price)];
    if (isUpTo(price, { demand, supply, residual, compensationPermille })) low = middle;
    else high = middle - 1;
  }
  return (low * tick) as MicroPerKwh;
}

/**
 * Where the limit of an order that stayed out begins to trade. A buyer's own limit is the price while it lies between the price
 * without it and the price with it, so it trades from the first of them on where somebody sells. A seller pulls the price down
 * to the price with it, and must accept that.
 */
function ratioAccepts(
  orders: readonly OrderEntry[],
  price: MicroPerKwh,
  order: OrderEntry,
  priceOf: (orders: readonly OrderEntry[]) => MicroPerKwh,
): MicroPerKwh | null {
  const others = orders.filter((other) => other !== order);
  const { side } = order.body;
  const limit = microPerKwh(side === "buy" ? microPerKwh.max : microPerKwh.min);
  const withIt = priceOf([...others, { ...order, body: { ...order.body, limit } }]);
  if (side === "sell") return accepted(others, "buy", withIt) === 0 ? null : withIt;
  const cheapest = others.reduce((least, { body }) => (body.side === "sell" ? Math.min(least, body.limit) : least), Infinity);
  return withIt < cheapest ? null : (Math.max(price, cheapest) as MicroPerKwh);
}

interface Ratio {
  readonly demand: Wh;
  readonly supply: Wh;
  readonly residual: ClearingRules["residual"];
  readonly compensationPermille: number;
}

/** Whether price <= buy q D / ((buy - q) S + q D) while S < D, and <= q from there on; q is the export price and its compensation. */
function isUpTo(price: MicroPerKwh, { demand, supply, residual, compensationPermille }: Ratio): boolean {
  const [p, buy, sell] = [BigInt(price), 1000n * BigInt(residual.importPrice), 1000n * BigInt(residual.exportPrice)];
  const q = sell + ((buy - sell) / 1000n) * BigInt(compensationPermille);
  if (supply >= demand) return 1000n * p <= q;
  const [d, s] = [BigInt(demand), BigInt(supply)];
  return 1000n * p * ((buy - q) * s + q * d) <= buy * q * d;
}

function accepted(orders: readonly OrderEntry[], side: Side, price: MicroPerKwh): Wh {
  let energy = 0;
  for (const { body } of orders) if (body.side === side && accepts(body, price)) energy += body.energy;
  return wh(energy);
}

const accepting = (orders: readonly OrderEntry[], side: Side, price: MicroPerKwh): readonly OrderEntry[] =>
  orders.filter(({ body }) => body.side === side && accepts(body, price));

/** A price that no limit moves: beyond it a limit trades if anybody of the other side does. */
function clearAtRule(input: ClearingInput, price: MicroPerKwh): Clearing {
  return clearAt(input, price, ({ body }) => (accepted(input.orders, body.side === "buy" ? "sell" : "buy", price) === 0 ? null : price));
}

/** All who accept the price trade at it; the longer side shares by the rule of the market, since no limit is better than another. */
function clearAt(input: ClearingInput, price: MicroPerKwh, tradesAt: (order: OrderEntry) => MicroPerKwh | null): Clearing {
  assertOneNode(input);
  const willing = { buy: accepting(input.orders, "buy", price), sell: accepting(input.orders, "sell", price) };
  const volume = min(energyOf(willing.buy), energyOf(willing.sell));
  const why = (order: OrderEntry): Cut => {
    const { side } = order.body;
    const others = willing[side === "buy" ? "sell" : "buy"];
    if (!accepts(order.body, price)) return cut(side === "buy" ? "PRICE_TOO_HIGH" : "PRICE_TOO_LOW", tradesAt(order));
    return cut(others.length === 0 ? "PRICE_NOT_ACCEPTED" : "RATIONED", null);
  };
  if (volume === 0)
    return noTradeOf(input, "PRICE_NOT_ACCEPTED", (order) => ({ ...why(order), reason: whyRefused(input, order, why(order).reason) }));
  const deals = (["buy", "sell"] as const).flatMap((side) =>
    [...share(willing[side], volume, RATIONING[input.rules.rationing])].map(
      ([id, energy]) => [id, { energy, amount: cost(energy, price) } satisfies Deal] as const,
    ),
  );
  const headline = { price, priceRange: { low: price, high: price }, priceSetBy: { low: [], high: [] } };
  return tradeOf(input, new Map(deals), headline, why);
}
