import { expect } from "@jest/globals";
import fc from "fast-check";
import type { ClearingInput, ClearingMechanism, OrderEntry } from "../../engine/auction/index.ts";
import { idOf } from "./book.ts";

/** What holds for whatever clears: the same law for every mechanism and every kind of market. */
export function arrivalChangesNothing(markets: fc.Arbitrary<ClearingInput>, mechanism: ClearingMechanism, runs: number): void {
  const shuffled = markets.chain((given) =>
    fc.tuple(
      fc.constant(given),
      fc.shuffledSubarray([...given.orders], { minLength: given.orders.length, maxLength: given.orders.length }),
    ),
  );
  fc.assert(
    fc.property(shuffled, ([given, orders]) => expect(mechanism({ ...given, orders })).toEqual(mechanism(given))),
    { numRuns: runs },
  );
}

export const mapOrders = (given: ClearingInput, map: (order: OrderEntry) => OrderEntry): ClearingInput => ({
  ...given,
  orders: given.orders.map(map),
});

/** The order under another id: multiplying by a number prime to the modulus is a permutation. */
export const renamedBy =
  (salt: number) =>
  (order: OrderEntry): OrderEntry => ({ ...order, id: idOf((Number(BigInt(order.id)) * (2 * salt + 1)) % 2 ** 21) });
