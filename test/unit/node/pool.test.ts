import { describe, expect, test } from "@jest/globals";
import { compare, homeId, interval } from "../../../engine/kernel/index.ts";
import { Pool } from "../../../src/node/pool.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";
import { AT, order, reading, someDigest } from "../../support/node-parts.ts";

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

const ids = (entries: readonly { readonly id: string }[]) => entries.map(({ id }) => id);

describe("the pool", () => {
  test("finds by digest, whatever the kind", () => {
    const { pool, orders, readings } = filled();
    expect(pool.orders.get(orders[2]!.id)).toBe(orders[2]);
    expect(pool.readings.get(readings[1]!.id)).toBe(readings[1]);
    expect([orders[0]!.id, readings[0]!.id, someDigest(1)].map(pool.has)).toEqual([true, true, false]);
    expect(pool.orders.get(readings[0]!.id)).toBeUndefined();
  });

  test("lists one interval by rising digest, as a signed list needs it", () => {
    const { pool, orders, readings } = filled();
    expect(ids(pool.orders.of(AT).map(({ entry }) => entry))).toEqual(ids(orders.slice(0, 3)).sort(compare));
    expect(ids(pool.orders.of(NEXT).map(({ entry }) => entry))).toEqual([orders[3]!.id]);
    expect(ids(pool.readings.of(interval(98)).map(({ entry }) => entry))).toEqual(ids(readings.slice(1, 3)).sort(compare));
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
    expect(orders.map(({ id }) => pool.has(id))).toEqual([false, false, false, true]);
    expect(readings.map(({ id }) => pool.has(id))).toEqual([false, false, false, true]);
  });

  test("a settled reading is still what the next is compared with", () => {
    const { pool, readings } = filled();
    pool.settle(AT, interval(98), readings.slice(1, 3));
    expect(pool.neighbours(homeId(1), interval(99)).before).toEqual(readings[2]!.body);
    expect(pool.neighbours(homeId(0), interval(99)).before).toEqual(readings[1]!.body);
    expect(pool.heldReadings(homeId(1), interval(98))).toEqual([]);
  });
});
