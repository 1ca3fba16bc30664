import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { entrySet, faulty, nextMembers, quorum, shownOf, withheldId } from "../../../engine/agreement/index.ts";
import { type Digest, homeId, interval, wh } from "../../../engine/kernel/index.ts";
import { entryId, type OrderList, type Signed, type SignedCommit, type SignedOrder } from "../../../engine/messages/index.ts";
import { idOf as numbered } from "../../support/book.ts";
import { order, seal, signedAgain } from "../../support/node-parts.ts";

const street = (n: number) => ({ ids: Array.from({ length: n }, (_, i) => homeId(i)) });
const list = (validator: number, change: Partial<OrderList> = {}): OrderList => ({
  interval: interval(5),
  validator: homeId(validator),
  members: numbered(1),
  membersVersion: 1,
  stakes: [],
  commits: [],
  orders: [],
  readings: [],
  ...change,
});

describe("seals by the set rule, apart from orders", () => {
  const [a, b, c] = [1, 2, 3].map(numbered) as [Digest, Digest, Digest];
  test.each<[string, readonly (readonly Digest[])[], readonly Digest[]]>([
    ["one list is not enough", [[a], [], []], []],
    ["two of four are", [[a], [a], []], [a]],
    ["by rising digest", [[c, a], [a], [c]], [a, c]],
    ["twice in one list is once", [[b, b], [], []], []],
  ])("%s", (_, named, expected) =>
    expect(
      entrySet(
        street(4),
        named.map((commits, validator) => list(validator, { commits, orders: [b] })),
      ),
    ).toEqual({ commits: expected, orders: [b], readings: [] }),
  );
});

describe("who agrees next: the newest set that f+1 lists read", () => {
  const CURRENT = { digest: numbered(1), version: 5 };
  const reads = (...sets: readonly (readonly [set: number, version: number])[]) =>
    sets.map(([set, version], validator) => list(validator, { members: numbered(set), membersVersion: version }));
  test.each<[string, number, OrderList[], number]>([
    ["all read the current one", 4, reads([1, 5], [1, 5], [1, 5]), 1],
    ["all read another", 4, reads([2, 6], [2, 6], [2, 6]), 2],
    ["f+1 of four do", 4, reads([1, 5], [2, 6], [2, 6]), 2],
    ["one of four may lie", 4, reads([1, 5], [1, 5], [2, 6]), 1],
    ["of one validator one is enough", 1, reads([2, 6]), 2],
    ["of seven two may lie", 7, reads([2, 6], [2, 6], [1, 5], [1, 5], [1, 5]), 1],
    ["three can't all", 7, reads([2, 6], [2, 6], [2, 6], [1, 5], [1, 5]), 2],
    ["of two candidates the newer, though fewer read it", 7, reads([2, 6], [2, 6], [2, 6], [3, 7], [3, 7], [3, 7]), 3],
    ["an older one never, whoever reads it", 4, reads([3, 4], [3, 4], [3, 4]), 1],
    ["nor another of the same version", 4, reads([3, 5], [3, 5], [3, 5]), 1],
    ["who reads late names the current one, and takes nothing from the others", 4, reads([2, 6], [2, 6], [1, 5], [3, 4]), 2],
    ["two sets of one version, equally read: the lower digest", 7, reads([4, 6], [4, 6], [4, 6], [3, 6], [3, 6], [3, 6]), 3],
    ["one set under two versions is read by neither f+1", 4, reads([2, 6], [2, 7], [1, 5]), 1],
    ["nobody says anything", 4, [], 1],
  ])("%s", (_, n, lists, expected) => {
    expect(nextMembers(street(n), lists, CURRENT)).toBe(numbered(expected));
    expect(nextMembers(street(n), [...lists].reverse(), CURRENT)).toBe(numbered(expected));
  });

  test("f liars bring in no set that no honest validator read, and all honest together bring theirs", () => {
    const anyCase = fc.integer({ min: 1, max: 13 }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        chosen: fc.shuffledSubarray([...street(n).ids], { minLength: n, maxLength: n }),
        version: fc.integer({ min: 0, max: 9 }),
      }),
    );
    fc.assert(
      fc.property(anyCase, ({ n, chosen, version }) => {
        const f = faulty(street(n));
        const lists = chosen
          .slice(0, quorum(street(n)))
          .map((id) => list(id, id < f ? { members: numbered(66), membersVersion: version } : { members: numbered(2), membersVersion: 6 }));
        expect(nextMembers(street(n), lists, CURRENT)).toBe(numbered(2));
      }),
      { numRuns: 200 },
    );
  });
});

