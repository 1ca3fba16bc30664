import type { Topic } from "../../src/ports/index.ts";

/** What one topic may take of this machine. */
export interface LaneLimits {
  /** Longest message, bytes. */
  readonly maxBytes: number;
  /** Messages that one peer may send at once, and per second after that; duplicates count. */
  readonly burst: number;
  readonly perSecond: number;
  /** Messages that wait for their judgement: in all, and of one peer. */
  readonly queue: number;
  readonly queuePerPeer: number;
  /** Messages judged before the event loop gets its turn. */
  readonly perTick: number;
}

/** Every bound of the adapter in one place; tests and large streets hand in others. */
export interface GossipLimits {
  readonly lanes: Readonly<Record<Topic, LaneLimits>>;
  /** How many neighbours a message is passed on to, and whether its author sends it to every subscriber; see README. */
  readonly mesh: {
    readonly degree: number;
    readonly low: number;
    readonly high: number;
    readonly outbound: number;
    readonly flood: boolean;
  };
  /** One gossip frame, bytes. A frame holds several messages: 4 KiB already cut honest ones off, so this is wide (security.md 3.1 #1). */
  readonly maxFrameBytes: number;
  /** Bytes that wait for a peer that doesn't read. libp2p resets the stream beyond it; the watchdog heals that. */
  readonly maxOutboundBytes: number;
  /** An asynchronous judgement that takes longer counts as ignore. */
  readonly judgeMs: number;
  readonly outbox: { readonly messages: number; readonly ageMs: number; readonly retryMs: number };
  readonly request: {
    readonly maxBytes: number;
    readonly maxAnswerBytes: number;
    readonly timeoutMs: number;
    /** Requests of one peer at once and per second. */
    readonly burst: number;
    readonly perSecond: number;
    /** Requests that we answer at the same time, for all peers together. */
    readonly serving: number;
    /** Requests that we have open at the same time. */
    readonly asking: number;
    /** Streams of one kind on one connection, each way. */
    readonly streams: number;
  };
  /** How often the local network is asked for others, how long what it said counts, and how many strangers are tried at a time. */
  readonly discovery: { readonly everyMs: number; readonly ageMs: number; readonly peers: number; readonly firstMs: number };
  /** How long a stranger has to prove that it belongs to the street, how often it is asked, and how long it finds the door closed if not. */
  readonly door: { readonly probationMs: number; readonly retryMs: number; readonly closedMs: number };
  readonly redial: { readonly firstMs: number; readonly maxMs: number; readonly timeoutMs: number };
  readonly watchdog: { readonly everyMs: number; readonly graceMs: number };
  /** How long a peer below the graylist score finds the door closed. */
  readonly banMs: number;
  /** New connections per second from one address: a whole street may sit behind one. */
  readonly connectionsPerSecond: number;
  readonly maxConnections: number;
  readonly pingMs: number;
  readonly closeMs: number;
}

// A gate closure of a 31-home street is about 31 orders and 4 x 31 agreement messages, all relayed by each neighbour in a second.
const LANE = { burst: 600, perSecond: 200, queue: 2_048, queuePerPeer: 512, perTick: 32 } as const;

export const DEFAULT_LIMITS: GossipLimits = {
  lanes: { market: { ...LANE, maxBytes: 8_192 }, agreement: { ...LANE, maxBytes: 65_536 } },
  // Measured with 12 homes in 3 processes on 2 busy cores: degree 4 costs 106 ms CPU a round, 6 costs 144, 11 costs 182; table in README.md.
  mesh: { degree: 4, low: 3, high: 6, outbound: 1, flood: true },
  maxFrameBytes: 262_144,
  maxOutboundBytes: 16_777_216,
  judgeMs: 10_000,
  outbox: { messages: 128, ageMs: 30_000, retryMs: 200 },
  request: {
    maxBytes: 16_384,
    maxAnswerBytes: 1_048_576,
    timeoutMs: 5_000,
    burst: 40,
    perSecond: 20,
    serving: 64,
    asking: 64,
    streams: 16,
  },
  discovery: { everyMs: 10_000, ageMs: 60_000, peers: 64, firstMs: 1_000 },
  // A home that has just been registered is known to the others once they have read the chain again, every 5 s.
  door: { probationMs: 12_000, retryMs: 500, closedMs: 10_000 },
  redial: { firstMs: 250, maxMs: 15_000, timeoutMs: 8_000 },
  watchdog: { everyMs: 1_000, graceMs: 4_000 },
  banMs: 600_000,
  connectionsPerSecond: 200,
  maxConnections: 128,
  pingMs: 20_000,
  closeMs: 3_000,
};
