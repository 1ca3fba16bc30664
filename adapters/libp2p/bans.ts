import type { PeerName } from "../../src/ports/index.ts";
import { Recent } from "./recent.ts";

/** For whom the door stays closed, and until when. */
export class Bans {
  private readonly until = new Recent<number>();
  private readonly banMs: number;
  private readonly now: () => number;

  constructor(banMs: number, now: () => number) {
    this.banMs = banMs;
    this.now = now;
  }

  add(peer: PeerName): void {
    this.until.set(peer, this.now() + this.banMs);
  }

  has(peer: PeerName): boolean {
    const until = this.until.get(peer);
    if (until === undefined) return false;
    if (until > this.now()) return true;
    this.until.delete(peer);
    return false;
  }
}
