import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Digest, interval, wh } from "../../../engine/kernel/index.ts";
import { entryId, type Signed, type SignedCommit, type SignedOrder } from "../../../engine/messages/index.ts";
import { Pool } from "../../../src/node/pool.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { AT, order, reading, seal, signedAgain, someDigest } from "../../support/node-parts.ts";
import { RULES } from "../../support/rules.ts";

const READ = interval(98);
const [one, two, other] = [order(1), order(2), order(1, { energy: wh(600) })];
const agent = agentAddressOf(1);
/** One key for all of them. */
const agentAt = () => agent;

type Held = readonly [entry: SignedOrder | SignedCommit, isTimely: boolean];
function poolOf(...held: readonly Held[]): Pool {
  const pool = new Pool();
  for (const [entry, isTimely] of held) {
    const how = { agent, isTimely };
    if ("commitment" in entry.body) pool.add({ kind: "commit", commit: entry as SignedCommit }, how);
    else pool.add({ kind: "order", order: entry as SignedOrder }, how);
  }
  return pool;
}
const ids = (...entries: readonly Signed<unknown>[]) => entries.map(entryId).sort();

describe("open: what was held at the gate, whatever seals there are", () => {
  test.each<[string, readonly Held[], Digest[]]>([
    [
      "in time",
      [
        [one, true],
        [two, true],
      ],
      ids(one, two),
    ],
    [
      "fetched",
      [
        [one, false],
        [two, true],
      ],
      ids(two),
    ],
    [
      "both of two that exclude each other",
      [
        [one, true],
        [other, true],
      ],
      ids(one, other),
    ],
    ["of another interval", [[order(1, { interval: interval(101) }), true]], []],
    [
      "first fetched, then by gossip: fetched",
      [
        [one, false],
        [one, true],
      ],
      [],
    ],
  ])("%s", (_, held, orders) => expect(poolOf(...held).listable(AT, READ, false, agentAt)).toEqual({ commits: [], orders, readings: [] }));

  test("a seal is never listed", () => expect(poolOf([seal(one), true]).listable(AT, READ, false, agentAt).commits).toEqual([]));
});

describe("sealed: orders whose seal was held at the gate, and seals whose order hasn't come | all shown?", () => {
  test.each<[string, readonly Held[], Digest[], Digest[], boolean]>([
    ["nothing", [], [], [], true],
    [
      "sealed and shown",
      [
        [seal(one), true],
        [one, true],
      ],
      [],
      ids(one),
      true,
    ],
    [
      "shown before the seal came in",
      [
        [one, true],
        [seal(one), true],
      ],
      [],
      ids(one),
      true,
    ],
    [
      "shown in an answer to a question",
      [
        [seal(one), true],
        [one, false],
      ],
      [],
      ids(one),
      true,
    ],
    ["sealed, not shown", [[seal(one), true]], ids(seal(one)), [], false],
    [
      "one of two shown",
      [
        [seal(one), true],
        [seal(two), true],
        [one, true],
      ],
      ids(seal(two)),
      ids(one),
      false,
    ],
    ["shown without a seal", [[one, true]], [], [], true],
    [
      "the seal came too late",
      [
        [seal(one), false],
        [one, true],
      ],
      [],
      [],
      true,
    ],
    [
      "shown another order than was sealed",
      [
        [seal(one), true],
        [other, true],
      ],
      ids(seal(one)),
      [],
      false,
    ],
    [
      "two seals, one order",
      [
        [seal(one), true],
        [seal(other), true],
        [one, true],
      ],
      ids(seal(other)),
      ids(one),
      false,
    ],
    [
      "sealed under another signature",
      [
        [seal(signedAgain(one)), true],
        [one, true],
      ],
      ids(seal(signedAgain(one))),
      [],
      false,
    ],
    ["of another interval", [[seal(order(1, { interval: interval(101) })), true]], [], [], true],
  ])("%s", (_, held, commits, orders, isShown) => {
    const pool = poolOf(...held);
    expect(pool.listable(AT, READ, true, agentAt)).toEqual({ commits, orders, readings: [] });
    expect(pool.isShown(AT)).toBe(isShown);
  });

  test("whether all is shown is seen afresh as seals and orders come, for each interval on its own", () => {
    const pool = poolOf([seal(one), true]);
    const next = order(1, { interval: interval(101) });
    expect([pool.isShown(AT), pool.isShown(AT)]).toEqual([false, false]);
    pool.add({ kind: "order", order: one }, { agent: agentAddressOf(1), isTimely: true });
    expect(pool.isShown(AT)).toBe(true);
    pool.add({ kind: "commit", commit: seal(next) }, { agent: agentAddressOf(1), isTimely: true });
    expect([pool.isShown(AT), pool.isShown(interval(101)), pool.isShown(AT)]).toEqual([true, false, true]);
    pool.add({ kind: "commit", commit: seal(other) }, { agent: agentAddressOf(1), isTimely: true });
    expect(pool.isShown(AT)).toBe(false);
    pool.keepOf({ agentAt: () => undefined, rulesAt: () => RULES });
    expect(pool.isShown(AT)).toBe(true);
  });

  const some = [0, 1, 2].flatMap((home) => [0, 1].map((seq) => order(home, { seq })));
  test("no seal is listed beside its order; each of the two lists rises; nothing depends on what came first", () => {
    const anyHeld = fc.shuffledSubarray([...some, ...some.map((each) => seal(each))].map((each): Held => [each, true]));
    fc.assert(
      fc.property(anyHeld, (held) => {
        const { commits, orders } = poolOf(...held).listable(AT, READ, true, agentAt);
        expect(poolOf(...[...held].reverse()).listable(AT, READ, true, agentAt)).toMatchObject({ commits, orders });
        expect([commits, orders]).toEqual([[...commits].sort(), [...orders].sort()]);
        const told = new Set(held.map(([entry]) => entryId(entry)));
        for (const each of some) {
          const isSealed = told.has(entryId(seal(each)));
          expect([commits.includes(entryId(seal(each))), orders.includes(entryId(each))]).toEqual([
            isSealed && !told.has(entryId(each)),
            isSealed && told.has(entryId(each)),
          ]);
        }
      }),
      { numRuns: 200 },
    );
  });
});

