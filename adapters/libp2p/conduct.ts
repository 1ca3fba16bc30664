import type { PeerName } from "../../src/ports/index.ts";
import { Recent } from "./recent.ts";

/** What a peer did, in points; 400 close the door. Prices are chosen so that about twenty refused messages do (security.md 3.2). */
export const CHARGES = {
  /** A message that no honest peer sends. */
  rejected: 10,
  /** A message beyond the peer's budget. */
  flooding: 2,
  /** A message longer than its topic allows. */
  oversized: 40,
  /** A request that is no request, or one too many. */
  badRequest: 10,
  /** A chain of certificates that doesn't verify. Twice closes the door; once might be a fault of ours. */
  "forged-chain": 250,
  /** An answer to a question of ours with what no honest peer holds. */
  "junk-answer": 100,
} as const;

export type Charge = keyof typeof CHARGES;

const HALF_LIFE_MS = 600_000;
const FORGOTTEN_BELOW = 0.5;

/** Remembers how peers behaved. gossipsub's own counters start afresh when a peer reconnects; these don't. */
export class Conduct {
  private readonly records = new Recent<{ readonly points: number; readonly at: number }>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  charge(peer: PeerName, charge: Charge): number {
    const points = this.points(peer) + CHARGES[charge];
    this.records.set(peer, { points, at: this.now() });
    return points;
  }

  points(peer: PeerName): number {
    const record = this.records.get(peer);
    if (record === undefined) return 0;
    const points = record.points * 0.5 ** ((this.now() - record.at) / HALF_LIFE_MS);
    if (points >= FORGOTTEN_BELOW) return points;
    this.records.delete(peer);
    return 0;
  }
}
