import type { PeerName } from "../../src/ports/index.ts";
import { Buckets } from "./buckets.ts";
import type { LaneLimits } from "./limits.ts";

export type Refusal = "stranger" | "oversized" | "flooding" | "full";

/**
 * Decides whether a message of one topic comes in at all. It stands before gossipsub's cache of seen messages: a peer that has
 * used up its budget and then passes on an honest message must not make us deaf to the same message from others.
 */
export class Gate {
  private readonly inside = new Map<PeerName, number>();
  private readonly buckets: Buckets;
  private readonly limits: LaneLimits;
  private total = 0;

  constructor(limits: LaneLimits, now: () => number) {
    this.limits = limits;
    this.buckets = new Buckets(limits, now);
  }

  /** undefined: come in, and `leave` once judged. */
  enter(peer: PeerName, length: number): Refusal | undefined {
    if (length > this.limits.maxBytes) return "oversized";
    if (!this.buckets.take(peer)) return "flooding";
    const own = this.inside.get(peer) ?? 0;
    if (own >= this.limits.queuePerPeer || this.total >= this.limits.queue) return "full";
    this.inside.set(peer, own + 1);
    this.total++;
    return undefined;
  }

  leave(peer: PeerName): void {
    const left = (this.inside.get(peer) ?? 1) - 1;
    if (left > 0) this.inside.set(peer, left);
    else this.inside.delete(peer);
    this.total--;
  }
}
