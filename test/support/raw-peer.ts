import { type GossipSub, gossipsub } from "@chainsafe/libp2p-gossipsub";
import { identify } from "@libp2p/identify";
import type { Connection, Stream } from "@libp2p/interface";
import { noise } from "@libp2p/noise";
import { preSharedKey } from "@libp2p/pnet";
import { tcp } from "@libp2p/tcp";
import { yamux } from "@libp2p/yamux";
import { multiaddr } from "@multiformats/multiaddr";
import { createLibp2p, type Libp2p } from "libp2p";
import type { StreetGossip } from "../../adapters/libp2p/index.ts";

type Services = { readonly identify: ReturnType<ReturnType<typeof identify>>; readonly pubsub: GossipSub };

/** A libp2p peer without our manners: for what honest homes never do. */
export class RawPeer {
  readonly node: Libp2p<Services>;

  constructor(node: Libp2p<Services>) {
    this.node = node;
  }

  get self(): string {
    return this.node.peerId.toString();
  }

  get pubsub(): GossipSub {
    return this.node.services.pubsub;
  }

  addresses(): string[] {
    return this.node.getMultiaddrs().map((address) => address.toString());
  }

  async join(home: StreetGossip, topics: readonly string[] = []): Promise<void> {
    for (const topic of topics) this.pubsub.subscribe(topic);
    await this.node.dial(home.addresses().map((address) => multiaddr(address)));
  }

  connections(): Connection[] {
    return this.node.getConnections();
  }

  /** Our ends of gossip streams that the other side opened. */
  inboundGossip(): Stream[] {
    return this.gossip().filter((stream) => stream.direction === "inbound");
  }

  outboundGossip(): Stream[] {
    return this.gossip().filter((stream) => stream.direction === "outbound");
  }

  private gossip(): Stream[] {
    const streams = this.connections().flatMap((connection) => connection.streams);
    return streams.filter((stream) => stream.protocol.startsWith("/meshsub/"));
  }

  /** From now on takes gossip streams and never reads from them. */
  async stopReading(): Promise<void> {
    const protocols = this.node.getProtocols().filter((protocol) => protocol.startsWith("/meshsub/"));
    await this.node.unhandle(protocols);
    await this.node.handle(protocols, (stream) => stream.pause());
  }

  async close(): Promise<void> {
    await this.node.stop();
  }
}

const keyFile = (key: Uint8Array): Uint8Array =>
  new TextEncoder().encode(`/key/swarm/psk/1.0.0/\n/base16/\n${Buffer.from(key).toString("hex")}`);

export const TOPIC = { market: "/commonwatt/test-street/market/1", agreement: "/commonwatt/test-street/agreement/1" } as const;

export async function rawPeer(networkKey?: Uint8Array): Promise<RawPeer> {
  const node = await createLibp2p<Services>({
    addresses: { listen: ["/ip4/127.0.0.1/tcp/0"] },
    transports: [tcp()],
    connectionEncrypters: [noise()],
    streamMuxers: [yamux()],
    ...(networkKey === undefined ? {} : { connectionProtector: preSharedKey({ psk: keyFile(networkKey) }) }),
    connectionGater: { denyDialMultiaddr: () => false },
    services: {
      identify: identify(),
      pubsub: gossipsub({
        globalSignaturePolicy: "StrictNoSign",
        fallbackToFloodsub: false,
        floodPublish: true,
        scoreParams: { IPColocationFactorWeight: 0 },
      }),
    },
  });
  return new RawPeer(node);
}
