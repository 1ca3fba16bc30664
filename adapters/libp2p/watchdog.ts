import type { PeerId } from "@libp2p/interface";
import type { PeerName } from "../../src/ports/index.ts";
import type { GossipLimits } from "./limits.ts";
import type { Router } from "./node.ts";
import { Recent } from "./recent.ts";
import { GRAYLIST_SCORE } from "./settings.ts";

export type HangUpReason = "deaf" | "banned" | "stranger";

/** What we have of the node: names of connections tell a new one from the old. */
export interface Links {
  getPeers(): readonly PeerId[];
  getConnections(peer: PeerId): readonly { readonly id: string }[];
}

/** How long a peer has been deaf, in sweeps: on a machine that is too busy to sweep, it is too early to judge. */
interface Deafness {
  connections: string;
  sweeps: number;
  hangUps: number;
}

const MAX_DOUBLINGS = 4;

/**
 * Finds connections that don't carry gossip both ways, and peers whose score fell too low. gossipsub never opens its outbound stream
 * again while the connection lives (js-libp2p #3531), and a peer says what it subscribes to only when its stream opens: one of the
 * two would stay deaf for ever, and either may be the only one who can see it. Hanging up makes the dialler start afresh.
 * Each time in a row the patience doubles, because on an overloaded machine hanging up is more load.
 */
export class Watchdog {
  private readonly deaf = new Recent<Deafness>();
  private timer: NodeJS.Timeout | undefined;
  private readonly links: Links;
  private readonly router: Pick<Router, "getScore" | "streamsOutbound" | "streamsInbound">;
  private readonly limits: GossipLimits["watchdog"];
  private readonly hangUp: (peer: PeerName, reason: HangUpReason) => void;

  constructor(
    links: Links,
    router: Pick<Router, "getScore" | "streamsOutbound" | "streamsInbound">,
    limits: GossipLimits["watchdog"],
    hangUp: (peer: PeerName, reason: HangUpReason) => void,
  ) {
    this.links = links;
    this.router = router;
    this.limits = limits;
    this.hangUp = hangUp;
  }

  start(): void {
    this.timer = setInterval(() => this.sweep(), this.limits.everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  sweep(): void {
    for (const id of this.links.getPeers()) {
      const peer = id.toString();
      if (this.router.getScore(peer) < GRAYLIST_SCORE) this.hangUp(peer, "banned");
      else if (this.carriesBothWays(peer)) this.deaf.delete(peer);
      else this.suspect(id);
    }
  }

  /** gossipsub forgets an outbound stream when it closes; an inbound one stays until the next, so its state has to be asked. */
  private carriesBothWays(peer: PeerName): boolean {
    const inbound = this.router.streamsInbound.get(peer);
    return this.router.streamsOutbound.has(peer) && inbound?.rawStream.remoteWriteStatus === "writable";
  }

  private suspect(id: PeerId): void {
    const peer = id.toString();
    const deafness = this.deaf.get(peer) ?? { connections: "", sweeps: 0, hangUps: 0 };
    this.deaf.set(peer, deafness);
    // The other side may have hung up first: what it dialled since isn't to blame for the connection before.
    const connections = this.links.getConnections(id).map((connection) => connection.id);
    if (connections.join() !== deafness.connections) deafness.sweeps = 0;
    deafness.connections = connections.join();
    deafness.sweeps++;
    const patience = (this.limits.graceMs / this.limits.everyMs) * 2 ** Math.min(deafness.hangUps, MAX_DOUBLINGS);
    if (deafness.sweeps >= patience) {
      deafness.sweeps = 0;
      deafness.hangUps++;
      this.hangUp(peer, "deaf");
    }
  }
}
