import type { PeerName } from "../../src/ports/index.ts";
import { Recent } from "./recent.ts";

/** A token bucket for each peer: `burst` at once, `perSecond` after that. */
export class Buckets {
  private readonly levels = new Recent<{ readonly tokens: number; readonly at: number }>();
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
    return enough;
  }

  private tokens(peer: PeerName, at: number): number {
    const level = this.levels.get(peer);
    if (level === undefined) return this.burst;
    return Math.min(this.burst, level.tokens + ((at - level.at) / 1_000) * this.perSecond);
  }
}
