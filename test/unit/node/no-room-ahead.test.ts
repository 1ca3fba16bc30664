import { expect, test } from "@jest/globals";
import { type Digest, homeId, type Interval, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { encodeMessage, idOf, intervalOf, type Vote } from "../../../engine/messages/index.ts";
import { isSaid } from "../../../src/node/ahead.ts";
import { cheapSigner, FIRST, SIM_DIGESTS, SimulatedStreet } from "../../../src/sim/index.ts";
import type { Adversary } from "../../../src/sim/street/adversary.ts";

type Said = Parameters<typeof idOf>[0];
/** The second interval of an epoch: of another epoch nothing is heard ahead. */
const AHEAD = (FIRST + 4) as Interval;

/** Says what an honest home says, and answers nobody. */
const mute: Adversary = {
  name: "mute",
  corrupt: (modules) => ({ ...modules, gossip: { ...modules.gossip, onRequest: () => undefined } }),
};

/** A vote that contradicts nothing: of a view that nobody comes to. */
function farVote(view: number): Uint8Array {
  const body: Vote = { kind: "nullify", interval: AHEAD, view, value: ZERO_DIGEST, validator: homeId(3) };
  const id = SIM_DIGESTS.vote(body);
  return encodeMessage({ kind: "vote", vote: { body, id, signature: cheapSigner(3).sign(id) } });
}

// Home 0 is kept in one interval while home 3, whose room is full there, speaks of the next; then only the two and home 2 are left,
// so that home 0 needs all that it had no room for.
test("what there was no room for ahead of its time is had when its time comes", async () => {
  const faults = { loss: 0, duplication: 0, delayMs: { least: 1, most: 20 } };
  const street = new SimulatedStreet({ seed: 7, homes: 4, faults, adversaries: new Map([[3, mute]]) });
  const [first, second, third, fourth] = street.homes;
  await street.start();
  const heard = new Set<Digest>();
  first!.node.onHeard((message) => isSaid(message) && heard.add(idOf(message)));
  await street.runTo(2, 1_900);
  for (let view = 100; view < 164; view++) street.network.whisper("home-3", "home-0", "agreement", farVote(view));
  await street.runTo(3, -100);
  street.network.deafen(["home-1", "home-2", "observer"], ["home-0"]);
  await street.runTo(4, -100);
  expect(street.homes.map(({ node }) => node.rounds.current)).toEqual([AHEAD - 1, AHEAD, AHEAD, AHEAD]);
  second!.stop();
  await street.runTo(4, 3_600);
  const said = fourth!.said.filter((message) => isSaid(message) && intervalOf(message) === AHEAD).map((message) => idOf(message as Said));
  expect([said.length > 1, said.some((id) => heard.has(id))]).toEqual([true, false]);
  street.network.heal();
  for (let turns = 0; turns < 100 && first!.node.rounds.current <= AHEAD; turns++) await street.clock.run(street.clock.monotonicMs() + 100);
  expect(said.filter((id) => !heard.has(id))).toEqual([]);
  await street.runTo(7);
  expect(Math.min(...[first, third, fourth].map((home) => home!.node.rounds.current - FIRST))).toBeGreaterThan(6);
  street.stop();
});
