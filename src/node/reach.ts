import type { Clock, Gossip, PeerName } from "../ports/index.ts";

/** Connections come and go slowly; to ask for each message costs more than the message. */
const LOOK_MS = 250;

/**
 * Whether this home is connected to every neighbour. Where all are connected to all, an author's own sending reaches everybody,
 * and handing a message on only repeats it. When a link is missing, homes hand on again, and what is lost in between is pulled.
 */
export function reachOf(neighbours: () => readonly PeerName[], gossip: Gossip, clock: Clock): () => boolean {
  let lookedAt = Number.NEGATIVE_INFINITY;
  let isWhole = false;
  return () => {
    const now = clock.monotonicMs();
    if (now - lookedAt >= LOOK_MS) {
      const connected = new Set(gossip.peers());
      isWhole = neighbours().every((peer) => connected.has(peer));
      lookedAt = now;
    }
    return isWhole;
  };
}
