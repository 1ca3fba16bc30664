import { expect, test } from "@jest/globals";
import fc from "fast-check";
import type { ClearingInput } from "../../../engine/auction/index.ts";
import { type Agreement, clearWithPreferences, type Preferences } from "../../../engine/auction/preferences/index.ts";
import { type HomeId, homeId, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { idOf } from "../../support/book.ts";
import { anyMarket } from "../../support/networks.ts";

const anyAgreement = fc.record({
  kind: fc.constantFrom("contract" as const, "gift" as const),
  from: fc.nat(5),
  to: fc.nat(5),
  energy: fc.integer({ min: 1, max: 12 }),
  price: fc.nat(12),
  rank: fc.nat(2),
  signed: fc.constantFrom(0, 1, 2, 2, 2),
});

interface Case {
  readonly given: ClearingInput;
  readonly preferences: Preferences;
}

const anyCase: fc.Arbitrary<Case> = fc
  .record({
    given: anyMarket({ nodes: 5, orders: 10, energy: 9 }),
    agreements: fc.array(anyAgreement, { maxLength: 4 }),
    friends: fc.array(fc.tuple(fc.nat(5), fc.nat(5)), { maxLength: 12 }),
    k: fc.constantFrom(0, 500, 1000),
  })
  .map(({ given, agreements, friends, k }) => {
    const { tick } = given.rules;
    const named = new Map<HomeId, Set<HomeId>>();
    for (const [a, b] of friends) named.set(homeId(a), (named.get(homeId(a)) ?? new Set()).add(homeId(b)));
    const told = agreements.map(({ kind, from, to, energy, price, rank, signed }, i): Agreement => {
      const [seller, buyer] = [homeId(from), homeId(to)];
      const terms = { energy: wh(energy), price: microPerKwh(kind === "gift" ? 0 : price * tick), rank };
      return { id: idOf(900 + ((3 * i) % 5)), kind, seller, buyer, ...terms, agreedBy: new Set([seller, buyer].slice(0, signed)) };
    });
    return { given, preferences: { agreements: told, friends: named, friendKPermille: k } };
  });

test("nobody gives or gets more than its order has, wires carry no more than they can, and preferences cost nothing or something", () => {
  fc.assert(
    fc.property(anyCase, ({ given, preferences }) => {
      const { fills, totals, clearing, welfare } = clearWithPreferences(given, preferences);
      for (const { order, wanted, contract, gift, friend, auction } of totals) {
        expect(wanted).toBe(given.orders.find(({ id }) => id === order)!.body.energy);
        expect(contract + gift + friend + auction).toBeLessThanOrEqual(wanted);
        const inStages = fills.filter(({ buy, sell }) => buy === order || sell === order).reduce((sum, { energy }) => sum + energy, 0);
        expect(contract + gift + friend).toBe(inStages);
        expect(auction).toBe(clearing.outcomes.find((outcome) => outcome.order === order)?.energy ?? 0);
      }
      expect(welfare.cost).toBe(welfare.optimum - welfare.stages - welfare.auction);
      expect(welfare.cost).toBeGreaterThanOrEqual(0);
      wiresHold(
        given,
        fills.map(({ buyer, seller, energy }) => [seller, buyer, energy] as const),
        clearing,
      );
    }),
    { numRuns: 400 },
  );
});

/** All fills at once, each on its way, stay within each wire's capacity, one way and the other. */
function wiresHold(
  { network }: ClearingInput,
  pairs: readonly (readonly [HomeId, HomeId, number])[],
  clearing: ReturnType<typeof clearWithPreferences>["clearing"],
): void {
  const net = network.nodes.map(() => 0);
  const put = (home: HomeId, energy: number): void => {
    for (let node = network.homes.get(home) ?? 0; node !== 0; node = network.nodes[node]!.edge!.parent) net[node]! += energy;
  };
  for (const [seller, buyer, energy] of pairs) {
    put(seller, -energy);
    put(buyer, energy);
  }
  for (const { side, home, energy } of clearing.kind === "trade" ? clearing.fills : []) put(home, side === "buy" ? energy : -energy);
  for (const [node, { edge }] of network.nodes.entries()) {
    if (edge === null) continue;
    expect(net[node]).toBeLessThanOrEqual(edge.importCapacity);
    expect(-net[node]!).toBeLessThanOrEqual(edge.exportCapacity);
  }
}

test("friends never trade at a loss, and only with each other's consent; agreements only as they were signed", () => {
  fc.assert(
    fc.property(anyCase, ({ given, preferences }) => {
      const { fills, agreements } = clearWithPreferences(given, preferences);
      const limits = new Map(given.orders.map(({ id, body }) => [id, body.limit]));
      for (const { stage, agreement, buyer, seller, buy, sell, energy, price, amount, fees } of fills) {
        expect([amount, energy > 0, buyer !== seller, price % given.rules.tick]).toEqual([energy * price, true, true, 0]);
        if (stage === "friend") {
          expect([preferences.friends.get(buyer)!.has(seller), preferences.friends.get(seller)!.has(buyer)]).toEqual([true, true]);
          expect(price).toBeGreaterThanOrEqual(limits.get(sell)!);
          expect(energy * limits.get(buy)!).toBeGreaterThanOrEqual(amount + fees);
        } else {
          const told = preferences.agreements.find(({ id }) => id === agreement)!;
          expect(told).toMatchObject({ kind: stage, buyer, seller, price });
          expect([told.agreedBy.has(buyer), told.agreedBy.has(seller)]).toEqual([true, true]);
        }
      }
      for (const { agreement, wanted, energy, reason } of agreements) {
        const delivered = fills.filter((fill) => fill.agreement === agreement).reduce((sum, fill) => sum + fill.energy, 0);
        expect(energy).toBe(delivered);
        expect(reason === null).toBe(energy === wanted);
      }
    }),
    { numRuns: 300 },
  );
});

test("order of arrival changes nothing", () => {
  fc.assert(
    fc.property(anyCase, ({ given, preferences }) => {
      const turned = {
        ...preferences,
        agreements: [...preferences.agreements].reverse(),
        friends: new Map([...preferences.friends].reverse().map(([home, names]) => [home, new Set([...names].reverse())])),
      };
      const answer = clearWithPreferences({ ...given, orders: [...given.orders].reverse() }, turned);
      expect(answer).toEqual(clearWithPreferences(given, preferences));
    }),
    { numRuns: 150 },
  );
});
