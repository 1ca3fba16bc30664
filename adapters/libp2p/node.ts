import { type GossipSub, gossipsub } from "@chainsafe/libp2p-gossipsub";
import { type Identify, identify } from "@libp2p/identify";
import type { ComponentLogger, Connection, Libp2p, Logger, PeerId, Startable, Stream } from "@libp2p/interface";
import { peerIdFromString } from "@libp2p/peer-id";
import { type Ping, ping } from "@libp2p/ping";
import { tcp } from "@libp2p/tcp";
import { createLibp2p } from "libp2p";
import { assert } from "../../engine/kernel/index.ts";
import type { Log, PeerName } from "../../src/ports/index.ts";
import { discovery, type OnFound } from "./discovery.ts";
import { quietNoise } from "./encrypter.ts";
import type { GossipLimits } from "./limits.ts";
import { sparingYamux } from "./muxer.ts";
import { peerKeyOf } from "./names.ts";
import { privateNetwork } from "./protector.ts";
import { gossipSettings } from "./settings.ts";

type Services = { readonly identify: Identify; readonly ping: Ping; readonly pubsub: GossipSub; readonly discovery?: Startable };

export type Node = Libp2p<Services>;

export interface RawMessage {
  readonly topic: string;
  readonly data?: Uint8Array;
}

export interface GossipStream {
  readonly rawStream: Pick<Stream, "writeStatus" | "remoteWriteStatus">;
}

/** What gossipsub 17.1.1 has but its published type doesn't name. `routerOf` checks that it is there. */
export interface Router extends GossipSub {
  readonly streamsOutbound: Map<PeerName, GossipStream>;
  readonly streamsInbound: ReadonlyMap<PeerName, GossipStream>;
  readonly seenCache: { readonly entries: Map<string, unknown> };
  getMeshPeers(topic: string): PeerName[];
  getScore(peer: PeerName): number;
  msgIdToStrFn(id: Uint8Array): string;
  createOutboundStream(peer: PeerId, connection: Connection): Promise<void>;
  handleReceivedMessage(from: PeerId, message: RawMessage): Promise<void>;
}

export function routerOf(node: Node): Router {
  const router = node.services.pubsub as Router;
  const known =
    typeof router.handleReceivedMessage === "function" &&
    typeof router.getMeshPeers === "function" &&
    typeof router.getScore === "function" &&
    typeof router.msgIdToStrFn === "function" &&
    typeof router.createOutboundStream === "function" &&
    router.streamsOutbound instanceof Map &&
    router.streamsInbound instanceof Map &&
    router.seenCache?.entries instanceof Map;
  assert(known, "gossipsub has the inside of version 17.1.1");
  return router;
}

/**
 * gossipsub starts to listen for a stream's close when it is open. One that died while it was being opened stays in its map, and
 * while it is there gossipsub opens no other: not on another connection, and not always after a reconnect.
 * Who may hear nothing gets no stream; once it may, `openStream` makes up for it.
 */
export function guardStreams(router: Router, mayHear: (peer: PeerName) => boolean): void {
  const create = router.createOutboundStream.bind(router);
  router.createOutboundStream = async (peer, connection) => {
    const name = peer.toString();
    if (!mayHear(name)) return;
    await create(peer, connection);
    if (router.streamsOutbound.get(name)?.rawStream.writeStatus !== "writable") router.streamsOutbound.delete(name);
  };
}

/** As the node's own getPeers, which makes every peer anew, so that its name has to be worked out again at each look. */
export const connectedPeers = (node: Node): readonly PeerId[] => [
  ...new Map(node.getConnections().map(({ remotePeer }) => [remotePeer.toString(), remotePeer])).values(),
];

export function openStream(node: Node, router: Router, peer: PeerName): void {
  const id = peerIdFromString(peer);
  const connection = node.getConnections(id).find(({ status }) => status === "open");
  if (connection !== undefined) void router.createOutboundStream(id, connection);
}

export interface NodeOptions {
  readonly secret: Uint8Array;
  readonly listen: readonly string[];
  readonly street: string;
  readonly networkKey?: Uint8Array | undefined;
  /** Who is told of peers on the local network; undefined: it isn't asked. */
  readonly onFound?: OnFound | undefined;
  readonly limits: GossipLimits;
  readonly appScore: (peer: PeerName) => number;
  readonly isRefused: (peer: PeerName) => boolean;
}

/** A libp2p peer over TCP, noise and yamux, not started yet. */
export function createNode(options: NodeOptions): Promise<Node> {
  const { limits, street, onFound } = options;
  const refuse = (peer: PeerId) => options.isRefused(peer.toString());
  return createLibp2p<Services>({
    start: false,
    privateKey: peerKeyOf(options.secret),
    addresses: { listen: [...options.listen] },
    transports: [tcp()],
    connectionEncrypters: [quietNoise()],
    streamMuxers: [sparingYamux()],
    ...(options.networkKey === undefined ? {} : { connectionProtector: privateNetwork(options.networkKey) }),
    logger: SILENT,
    connectionGater: { denyDialPeer: refuse, denyInboundEncryptedConnection: refuse, denyDialMultiaddr: () => false },
    connectionManager: {
      maxConnections: limits.maxConnections,
      // The default lets five connections per second in from one address: a street behind one address never assembles.
      inboundConnectionThreshold: limits.connectionsPerSecond,
      maxIncomingPendingConnections: limits.maxConnections,
      // Redialling is ours (dialler.ts): libp2p's gives up after five tries.
      reconnectRetries: 0,
    },
    // A busy machine answers late, and a dropped connection costs more than a late discovery of a dead one.
    connectionMonitor: { pingInterval: limits.pingMs, pingTimeout: { minTimeout: 10_000 } },
    services: {
      // gossip starts when identify is through; its default of 5 s was too short on a busy machine.
      identify: identify({ timeout: 15_000 }),
      ping: ping(),
      pubsub: gossipsub(gossipSettings(street, limits, options.appScore)),
      ...(onFound === undefined ? {} : { discovery: discovery(street, limits.discovery.everyMs, onFound) }),
    },
  });
}

/** libp2p's stop() has hung before (js-libp2p #2625): after a while we drop the connections ourselves. */
export async function stopNode(node: Node, closeMs: number, log: Log): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<"late">((resolve) => {
    timer = setTimeout(() => resolve("late"), closeMs);
  });
  const stopped = Promise.resolve(node.stop()).catch((error: unknown) => log.warn("gossip.stop-failed", { cause: String(error) }));
  if ((await Promise.race([stopped, late])) === "late") {
    log.warn("gossip.stop-late");
    for (const connection of node.getConnections()) connection.abort(new Error("stopping"));
  }
  clearTimeout(timer);
}

// libp2p formats every debug line even when nobody reads it, and its loggers write to stderr on an environment variable; ours is the log port.
const silentLogger = (): Logger => {
  const nothing = () => undefined;
  return Object.assign(nothing, { error: nothing, trace: nothing, enabled: false, newScope: silentLogger });
};

const SILENT: ComponentLogger = { forComponent: silentLogger };
