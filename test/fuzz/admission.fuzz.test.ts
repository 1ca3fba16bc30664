import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { ADMISSION, admitOrder, type OrderContext } from "../../engine/admission/index.ts";
import { clear, clearingRules, ONE_NODE } from "../../engine/auction/index.ts";
import { address, homeId, interval } from "../../engine/kernel/index.ts";
import type { Order, SignedOrder } from "../../engine/messages/index.ts";
import { idOf } from "../support/book.ts";
import { RULES } from "../support/rules.ts";

const AGENT = address(`0x${"11".repeat(20)}`);
const CONTEXT: OrderContext = {
  rules: RULES,
  openIntervals: { first: interval(100), last: interval(101) },
  agentAt: () => AGENT,
  isRegistered: () => true,
  recover: () => AGENT,
  hasSeen: () => false,
  heldOrders: () => [],
};

const wild = fc.oneof(
  fc.integer({ min: -5, max: 30_000 }),
  fc.integer({ min: 0, max: 10_001 }).map((n) => n * 100),
  fc.double(),
  fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53, -0, 0),
);
/** Mostly good, so that many get through; each number may also be anything. */
const mostly = (good: fc.Arbitrary<number>) => fc.oneof({ weight: 6, arbitrary: good }, { weight: 1, arbitrary: wild });
const anyOrder = fc
  .record({
    home: fc.nat(9).map(homeId),
    interval: mostly(fc.constant(100)),
    side: fc.constantFrom("buy", "sell"),
    energy: mostly(fc.integer({ min: 1, max: 25_000 })),
    limit: mostly(fc.integer({ min: 0, max: 20 }).map((n) => n * 100)),
    seq: mostly(fc.nat(3)),
  })
  .map((body) => body as unknown as Order);

test("whatever the numbers: a verdict from the table, and what is admitted can be cleared", () => {
  let admitted = 0;
  fc.assert(
    fc.property(fc.array(anyOrder, { maxLength: 20 }), (bodies) => {
      const orders = bodies.flatMap((body, i) => {
        const order: SignedOrder = { body, id: idOf(i), signature: new Uint8Array(65) };
        const verdict = admitOrder(order, CONTEXT);
        if (verdict.kind !== "accept") expect(verdict.kind).toBe(ADMISSION[verdict.code]);
        return verdict.kind === "accept" && verdict.message.body.interval === 100 ? [verdict.message] : [];
      });
      admitted += orders.length;
      const clearing = clear({ interval: interval(100), orders, network: ONE_NODE, rules: clearingRules(RULES) });
      expect(clearing.outcomes).toHaveLength(orders.length);
    }),
    { numRuns: 1000 },
  );
  // The canary: a generator that never reached the door's other side would prove nothing.
  expect(admitted).toBeGreaterThan(1000);
});
