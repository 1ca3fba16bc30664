import type { CertificateContext } from "../../engine/agreement/index.ts";
import type { Digest, HomeId, Interval } from "../../engine/kernel/index.ts";
import {
  type Block,
  type Certificate,
  encodeBlock,
  gateClosure,
  intervalOf,
  type MarketRules,
  type Message,
} from "../../engine/messages/index.ts";
import { type MarketState, settledWith } from "../../engine/settlement/index.ts";
import type { Clock, Log, Store } from "../ports/index.ts";
import { Ahead, isSaid } from "./ahead.ts";
import type { Convictions } from "./convictions.ts";
import { blockOf, type Evaluation, evaluateLists } from "./evaluate.ts";
import type { Lost } from "./links.ts";
import type { Outbox } from "./outbox.ts";
import { type ListModules, ownList } from "./own-list.ts";
import { isEntry } from "./pool.ts";
import { PURE_WORK, type PureWork } from "./pure-work.ts";
import { Round, type RoundWorld } from "./round.ts";
import { askUnshownAt, FETCH_MS, LIVE_MS, LOOK_MS, STALL_MS, shownBy, TIMEOUTS, tradeDeadline } from "./schedule.ts";
import type { Signing } from "./signing.ts";
import { Timers } from "./timers.ts";

/** One more interval is certified and this home has worked it out itself. */
export interface Certified {
  readonly evaluation: Evaluation;
  readonly block: Block;
  /** Real milliseconds from gate closure; null when the block was fetched or the gate was long closed. */
  readonly sinceGateMs: number | null;
}

export interface RoundsModules extends ListModules {
  readonly rules: MarketRules;
  readonly clock: Clock;
  readonly store: Store;
  readonly convictions: Convictions;
  readonly signing: Signing;
  /** null: this home follows and never votes. */
  readonly outbox: Outbox | null;
  readonly work?: PureWork;
  readonly self: HomeId | null;
  readonly certificates: Omit<CertificateContext, "validators">;
  readonly log: Log;
  /** This home takes no more commits for the interval. */
  readonly tellClosed: (interval: Interval) => void;
  readonly lost?: Lost | undefined;
  /** Asks peers for what gossip did not bring. */
  readonly fetch: (interval: Interval, missing: readonly Digest[]) => void;
}

/** What became of a peer's block; forged: no honest peer sends it. */
export type Adoption = "adopted" | "unneeded" | "forged";

/** Brings the street from one certified interval to the next, strictly in a row. */
export class Rounds {
  readonly #modules: RoundsModules;
  #state: MarketState;
  #round: Round | null = null;
  readonly #ahead = new Ahead();
  readonly #timers: Timers;
  #isFetching = false;
  #gateMet: number | null = null;
  /** This home has said what it holds for the round. */
  #isOpened = false;
  #listeners: ((certified: Certified) => void)[] = [];
  #stopped = false;

  constructor(modules: RoundsModules, state: MarketState) {
    this.#modules = modules;
    this.#timers = new Timers(modules.clock);
    this.#state = state;
  }

  get state(): MarketState {
    return this.#state;
  }

