import { describe, expect, test } from "@jest/globals";
import { keccak256 } from "ethers";
import fc from "fast-check";
import { entriesRoot, entrySet, faulty, oneReadingEach, quorum, withoutConflicts } from "../../../engine/agreement/index.ts";
import { homeId, interval } from "../../../engine/kernel/index.ts";
import type { OrderList, SignedOrder } from "../../../engine/messages/index.ts";
import { book, idOf } from "../../support/book.ts";
import { readingOf } from "../../support/settlement.ts";

const street = (n: number) => ({ ids: Array.from({ length: n }, (_, i) => homeId(3 * i + 1)) });
const list = (
  validator: number,
  orders: readonly number[],
  readings: readonly number[] = [],
  commits: readonly number[] = [],
): OrderList => ({
  interval: interval(5),
  validator: homeId(validator),
  members: idOf(70),
  membersVersion: 1,
  stakes: [],
  commits: commits.map(idOf),
  orders: orders.map(idOf),
  readings: readings.map(idOf),
});

describe("how many may lie, and how many must agree", () => {
  test.each([
    [1, 0, 1],
    [2, 0, 2],
    [3, 0, 3],
    [4, 1, 3],
    [5, 1, 4],
    [6, 1, 5],
    [7, 2, 5],
    [12, 3, 9],
    [13, 4, 9],
    [31, 10, 21],
  ])("of %i: %i and %i", (n, f, q) => expect([faulty(street(n)), quorum(street(n))]).toEqual([f, q]));
});

describe("the set rule, with four validators: two lists must hold it", () => {
  test.each<[string, OrderList[], number[]]>([
    ["one list is not enough", [list(1, [1]), list(4, []), list(7, [])], []],
    ["two are", [list(1, [1]), list(4, [1]), list(7, [])], [1]],
    ["by rising digest", [list(1, [2, 9]), list(4, [9]), list(7, [2])], [2, 9]],
    ["twice in one list is once", [list(1, [1, 1]), list(4, []), list(7, [])], []],
  ])("%s", (_, lists, orders) => expect(entrySet(street(4), lists).orders).toEqual(orders.map(idOf)));

  test("readings by the same rule", () => {
    expect(entrySet(street(4), [list(1, [], [3]), list(4, [8], [3, 5]), list(7, [])])).toEqual({
      commits: [],
      orders: [],
      readings: [idOf(3)],
    });
  });

  test("held by all honest homes before the gate: in; listed by none of them: out; whichever quorum of lists the leader picks", () => {
    const anyStreet = fc.integer({ min: 1, max: 13 }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        order: fc.shuffledSubarray(street(n).ids.slice(), { minLength: n, maxLength: n }),
        more: fc.nat(n - quorum(street(n))),
        between: fc.array(fc.boolean(), { minLength: n, maxLength: n }),
        lies: fc.array(fc.subarray([1, 2, 3]), { minLength: n, maxLength: n }),
      }),
    );
    fc.assert(
      fc.property(anyStreet, ({ n, order, more, between, lies }) => {
        const liars = street(n).ids.slice(0, faulty(street(n)));
        // 1: all honest hold it; 2: some do; 3: none. Liars say what they like.
        const lists = order
          .slice(0, quorum(street(n)) + more)
          .map((id, i) => (liars.includes(id) ? list(id, lies[i]!) : list(id, between[i] ? [1, 2] : [1])));
        const { orders } = entrySet(street(n), lists);
        expect([orders.includes(idOf(1)), orders.includes(idOf(3))]).toEqual([true, false]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("contradictions", () => {
  const signed = (orders: ReturnType<typeof book>, seqs: readonly number[]): SignedOrder[] =>
    orders.map(({ id, body }, i) => ({ id, body: { ...body, seq: seqs[i]! }, signature: new Uint8Array(65) }));

  test("of two orders of one home with one seq neither counts; equal seqs of two homes, and two seqs of one home, do", () => {
    const orders = signed(book([1, "buy", 5, 5], [1, "sell", 5, 5], [2, "buy", 5, 5], [1, "buy", 6, 6]), [0, 0, 0, 1]);
    expect(withoutConflicts(orders).map(({ id }) => id)).toEqual([idOf(3), idOf(4)]);
  });

  test("of two readings of one home neither counts", () => {
    const readings = [readingOf(1, 5, 1, 1), readingOf(2, 5, 1, 1), readingOf(1, 5, 2, 2)].map((body, i) => ({
      body,
      id: idOf(i),
      signature: new Uint8Array(65),
    }));
    expect(oneReadingEach(readings).map(({ body }) => body.home)).toEqual([2]);
  });

  test("the root of a set is the hash of its digests in a row", () => {
    expect(entriesRoot([idOf(1), idOf(2)])).toBe(keccak256(idOf(1) + idOf(2).slice(2)));
    expect(entriesRoot([])).toBe(keccak256("0x"));
  });
});
