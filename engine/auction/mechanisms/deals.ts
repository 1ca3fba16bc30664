import { assert, cost, type Digest, type MicroPerKwh, type Nano, nano, sub, sum, type Wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import { assertClearable } from "../check.ts";
import { byRisingId } from "../market.ts";
import { bestOf, leftOver, outcomesOf, surplusOf, whyNoTrade } from "../outcome.ts";
import { largestRemainder, type Weighed } from "../ration.ts";
import type { ClearingInput, Cut, Fill, NoTrade, NoTradeReason, OrderEntry, Outcome, RefusalReason, Trade } from "../types.ts";

/** What an order got and what it pays or gets for it. */
export interface Deal {
  readonly energy: Wh;
  readonly amount: Nano;
}

/** What is told of the price; each mechanism says what it means (README). */
export type Headline = Pick<Trade, "price" | "priceRange" | "priceSetBy">;

/** A trade on one node from what each order got; orders without a deal got nothing. */
export function tradeOf(
  input: ClearingInput,
  deals: ReadonlyMap<Digest, Deal>,
  headline: Headline,
  why: (order: OrderEntry) => Cut,
): Trade {
  const orders = byRisingId(input.orders);
  const energies = orders.map(({ id }) => deals.get(id)?.energy ?? 0);
  const outcomes = outcomesOf(orders, energies, (place) => why(orders[place]!));
  const fills = outcomes.filter(({ energy }) => energy > 0).map((outcome) => fillOf(outcome, deals.get(outcome.order)!));
  const traded = (side: Side): Wh => sum(fills.filter((fill) => fill.side === side).map(({ energy }) => energy));
  assert(traded("buy") === traded("sell"), "what is bought is sold");
  return {
    kind: "trade",
    interval: input.interval,
    ...headline,
    volume: traded("buy"),
    welfare: welfareOf(outcomes),
    surplus: surplusOf(fills),
    lostToCapacity: nano(0),
    fills,
    nodes: [{ price: headline.price, ...headline.priceRange }],
    flows: [],
    outcomes,
    unsold: leftOver(outcomes, "sell"),
    unbought: leftOver(outcomes, "buy"),
  };
}

/** No trade; `otherwise` is the reason where both sides are there and their limits meet. */
export function noTradeOf(input: ClearingInput, otherwise: NoTradeReason, why: (order: OrderEntry) => Cut): NoTrade {
  const [bestBuy, bestSell] = [bestOf(input.orders, "buy"), bestOf(input.orders, "sell")];
  const orders = byRisingId(input.orders);
  const nothing = orders.map(() => 0);
  const outcomes = outcomesOf(orders, nothing, (place) => why(orders[place]!));
  return {
    kind: "no-trade",
    interval: input.interval,
    reason: whyNoTrade(bestBuy, bestSell) ?? otherwise,
    bestBuy,
    bestSell,
    outcomes,
    unsold: leftOver(outcomes, "sell"),
    unbought: leftOver(outcomes, "buy"),
  };
}

/** Why this order has nothing in a street where the mechanism let nothing trade. */
export function whyRefused(input: ClearingInput, { body }: OrderEntry, otherwise: RefusalReason): RefusalReason {
  const other = bestOf(input.orders, body.side === "buy" ? "sell" : "buy");
  if (other === null) return body.side === "buy" ? "NO_SELLERS" : "NO_BUYERS";
  return accepts(body, other) ? otherwise : "PRICES_DO_NOT_MEET";
}

/** Whether an order would trade at this price. */
export const accepts = ({ side, limit }: OrderEntry["body"], price: MicroPerKwh): boolean =>
  side === "buy" ? limit >= price : limit <= price;

export const cut = (reason: RefusalReason, tradesAt: MicroPerKwh | null): Cut => ({ reason, edge: null, tradesAt });

/** What mechanisms without wires may be asked to clear. */
export function assertOneNode(input: ClearingInput): void {
  assert(input.network.nodes.length === 1, "this mechanism knows no wires: the network has one node");
  assertClearable(input);
}

/** Splits an amount by weight, by largest remainder. */
export function splitByWeight(amount: Nano, parts: readonly Weighed[]): ReadonlyMap<Digest, Nano> {
  const shares = largestRemainder(amount, parts);
  return new Map(parts.map(({ id }, i) => [id, nano(shares[i]!)]));
}

export const floorToTick = (price: number, tick: MicroPerKwh): MicroPerKwh => (price - (price % tick)) as MicroPerKwh;

export function fillOf({ order, home, side }: Pick<Outcome, "order" | "home" | "side">, { energy, amount }: Deal): Fill {
  return { order, home, side, energy, price: Math.floor(amount / energy) as MicroPerKwh, amount };
}

function welfareOf(outcomes: readonly Outcome[]): Nano {
  const value = (side: Side): Nano =>
    sum(outcomes.filter((outcome) => outcome.side === side).map(({ energy, limit }) => cost(energy, limit)));
  return sub(value("buy"), value("sell"));
}
