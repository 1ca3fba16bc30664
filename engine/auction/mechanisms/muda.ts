import {
  add,
  assert,
  cost,
  type Digest,
  type HomeId,
  type Interval,
  keccakDigest,
  type MicroPerKwh,
  min,
  type Nano,
  nano,
  sub,
  sum,
  utf8,
  type Wh,
} from "../../kernel/index.ts";
import type { Side } from "../../messages/index.ts";
import { byHome } from "../by-home.ts";
import { clear } from "../clear.ts";
import { priceWithin } from "../price.ts";
import { RATIONING } from "../ration.ts";
import { setterOf } from "../setters.ts";
import type { Clearing, ClearingInput, ClearingMechanism, ClearingRules, Cut, OrderEntry, PriceSetter } from "../types.ts";
import {
  accepts,
  assertOneNode,
  cut,
  type Deal,
  floorToTick,
  type Headline,
  noTradeOf,
  splitByWeight,
  tradeOf,
  whyRefused,
} from "./deals.ts";
import { energyOf, rank, serve } from "./ranks.ts";

export type Half = "left" | "right";

/** A price that one half posts to the other, and whose orders made it. */
export interface Posted {
  readonly price: MicroPerKwh;
  readonly setBy: readonly PriceSetter[];
}

/** Which half a home belongs to, and what the orders of a half post. null: they say nothing about a price. */
export interface Split {
  readonly halfOf: (interval: Interval, home: HomeId) => Half;
  readonly post: (half: ClearingInput) => Posted | null;
}

/** Nobody chooses a half: it follows from the interval and the home's number, at every home the same. */
export const halfByHash: Split["halfOf"] = (interval, home) =>
  Number.parseInt(keccakDigest(utf8(`commonwatt/muda/1/${interval}/${home}`)).slice(-1), 16) % 2 === 0 ? "left" : "right";

/** The price of the half's own k-double auction; without a trade the middle (k) of its best limits, or the only one there is. */
export function postByAuction(half: ClearingInput): Posted | null {
  const own = clear(half);
  if (own.kind === "trade") return { price: own.price, setBy: distinct([...own.priceSetBy.low, ...own.priceSetBy.high]) };
  const { bestBuy, bestSell } = own;
  if (bestBuy === null && bestSell === null) return null;
  const range = { low: (bestBuy ?? bestSell)!, high: (bestSell ?? bestBuy)! };
  const isBest = ({ body }: OrderEntry): boolean => body.limit === (body.side === "buy" ? bestBuy : bestSell);
  return { price: priceWithin(range, half.rules), setBy: distinct(half.orders.filter(isBest).map(setterOf)) };
}

/**
 * Segal-Halevi, Hassidim, Aumann, "MUDA: a truthful multi-unit double-auction mechanism", AAAI 2018, with Vickrey fees. Homes fall
 * into two halves; each half trades at the price of the other, which nobody in it can move. Of the shorter side all trade; of the
 * longer those with the best limits, and each home pays for what other homes of its side lose by it. The fees stay in `surplus`.
 */
export const muda: ClearingMechanism = (input) => mudaBy({ halfOf: halfByHash, post: postByAuction })(input);

/** MUDA with halves and prices of one's own choice. */
export function mudaBy({ halfOf, post }: Split): ClearingMechanism {
  return (input) => {
    assertOneNode(input);
    const part = (half: Half): ClearingInput => ({
      ...input,
      orders: input.orders.filter(({ body }) => halfOf(input.interval, body.home) === half),
    });
    const [left, right] = [part("left"), part("right")];
    return merged(input, [tradeHalf(left, post(right)), tradeHalf(right, post(left))]);
  };
}

/** What one half trades at the price posted to it. */
interface TradedHalf {
  readonly orders: readonly OrderEntry[];
  readonly posted: Posted | null;
  readonly volume: Wh;
  readonly deals: ReadonlyMap<Digest, Deal>;
}

function tradeHalf({ orders, rules }: ClearingInput, posted: Posted | null): TradedHalf {
  if (posted === null) return { orders, posted, volume: 0 as Wh, deals: new Map() };
  const willing = (side: Side): readonly OrderEntry[] => rank(orders, side).filter(({ body }) => accepts(body, posted.price));
  const [buys, sells] = [willing("buy"), willing("sell")];
  const volume = min(energyOf(buys), energyOf(sells));
  const deals = [...dealsOf(buys, volume, posted.price, rules), ...dealsOf(sells, volume, posted.price, rules)];
  return { orders, posted, volume, deals: new Map(deals) };
}

