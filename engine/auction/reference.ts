import { compare, type MicroPerKwh, type Nano, type Wh } from "../kernel/index.ts";
import type { Side } from "../messages/index.ts";
import type {
  Clearing,
  ClearingInput,
  ClearingMechanism,
  Cut,
  NoTradeReason,
  OrderEntry,
  Outcome,
  PriceSetter,
  RefusalReason,
} from "./types.ts";

/**
 * The naive twin of `clear`, written from the definitions and sharing no code with it: every watt-hour is a unit of its own,
 * every volume is tried for its welfare, every limit is tried as a price. Only for small books; slow on purpose.
 */
export const reference: ClearingMechanism = (input: ClearingInput): Clearing => {
  const buyUnits = unitsOf(input.orders, "buy").sort((a, b) => b - a);
  const sellUnits = unitsOf(input.orders, "sell").sort((a, b) => a - b);
  const { volume, welfare } = bestVolume(buyUnits, sellUnits);
  const given = new Map([...give(input.orders, "buy", volume), ...give(input.orders, "sell", volume)]);
  const rest = (side: Side): Wh => (unitsOf(input.orders, side).length - volume) as Wh;
  const common = { interval: input.interval, unsold: rest("sell"), unbought: rest("buy") };
  if (volume === 0) {
    const reason = whyNothing(buyUnits.length, sellUnits.length);
    const outcomes = judge(input.orders, given, ({ body }) => ({
      reason: reason as RefusalReason,
      edge: null,
      tradesAt: best(body.side === "buy" ? sellUnits : buyUnits),
    }));
    return { ...common, kind: "no-trade", reason, bestBuy: best(buyUnits), bestSell: best(sellUnits), outcomes };
  }
  const range = supportingPrices(input.orders, given);
  const price = lastTickBelow(range, input.rules);
  const outcomes = judge(input.orders, given, (order) => ({
    reason: whyLess(order, price, input.orders, given),
    edge: null,
    tradesAt: order.body.side === "buy" ? range.high : range.low,
  }));
  return {
    ...common,
    kind: "trade",
    price,
    priceRange: range,
    priceSetBy: { low: settersAt(range.low, input.orders, given, "low"), high: settersAt(range.high, input.orders, given, "high") },
    volume: volume as Wh,
    welfare,
    surplus: 0 as Nano,
    lostToCapacity: 0 as Nano,
    fills: outcomes.flatMap(({ order, home, side, energy }) =>
      energy > 0 ? [{ order, home, side, energy, price, amount: (energy * price) as Nano }] : [],
    ),
    nodes: [{ price, ...range }],
    flows: [],
    outcomes,
  };
};

type Given = ReadonlyMap<OrderEntry, number>;

/** One limit for each watt-hour. */
const unitsOf = (orders: readonly OrderEntry[], side: Side): number[] =>
  orders.flatMap(({ body }) => (body.side === side ? Array.from({ length: body.energy }, () => body.limit as number) : []));

const best = (units: readonly number[]): MicroPerKwh | null => (units[0] ?? null) as MicroPerKwh | null;

/** The volume with the highest welfare; of several such the largest. */
function bestVolume(buyUnits: readonly number[], sellUnits: readonly number[]): { readonly volume: number; readonly welfare: Nano } {
  let [volume, most, welfare] = [0, 0, 0];
  for (let tried = 1; tried <= Math.min(buyUnits.length, sellUnits.length); tried++) {
    welfare += buyUnits[tried - 1]! - sellUnits[tried - 1]!;
    if (welfare >= most) [volume, most] = [tried, welfare];
  }
  return { volume, welfare: most as Nano };
}

/** Hands a volume out to one side, better limits first; equal limits share in proportion. */
function give(orders: readonly OrderEntry[], side: Side, volume: number): Given {
  const mine = orders.filter(({ body }) => body.side === side);
  const better = (a: OrderEntry, b: OrderEntry): boolean => (side === "buy" ? a.body.limit > b.body.limit : a.body.limit < b.body.limit);
  const given = new Map<OrderEntry, number>();
  for (const order of mine) {
    const ahead = total(mine.filter((other) => better(other, order)));
    const equals = mine.filter(({ body }) => body.limit === order.body.limit);
    const forLevel = Math.max(0, Math.min(volume - ahead, total(equals)));
    given.set(order, shares(equals, forLevel).get(order)!);
  }
  return given;
}

