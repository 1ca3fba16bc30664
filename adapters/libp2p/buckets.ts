import type { PeerName } from "../../src/ports/index.ts";

const MAX_PEERS = 1_024;

/** A token bucket for each peer: `burst` at once, `perSecond` after that. */
export class Buckets {
  private readonly levels = new Map<PeerName, { tokens: number; at: number }>();
  private readonly burst: number;
  private readonly perSecond: number;
  private readonly now: () => number;

  constructor(limits: { readonly burst: number; readonly perSecond: number }, now: () => number) {
    this.burst = limits.burst;
    this.perSecond = limits.perSecond;
    this.now = now;
  }

  take(peer: PeerName): boolean {
    const at = this.now();
    const tokens = this.tokens(peer, at);
    const enough = tokens >= 1;
    this.levels.set(peer, { tokens: enough ? tokens - 1 : tokens, at });
    if (this.levels.size > MAX_PEERS) this.dropFull(at);
    return enough;
  }

  private tokens(peer: PeerName, at: number): number {
    const level = this.levels.get(peer);
    if (level === undefined) return this.burst;
    return Math.min(this.burst, level.tokens + ((at - level.at) / 1_000) * this.perSecond);
  }

  /** A full bucket says the same as no bucket. Names are cheap to make, so what is left is bounded too, oldest out first. */
  private dropFull(at: number): void {
    for (const peer of this.levels.keys()) if (this.tokens(peer, at) >= this.burst) this.levels.delete(peer);
    for (const peer of this.levels.keys()) {
      if (this.levels.size <= MAX_PEERS) return;
      this.levels.delete(peer);
    }
  }
}
