import type { PeerName } from "../../src/ports/index.ts";
import type { GossipLimits } from "./limits.ts";
import type { Node, Router } from "./node.ts";
import { Recent } from "./recent.ts";
import { GRAYLIST_SCORE } from "./settings.ts";

export type HangUpReason = "deaf" | "banned";

/** How long a peer has been deaf, in sweeps: on a machine that is too busy to sweep, it is too early to judge. */
interface Deafness {
  sweeps: number;
  hangUps: number;
}

const MAX_DOUBLINGS = 4;

/**
 * Finds connections that gossip can't use any more, and peers whose score fell too low. gossipsub never opens its outbound stream
 * again while the connection lives (js-libp2p #3531), so a peer would stay deaf for ever: hanging up makes the dialler start afresh.
 * Each time in a row the patience doubles, because on an overloaded machine hanging up is more load.
 */
export class Watchdog {
  private readonly deaf = new Recent<Deafness>();
  private timer: NodeJS.Timeout | undefined;
  private readonly node: Pick<Node, "getPeers">;
  private readonly router: Pick<Router, "getScore" | "streamsOutbound">;
  private readonly limits: GossipLimits["watchdog"];
  private readonly hangUp: (peer: PeerName, reason: HangUpReason) => void;

  constructor(
    node: Pick<Node, "getPeers">,
    router: Pick<Router, "getScore" | "streamsOutbound">,
    limits: GossipLimits["watchdog"],
    hangUp: (peer: PeerName, reason: HangUpReason) => void,
  ) {
    this.node = node;
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
    for (const id of this.node.getPeers()) {
      const peer = id.toString();
      if (this.router.getScore(peer) < GRAYLIST_SCORE) this.hangUp(peer, "banned");
      else if (this.router.streamsOutbound.has(peer)) this.deaf.delete(peer);
      else this.suspect(peer);
    }
  }

  private suspect(peer: PeerName): void {
    const deafness = this.deaf.get(peer) ?? { sweeps: 0, hangUps: 0 };
    this.deaf.set(peer, deafness);
    deafness.sweeps++;
    const patience = (this.limits.graceMs / this.limits.everyMs) * 2 ** Math.min(deafness.hangUps, MAX_DOUBLINGS);
    if (deafness.sweeps >= patience) {
      deafness.sweeps = 0;
      deafness.hangUps++;
      this.hangUp(peer, "deaf");
    }
  }
}
