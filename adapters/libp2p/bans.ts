import type { PeerName } from "../../src/ports/index.ts";

const MAX_PEERS = 1_024;

/** For whom the door stays closed, and until when. */
export class Bans {
  private readonly until = new Map<PeerName, number>();
  private readonly banMs: number;
  private readonly now: () => number;

  constructor(banMs: number, now: () => number) {
    this.banMs = banMs;
    this.now = now;
  }

  add(peer: PeerName): void {
    this.until.delete(peer);
    this.until.set(peer, this.now() + this.banMs);
    if (this.until.size <= MAX_PEERS) return;
    const [oldest] = this.until.keys();
    this.until.delete(oldest!);
  }

  has(peer: PeerName): boolean {
    const until = this.until.get(peer);
    if (until === undefined) return false;
    if (until > this.now()) return true;
    this.until.delete(peer);
    return false;
  }
}
