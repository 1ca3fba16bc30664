import type { GossipsubOpts } from "@chainsafe/libp2p-gossipsub";
import type { Topic } from "../../src/ports/index.ts";
import type { GossipLimits } from "./limits.ts";
import { messageId, TOPICS, topicName } from "./names.ts";

/** Below this score a peer isn't heard at all. */
export const GRAYLIST_SCORE = -400;

const SEEN_MS = 900_000;

// P4, refused messages: n of them cost n x n, and the count falls from 20 to 0.1 in about an hour.
const REFUSED_DECAY = 0.9985;

/**
 * Weights of what peers do in a topic. Deliveries that were expected and didn't come cost nothing: trade is a burst every few
 * minutes, and silence between is honest. First deliveries earn a little, so that one refusal doesn't cost a good peer its place.
 */
const TOPIC_SCORE = {
  topicWeight: 1,
  timeInMeshWeight: 0,
  firstMessageDeliveriesWeight: 0.5,
  firstMessageDeliveriesDecay: 0.999,
  firstMessageDeliveriesCap: 10,
  meshMessageDeliveriesWeight: 0,
  meshFailurePenaltyWeight: 0,
  invalidMessageDeliveriesWeight: -1,
  invalidMessageDeliveriesDecay: REFUSED_DECAY,
};

const IDONTWANT_BYTES = 16_384;

/** gossipsub as a street needs it. */
export function gossipSettings(street: string, limits: GossipLimits, appScore: (peer: string) => number): Partial<GossipsubOpts> {
  const { mesh } = limits;
  const names = TOPICS.map((topic: Topic) => topicName(street, topic));
  return {
    // Orders and votes carry their own signatures; gossipsub's would be checked once per copy and cost ten times the rest.
    globalSignaturePolicy: "StrictNoSign",
    msgIdFn: messageId,
    fallbackToFloodsub: false,
    allowedTopics: names,
    maxInboundDataLength: limits.maxFrameBytes,
    maxOutboundBufferSize: limits.maxOutboundBytes,
    D: mesh.degree,
    Dlo: mesh.low,
    Dhi: mesh.high,
    Dout: mesh.outbound,
    Dscore: mesh.low,
    floodPublish: mesh.flood,
    batchPublish: true,
    // Tells six peers, not a quarter of all, each second what it has: what was lost is asked for by agreement too.
    gossipFactor: 0,
    // Says of each longer message that it needs no second copy. Where all are connected to all nobody sends one, and in a mesh a
    // list's second copy is cheaper than the word to every neighbour that saves it.
    idontwantMinDataSize: IDONTWANT_BYTES,
    doPX: false,
    // Longer than an order may wait in the market, so that a replay stays a duplicate.
    seenTTL: SEEN_MS,
    scoreThresholds: { gossipThreshold: -10, publishThreshold: -50, graylistThreshold: GRAYLIST_SCORE },
    scoreParams: {
      topics: Object.fromEntries(names.map((name) => [name, TOPIC_SCORE as never])),
      appSpecificScore: appScore,
      appSpecificWeight: 1,
      // A street behind one address is not an attack; at the default a node with 31 neighbours on one address heard 13 of 31.
      IPColocationFactorWeight: 0,
      // A peer that restarts forgets whom it may not graft yet; that alone must not cost it its place.
      behaviourPenaltyThreshold: 6,
    },
  };
}
