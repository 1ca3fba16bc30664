import type { HomeId } from "../../engine/kernel/index.ts";
import type { Clock, Gossip, PeerName } from "../ports/index.ts";

/** A link that is missing for so long, real ms, isn't just being made anew. */
const GONE_MS = 200;

/** Which of these homes are lost, now. */
export type Lost = (homes: readonly HomeId[]) => ReadonlySet<HomeId>;

const NONE: ReadonlySet<HomeId> = new Set();

export interface LinksModules {
  readonly clock: Pick<Clock, "monotonicMs">;
  readonly gossip: Pick<Gossip, "peers">;
  /** The peers that speak for a home. */
  readonly peersOf: (home: HomeId) => readonly PeerName[];
}

/**
 * Whose link to this home broke. The system closes a killed process's links at once, so a home that is gone shows within
 * milliseconds. Who was never linked to this home may well be heard through others, and isn't lost.
 */
export class Links {
  readonly #modules: LinksModules;
  readonly #linked = new Set<HomeId>();
  readonly #missingSince = new Map<HomeId, number>();
  /** Of these homes none was lost, nor could it be as long as these are the peers. */
  #whole: { readonly homes: readonly HomeId[]; readonly peers: readonly PeerName[] } | null = null;

  constructor(modules: LinksModules) {
    this.#modules = modules;
  }

  /** Looks again; a link counts as broken when it was missing at two looks that lie GONE_MS apart, and at all between. */
  readonly lost: Lost = (homes) => {
    const peers = this.#modules.gossip.peers();
    if (this.#whole?.homes === homes && this.#whole.peers === peers) return NONE;
    const connected = new Set(peers);
    const now = this.#modules.clock.monotonicMs();
    const lost = new Set(homes.filter((home) => this.#isLost(home, connected, now)));
    this.#whole = homes.some((home) => this.#linked.has(home) && this.#missingSince.has(home)) ? null : { homes, peers };
    return lost;
  };

  #isLost(home: HomeId, connected: ReadonlySet<PeerName>, now: number): boolean {
    if (this.#modules.peersOf(home).some((peer) => connected.has(peer))) {
      this.#linked.add(home);
      this.#missingSince.delete(home);
      return false;
    }
    const since = this.#missingSince.get(home) ?? now;
    this.#missingSince.set(home, since);
    return this.#linked.has(home) && now - since >= GONE_MS;
  }
}
