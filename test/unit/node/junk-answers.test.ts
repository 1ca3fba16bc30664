import { describe, expect, test } from "@jest/globals";
import { homeId, type Interval, keccakDigest } from "../../../engine/kernel/index.ts";
import { encodeMessage, type Vote } from "../../../engine/messages/index.ts";
import type { NodeModules } from "../../../src/node/index.ts";
import { decodeFetch, decodeFetched, encodeFetched } from "../../../src/node/requests.ts";
import type { PeerName, Registry } from "../../../src/ports/index.ts";
import { cheapSigner, FIRST, SIM_DIGESTS, SimulatedStreet } from "../../../src/sim/index.ts";
import type { Adversary } from "../../../src/sim/street/adversary.ts";
import { agentAddressOf } from "../../support/cheap-signer.ts";

const LOSSY = { loss: 0.1, duplication: 0, delayMs: { least: 1, most: 40 } };
type Spoil = (honest: Uint8Array, interval: Interval) => Uint8Array;

/** A home whose gossip is honest and whose answers are spoilt; `asked`: by whom. */
function answering(spoil: Spoil, asked: PeerName[]): Adversary {
  return {
    name: "junk-answers",
    corrupt: (modules) => ({
      ...modules,
      gossip: {
        ...modules.gossip,
        onRequest: (kind, answer) =>
          modules.gossip.onRequest(kind, (body, from) => {
            const [question, honest] = [decodeFetch(body), answer(body, from)];
            if (kind !== "fetch" || question === null || honest === undefined || honest instanceof Promise) return honest;
            asked.push(from);
            return spoil(honest, question.interval);
          }),
      },
    }),
  };
}

/** A vote in another home's name. */
function forged(interval: Interval): Uint8Array {
  const body: Vote = { kind: "notarize", interval, view: 1, value: keccakDigest(Uint8Array.of(7)), validator: homeId(0) };
  const id = SIM_DIGESTS.vote(body);
  return encodeMessage({ kind: "vote", vote: { body, id, signature: cheapSigner(3).sign(id) } });
}

const beside = (honest: Uint8Array, junk: Uint8Array): Uint8Array => {
  const { block, messages } = decodeFetched(honest)!;
  return encodeFetched({ block, messages: [...messages, junk] });
};

describe("a home whose answers hold junk is reported and left alone, and nobody else is", () => {
  test.each<[string, Spoil]>([
    ["bytes that are no answer", () => Uint8Array.of(0x0a, 9, 1)],
    ["one vote in another's name", (honest, interval) => beside(honest, forged(interval))],
    ["the same, many times", (_honest, interval) => encodeFetched({ block: null, messages: Array(5_000).fill(forged(interval)) })],
  ])("%s", async (_, spoil) => {
    const asked: PeerName[] = [];
    const street = new SimulatedStreet({ seed: 3, homes: 4, faults: LOSSY, adversaries: new Map([[3, answering(spoil, asked)]]) });
    await street.start();
    await street.runTo(8);
    const { reports } = street.network;
    expect(new Set(reports.map(({ peer, misconduct }) => `${peer} ${misconduct}`))).toEqual(new Set(["home-3 junk-answer"]));
    expect(new Set(reports.map(({ by }) => by))).toEqual(new Set(["home-0", "home-1", "home-2", "observer"]));
    expect(reports).toHaveLength(4);
    const before = asked.length;
    await street.runTo(12);
    expect([asked.length, reports.length]).toEqual([before, 4]);
    expect(Math.min(...street.homes.slice(0, 3).map(({ node }) => node.rounds.current - FIRST))).toBeGreaterThan(10);
    street.stop();
  });
});

/** A home whose own look at the chain shows another key of home-2 than all others see. */
const blind = (registry: Registry): Adversary => ({
  name: "blind",
  corrupt: (modules: NodeModules) => ({ ...modules, chain: { ...modules.chain, registry: async () => ({ ok: true, value: registry }) } }),
});

test("a home that reads an older key from the chain refuses a period's votes and blames nobody who has them", async () => {
  const homes = 4;
  const known = new SimulatedStreet({ seed: 3, homes }).chain.known;
  const other = known.homes.map((home) => (home.home === 2 ? { ...home, keys: [{ agent: agentAddressOf(77), since: FIRST }] } : home));
  const adversaries = new Map([[1, blind({ ...known, homes: other })]]);
  const street = new SimulatedStreet({ seed: 3, homes, faults: LOSSY, adversaries });
  await street.start();
  street.chain.isAway = true;
  await street.runTo(8);
  const signers = (home: number): readonly number[] =>
    street.homes[home]!.node.periods.messages().map(({ periodVote }) => periodVote.body.validator);
  expect([signers(0).includes(2), signers(1).includes(2), signers(1).includes(3)]).toEqual([true, false, true]);
  expect(street.network.reports).toEqual([]);
  street.stop();
});
