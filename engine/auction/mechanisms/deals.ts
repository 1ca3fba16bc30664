import {
  add,
  assert,
  compare,
  cost,
  type Digest,
  type HomeId,
  type MicroPerKwh,
  type Nano,
  nano,
  sub,
  sum,
  type Wh,
} from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import { assertClearable } from "../check.ts";
import { leftOver, outcomesOf } from "../outcome.ts";
import type { ClearingInput, Cut, Fill, NoTrade, NoTradeReason, OrderEntry, Outcome, PriceSetter, RefusalReason, Trade } from "../types.ts";

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
  const energies = input.orders.map(({ id }) => deals.get(id)?.energy ?? 0);
  const outcomes = outcomesOf(input.orders, energies, (place) => why(input.orders[place]!));
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
  const nothing = input.orders.map(() => 0);
  const outcomes = outcomesOf(input.orders, nothing, (place) => why(input.orders[place]!));
  return {
    kind: "no-trade",
    interval: input.interval,
    reason: whyNothing(bestBuy, bestSell) ?? otherwise,
    bestBuy,
    bestSell,
    outcomes,
    unsold: leftOver(outcomes, "sell"),
    unbought: leftOver(outcomes, "buy"),
  };
}

export function whyNothing(bestBuy: MicroPerKwh | null, bestSell: MicroPerKwh | null): NoTradeReason | null {
  if (bestBuy === null) return bestSell === null ? "NO_ORDERS" : "NO_BUYERS";
  if (bestSell === null) return "NO_SELLERS";
  return bestBuy < bestSell ? "PRICES_DO_NOT_MEET" : null;
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

export const setterOf = ({ id, body }: OrderEntry): PriceSetter => ({ order: id, home: body.home, side: body.side, limit: body.limit });

/** What mechanisms without wires may be asked to clear. */
export function assertOneNode(input: ClearingInput): void {
  assert(input.network.nodes.length === 1, "this mechanism knows no wires: the network has one node");
  assertClearable(input);
}

/**
 * Splits an amount by weight, rounded down; the nano that are left go one each to the largest remainders, equal remainders to
 * the lower order id. So nobody gets a nano more than the next whole number above its exact share.
 */
export function splitByWeight(amount: Nano, parts: readonly { readonly id: Digest; readonly weight: number }[]): ReadonlyMap<Digest, Nano> {
  const total = parts.reduce((whole, { weight }) => whole + BigInt(weight), 0n);
  if (total === 0n) return new Map(parts.map(({ id }) => [id, nano(0)]));
  const exact = parts.map(({ id, weight }) => ({ id, share: BigInt(amount) * BigInt(weight) }));
  const shares = new Map(exact.map(({ id, share }) => [id, nano(Number(share / total))]));
  const ranking = exact.map(({ id, share }) => ({ id, remainder: share % total })).sort((a, b) => larger(a, b) || compare(a.id, b.id));
  const left = sub(amount, sum([...shares.values()]));
  for (const { id } of ranking.slice(0, left)) shares.set(id, add(shares.get(id)!, nano(1)));
  return shares;
}

const larger = (a: { readonly remainder: bigint }, b: { readonly remainder: bigint }): number =>
  a.remainder === b.remainder ? 0 : a.remainder > b.remainder ? -1 : 1;

export const floorToTick = (price: number, tick: MicroPerKwh): MicroPerKwh => (price - (price % tick)) as MicroPerKwh;

export function fillOf({ order, home, side }: Pick<Outcome, "order" | "home" | "side">, { energy, amount }: Deal): Fill {
  return { order, home, side, energy, price: Math.floor(amount / energy) as MicroPerKwh, amount };
}

export function byHome<T>(all: readonly T[], homeOf: (each: T) => HomeId): ReadonlyMap<HomeId, readonly T[]> {
  const homes = new Map<HomeId, T[]>();
  for (const each of all) {
    const home = homeOf(each);
    const own = homes.get(home);
    if (own === undefined) homes.set(home, [each]);
    else own.push(each);
  }
  return homes;
}

/** Buyers' payments minus sellers' receipts. */
export function surplusOf(fills: readonly Fill[]): Nano {
  const amounts = (side: Side): Nano => sum(fills.filter((fill) => fill.side === side).map(({ amount }) => amount));
  return sub(amounts("buy"), amounts("sell"));
}

function welfareOf(outcomes: readonly Outcome[]): Nano {
  const value = (side: Side): Nano =>
    sum(outcomes.filter((outcome) => outcome.side === side).map(({ energy, limit }) => cost(energy, limit)));
  return sub(value("buy"), value("sell"));
}

function bestOf(orders: readonly OrderEntry[], side: Side): MicroPerKwh | null {
  const limits = orders.filter(({ body }) => body.side === side).map(({ body }) => body.limit);
  if (limits.length === 0) return null;
  return limits.reduce((best, limit) => ((side === "buy" ? limit > best : limit < best) ? limit : best));
}
