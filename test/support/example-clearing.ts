import type { ClearingView, OrderView } from "../../src/api/index.ts";

export interface ExampleOrder {
  readonly home: number;
  readonly name: string;
  readonly side: "buy" | "sell";
  readonly limitMicro: number;
  readonly energyWh: number;
}

const ct = (micro: number): string => `${(micro / 10_000).toFixed(1)} ct`;

/** A call auction just good enough to draw: one price in the middle, the last order in line is cut. */
export function exampleClearing(interval: string, all: readonly ExampleOrder[]): ClearingView {
  const buys = all.filter((order) => order.side === "buy").sort((a, b) => b.limitMicro - a.limitMicro || a.home - b.home);
  const sells = all.filter((order) => order.side === "sell").sort((a, b) => a.limitMicro - b.limitMicro || a.home - b.home);
  const { volume, buyer, seller } = cross(buys, sells);
  if (buyer === undefined || seller === undefined) return noTrade(interval, buys, sells);

  // An order that is cut holds the price at its own limit: it is the last in line and the next in line at once.
  const low = Math.max(seller.limitMicro, nextInLine(buys, volume)?.limitMicro ?? 0);
  const high = Math.min(buyer.limitMicro, nextInLine(sells, volume)?.limitMicro ?? Number.POSITIVE_INFINITY);
  const priceMicro = Math.round((low + high) / 2000) * 1000;
  const setter = [...buys, ...sells].find((order) => order.limitMicro === low);
  const orders = [...fill(buys, volume, priceMicro), ...fill(sells, volume, priceMicro)];
  return {
    interval,
    kind: "trade",
    priceMicro,
    priceRange: [low, high],
    volumeWh: volume,
    priceSetBy:
      low === high
        ? `${setter?.name}'s ${setter?.side === "buy" ? "bid" : "offer"} at ${ct(low)} set the price`
        : `${seller.name}'s offer at ${ct(low)} and ${buyer.name}'s bid at ${ct(high)}; the price is the middle`,
    noTradeReason: null,
    orders,
    unsoldWh: sum(sells) - volume,
    unboughtWh: sum(buys) - volume,
    withheld: [],
    nodes: [],
    wires: [],
  };
}

/** One node has no wires. */
const PLACE = { node: null, wire: null } as const;

const sum = (orders: readonly ExampleOrder[]): number => orders.reduce((total, order) => total + order.energyWh, 0);

function cross(buys: readonly ExampleOrder[], sells: readonly ExampleOrder[]) {
  let [b, s, bought, sold, volume] = [0, 0, 0, 0, 0];
  let buyer: ExampleOrder | undefined;
  let seller: ExampleOrder | undefined;
  for (;;) {
    const [buy, sell] = [buys[b], sells[s]];
    if (buy === undefined || sell === undefined || buy.limitMicro < sell.limitMicro) return { volume, buyer, seller };
    [buyer, seller] = [buy, sell];
    const step = Math.min(bought + buy.energyWh, sold + sell.energyWh) - volume;
    volume += step;
    if (volume === bought + buy.energyWh) [b, bought] = [b + 1, volume];
    if (volume === sold + sell.energyWh) [s, sold] = [s + 1, volume];
  }
}

function nextInLine(side: readonly ExampleOrder[], volume: number): ExampleOrder | undefined {
  let reached = 0;
  return side.find((order) => {
    reached += order.energyWh;
    return reached > volume;
  });
}

function fill(side: readonly ExampleOrder[], volume: number, priceMicro: number): OrderView[] {
  let left = volume;
  return side.map((order) => {
    const filledWh = Math.min(left, order.energyWh);
    left -= filledWh;
    if (filledWh === order.energyWh)
      return {
        ...order,
        ...PLACE,
        filledWh,
        outcome: "filled",
        reason: order.side === "buy" ? "bought all it wanted" : "sold all it offered",
      };
    if (filledWh > 0)
      return {
        ...order,
        ...PLACE,
        filledWh,
        outcome: "partly-filled",
        reason: "sold a part: its limit was just the price and orders with that limit had to share",
      };
    const where = order.side === "buy" ? "above" : "below";
    return { ...order, ...PLACE, filledWh, outcome: "refused", reason: `the price, ${ct(priceMicro)}, was ${where} its limit` };
  });
}

function noTrade(interval: string, buys: readonly ExampleOrder[], sells: readonly ExampleOrder[]): ClearingView {
  const reason = sells.length === 0 ? "nobody offered energy" : "the best bid stayed below the cheapest offer";
  return {
    interval,
    kind: "no-trade",
    priceMicro: null,
    priceRange: null,
    volumeWh: 0,
    priceSetBy: null,
    noTradeReason: buys.length + sells.length === 0 ? "nobody wanted to buy or sell" : reason,
    orders: [...buys, ...sells].map((order) => ({ ...order, ...PLACE, filledWh: 0, outcome: "refused", reason })),
    unsoldWh: sum(sells),
    unboughtWh: sum(buys),
    withheld: [],
    nodes: [],
    wires: [],
  };
}
