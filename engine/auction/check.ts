import { assert } from "../kernel/index.ts";
import type { MarketRules } from "../messages/index.ts";
import type { ClearingInput, ClearingRules } from "./types.ts";

/** What admission and the rules' own door have promised; a broken promise is our bug and must not become a wrong number. */
export function assertClearable({ interval, orders, rules }: ClearingInput): void {
  assert(Number.isSafeInteger(rules.tick) && rules.tick > 0, "the tick is a positive integer");
  assert(Number.isSafeInteger(rules.kPermille) && rules.kPermille >= 0 && rules.kPermille <= 1000, "k lies between 0 and 1000 thousandths");
  for (const { body } of orders) {
    assert(body.interval === interval, "all orders are for the interval that is cleared");
    assert(Number.isSafeInteger(body.energy) && body.energy > 0, "an order's energy is a positive integer");
    assert(Number.isSafeInteger(body.limit) && body.limit >= 0 && body.limit % rules.tick === 0, "limits are multiples of the tick");
  }
  assert(new Set(orders.map(({ id }) => id)).size === orders.length, "order ids are unique");
}

/** What the auction needs of the market rules. */
export const clearingRules = ({ tick, kPermille, residual }: MarketRules): ClearingRules => ({
  tick,
  kPermille,
  rationing: "pro-rata",
  residual,
});

/** How many homes a street may have so that no sum or product of a clearing can leave the exact integers; rules are checked with it at the door. */
export function largestMarket({ maxPrice, maxOrderWh, maxOrdersPerHome }: MarketRules): number {
  return Math.floor(Number.MAX_SAFE_INTEGER / (Math.max(maxPrice, 1) * maxOrderWh * maxOrdersPerHome));
}
