import { describe, expect, test } from "@jest/globals";
import { homeId, type Interval, wh } from "../../../engine/kernel/index.ts";
import { encodeMessage, gateClosure, type Order } from "../../../engine/messages/index.ts";
import { FIRST, ordersOf, SIM_RULES, SimulatedStreet, type StreetOptions } from "../../../src/sim/index.ts";

/** Periods of three intervals; from the fourth interval on home 1 has another key. */
const EDGE = (FIRST + 3) as Interval;
const HALF_MS = 1_500;
const CALM = { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } };

/** A street in which home 1 takes its other key up so many real ms after half an interval before the gate of the fourth. */
async function rotated(takenUpMs: number, { noticed = 0, ...options }: Partial<StreetOptions> & { readonly noticed?: number } = {}) {
  const street = new SimulatedStreet({ seed: 3, homes: 4, faults: CALM, ...options });
  street.clock.after(noticed, () => void street.change({ kind: "rotate", home: 1, since: EDGE, generation: 1 }));
  const gate = gateClosure(street.rules, EDGE) * 1000;
  street.clock.at(gate - (HALF_MS - takenUpMs) * street.clock.speed, () => street.homes[1]!.takeUpKey(1));
  await street.start();
  return street;
}
const votesOf = (street: SimulatedStreet, home: number) =>
  new Set(street.homes[home]!.said.flatMap((message) => (message.kind === "vote" ? [message.vote.body.interval - FIRST] : [])));
const signersIn = (street: SimulatedStreet, home: number, at: number) =>
  street.homes[home]!.certified.find(({ evaluation }) => evaluation.result.interval === FIRST + at)?.block.certificate.signatures.length;

describe("a home votes with the key in force alone", () => {
  test("one that takes its next key up early signs with the one before until the edge", async () => {
    const street = await rotated(-3_000);
    await street.runTo(6);
    expect([...votesOf(street, 1)].sort()).toEqual([0, 1, 2, 3, 4, 5]);
    for (const home of [0, 1, 2, 3]) expect(signersIn(street, home, 2)).toBe(3);
    expect(street.network.reports).toEqual([]);
    street.stop();
  });

  test("one that takes it up late says nothing that nobody would count", async () => {
    const street = await rotated(4_000);
    await street.runTo(7);
    expect([...votesOf(street, 1)]).not.toContain(3);
    expect([...votesOf(street, 1)]).toContain(5);
    street.stop();
  });

  test("where the street has not read of it in time the old set goes on, and with it the home that still has the old key", async () => {
    const street = await rotated(8_000, { noticed: 9_500 });
    await street.runTo(8);
    expect(street.homes[0]!.node.membership.members.homes[1]!.agent).toBe(street.keys.signer(10_001).address);
    expect([...votesOf(street, 1)]).toContain(3);
    street.stop();
  });
});

test("a period is signed under the key that the vault takes, whichever is in force as it closes", async () => {
  const street = await rotated(0);
  await street.runTo(9);
  const periods = street.homes[1]!.said.flatMap((message) => (message.kind === "period-vote" ? [message.periodVote.body.period] : []));
  const first = Math.floor(FIRST / street.rules.periodIntervals);
  // The first closes after the edge, and is its old key's to sign.
  expect(new Set(periods)).toEqual(new Set([first, first + 1]));
  expect(street.chain.settled.slice(0, 2)).toEqual([first, first + 1]);
  street.stop();
});

test("orders under the key that is taken back leave the owner's place at a home that read of it through its neighbours alone", async () => {
  const street = await rotated(0, { noticed: 100, rules: { ...SIM_RULES, orders: "open" } });
  street.clock.after(90, () => void street.chain.hiddenFrom.add("home-0"));
  await street.runTo(3, -4_000);
  const [blind, thief] = [street.homes[0]!, street.keys.signer(1)];
  expect(blind.node.membership.registry.homes[1]!.keys).toHaveLength(1);
  for (const energy of [11, 12]) {
    const body: Order = { ...ordersOf(1, homeId(1), EDGE)[0]!, energy: wh(energy) };
    const id = blind.node.digests.order(body);
    street.network.whisper("home-2", "home-0", "market", encodeMessage({ kind: "order", order: { body, id, signature: thief.sign(id) } }));
  }
  const held = () => blind.node.pool.heldOrders(homeId(1), EDGE, 0).map(({ body }) => body.energy);
  await street.runTo(3, -3_900);
  expect(held().sort()).toEqual([11, 12]);
  await street.runTo(3, -100);
  expect(held()).toEqual([
    street.homes[1]!.said.flatMap((message) =>
      message.kind === "order" && message.order.body.interval === EDGE ? [message.order.body.energy] : [],
    )[0],
  ]);
  expect(blind.node.convictions.all).toEqual([]);
  street.stop();
});