  /** The interval that is being agreed on. */
  get current(): Interval {
    return (this.#state.interval + 1) as Interval;
  }

  get round(): Round | null {
    return this.#round;
  }

  onCertified(listener: (certified: Certified) => void): void {
    this.#listeners.push(listener);
  }

  start(): void {
    this.#timers.cancel();
    this.#begin();
  }

  stop(): void {
    this.#stopped = true;
    this.#timers.cancel();
  }

  hear(message: Message): void {
    if (this.#stopped) return;
    if (isEntry(message)) this.#onEntry(this.#round);
    else if (message.kind === "members") this.#round === null && this.#begin();
    else if (!isSaid(message)) return;
    else if (intervalOf(message) === this.#round?.interval) this.#round.hear(message);
    // Before the start even the current interval's are kept: admission lets nothing in twice.
    else if (this.hasRoom(message)) this.#ahead.keep(message);
  }

  /** Whether a message of agreement may still matter now, or can be kept until its interval has come. */
  hasRoom(message: Message): boolean {
    if (isSaid(message) && intervalOf(message) === this.#round?.interval) return this.#round.hasRoom(message);
    return !isSaid(message) || (intervalOf(message) >= this.current && this.#ahead.hasRoom(message, this.current));
  }

  /** A block from a peer: taken only when it is the next one, truly certified, and leads to the same result here. */
  adopt(bytes: Uint8Array): Adoption {
    const { certificates, membership, log, work = PURE_WORK } = this.#modules;
    const block = work.decodeBlock(bytes, certificates.digests);
    if (!block.ok) return "forged";
    const { certificate, members, result } = block.value;
    // Behind or ahead of this home, or of an epoch whose members it still asks for.
    if (this.#stopped || result.interval !== this.current || membership.digest !== this.#state.members) return "unneeded";
    if (certificate.kind !== "finalize" || certificate.interval !== this.current || !work.isWhole(block.value)) return "forged";
    if (!work.isCertified(certificate, { ...certificates, validators: membership.validators })) return "forged";
    const evaluation = work.replay(membership.rules, this.#state, block.value);
    if (evaluation === null) {
      log.error("agreement.result-differs", { interval: this.current, certified: certificate.value });
      return "unneeded";
    }
    if (members !== null) membership.learn(members);
    this.#finish(evaluation, certificate, null);
    return "adopted";
  }

  #onEntry(round: Round | null): void {
    round?.retry();
    if (round !== null && !this.#isOpened) this.#openWhenShown(round);
  }

  #begin(): void {
    const { membership, clock, rules, outbox, pool, certificates } = this.#modules;
    const [interval, before] = [this.current, membership.digest];
    if (!membership.enter(this.#state.members, interval)) return void this.#awaitMembers(interval);
    if (membership.digest !== before) pool.keepOf(membership);
    const round = new Round(interval, membership.validators, this.#voter(interval), this.#world(interval));
    this.#round = round;
    [this.#isFetching, this.#gateMet, this.#isOpened] = [false, null, false];
    for (const message of pool.holdAgain(outbox?.earlier(interval) ?? [], certificates.recover)) round.hear(message);
    const deadline = tradeDeadline(rules, interval, clock.speed);
    if (clock.now() >= deadline || outbox?.isPastDeadline(interval)) round.put({ kind: "deadline" });
    // Also when it has passed, but not for each of a week's blocks that are on their way.
    this.#timers.at(deadline, () => this.#passDeadline(round));
    for (const message of this.#ahead.take(interval)) if (this.#round === round) round.hear(message);
    if (this.#round !== round) return;
    this.#timers.at(gateClosure(rules, interval) * 1000, () => this.#closeGate(round));
  }

  #world(interval: Interval): RoundWorld {
    const { membership, pool, outbox, convictions, work = PURE_WORK } = this.#modules;
    const { rules, validators } = membership;
    return {
      speak: (effect) => (effect.kind === "vote" ? outbox!.vote(effect.vote, effect.because) : outbox!.proposal(effect.proposal)),
      leaders: work.leadersOf(validators, interval),
      evaluate: (choice) => evaluateLists({ rules, validators, membership, pool, work }, this.#state, choice),
      holds: pool.has,
      // A view's clock runs while there is something to vote on; opening winds it.
      after: (timer, view, task) => (timer !== "view" || this.#isOpened) && this.#timers.after(TIMEOUTS[timer](view), task),
      fetchSoon: () => this.#fetchSoon(interval),
      decided: (certificate) => this.#timers.after(0, () => this.#decided(certificate)),
      evidence: ({ first, second }) => convictions.found(first, second),
    };
  }

  /** This home, if it votes in an interval: with another key than the one in force only it would count its votes. */
  #voter(interval: Interval): HomeId | null {
    const { self, membership, signing, outbox } = this.#modules;
    if (self === null || outbox === null) return null;
    return outbox.holds(membership.validatorKey(self)) && signing.maySign(interval) ? self : null;
  }

  /** On disk first: a clock that has gone back after a restart doesn't undo it. */
  #passDeadline(round: Round): void {
    if (this.#voter(round.interval) !== null) this.#modules.outbox?.passDeadline(round.interval);
    round.put({ kind: "deadline" });
  }

  /** The next interval's members are certified and not known here; the peer that answers may be behind as well. */
  #awaitMembers(interval: Interval): void {
    const { membership, log, fetch } = this.#modules;
    if (membership.known(this.#state.members) === null) fetch(interval, [this.#state.members]);
    else return void log.error("rules.unfollowable", { from: interval });
    this.#timers.after(STALL_MS, () => interval === this.current && this.#round === null && this.#begin());
  }

  /** Orders for the interval are closed. Sealed ones are shown now, and are waited for a little. */
  #closeGate(round: Round): void {
    const { clock, rules, membership } = this.#modules;
    const { interval } = round;
    const lateMs = (clock.now() - gateClosure(rules, interval) * 1000) / clock.speed;
    this.#gateMet = lateMs < LIVE_MS ? clock.monotonicMs() - Math.max(0, lateMs) : null;
    const isVoter = this.#voter(interval) !== null;
    if (isVoter && membership.isSealed) this.#modules.tellClosed(interval);
    if (isVoter) this.#watchLeader(round);
    const waitsUntil = membership.isSealed ? shownBy(rules, interval, clock.speed) : 0;
    this.#openWhenShown(round);
    if (clock.now() >= waitsUntil) this.#open(round);
    else {
      this.#timers.at(askUnshownAt(rules, interval, clock.speed), () => this.#askUnshown(round));
      this.#timers.at(waitsUntil, () => this.#open(round));
    }
  }

  /** While reveals are waited for as well: then a view without its leader is over before there is anything to propose. */
  #watchLeader(round: Round): void {
    const { lost, membership } = this.#modules;
    if (lost === undefined || this.#round !== round || round.decided !== null) return;
    if (lost(membership.validators.ids).has(round.leader)) round.put({ kind: "leader-lost", view: round.view });
    this.#timers.after(LOOK_MS, () => this.#watchLeader(round));
  }

  /** A commit names its order's digest, so what lost messages have kept away can be had from one neighbour after the other. */
  #askUnshown(round: Round): void {
    if (this.#isOpened || this.#round !== round) return;
    this.#modules.fetch(round.interval, this.#modules.pool.unshown(round.interval));
    this.#timers.after(FETCH_MS, () => this.#askUnshown(round));
  }

  #openWhenShown(round: Round): void {
    const { clock, rules, pool, membership } = this.#modules;
    const isClosed = clock.now() >= gateClosure(rules, round.interval) * 1000;
    if (membership.isSealed && isClosed && pool.isShown(round.interval)) this.#open(round);
  }

  /** Says what is held, and starts to agree. */
  #open(round: Round): void {
    const { outbox } = this.#modules;
    const { interval } = round;
    if (this.#isOpened || this.#round !== round) return;
    this.#isOpened = true;
    const self = this.#voter(interval);
    if (outbox !== null && self !== null) {
      const { list, named } = ownList(this.#modules, interval, self);
      round.hear(outbox.list(list, named));
    }
    round.put({ kind: "start" });
    this.#watch(interval);
  }

  #watch(interval: Interval): void {
    this.#timers.after(STALL_MS, () => {
      if (interval !== this.current) return;
      this.#fetch(interval);
      this.#watch(interval);
    });
  }

  #fetchSoon(interval: Interval): void {
    if (this.#isFetching) return;
    this.#isFetching = true;
    this.#timers.after(FETCH_MS, () => {
      this.#isFetching = false;
      this.#fetch(interval);
    });
  }

  #fetch(interval: Interval): void {
    if (interval === this.current && this.#round !== null) this.#modules.fetch(interval, this.#round.missing);
  }

  /** Certified; but a home acts only on what it has worked out itself, so it may have to fetch first. */
  #decided(certificate: Certificate): void {
    if (certificate.interval !== this.current) return;
    const evaluation = this.#round?.evaluation(certificate.value);
    if (evaluation === undefined) this.#fetch(certificate.interval);
    else this.#finish(evaluation, certificate, this.#gateMet === null ? null : this.#modules.clock.monotonicMs() - this.#gateMet);
  }

  #finish(evaluation: Evaluation, certificate: Certificate, sinceGateMs: number | null): void {
    if (this.#stopped) return;
    const { store, pool, membership, work = PURE_WORK } = this.#modules;
    const { nextMembers } = evaluation;
    const block = blockOf(evaluation, certificate, nextMembers === this.#state.members ? null : membership.keep(nextMembers));
    store.saveBlock(evaluation.result.interval, evaluation.value, encodeBlock(block, work.encode));
    this.#state = evaluation.state;
    pool.settle(evaluation.result.interval, settledWith(evaluation.result.interval), evaluation.readings);
    this.#timers.cancel();
    this.#round = null;
    for (const listener of this.#listeners) listener({ evaluation, block, sinceGateMs });
    this.#begin();
  }
}
