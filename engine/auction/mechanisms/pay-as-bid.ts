import { add, compare, cost, type Digest, type MicroPerKwh, min, type Nano, nano, sub, sum, type Wh } from "../../kernel/index.ts";
import { clear } from "../clear.ts";
import { surplusOf } from "../outcome.ts";
import type { ClearingMechanism, Fill, Outcome, PriceSetter, Trade } from "../types.ts";
import { assertOneNode, fillOf, floorToTick, splitByWeight } from "./deals.ts";

/**
 * Each buyer pays its own limit, and the money goes to the sellers as the orders stand head to head: bids by falling, offers by
 * rising limit, the dearest bid with the cheapest offer. Sellers of one limit stand side by side and split what their level
 * gets by energy. The fills are those of the k-double auction: the volume is the most that has the most welfare. (Both lists by
 * falling limit, as some markets have it, trade more energy for less welfare.)
 */
export const payAsBid: ClearingMechanism = (input) => {
  assertOneNode(input);
  const best = clear(input);
  if (best.kind === "no-trade") return best;
  const limits = new Map(best.outcomes.map(({ order, limit }) => [order, limit]));
  const receipts = receiptsOf(best.fills, limits);
  const fills = best.fills.map((fill) => fillOf(fill, { energy: fill.energy, amount: receipts.get(fill.order) ?? paid(fill, limits) }));
  return { ...best, ...headlineOf(best, input.rules.tick), surplus: surplusOf(fills), fills, outcomes: outcomesOf(best) };
};

type Limits = ReadonlyMap<Digest, MicroPerKwh>;

const paid = ({ order, energy }: Fill, limits: Limits): Nano => cost(energy, limits.get(order)!);

function receiptsOf(fills: readonly Fill[], limits: Limits): ReadonlyMap<Digest, Nano> {
  const ranked = (side: Fill["side"], direction: 1 | -1): readonly Fill[] =>
    fills.filter((fill) => fill.side === side).sort((a, b) => direction * (limits.get(a.order)! - limits.get(b.order)!));
  const purse = new Purse(ranked("buy", -1).map((fill) => ({ energy: fill.energy, price: limits.get(fill.order)! })));
  const levels = new Map<MicroPerKwh, Fill[]>();
  for (const fill of ranked("sell", 1)) {
    const limit = limits.get(fill.order)!;
    levels.set(limit, [...(levels.get(limit) ?? []), fill]);
  }
  return new Map(
    [...levels.values()].flatMap((level) => {
      const receipts = purse.take(sum(level.map(({ energy }) => energy)));
      return [
        ...splitByWeight(
          receipts,
          level.map(({ order, energy }) => ({ id: order, weight: energy })),
        ),
      ];
    }),
  );
}

/** What buyers pay, from the dearest Wh to the cheapest. */
class Purse {
  readonly #parts: readonly { readonly energy: Wh; readonly price: MicroPerKwh }[];
  #at = 0;
  #used = 0 as Wh;

  constructor(parts: readonly { readonly energy: Wh; readonly price: MicroPerKwh }[]) {
    this.#parts = parts;
  }

  take(energy: Wh): Nano {
    let [left, money] = [energy, nano(0)];
    while (left > 0) {
      const { energy: whole, price } = this.#parts[this.#at]!;
      const part = min(left, sub(whole, this.#used));
      money = add(money, cost(part, price));
      left = sub(left, part);
      this.#used = add(this.#used, part);
      if (this.#used === whole) {
        this.#at += 1;
        this.#used = 0 as Wh;
      }
    }
    return money;
  }
}

/** The price is the average of the bids that trade, rounded down to the tick; the range goes from the lowest of them to the highest. */
function headlineOf({ outcomes, volume }: Trade, tick: MicroPerKwh) {
  const bids = outcomes.filter(({ side, energy }) => side === "buy" && energy > 0);
  const limits = bids.map(({ limit }) => limit);
  const [low, high] = [Math.min(...limits), Math.max(...limits)] as [MicroPerKwh, MicroPerKwh];
  const at = (limit: MicroPerKwh): readonly PriceSetter[] =>
    bids
      .filter((bid) => bid.limit === limit)
      .map(({ order, home, side }) => ({ order, home, side, limit }))
      .sort((a, b) => compare(a.order, b.order));
  const price = floorToTick(Math.floor(sum(bids.map(({ energy, limit }) => cost(energy, limit))) / volume), tick);
  const priceRange = { low, high };
  return { price, priceRange, priceSetBy: { low: at(low), high: at(high) }, nodes: [{ price, ...priceRange }] };
}

/** No price refuses anybody here: an order stays out because nothing is left for it, or nothing that its limit meets. */
function outcomesOf({ outcomes, unsold, unbought }: Trade): readonly Outcome[] {
  return outcomes.map((outcome) => {
    if (outcome.kind === "filled" || outcome.reason === "RATIONED") return outcome;
    const left = outcome.side === "buy" ? unsold : unbought;
    return { ...outcome, reason: left === 0 ? "NOTHING_LEFT" : "PRICES_DO_NOT_MEET" };
  });
}
