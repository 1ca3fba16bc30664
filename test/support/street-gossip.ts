import { setTimeout as sleep } from "node:timers/promises";
import { DEFAULT_LIMITS, type GossipLimits, openGossip, type PeerAddresses, type StreetGossip } from "../../adapters/libp2p/index.ts";
import type { Judgement, Log, Metrics, PeerName, Topic } from "../../src/ports/index.ts";

/** Homes' gossip on loopback for tests: opened together, closed together. */
export interface Heard {
  readonly topic: Topic;
  readonly text: string;
  readonly from: PeerName;
}

export const QUIET: Log = { error: () => {}, warn: () => {}, info: () => {}, debug: () => {} };

const nothing = { add: () => {}, set: () => {}, observe: () => {} };
export const NO_METRICS: Metrics = { counter: () => nothing, gauge: () => nothing, histogram: () => nothing };

/** Short times, so that what heals by itself does so within a test. */
export const FAST_LIMITS: GossipLimits = {
  ...DEFAULT_LIMITS,
  watchdog: { everyMs: 100, graceMs: 1_500 },
  redial: { firstMs: 100, maxMs: 1_000, timeoutMs: 8_000 },
  door: { probationMs: 1_000, retryMs: 50, closedMs: 2_000 },
};

export const secretOf = (seed: number): Uint8Array => new Uint8Array(32).fill(seed);
export const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
export const textOf = (bytes: Uint8Array): string => new TextDecoder().decode(bytes);
export const withAddresses = (gossip: StreetGossip): PeerAddresses => ({ name: gossip.self, addresses: gossip.addresses() });

export interface OpenOptions {
  readonly seed: number;
  readonly peers?: readonly PeerAddresses[];
  readonly limits?: GossipLimits;
  readonly listen?: readonly string[];
  readonly street?: string;
  readonly log?: Log;
  readonly mayConnect?: (peer: PeerName) => boolean;
  readonly networkKey?: Uint8Array;
  readonly discover?: boolean;
}

/** Everything that a test opens; `closeAll` leaves nothing behind. */
export class Street {
  private readonly open: { close(): Promise<void> }[] = [];

  async home(options: OpenOptions): Promise<StreetGossip> {
    const {
      seed,
      peers = [],
      limits = FAST_LIMITS,
      listen = ["/ip4/127.0.0.1/tcp/0"],
      street = "test-street",
      log = QUIET,
      ...others
    } = options;
    const opened = await openGossip({ ...others, secret: secretOf(seed), peers, limits, listen, street, log, metrics: NO_METRICS });
    if (!opened.ok) throw new Error(`${opened.code}: ${opened.detail}`);
    this.open.push(opened.value);
    return opened.value;
  }

  /** Each home dials those before it, and all can hear each other when this returns. */
  async homes(count: number, limits: GossipLimits = FAST_LIMITS): Promise<StreetGossip[]> {
    const homes: StreetGossip[] = [];
    for (let seed = 1; seed <= count; seed++) homes.push(await this.home({ seed, limits, peers: homes.map(withAddresses) }));
    await until("all homes hear each other", () => homes.every((home) => home.peers().length === count - 1));
    return homes;
  }

  keep<T extends { close(): Promise<void> }>(thing: T): T {
    this.open.push(thing);
    return thing;
  }

  async closeAll(): Promise<void> {
    await Promise.all(this.open.splice(0).map((thing) => thing.close()));
  }
}

/** Collects what a home hears, as text. */
export function collect(gossip: { onMessage: StreetGossip["onMessage"] }, judge: (text: string) => Judgement = () => "accept"): Heard[] {
  const heard: Heard[] = [];
  gossip.onMessage((topic, bytes, from) => {
    const text = textOf(bytes);
    heard.push({ topic, text, from });
    return judge(text);
  });
  return heard;
}

/** Waits for a condition; a fixed sleep would be too long here and too short on a busy machine. */
export async function until(what: string, condition: () => boolean, patienceMs = 20_000): Promise<void> {
  const deadline = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited ${patienceMs} ms in vain: ${what}`);
    await sleep(10);
  }
}
