import { cost, type Digest, type MicroPerKwh, type Nano, nano, sub, sum, type Wh, wh } from "../kernel/index.ts";
import { assertClearable } from "./check.ts";
import { crossingVolume, type Level, levelsOf, marginOf } from "./levels.ts";
import { leftOver, outcomesOf, whyLess, whyNoTrade } from "./outcome.ts";
import { indifference, priceWithin, settersOf } from "./price.ts";
import { RATIONING, type RationingRule } from "./ration.ts";
import type { Clearing, ClearingInput, ClearingMechanism, NoTrade, Outcome, RefusalReason, Trade } from "./types.ts";

/**
 * The uniform-price k-double auction on one node: most welfare, then most volume; one price for all from the middle (k) of
 * every price that supports the fills; what the margin can't have is shared by the rationing rule. Sort and merge: O(n log n).
 */
export const clear: ClearingMechanism = (input: ClearingInput): Clearing => {
  assertClearable(input);
  const buys = levelsOf(input.orders, "buy");
  const sells = levelsOf(input.orders, "sell");
  const volume = crossingVolume(buys, sells);
  return volume === 0 ? noTrade(input, buys, sells) : trade(input, buys, sells, volume);
};

function trade(input: ClearingInput, buys: readonly Level[], sells: readonly Level[], volume: Wh): Trade {
  const ration = RATIONING[input.rules.rationing];
  const bought = allocate(buys, volume, ration);
  const sold = allocate(sells, volume, ration);
  const range = indifference(marginOf(buys, volume), marginOf(sells, volume));
  const price = priceWithin(range, input.rules);
  const filled = ({ id }: { readonly id: Digest }): Wh => bought.energies.get(id) ?? sold.energies.get(id) ?? wh(0);
  const outcomes = outcomesOf(input.orders, filled, ({ body }) => ({
    reason: whyLess(body.side, body.limit, price, (body.side === "buy" ? bought : sold).shared === body.limit),
    edge: null,
    tradesAt: body.side === "buy" ? range.high : range.low,
  }));
  return {
    kind: "trade",
    interval: input.interval,
    price,
    priceRange: range,
    priceSetBy: settersOf(input.orders, range, filled),
    volume,
    welfare: welfareOf(outcomes),
    surplus: nano(0),
    lostToCapacity: nano(0),
    fills: outcomes
      .filter(({ energy }) => energy > 0)
      .map(({ order, home, side, energy }) => ({ order, home, side, energy, price, amount: cost(energy, price) })),
    nodes: [{ price, ...range }],
    flows: [],
    outcomes,
    unsold: leftOver(outcomes, "sell"),
    unbought: leftOver(outcomes, "buy"),
  };
}

interface Allocation {
  /** What each order that trades gets. */
  readonly energies: ReadonlyMap<Digest, Wh>;
  /** The limit whose level had to be rationed; null when none had. */
  readonly shared: MicroPerKwh | null;
}

/** Levels are served from the best on; the last one that gets anything may have to share. */
function allocate(levels: readonly Level[], volume: Wh, ration: RationingRule): Allocation {
  const energies = new Map<Digest, Wh>();
  let left = volume;
  for (const { limit, orders, energy } of levels) {
    if (left === 0) break;
    if (energy > left) {
      const wants = orders.map(({ id, body, rank }) => ({ id, energy: body.energy, ...(rank === undefined ? {} : { rank }) }));
      for (const [i, share] of ration(wants, left).entries()) energies.set(wants[i]!.id, share);
      return { energies, shared: limit };
    }
    for (const { id, body } of orders) energies.set(id, body.energy);
    left = sub(left, energy);
  }
  return { energies, shared: null };
}

/** Summed side by side: neither sum can pass highest limit x volume, which the rules keep below 2^53 (`largestMarket`). */
function welfareOf(outcomes: readonly Outcome[]): Nano {
  const value = (side: Outcome["side"]): Nano =>
    sum(outcomes.filter((outcome) => outcome.side === side).map(({ energy, limit }) => cost(energy, limit)));
  return sub(value("buy"), value("sell"));
}

function noTrade(input: ClearingInput, buys: readonly Level[], sells: readonly Level[]): NoTrade {
  const reason = whyNoTrade(buys.length, sells.length);
  const outcomes = outcomesOf(
    input.orders,
    () => wh(0),
    ({ body }) => ({
      reason: reason as RefusalReason,
      edge: null,
      tradesAt: (body.side === "buy" ? sells[0]?.limit : buys[0]?.limit) ?? null,
    }),
  );
  return {
    kind: "no-trade",
    interval: input.interval,
    reason,
    bestBuy: buys[0]?.limit ?? null,
    bestSell: sells[0]?.limit ?? null,
    outcomes,
    unsold: leftOver(outcomes, "sell"),
    unbought: leftOver(outcomes, "buy"),
  };
}
