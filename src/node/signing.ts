import { quorum } from "../../engine/agreement/index.ts";
import type { Interval } from "../../engine/kernel/index.ts";
import type { MarketRules } from "../../engine/messages/index.ts";
import type { Clock, Log, PeerName, Store } from "../ports/index.ts";
import type { Membership } from "./membership.ts";
import { nextGate } from "./schedule.ts";

export interface SigningModules {
  readonly rules: MarketRules;
  readonly clock: Clock;
  readonly store: Pick<Store, "maySignFrom" | "resumeSigning">;
  readonly membership: Membership;
  readonly log: Log;
  /** The interval that is being agreed on. */
  readonly current: () => Interval;
}

/** An earlier life signs nothing so far ahead of its gate or of what is certified. */
const OUT_OF_REACH = 2;

/**
 * Whether this home may sign. A store that was lost or put back from a copy doesn't tell what an earlier life has signed, so the
 * home only follows until it is level with a quorum of its neighbours, and signs again from an interval that its earlier life can't
 * have reached.
 */
export class Signing {
  readonly #modules: SigningModules;
  /** Who was no further than this home when it stood at that interval. */
  readonly #level = new Set<PeerName>();
  #at: Interval | null = null;

  constructor(modules: SigningModules) {
    this.#modules = modules;
  }

  maySign(interval: Interval): boolean {
    const from = this.#modules.store.maySignFrom();
    return from !== null && interval >= from;
  }

  get isPaused(): boolean {
    return this.#modules.store.maySignFrom() === null;
  }

  start(): void {
    if (this.isPaused) this.#modules.log.warn("signing.paused", { reason: "the store was lost or is a copy" });
  }

  /** A neighbour is no further than this home. */
  levelWith(peer: PeerName): void {
    const { rules, clock, store, membership, log, current } = this.#modules;
    if (!this.isPaused) return;
    if (this.#at !== current()) this.#level.clear();
    this.#at = current();
    this.#level.add(peer);
    // All others, where a quorum is more than those.
    if (this.#level.size < Math.min(quorum(membership.validators), membership.validators.ids.length - 1)) return;
    const from = (Math.max(current(), nextGate(rules, clock.now())) + OUT_OF_REACH) as Interval;
    store.resumeSigning(from);
    log.info("signing.resumed", { from });
  }
}