const total = (orders: readonly OrderEntry[]): number => orders.reduce((energy, { body }) => energy + body.energy, 0);

/** Whole shares first; then one watt-hour at a time to whoever was cut most, the lower id at a tie. */
function shares(equals: readonly OrderEntry[], available: number): Given {
  const all = BigInt(total(equals));
  const given = new Map(equals.map((order) => [order, Number((BigInt(order.body.energy) * BigInt(available)) / all)]));
  const cut = (order: OrderEntry): bigint => BigInt(order.body.energy) * BigInt(available) - BigInt(given.get(order)!) * all;
  for (let left = available - [...given.values()].reduce((a, b) => a + b, 0); left > 0; left--) {
    const most = equals.reduce((a, b) => (cut(b) > cut(a) || (cut(b) === cut(a) && b.id < a.id) ? b : a));
    given.set(most, given.get(most)! + 1);
  }
  return given;
}

/** At a supporting price nobody would rather have more or less than was given. Its ends are always limits of the book. */
function supportingPrices(orders: readonly OrderEntry[], given: Given) {
  const supports = (price: number): boolean =>
    orders.every((order) => {
      const gain = order.body.side === "buy" ? order.body.limit - price : price - order.body.limit;
      const got = given.get(order)!;
      return (gain >= 0 || got === 0) && (gain <= 0 || got === order.body.energy);
    });
  const prices = orders.map(({ body }) => body.limit).filter(supports);
  return { low: Math.min(...prices) as MicroPerKwh, high: Math.max(...prices) as MicroPerKwh };
}

/** The highest tick at or below k of the way up, found by walking. */
function lastTickBelow(
  { low, high }: { readonly low: number; readonly high: number },
  { tick, kPermille }: ClearingInput["rules"],
): MicroPerKwh {
  let price = low;
  while ((price + tick - low) * 1000 <= (high - low) * kPermille) price += tick;
  return price as MicroPerKwh;
}

/** Whoever would change its mind just beyond this end of the range. */
function settersAt(limit: number, orders: readonly OrderEntry[], given: Given, end: "low" | "high"): readonly PriceSetter[] {
  return inIdOrder(orders)
    .filter((order) => {
      const happyToStay =
        order.body.side === (end === "low" ? "sell" : "buy") ? given.get(order) === 0 : given.get(order) === order.body.energy;
      return order.body.limit === limit && !happyToStay;
    })
    .map(({ id, body: { home, side } }) => ({ order: id, home, side, limit: limit as MicroPerKwh }));
}

const inIdOrder = (orders: readonly OrderEntry[]): readonly OrderEntry[] => [...orders].sort((a, b) => compare(a.id, b.id));

function judge(orders: readonly OrderEntry[], given: Given, why: (order: OrderEntry) => Cut): readonly Outcome[] {
  return inIdOrder(orders).map((order) => {
    const { home, side, limit, energy: wanted } = order.body;
    const energy = given.get(order)! as Wh;
    const judged = { order: order.id, home, side, limit, wanted, energy };
    if (energy === wanted) return { ...judged, kind: "filled", reason: null, edge: null, tradesAt: null };
    return energy === 0 ? { ...judged, kind: "refused", ...why(order) } : { ...judged, kind: "partly-filled", ...why(order) };
  });
}

function whyNothing(buyUnits: number, sellUnits: number): NoTradeReason {
  if (buyUnits > 0 && sellUnits > 0) return "PRICES_DO_NOT_MEET";
  if (buyUnits > 0) return "NO_SELLERS";
  return sellUnits > 0 ? "NO_BUYERS" : "NO_ORDERS";
}

function whyLess({ body }: OrderEntry, price: number, orders: readonly OrderEntry[], given: Given): RefusalReason {
  if (body.limit !== price) return body.side === "buy" ? "PRICE_TOO_HIGH" : "PRICE_TOO_LOW";
  const equals = orders.filter((other) => other.body.side === body.side && other.body.limit === body.limit);
  return equals.some((other) => given.get(other)! > 0) ? "RATIONED" : "NOTHING_LEFT";
}
