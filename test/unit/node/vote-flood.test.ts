import { describe, expect, test } from "@jest/globals";
import { homeId, type Interval, keccakDigest, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { encodeMessage, type Proposal, type Vote } from "../../../engine/messages/index.ts";
import { decodeFetch, decodeFetched, encodeFetched } from "../../../src/node/requests.ts";
import { cheapSigner, FIRST, SIM_DIGESTS, SimulatedStreet } from "../../../src/sim/index.ts";
import type { Adversary } from "../../../src/sim/street/adversary.ts";

const LIAR = homeId(3);
const LOSSY = { loss: 0.1, duplication: 0, delayMs: { least: 1, most: 40 } };
const made = (n: number) => keccakDigest(Uint8Array.of(n >> 16, (n >> 8) & 255, n & 255));
/** Never the same twice, whoever asks. */
let signed = 0;

type Speak = (interval: Interval) => Uint8Array;

const said = (body: Vote): Uint8Array => {
  const id = SIM_DIGESTS.vote(body);
  return encodeMessage({ kind: "vote", vote: { body, id, signature: cheapSigner(LIAR).sign(id) } });
};
const vote =
  (viewOf: (n: number) => number): Speak =>
  (interval) => {
    const n = signed++;
    const kind = n % 2 === 0 ? "notarize" : "finalize";
    return said({ kind, interval, view: viewOf(n), value: made(n), validator: LIAR });
  };
const nullify: Speak = (interval) =>
  said({ kind: "nullify", interval, view: 2 + (signed++ % 90_000), value: ZERO_DIGEST, validator: LIAR });
const proposal: Speak = (interval) => {
  const n = signed++;
  const body: Proposal = { interval, view: 1 + (n % 40), leader: LIAR, value: made(n), parentView: 0, isVoid: false, lists: [] };
  const id = SIM_DIGESTS.proposal(body);
  return encodeMessage({ kind: "proposal", proposal: { body, id, signature: cheapSigner(LIAR).sign(id) } });
};

/** A validator whose answers hold, before all that is true, as much of its own making as an answer carries. */
const flooding = (speak: Speak, most: number): Adversary => ({
  name: "vote-flood",
  corrupt: (modules) => ({
    ...modules,
    gossip: {
      ...modules.gossip,
      onRequest: (kind, answer) =>
        modules.gossip.onRequest(kind, async (body, from) => {
          const [question, honest] = [decodeFetch(body), await answer(body, from)];
          if (kind !== "fetch" || question === null || honest === undefined) return honest;
          const { block, messages } = decodeFetched(honest)!;
          const junk = Array.from({ length: most }, () => speak(question.interval));
          return encodeFetched({ block, messages: [...junk, ...messages] });
        }),
    },
  }),
});

describe("a validator that signs without end in its answers fills nobody's memory, and holds nobody up", () => {
  test.each<readonly [string, Speak, number]>([
    ["values of one view", vote(() => 1), 2 * 2],
    ["values of many views", vote((n) => 1 + (n % 100)), 65 * 2 * 2],
    ["views without end", nullify, 65],
    ["proposals", proposal, 10 * 2],
  ])("%s", async (_, speak, room) => {
    const street = new SimulatedStreet({ seed: 3, homes: 4, faults: LOSSY, adversaries: new Map([[LIAR, flooding(speak, 200)]]) });
    const honest = street.homes.slice(0, 3);
    let most = 0;
    await street.start();
    for (const { node } of honest)
      node.onHeard(() => {
        most = Math.max(most, node.rounds.round?.heard.length ?? 0);
      });
    await street.runTo(4);
    expect(Math.min(...honest.map(({ node }) => node.rounds.current - FIRST))).toBeGreaterThan(2);
    expect(most).toBeGreaterThan(8);
    // What the honest say in a few views beside it.
    expect(most).toBeLessThan(room + 60);
    street.stop();
  });
});
