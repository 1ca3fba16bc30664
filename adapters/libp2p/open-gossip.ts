import { assert, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Gossip, Log, Metrics, PeerName } from "../../src/ports/index.ts";
import { Bans } from "./bans.ts";
import { Conduct } from "./conduct.ts";
import type { PeerAddresses } from "./dialler.ts";
import type { OnFound } from "./discovery.ts";
import { Libp2pGossip } from "./libp2p-gossip.ts";
import { DEFAULT_LIMITS, type GossipLimits } from "./limits.ts";
import { tcpAddress } from "./names.ts";
import { createNode } from "./node.ts";

export type OpenGossipCode = "GOSSIP_ADDRESS_MALFORMED" | "GOSSIP_PORT_TAKEN" | "GOSSIP_LISTEN_FAILED";

export interface GossipOptions {
  /** Seed of the Ed25519 peer key, 32 bytes. */
  readonly secret: Uint8Array;
  /** Where to listen, as multiaddrs: "/ip4/0.0.0.0/tcp/4001". None: dials only. */
  readonly listen: readonly string[];
  /** Short name from the market's rules hash: letters, digits and dashes. Part of every topic and protocol. */
  readonly street: string;
  /** Whom to dial. Two homes should not both have each other in their lists; if they do, it costs a second connection. */
  readonly peers: readonly PeerAddresses[];
  readonly log: Log;
  readonly metrics: Metrics;
  /** The street's private network: 32 bytes that all of its peers share. Without them nobody gets as far as a handshake. */
  readonly networkKey?: Uint8Array;
  /** Looks for the street's other peers on the local network by mDNS. */
  readonly discover?: boolean;
  readonly limits?: GossipLimits;
  /** Who may connect at all; everybody when absent. */
  readonly mayConnect?: (peer: PeerName) => boolean;
}

/** Gossip with what belongs to a node in the world. */
export interface StreetGossip extends Gossip {
  /** Where others can reach us, with our name in it. */
  addresses(): string[];
  /** Replaces the list of peers to dial. Connections that stand are kept. */
  setPeers(peers: readonly PeerAddresses[]): void;
  /** 0 for a stranger; falls with bad conduct, rises a little with first deliveries. */
  score(peer: PeerName): number;
}

/** Starts a libp2p node and joins the street's two topics. */
export async function openGossip(options: GossipOptions): Promise<Result<StreetGossip, OpenGossipCode>> {
  assert((options.networkKey?.length ?? 32) === 32, "a network key has 32 bytes");
  assert(/^[a-zA-Z0-9-]{1,64}$/.test(options.street), "a street's short name has 1 to 64 letters, digits or dashes");
  const malformed = options.listen.find((address) => tcpAddress(address) === undefined);
  if (malformed !== undefined) return fail("GOSSIP_ADDRESS_MALFORMED", malformed);
  const now = () => performance.now();
  const limits = options.limits ?? DEFAULT_LIMITS;
  const conduct = new Conduct(now);
  const bans = new Bans(limits.banMs, now);
  const strangers = new Bans(limits.door.closedMs, now);
  const isRefused = (peer: PeerName) => bans.has(peer) || strangers.has(peer) || options.mayConnect?.(peer) === false;
  const appScore = (peer: PeerName): number => -conduct.points(peer);
  const onFound: OnFound | undefined = options.discover === true ? (...found) => gossip.found(...found) : undefined;
  const node = await createNode({ ...options, limits, onFound, appScore, isRefused });
  const { log, metrics } = options;
  const gossip: Libp2pGossip = new Libp2pGossip(node, options.street, { log, metrics, limits, conduct, bans, strangers, now });
  try {
    await gossip.start(options.peers);
    return ok(gossip);
  } catch (error) {
    await gossip.close();
    const detail = String(error);
    return fail(detail.includes("EADDRINUSE") ? "GOSSIP_PORT_TAKEN" : "GOSSIP_LISTEN_FAILED", detail);
  }
}