describe("sealed orders: unshown seals | orders -> what counts | for whom a place is withheld", () => {
  const [one, two, other] = [order(1), order(2), order(1, { energy: wh(600) })];
  const second = order(1, { seq: 1 });
  const byId = <T extends Signed<unknown>>(entries: readonly T[]) => [...entries].sort((a, b) => (entryId(a) < entryId(b) ? -1 : 1));
  const lower = byId([seal(one), seal(other)])[0]!;
  const told = (commits: readonly SignedCommit[], orders: readonly SignedOrder[]) => {
    const { orders: counted, withheld } = shownOf(commits, orders);
    return [counted.map(entryId), withheld.map(withheldId)];
  };

  test.each<[string, readonly SignedCommit[], readonly SignedOrder[], readonly SignedOrder[], readonly Signed<unknown>[]]>([
    ["nothing at all", [], [], [], []],
    ["shown to all", [], [one, two], [one, two], []],
    ["never shown", [seal(one)], [], [], [seal(one)]],
    ["shown to enough, though some waited in vain", [seal(one)], [one], [one], []],
    ["one shown, another home's not", [seal(two)], [one], [one], [seal(two)]],
    ["of two places of one home one shown", [seal(second)], [one], [one], [seal(second)]],
    ["none of two places", [seal(one), seal(second)], [], [], byId([seal(one), seal(second)])],
    ["two seals in one place, none shown: one charge", [seal(one), seal(other)], [], [], [lower]],
    ["two seals in one place, one of them shown: neither counts", [seal(other)], [one], [], [seal(other)]],
    ["two orders in one place, both sealed and shown: neither counts", [], [one, other], [], byId([one, other]).slice(0, 1)],
    ["two orders there, and one elsewhere that counts", [], [one, other, second], [second], byId([one, other]).slice(0, 1)],
    ["another order than was sealed is another's word against the seal", [seal(one)], [other], [], [seal(one)]],
    [
      "one order under two signatures is two in one place",
      [],
      byId([one, signedAgain(one)]),
      [],
      byId([one, signedAgain(one)]).slice(0, 1),
    ],
    ["shown under another signature than was sealed", [seal(one)], [signedAgain(one)], [], [seal(one)]],
    ["a seal under another signature of the same order is another seal", [seal(signedAgain(one))], [one], [], [seal(signedAgain(one))]],
  ])("%s", (_, commits, orders, counted, withheld) => expect(told(commits, orders)).toEqual([counted.map(entryId), withheld.map(entryId)]));

  test("which message stands for a place says which kind it is", () => {
    expect(shownOf([seal(one)], []).withheld).toEqual([{ kind: "commit", commit: seal(one) }]);
    expect(shownOf([], byId([one, other])).withheld).toEqual([{ kind: "order", order: byId([one, other])[0] }]);
  });

  const places = [0, 1].flatMap((home) => [0, 1].map((seq) => ({ home, seq })));
  const everyOrder = places.flatMap(({ home, seq }) => [500, 600].map((energy) => order(home, { seq, energy: wh(energy) })));
  const anyNamed = fc.record({
    commits: fc.shuffledSubarray(everyOrder.map((each) => seal(each))),
    orders: fc.shuffledSubarray([...everyOrder]),
  });

  test("the order in which they are named changes nothing; nobody pays twice for a place, or without having signed in it", () => {
    fc.assert(
      fc.property(anyNamed, ({ commits, orders }) => {
        const found = shownOf(commits, byId(orders));
        expect(shownOf(byId(commits), byId(orders))).toEqual(found);
        expect(shownOf([...commits].reverse(), byId(orders))).toEqual(found);
        const ids = found.withheld.map(withheldId);
        expect(ids).toEqual([...ids].sort());
        const bodies = found.withheld.map((each) => (each.kind === "commit" ? each.commit.body : each.order.body));
        const paying = bodies.map(({ home, seq }) => `${home}/${seq}`);
        const filled = found.orders.map(({ body }) => `${body.home}/${body.seq}`);
        const signed = [...commits, ...orders].map(({ body }) => `${body.home}/${body.seq}`);
        // Each place that anything was signed in has exactly one order or one entry to pay for; or its seal was shown elsewhere.
        expect(new Set([...paying, ...filled]).size).toBe(paying.length + filled.length);
        expect([...paying, ...filled].sort()).toEqual([...new Set(signed)].sort());
      }),
      { numRuns: 500 },
    );
  });
});
