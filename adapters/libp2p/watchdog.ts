import type { PeerName } from "../../src/ports/index.ts";
import type { GossipLimits } from "./limits.ts";
import type { Node, Router } from "./node.ts";
import { GRAYLIST_SCORE } from "./settings.ts";

export type HangUpReason = "deaf" | "banned";

/**
 * Finds connections that gossip can't use any more, and peers whose score fell too low. gossipsub never opens its outbound stream
 * again while the connection lives (js-libp2p #3531), so a peer would stay deaf for ever: hanging up makes the dialler start afresh.
 */
export class Watchdog {
  private deafSince = new Map<PeerName, number>();
  private timer: NodeJS.Timeout | undefined;
  private readonly node: Node;
  private readonly router: Router;
  private readonly limits: GossipLimits["watchdog"];
  private readonly modules: { readonly now: () => number; readonly hangUp: (peer: PeerName, reason: HangUpReason) => void };

  constructor(
    node: Node,
    router: Router,
    limits: GossipLimits["watchdog"],
    modules: { readonly now: () => number; readonly hangUp: (peer: PeerName, reason: HangUpReason) => void },
  ) {
    this.node = node;
    this.router = router;
    this.limits = limits;
    this.modules = modules;
  }

  start(): void {
    this.timer = setInterval(() => this.sweep(), this.limits.everyMs).unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private sweep(): void {
    const deaf = new Map<PeerName, number>();
    for (const id of this.node.getPeers()) {
      const peer = id.toString();
      if (this.router.getScore(peer) < GRAYLIST_SCORE) this.modules.hangUp(peer, "banned");
      else if (!this.router.streamsOutbound.has(peer)) deaf.set(peer, this.deafSince.get(peer) ?? this.modules.now());
    }
    this.deafSince = deaf;
    for (const [peer, since] of deaf) if (this.modules.now() - since >= this.limits.graceMs) this.modules.hangUp(peer, "deaf");
  }
}
