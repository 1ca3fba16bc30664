import type { Interval, Period } from "../../engine/kernel/index.ts";
import { encodeMessage, type Message } from "../../engine/messages/index.ts";
import { Convictions } from "../../src/node/convictions.ts";
import { Inbox } from "../../src/node/inbox.ts";
import { Pool } from "../../src/node/pool.ts";
import type { Metrics } from "../../src/ports/index.ts";
import { memoryStore, VirtualClock } from "../../src/sim/index.ts";
import { cheapRecover } from "./cheap-signer.ts";
import { DIGESTS } from "./messages.ts";
import { AT, membership, messageId, REGISTRY, someDigest } from "./node-parts.ts";
import { QUIET, UNCOUNTED } from "./quiet.ts";
import { RULES } from "./rules.ts";

/** 10 s before the gate of interval 100, whose orders are settled with the readings of 98. */
export const BEFORE_GATE = (100 * 900 - 70) * 1000;
export const AFTER_GATE = (100 * 900 - 50) * 1000;

/** How a message comes: by gossip, in an answer to a question for it, or in an answer to one for something else. */
export type Coming = "gossip" | "asked" | "unasked";

/** An inbox in the first interval of an epoch, and what stands around it; `say` gives the verdict and its code. */
export function desk({ now = BEFORE_GATE, current = AT as number, nextPeriod = 1, inReach = false, isSealed = false, epoch = 10 } = {}) {
  const codes: string[] = [];
  const delivered: Message[] = [];
  const pool = new Pool();
  const members = membership(REGISTRY, isSealed ? "sealed" : "open", epoch);
  const convictions = new Convictions({
    digests: DIGESTS,
    membership: members,
    recover: cheapRecover,
    store: memoryStore(),
    gossip: { publish: async () => undefined },
    log: QUIET,
  });
  const place = {
    current: current as Interval,
    hasRoom: () => true,
    hasClosed: () => false,
    nextPeriod: nextPeriod as Period,
    closed: new Set<Interval>(),
  };
  const metrics: Metrics = { ...UNCOUNTED, counter: () => ({ add: (labels) => void codes.push(Object.values(labels).join()) }) };
  const inbox = new Inbox({
    rules: RULES,
    digests: DIGESTS,
    clock: new VirtualClock({ startMs: now, speed: 1 }),
    pool,
    membership: members,
    convictions,
    recover: cheapRecover,
    metrics,
    current: () => place.current,
    nextPeriod: () => place.nextPeriod,
    hasClosed: (at) => place.closed.has(at),
    inReach: () => inReach,
    hasRoom: () => place.hasRoom(),
    deliver: (message) => void delivered.push(message),
  });
  const say = (message: Message, coming: Coming = "gossip") => {
    const way = coming === "gossip" ? coming : new Set([coming === "asked" ? messageId(message) : someDigest(99)]);
    return `${inbox.receive(encodeMessage(message), way)} ${codes.at(-1)}`;
  };
  return { inbox, pool, members, delivered, codes, convictions, place, say };
}
