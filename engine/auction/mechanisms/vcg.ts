import { cost, type Digest, type HomeId, min, type Nano, nano, sub, sum, type Wh, wh } from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import { byHome } from "../by-home.ts";
import { clear } from "../clear.ts";
import { surplusOf } from "../outcome.ts";
import type { ClearingMechanism, Fill, OrderEntry } from "../types.ts";
import { assertOneNode, fillOf, splitByWeight } from "./deals.ts";
import { rank } from "./ranks.ts";

/**
 * Vickrey, Clarke, Groves (Vickrey, Journal of Finance 16 (1961); Clarke, Public Choice 11 (1971)): the fills are those of the
 * k-double auction, and each home's gain is what the welfare of the street would lack without it. Such gains add up to more
 * than the welfare: somebody has to pay the difference in, `surplus` is below 0.
 *
 * Orders of a home that trade on one side share its payment by energy: each unit it buys costs others no more than its lowest
 * limit that trades, so no order passes its limit. Of a home that buys and sells, first each side is paid as if it were a home,
 * then the gains of its orders are scaled down to the gain of the home.
 */
export const vcg: ClearingMechanism = (input) => {
  assertOneNode(input);
  const best = clear(input);
  if (best.kind === "no-trade") return best;
  const limits = new Map(best.outcomes.map(({ order, limit }) => [order, limit]));
  const value = (fill: Fill): Nano => cost(fill.energy, limits.get(fill.order)!);
  const gains = gainsOf(best.fills, value, pivots(input.orders));
  const fills = best.fills.map((fill) => {
    const gain = gains.get(fill.order)!;
    return fillOf(fill, { energy: fill.energy, amount: fill.side === "buy" ? sub(value(fill), gain) : nano(value(fill) + gain) });
  });
  return { ...best, surplus: surplusOf(fills), fills };
};

/** How much welfare the orders lack that are left out. */
type Pivot = (isLeftOut: (order: OrderEntry) => boolean) => Nano;

function pivots(orders: readonly OrderEntry[]): Pivot {
  const [buys, sells] = [rank(orders, "buy"), rank(orders, "sell")];
  const whole = welfareOf(buys, sells);
  return (isLeftOut) => {
    const stays = (order: OrderEntry): boolean => !isLeftOut(order);
    return sub(whole, welfareOf(buys.filter(stays), sells.filter(stays)));
  };
}

/** The most welfare there is: the clearing's, without the rest of what a clearing says. */
function welfareOf(buys: readonly OrderEntry[], sells: readonly OrderEntry[]): Nano {
  let [b, s, welfare] = [0, 0, 0];
  let [usedBuy, usedSell] = [wh(0), wh(0)];
  while (b < buys.length && s < sells.length && buys[b]!.body.limit > sells[s]!.body.limit) {
    const [buy, sell] = [buys[b]!.body, sells[s]!.body];
    const energy = min(sub(buy.energy, usedBuy), sub(sell.energy, usedSell));
    welfare += energy * (buy.limit - sell.limit);
    [usedBuy, usedSell] = [(usedBuy + energy) as Wh, (usedSell + energy) as Wh];
    if (usedBuy === buy.energy) [b, usedBuy] = [b + 1, wh(0)];
    if (usedSell === sell.energy) [s, usedSell] = [s + 1, wh(0)];
  }
  return nano(welfare);
}

/** What each fill gains over its limit. */
function gainsOf(fills: readonly Fill[], value: (fill: Fill) => Nano, pivot: Pivot): ReadonlyMap<Digest, Nano> {
  return new Map([...byHome(fills, ({ home }) => home)].flatMap(([home, own]) => [...gainsOfHome(home, own, value, pivot)]));
}

function gainsOfHome(home: HomeId, own: readonly Fill[], value: (fill: Fill) => Nano, pivot: Pivot): ReadonlyMap<Digest, Nano> {
  const gain = pivot(({ body }) => body.home === home);
  const [buys, sells] = [own.filter(({ side }) => side === "buy"), own.filter(({ side }) => side === "sell")];
  if (sells.length === 0) return gainsOfSide("buy", buys, value, gain);
  if (buys.length === 0) return gainsOfSide("sell", sells, value, gain);
  const ofSide = (side: Side, filled: readonly Fill[]) =>
    gainsOfSide(
      side,
      filled,
      value,
      pivot(({ body }) => body.home === home && body.side === side),
    );
  const alone = [...ofSide("buy", buys), ...ofSide("sell", sells)];
  return splitByWeight(
    gain,
    alone.map(([id, weight]) => ({ id, weight })),
  );
}

/** One average price for the home's orders of one side. */
function gainsOfSide(side: Side, filled: readonly Fill[], value: (fill: Fill) => Nano, gain: Nano): ReadonlyMap<Digest, Nano> {
  const sign = side === "buy" ? 1 : -1;
  const amount = nano(sum(filled.map(value)) - sign * gain);
  const amounts = splitByWeight(
    amount,
    filled.map(({ order, energy }) => ({ id: order, weight: energy })),
  );
  return new Map(filled.map((fill) => [fill.order, nano(sign * (value(fill) - amounts.get(fill.order)!))]));
}
