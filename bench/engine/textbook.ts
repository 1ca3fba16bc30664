import { Decimal } from "decimal.js";
import type { OrderColumns } from "../../engine/auction/index.ts";

/** An order as a textbook has it: an object, money and energy as decimals. */
interface TextbookOrder {
  readonly side: "buy" | "sell";
  /** Per kWh. */
  readonly limit: Decimal;
  /** kWh. */
  readonly energy: Decimal;
}

/** What stands in many local markets: objects, decimal.js, Array.sort, two pointers, an amount for each trade. No rationing rule. */
export function clearTextbook(orders: readonly TextbookOrder[]): {
  readonly price: Decimal;
  readonly volume: Decimal;
  readonly paid: Decimal;
} {
  const buyers = orders.filter(({ side }) => side === "buy").sort((a, b) => b.limit.comparedTo(a.limit));
  const sellers = orders.filter(({ side }) => side === "sell").sort((a, b) => a.limit.comparedTo(b.limit));
  const trades: { readonly energy: Decimal }[] = [];
  let [buyer, seller] = [0, 0];
  let wanted = buyers[0]?.energy ?? new Decimal(0);
  let offered = sellers[0]?.energy ?? new Decimal(0);
  let [last, volume] = [{ buy: new Decimal(0), sell: new Decimal(0) }, new Decimal(0)];
  while (buyer < buyers.length && seller < sellers.length && buyers[buyer]!.limit.gte(sellers[seller]!.limit)) {
    last = { buy: buyers[buyer]!.limit, sell: sellers[seller]!.limit };
    const energy = Decimal.min(wanted, offered);
    trades.push({ energy });
    volume = volume.plus(energy);
    wanted = wanted.minus(energy);
    offered = offered.minus(energy);
    if (wanted.isZero()) wanted = buyers[++buyer]?.energy ?? wanted;
    if (offered.isZero()) offered = sellers[++seller]?.energy ?? offered;
  }
  const low = Decimal.max(last.sell, buyers[buyer]?.limit ?? 0);
  const high = Decimal.min(last.buy, sellers[seller]?.limit ?? last.buy);
  const price = low.plus(high).div(2).toDecimalPlaces(4, Decimal.ROUND_DOWN);
  const paid = trades.reduce((sum, { energy }) => sum.plus(energy.times(price).toDecimalPlaces(6)), new Decimal(0));
  return { price, volume, paid };
}

export function textbookOrders({ count, rungs, energies }: OrderColumns, stepMicro: number): readonly TextbookOrder[] {
  return Array.from({ length: count }, (_, at) => ({
    side: rungs[at]! % 2 === 0 ? "buy" : "sell",
    limit: new Decimal((rungs[at]! >> 1) * stepMicro).div(1_000_000),
    energy: new Decimal(energies[at]!).div(1000),
  }));
}
