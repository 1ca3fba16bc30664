import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { entrySet, faulty, nextMembers, shownOf, withoutConflicts } from "../../../engine/agreement/index.ts";
import { type Digest, homeId, wh } from "../../../engine/kernel/index.ts";
import { entryId, type OrderList, type SignedOrder, signedOf } from "../../../engine/messages/index.ts";
import { list, order, seal, signedAgain, someDigest } from "../../support/node-parts.ts";

const RUNS = { numRuns: 300 };

// Three homes, two places each, and in each place two orders, one of them under two signatures.
const ORDERS: readonly SignedOrder[] = [1, 2, 3].flatMap((home) =>
  [0, 1].flatMap((seq) => {
    const [one, two] = [51, 52].map((energy) => order(home, { seq, energy: wh(energy) }));
    return [one!, two!, signedAgain(two!)];
  }),
);
const SEALS = ORDERS.map((each) => seal(each));
const some = <T>(all: readonly T[]) => fc.shuffledSubarray([...all]);
const place = ({ body }: { readonly body: { readonly home: number; readonly seq: number } }): string => `${body.home}/${body.seq}`;
const ids = (orders: readonly SignedOrder[]): ReadonlySet<Digest> => new Set(orders.map(entryId));
const twice = <T>(all: readonly T[]) =>
  some(all).chain((one) => fc.tuple(fc.constant(one), fc.shuffledSubarray(one, { minLength: one.length })));

test("which sealed orders count and who pays: place by place, whatever came first", () => {
  fc.assert(
    fc.property(twice(ORDERS), twice(SEALS), ([orders, ordersAgain], [seals, sealsAgain]) => {
      const found = shownOf(seals, orders);
      const again = shownOf(sealsAgain, ordersAgain);
      expect([ids(again.orders), again.withheld]).toEqual([ids(found.orders), found.withheld]);
      const unshown = seals.filter(({ body }) => !ids(orders).has(body.commitment));
      const taken = [...new Set([...orders, ...unshown].map(place))];
      const alone = (at: string) => [...orders, ...unshown].filter((each) => place(each) === at).length === 1;
      const counts = orders.filter((each) => alone(place(each)));
      const owing = taken.filter((at) => !counts.some((each) => place(each) === at));
      expect(ids(found.orders)).toEqual(ids(counts));
      expect(found.withheld.map((each) => place(signedOf(each))).sort()).toEqual(owing.sort());
    }),
    RUNS,
  );
});

test("of open orders those count that are alone in their place", () => {
  fc.assert(
    fc.property(twice(ORDERS), ([orders, again]) => {
      const alone = orders.filter((one) => orders.filter((other) => place(other) === place(one)).length === 1);
      expect([ids(withoutConflicts(orders)), ids(withoutConflicts(again))]).toEqual([ids(alone), ids(alone)]);
    }),
    RUNS,
  );
});

const validators = (count: number) => ({ ids: Array.from({ length: count }, (_, home) => homeId(home)) });
const anyLists = fc.integer({ min: 1, max: 7 }).chain((count) =>
  fc.array(
    fc.record({
      orders: some([1, 2, 3, 4].map(someDigest)),
      readings: some([5, 6].map(someDigest)),
      members: fc.constantFrom(...[7, 8, 9].map(someDigest)),
      membersVersion: fc.integer({ min: 0, max: 3 }),
    }),
    { minLength: count, maxLength: count },
  ),
);
const bodies = (lists: readonly Pick<OrderList, "orders" | "readings" | "members" | "membersVersion">[]): readonly OrderList[] =>
  lists.map((change, home) => ({ ...list(home).body, ...change }));

test("what more than f lists hold is in, and the newest set that more than f read comes next, however lists are named", () => {
  const current = { digest: someDigest(10), version: 1 };
  fc.assert(
    fc.property(anyLists, fc.array(fc.nat()), (lists, lots) => {
      const those = bodies(lists);
      const set = validators(those.length);
      const shuffled = those.map((each, i) => ({ each, lot: lots[i] ?? 0 })).sort((a, b) => a.lot - b.lot);
      const again = shuffled.map(({ each }) => each).reverse();
      const held = (pick: (body: OrderList) => readonly Digest[], entry: Digest): boolean =>
        those.filter((body) => pick(body).includes(entry)).length > faulty(set);
      const found = entrySet(set, those);
      expect(entrySet(set, again)).toEqual(found);
      expect(found.orders).toEqual([1, 2, 3, 4].map(someDigest).filter((entry) => held(({ orders }) => orders, entry)));
      expect(found.readings).toEqual([5, 6].map(someDigest).filter((entry) => held(({ readings }) => readings, entry)));
      const newest = [3, 2]
        .flatMap((version) => [7, 8, 9].map((byte) => ({ version, digest: someDigest(byte) })))
        .find(
          ({ version, digest }) =>
            those.filter(({ members, membersVersion }) => members === digest && membersVersion === version).length > faulty(set),
        );
      expect([nextMembers(set, those, current), nextMembers(set, again, current)]).toEqual(Array(2).fill(newest?.digest ?? current.digest));
    }),
    RUNS,
  );
});
