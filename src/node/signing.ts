import { isQuorum, quorum } from "../../engine/agreement/index.ts";
import type { HomeId, Interval } from "../../engine/kernel/index.ts";
import type { MarketRules } from "../../engine/messages/index.ts";
import type { Cancel, Clock, Log, PeerName, Store } from "../ports/index.ts";
import type { Membership } from "./membership.ts";
import type { Pause } from "./pause.ts";
import { nextGate } from "./schedule.ts";

export interface SigningModules {
  readonly rules: MarketRules;
  readonly clock: Clock;
  readonly store: Pick<Store, "maySignFrom" | "resumeSigning" | "declareNewest" | "getMeta" | "setMeta">;
  readonly membership: Membership;
  readonly log: Log;
  /** Whose a peer is; null: nobody's that is known. */
  readonly homeOf: (peer: PeerName) => HomeId | null;
  /** null: follows the market and says nothing. */
  readonly self: HomeId | null;
  /** The interval that is being agreed on. */
  readonly current: () => Interval;
  /** The owner has said that there is nothing newer than this home's store. */
  readonly isDeclaredNewest?: boolean;
  /** This home may vote in the current interval, in which it could not when that began. */
  readonly onDeclared?: () => void;
}

/** An earlier life signs nothing so far ahead of its gate or of what is certified. */
const OUT_OF_REACH = 2;
/** So long nothing newer must come from anybody before an owner's word is taken, real milliseconds. */
const QUIET_MS = 30_000;
/** Where the store has from which interval on this home orders and reads its meter again. */
const ENTRIES_FROM = "entries-from";

/**
 * Whether this home may sign. A store that was lost or put back from a copy doesn't tell what an earlier life has signed, so the
 * home only follows until it is level with a quorum of its neighbours, and signs again from an interval that its earlier life can't
 * have reached. Where its neighbours are no quorum without it they never get there, and its owner has to say that nothing newer
 * exists.
 */
export class Signing {
  readonly #modules: SigningModules;
  /** Who was no further than this home when it stood at that interval. */
  readonly #level = new Set<HomeId>();
  #at: Interval | null = null;
  #isDeclared = false;
  #cancel: Cancel = () => undefined;

  constructor(modules: SigningModules) {
    this.#modules = modules;
  }

  maySign(interval: Interval): boolean {
    const from = this.#modules.store.maySignFrom();
    return from !== null && interval >= from;
  }

  /** Orders and readings: of them an earlier life may have signed further ahead than of votes. */
  mayEnter(interval: Interval): boolean {
    return this.maySign(interval) && interval >= Number(this.#modules.store.getMeta(ENTRIES_FROM) ?? 0);
  }

  get isPaused(): boolean {
    return this.#modules.store.maySignFrom() === null;
  }

  /** Why this home signs nothing now, and what ends it; null: it signs. */
  get pause(): Pause | null {
    const { rules, clock, store, current } = this.#modules;
    const from = store.maySignFrom();
    if (this.#isDeclared) return { ends: "declared" };
    if (from !== null && from <= current()) return null;
    // The street stands: an interval that nobody decides never comes by itself.
    if (from !== null) return nextGate(rules, clock.now()) > from + 1 ? { ends: "owner" } : { ends: "interval", from };
    return this.#isQuorumWithout ? { ends: "neighbours", missing: this.#needed - this.#level.size } : { ends: "owner" };
  }

  start(): void {
    const { log, isDeclaredNewest } = this.#modules;
    const { pause } = this;
    if (pause !== null) log.warn("signing.paused", { reason: "the store was lost or is a copy", ...pause });
    if (isDeclaredNewest !== true) return;
    if (pause === null) log.info("signing.declaration-not-needed", {});
    else this.#awaitQuiet();
  }

  stop(): void {
    this.#cancel();
  }

  /** A neighbour is no further than this home. That counts from validators alone, less than a third of whom lie. */
  levelWith(peer: PeerName): void {
    const { rules, clock, store, log, homeOf, membership, self, current } = this.#modules;
    const home = homeOf(peer);
    if (!this.isPaused || home === null || home === self || !membership.validators.ids.includes(home)) return;
    if (this.#at !== current()) this.#level.clear();
    this.#at = current();
    this.#level.add(home);
    if (!this.#isQuorumWithout || this.#level.size < this.#needed) return;
    const from = (Math.max(current(), nextGate(rules, clock.now())) + OUT_OF_REACH) as Interval;
    store.resumeSigning(from);
    this.#isDeclared = false;
    this.#cancel();
    log.info("signing.resumed", { from });
  }

  get #needed(): number {
    return quorum(this.#modules.membership.validators);
  }

  /** Whether the street goes on without this home: else no interval is ever certified that lies behind what it may have signed. */
  get #isQuorumWithout(): boolean {
    const { validators } = this.#modules.membership;
    return isQuorum(
      validators,
      validators.ids.filter((id) => id !== this.#modules.self),
    );
  }

  /** An owner may be wrong: whoever has more than this home shows it in that time, and then it waits again. */
  #awaitQuiet(): void {
    const { clock, current } = this.#modules;
    const seen = current();
    this.#isDeclared = true;
    this.#cancel = clock.after(QUIET_MS, () => {
      // Its turn to sign may have come meanwhile, without the word.
      if (this.maySign(current())) this.#isDeclared = false;
      else if (current() === seen) this.#takeWord();
      else this.#awaitQuiet();
    });
  }

  #takeWord(): void {
    const { rules, clock, store, log, current, onDeclared } = this.#modules;
    const from = current();
    this.#isDeclared = false;
    store.setMeta(ENTRIES_FROM, String(Math.max(from, nextGate(rules, clock.now())) + OUT_OF_REACH));
    log.warn("signing.declared-newest", { from });
    store.declareNewest(from);
    onDeclared?.();
  }
}
