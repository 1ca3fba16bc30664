import { expect, test } from "@jest/globals";
import { homeId, interval, keccakDigest, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { encodeMessage } from "../../../engine/messages/index.ts";
import { cheapSigner, FIRST, SIM_DIGESTS, SIM_RULES, SimulatedStreet } from "../../../src/sim/index.ts";

/** As many as a list may name in a street of four. */
const MOST = 2 * 4 * (2 * SIM_RULES.maxOrdersPerHome + 1);
const digests = Array.from({ length: 2_000 }, (_, i) => keccakDigest(Uint8Array.of(i >> 8, i & 255))).sort();

/** One validator's list of what nobody holds, of an interval that is being agreed on. */
function made(at: number, length: number, seed: number) {
  const body = {
    interval: interval(at),
    validator: homeId(3),
    members: ZERO_DIGEST,
    membersVersion: seed,
    stakes: [],
    commits: [],
    orders: [],
    readings: digests.slice(0, length),
  };
  const id = SIM_DIGESTS.list(body);
  return { body, id, signature: cheapSigner(3).sign(id) };
}

test.each([
  ["short", MOST],
  ["longer than any list can be", digests.length],
])("a validator's many lists, %s, before the gate, keep nobody from pulling what others said", async (_, length) => {
  const street = new SimulatedStreet({ seed: 7, homes: 4, faults: { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } } });
  await street.start();
  await street.runTo(3, 1_900);
  const lists = Array.from({ length: 16 }, (_each, seed) => made(FIRST + 4, length, seed));
  for (const list of lists)
    for (const to of ["home-0", "home-1", "home-2", "observer"])
      street.network.whisper("home-3", to, "agreement", encodeMessage({ kind: "list", list }));
  await street.runTo(4, -400);
  street.homes[3]!.stop();
  for (const home of street.homes.slice(0, 3)) {
    const kept = home.node.rounds.round!.messages.filter((message) => message.kind === "list");
    expect(kept).toHaveLength(length === MOST ? 2 : 0);
  }
  // What gossip loses is pulled.
  for (const home of street.homes.slice(0, 2)) home.deafTo = "list";
  await street.runTo(7);
  expect(Math.min(...street.homes.slice(0, 3).map(({ node }) => node.rounds.current - FIRST))).toBeGreaterThan(5);
  street.stop();
});