test("readings of the interval that is settled, whenever they came", () => {
  const pool = new Pool();
  const readings = [reading(1, 98, 5), reading(2, 98, 6), reading(1, 97, 4)];
  for (const each of readings) pool.add({ kind: "reading", reading: each }, { agent, isTimely: each.body.home === 1 });
  for (const isSealed of [true, false])
    expect(pool.listable(AT, READ, isSealed, agentAt).readings).toEqual(ids(readings[0]!, readings[1]!));
});

test("an entry is handed out as the message it came in, with what stands beside it", () => {
  const pool = poolOf([seal(one), true], [one, true], [other, true], [two, true]);
  expect(pool.message(entryId(seal(one)))).toEqual({ kind: "commit", commit: seal(one) });
  expect(pool.message(entryId(one))).toEqual({ kind: "order", order: one });
  expect(pool.message(someDigest(1))).toBeNull();
  expect(
    pool
      .beside({ kind: "order", order: one })
      .map((each) => each.kind === "order" && entryId(each.order))
      .sort(),
  ).toEqual(ids(one, other));
  expect(pool.beside({ kind: "commit", commit: seal(other) })).toEqual([{ kind: "commit", commit: seal(one) }]);
  expect(entryId(one)).toBe(seal(one).body.commitment);
});

test("orders whose seal came in time and which were never shown are named as their seals name them, to be asked for", () => {
  const late = order(3);
  const pool = poolOf([seal(one), true], [seal(two), true], [seal(late), false], [one, false], [signedAgain(two), true]);
  expect(pool.unshown(AT)).toEqual([entryId(two)]);
  expect(pool.unshown(interval(101))).toEqual([]);
});

test("what another key signed than the one in force is not listed, nor what it sealed", () => {
  const other = agentAddressOf(9);
  const pool = new Pool();
  pool.add({ kind: "order", order: one }, { agent: other, isTimely: true });
  pool.add({ kind: "commit", commit: seal(one) }, { agent: other, isTimely: true });
  pool.add({ kind: "commit", commit: seal(two) }, { agent: other, isTimely: true });
  pool.add({ kind: "reading", reading: reading(1, 98, 5) }, { agent: other, isTimely: true });
  const nothing = { commits: [], orders: [], readings: [] };
  for (const isSealed of [true, false]) expect(pool.listable(AT, READ, isSealed, agentAt)).toEqual(nothing);
  // A reading is signed in the interval after its own, under the key of that one.
  const keyOf = (_: unknown, at: number) => (at === READ + 1 ? other : agent);
  expect(pool.listable(AT, READ, true, keyOf)).toEqual({ ...nothing, readings: ids(reading(1, 98, 5)) });
});

test("seals are forgotten with their interval", () => {
  const pool = poolOf([seal(one), true], [seal(order(1, { interval: interval(101) })), true]);
  pool.settle(AT, READ, []);
  expect([pool.has(entryId(seal(one))), pool.heldCommits(one.body.home, AT, 0).length]).toEqual([false, 0]);
  expect(pool.heldCommits(one.body.home, interval(101), 0)).toHaveLength(1);
});