function dealsOf(ranked: readonly OrderEntry[], volume: Wh, price: MicroPerKwh, { rationing }: ClearingRules) {
  const energies = serve(ranked, volume, RATIONING[rationing]);
  const fees = feesOf(ranked, energies, price);
  return ranked.flatMap(({ id, body }) => {
    const energy = energies.get(id)!;
    const fee = fees.get(id) ?? nano(0);
    const amount = body.side === "buy" ? add(cost(energy, price), fee) : sub(cost(energy, price), fee);
    return energy === 0 ? [] : [[id, { energy, amount } satisfies Deal] as const];
  });
}

/** A home's fee is what the next of its side would have gained with the energy it takes; its orders share it by energy. */
function feesOf(ranked: readonly OrderEntry[], energies: ReadonlyMap<Digest, Wh>, price: MicroPerKwh): ReadonlyMap<Digest, Nano> {
  const open = ranked.map(({ id, body }) => ({ ...body, left: sub(body.energy, energies.get(id)!) })).filter(({ left }) => left > 0);
  const served = ranked.filter(({ id }) => energies.get(id)! > 0);
  return new Map(
    [...byHome(served, ({ body }) => body.home)].flatMap(([home, own]) => {
      let taken = sum(own.map(({ id }) => energies.get(id)!));
      let fee = nano(0);
      for (const { home: other, limit, left } of open) {
        if (other === home) continue;
        const displaced = min(taken, left);
        fee = add(fee, cost(displaced, Math.abs(limit - price) as MicroPerKwh));
        taken = sub(taken, displaced);
      }
      return [
        ...splitByWeight(
          fee,
          own.map(({ id }) => ({ id, weight: energies.get(id)! })),
        ),
      ];
    }),
  );
}

function merged(input: ClearingInput, halves: readonly TradedHalf[]): Clearing {
  const whyOf = new Map(halves.flatMap((half) => half.orders.map((order) => [order, whyLess(half)] as const)));
  const traded = halves.filter(({ volume }) => volume > 0);
  if (traded.length > 0) {
    const deals = new Map(halves.flatMap((half) => [...half.deals]));
    return tradeOf(input, deals, headlineOf(traded, input.rules), (order) => whyOf.get(order)!(order));
  }
  return noTradeOf(input, "TRADE_REDUCED", (order) => ({
    ...whyOf.get(order)!(order),
    reason: whyRefused(input, order, "TRADE_REDUCED"),
  }));
}

/** The range goes from the lower price posted to a half that trades to the higher; the price is their average by energy, rounded down to the tick. */
function headlineOf(traded: readonly TradedHalf[], { tick }: ClearingRules): Headline {
  const [low, high] = [...traded].map(({ posted, volume }) => ({ ...posted!, volume })).sort((a, b) => a.price - b.price);
  assert(low !== undefined, "a half traded");
  const top = high ?? low;
  const money = sum(traded.map(({ posted, volume }) => cost(volume, posted!.price)));
  const price = floorToTick(Math.floor(money / sum(traded.map(({ volume }) => volume))), tick);
  return { price, priceRange: { low: low.price, high: top.price }, priceSetBy: { low: low.setBy, high: top.setBy } };
}

/** Where a limit begins to trade depends on who is on the other side of the half, and on whom one's own side serves last. */
function whyLess({ orders, posted, deals }: TradedHalf) {
  return ({ body }: OrderEntry): Cut => {
    if (posted === null) return cut("TRADE_REDUCED", null);
    const { price } = posted;
    const willing = (side: Side): readonly OrderEntry[] => orders.filter((other) => other.body.side === side && accepts(other.body, price));
    const [own, others] = [willing(body.side), willing(body.side === "buy" ? "sell" : "buy")];
    if (others.length === 0) return cut(accepts(body, price) ? "TRADE_REDUCED" : priced(body.side), null);
    if (!accepts(body, price)) return cut(priced(body.side), energyOf(own) < energyOf(others) ? price : lastServed(body.side, own, deals));
    const last = lastServed(body.side, own, deals);
    return cut(body.limit === last ? "RATIONED" : "NOTHING_LEFT", last);
  };
}

const priced = (side: Side) => (side === "buy" ? "PRICE_TOO_HIGH" : "PRICE_TOO_LOW");

function lastServed(side: Side, own: readonly OrderEntry[], deals: ReadonlyMap<Digest, Deal>): MicroPerKwh {
  const limits = own.filter(({ id }) => deals.has(id)).map(({ body }) => body.limit);
  return (side === "buy" ? Math.min(...limits) : Math.max(...limits)) as MicroPerKwh;
}

function distinct(setters: readonly PriceSetter[]): readonly PriceSetter[] {
  const byId = new Map(setters.map((setter) => [setter.order, setter]));
  return [...byId.values()].sort((a, b) => (a.order < b.order ? -1 : 1));
}
