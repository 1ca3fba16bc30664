import { expect, test } from "@jest/globals";
import { homeId, interval, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import type { Order, SignedOrder } from "../../../engine/messages/index.ts";
import { bestLimit, SIM_RULES } from "../../../src/sim/index.ts";
import { idOf } from "../../support/book.ts";

const order = (home: number, side: "buy" | "sell", energy: number, ct: number): Order => ({
  home: homeId(home),
  interval: interval(1_000_002),
  side,
  energy: wh(energy),
  limit: microPerKwh(ct * 10_000),
  seq: 0,
});
const heard = (...orders: readonly Order[]): readonly SignedOrder[] =>
  orders.map((body, place) => ({ body, id: idOf(place + 1), signature: new Uint8Array(65) }));

test.each<[string, Order, readonly Order[], number]>([
  ["alone with a seller, a buyer asks for no more than the seller wants", order(0, "buy", 1_000, 30), [order(1, "sell", 1_000, 10)], 10],
  ["a seller asks for all that the buyer would give", order(1, "sell", 1_000, 10), [order(0, "buy", 1_000, 30)], 30],
  ["nothing was heard: the truth", order(0, "buy", 1_000, 30), [], 30],
  ["nothing to gain: the truth", order(0, "buy", 1_000, 8), [order(1, "sell", 1_000, 10)], 8],
  [
    "outbidding another buyer by a tick is dear enough",
    order(0, "buy", 1_000, 30),
    [order(1, "sell", 1_000, 10), order(2, "buy", 1_000, 12)],
    12.01,
  ],
])("the best limit against what was heard: %s", (_, own, others, ct) => {
  expect(bestLimit(SIM_RULES, own, heard(...others))).toBe(Math.round(ct * 10_000));
});
