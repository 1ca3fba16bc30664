import { describe, expect, test } from "@jest/globals";
import { homeId, interval } from "../../../engine/kernel/index.ts";
import { entryId, type Signed } from "../../../engine/messages/index.ts";
import { Pool } from "../../../src/node/pool.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { AT, order, reading, signedAgain, someDigest } from "../../support/node-parts.ts";
import { RULES } from "../../support/rules.ts";

const NEXT = interval(AT + 1);
const TIMELY = { agent: agentAddressOf(0), isTimely: true };

function filled() {
  const orders = [order(0), order(1), order(1, { seq: 1 }), order(1, { interval: NEXT })];
  const readings = [reading(0, 97, 10), reading(0, 98, 20), reading(1, 98, 30), reading(0, 99, 40)];
  const pool = new Pool();
  for (const each of orders) pool.add({ kind: "order", order: each }, TIMELY);
  for (const each of readings) pool.add({ kind: "reading", reading: each }, TIMELY);
  return { pool, orders, readings };
}

const ids = (entries: readonly Signed<unknown>[]) => entries.map(entryId);

describe("the pool", () => {
  test("finds by what entries are named by, whatever the kind", () => {
    const { pool, orders, readings } = filled();
    expect(pool.orders.get(entryId(orders[2]!))).toBe(orders[2]);
    expect(pool.readings.get(entryId(readings[1]!))).toBe(readings[1]);
    expect([...ids([orders[0]!, readings[0]!]), orders[0]!.id, someDigest(1)].map(pool.has)).toEqual([true, true, false, false]);
    expect(pool.orders.get(entryId(readings[0]!))).toBeUndefined();
  });

  test("lists one interval by rising name, as a signed list needs it", () => {
    const { pool, orders, readings } = filled();
    expect(ids(pool.orders.of(AT).map(({ entry }) => entry))).toEqual(ids(orders.slice(0, 3)).sort());
    expect(ids(pool.orders.of(NEXT).map(({ entry }) => entry))).toEqual(ids([orders[3]!]));
    expect(ids(pool.readings.of(interval(98)).map(({ entry }) => entry))).toEqual(ids(readings.slice(1, 3)).sort());
    expect(pool.orders.of(interval(1))).toEqual([]);
  });

  test("keeps both of two that exclude each other, and the same one once", () => {
    const { pool, orders } = filled();
    const twin = order(0, { limit: 160_000 as never });
    for (const each of [twin, orders[0]!]) pool.add({ kind: "order", order: each }, TIMELY);
    expect(pool.heldOrders(homeId(0), AT, 0)).toHaveLength(2);
    expect(pool.heldOrders(homeId(1), AT, 1)).toEqual([orders[2]]);
    expect(pool.heldOrders(homeId(1), AT, 2)).toEqual([]);
  });

  test("keeps what a home signed twice twice, each under its own name", () => {
    const { pool, orders } = filled();
    const again = signedAgain(orders[2]!);
    pool.add({ kind: "order", order: again }, { agent: agentAddressOf(0), isTimely: false });
    expect([orders[2]!, again].map((each) => pool.orders.get(entryId(each)))).toEqual([orders[2], again]);
    expect(pool.heldOrders(homeId(1), AT, 1)).toEqual([orders[2], again]);
    const held = pool.orders.of(AT).filter(({ entry }) => entry.body.seq === 1);
    expect(new Set(held.map(({ id, isTimely }) => `${id} ${isTimely}`))).toEqual(
      new Set([`${entryId(orders[2]!)} true`, `${entryId(again)} false`]),
    );
  });

  test("keeps what is under the keys in force when others agree: a reading under that of the interval after its own", () => {
    const { pool, orders, readings } = filled();
    const [old, fresh] = [agentAddressOf(0), agentAddressOf(9)];
    pool.add({ kind: "order", order: order(2) }, { agent: fresh, isTimely: false });
    pool.keepOf({ agentAt: (home, at) => (at >= NEXT || home === homeId(2) ? fresh : old), rulesAt: () => RULES });
    expect(
      pool.orders
        .of(AT)
        .map(({ id, isTimely }) => [id, isTimely])
        .sort(),
    ).toEqual([...ids(orders.slice(0, 3)).map((id) => [id, true]), [entryId(order(2)), false]].sort());
    expect([pool.orders.of(NEXT), pool.has(entryId(orders[3]!)), pool.heldOrders(homeId(1), NEXT, 0)]).toEqual([[], false, []]);
    // 98 is signed in 99, under the old key; that of AT is signed in the next, which is another's.
    pool.add({ kind: "reading", reading: reading(0, AT, 50) }, TIMELY);
    pool.keepOf({ agentAt: (_home, at) => (at >= NEXT ? fresh : old), rulesAt: () => RULES });
    expect([pool.readings.of(AT), ids(readings).every(pool.has)]).toEqual([[], true]);
  });

  test("knows a home's nearest readings on both sides", () => {
    const { pool, readings } = filled();
    expect(pool.neighbours(homeId(0), interval(98))).toEqual({ before: readings[0]!.body, after: readings[3]!.body });
    expect(pool.neighbours(homeId(0), interval(97))).toEqual({ before: null, after: readings[1]!.body });
    expect(pool.neighbours(homeId(0), interval(120))).toEqual({ before: readings[3]!.body, after: null });
    expect(pool.neighbours(homeId(3), interval(98))).toEqual({ before: null, after: null });
  });

  test("forgets what a certified interval used up, and nothing else", () => {
    const { pool, orders, readings } = filled();
    pool.settle(AT, interval(98), [readings[1]!]);
    expect(ids(orders).map(pool.has)).toEqual([false, false, false, true]);
    expect(ids(readings).map(pool.has)).toEqual([false, false, false, true]);
  });

  test("a settled reading is still what the next is compared with", () => {
    const { pool, readings } = filled();
    pool.settle(AT, interval(98), readings.slice(1, 3));
    expect(pool.neighbours(homeId(1), interval(99)).before).toEqual(readings[2]!.body);
    expect(pool.neighbours(homeId(0), interval(99)).before).toEqual(readings[1]!.body);
    expect(pool.heldReadings(homeId(1), interval(98))).toEqual([]);
  });
});
