import {
  type AdmissionCode,
  type AgreementContext,
  type AgreementMessage,
  admitAgreement,
  admitCommit,
  admitOrder,
  admitReading,
  type CommitContext,
  type OrderContext,
  type ReadingContext,
  readingSignedIn,
  refuse,
} from "../../engine/admission/index.ts";
import type { Digest, Interval, Period } from "../../engine/kernel/index.ts";
import {
  authorOf,
  type Contradictable,
  type Digests,
  idOf,
  type MarketRules,
  type Message,
  type SignedOrder,
  signedOf,
} from "../../engine/messages/index.ts";
import { settledWith } from "../../engine/settlement/index.ts";
import type { Clock, Counter, Judgement, Metrics, RecoverSigner } from "../ports/index.ts";
import { AGREEMENT_BUDGET, AuthorBudget } from "./author-budget.ts";
import type { Convictions } from "./convictions.ts";
import type { Membership } from "./membership.ts";
import { type EntryMessage, isEntry, type Pool } from "./pool.ts";
import { PURE_WORK, type PureWork } from "./pure-work.ts";
import { lastDelivered, nextGate, openIntervals } from "./schedule.ts";

export interface InboxModules {
  readonly rules: MarketRules;
  readonly digests: Digests;
  readonly clock: Clock;
  readonly pool: Pool;
  readonly membership: Membership;
  readonly convictions: Convictions;
  readonly recover: RecoverSigner;
  readonly work?: PureWork;
  readonly metrics: Metrics;
  /** Where the node stands: the interval it works on, and the first period that the chain lacks. */
  readonly current: () => Interval;
  readonly nextPeriod: () => Period;
  /** Whether this home has said that an interval's gate is closed. */
  readonly hasClosed: (interval: Interval) => boolean;
  /** Whether every neighbour can hear an author directly, so that handing a message on would only repeat it. */
  readonly inReach: () => boolean;
  /** Whether a message of agreement may still matter, and can be kept until its interval has come. */
  readonly hasRoom: (message: AgreementMessage) => boolean;
  /** Every admitted message, once. */
  readonly deliver: (message: Message) => void;
}

/** How it came: by gossip, where time counts, or in a peer's answer to a question for these digests. */
export type Way = "gossip" | ReadonlySet<Digest>;
type Verdict = { readonly kind: Judgement; readonly code?: AdmissionCode; readonly conflict?: readonly [unknown, unknown] | null };

/** Of an entry that came in: its `entryId`, which is worked out once, and whether it was asked for by that. */
type Known = { readonly id: Digest; readonly isAsked: boolean };

const MAX_SEEN = 20_000;
const MAX_VIEW = 100_000;
/** Intervals and periods ahead of ours that may be spoken of. */
const MAX_AHEAD = 8;
/** Homes that the others may have read of the chain and this one hasn't. */
const MAX_UNREAD = 256;

/** Turns what peers say into messages that were checked; every foreign byte passes here. */
export class Inbox {
  readonly #modules: InboxModules;
  readonly #verdicts: Counter<"code">;
  readonly #seen = new Set<string>();
  readonly #authors = new AuthorBudget(AGREEMENT_BUDGET);

  constructor(modules: InboxModules) {
    this.#modules = modules;
    this.#verdicts = modules.metrics.counter("commonwatt_admission_verdicts_total", "Messages by what admission said", ["code"]);
  }

  receive(bytes: Uint8Array, way: Way = "gossip"): Judgement {
    const { work = PURE_WORK, digests } = this.#modules;
    const message = work.decode(bytes, digests);
    if (!message.ok) return this.#count({ kind: "reject", code: message.code });
    const judgement = this.#count(this.#judge(message.value, way));
    return judgement === "accept" && this.#modules.inReach() ? "ignore" : judgement;
  }

  /**
   * Whether an honest peer can hold what was refused in its answer. What was asked for by its digest is the fault of who named it,
   * and which key signs a period is this home's own reading of the chain, which may be the older one.
   */
  isExcused(bytes: Uint8Array, wanted: ReadonlySet<Digest>): boolean {
    const { work = PURE_WORK, digests } = this.#modules;
    const message = work.decode(bytes, digests);
    if (!message.ok) return false;
    return message.value.kind === "period-vote" || (isEntry(message.value) && wanted.has(work.entryId(signedOf(message.value))));
  }

  #judge(message: Message, way: Way): Verdict {
    switch (message.kind) {
      case "order":
      case "commit":
      case "reading":
        return this.#entry(message, way);
      case "evidence":
        return this.#modules.convictions.hear(message);
      case "members":
        return this.#members(message, way);
      default:
        return this.#agreement(message, way);
    }
  }

  /**
   * What was asked for is named by f+1 lists, an honest one among them, or by a commit that it was sealed under: whether it is taken
   * hangs on nothing but the entry and the agreed members, for every home needs it. Unasked, an answer brings nothing in that gossip wouldn't.
   */
  #entry(message: EntryMessage, way: Way): Verdict {
    const { work = PURE_WORK } = this.#modules;
    const id = work.entryId(signedOf(message));
    const isAsked = way !== "gossip" && way.has(id);
    const verdict = this.#admit(message, { id, isAsked });
    if (verdict.kind !== "accept" && (verdict.conflict ?? null) === null) return verdict;
    const isTooLate = message.kind === "commit" && this.#modules.hasClosed(message.commit.body.interval);
    this.#keep(message, { id, isTimely: !isAsked && !isTooLate });
    // Both of two that exclude each other are kept: as evidence, and because lists may name either. What gossip brings is accepted alone.
    const held = verdict.kind === "accept" && !isAsked ? undefined : this.#heldBeside(message);
    if (held !== undefined) this.#modules.convictions.found(held, message);
    this.#modules.deliver(message);
    return verdict;
  }

  #admit(message: EntryMessage, known: Known): Verdict {
    if (message.kind === "order") return this.#admitOrder(message.order, known);
    if (message.kind === "commit") return admitCommit(message.commit, this.#commitContext(known));
    return admitReading(message.reading, this.#readingContext(known));
  }

  /** Which rules the next epoch has is this home's own reading of the chain: who has read more, or less, is no liar. */
  #admitOrder(order: SignedOrder, known: Known): Verdict {
    const verdict = admitOrder(order, this.#orderContext(order, known));
    const isUnread = order.body.interval > this.#modules.membership.lastOfEpoch && verdict.kind === "reject";
    return isUnread && verdict.code === "PRICE_OUT_OF_RANGE" ? { kind: "ignore", code: verdict.code } : verdict;
  }

  #keep(message: EntryMessage, { id, isTimely }: { readonly id: Digest; readonly isTimely: boolean }): void {
    const { pool, membership } = this.#modules;
    const { home, interval } = signedOf(message).body;
    const agent = membership.agentAt(home, message.kind === "reading" ? readingSignedIn(interval) : interval);
    if (agent !== undefined) pool.add(message, { agent, isTimely }, id);
  }

  #heldBeside(message: EntryMessage): Contradictable | undefined {
    return this.#modules.pool.beside(message).find((other) => idOf(other) !== idOf(message));
  }

  #members(message: Extract<Message, { kind: "members" }>, way: Way): Verdict {
    if (way === "gossip" || !way.has(message.id)) return refuse("MEMBERS_UNASKED");
    this.#modules.membership.learn(message.members);
    this.#modules.deliver(message);
    return { kind: "accept" };
  }

  #agreement(message: AgreementMessage, way: Way): Verdict {
    const [author, now] = [authorOf(message), this.#modules.clock.monotonicMs()];
    if (way === "gossip" && this.#authors.isSpent(author, now)) return refuse("TOO_MANY_MESSAGES");
    const isAsked = way !== "gossip" && message.kind === "list" && way.has(message.list.id);
    const verdict = this.#admitAgreement(message, way, !isAsked && this.#seen.has(identityOf(message, this.#modules.work)));
    if (verdict.kind === "accept") {
      this.#authors.charge(author, now);
      this.#remember(message);
      this.#modules.deliver(message);
    }
    return verdict;
  }

  /** Who signs under a period, and with which key, is this home's own reading of the chain: a gossiper that has read more is no liar. */
  #admitAgreement(message: AgreementMessage, way: Way, isSeen: boolean): Verdict {
    const verdict = admitAgreement(message, this.#agreementContext(isSeen));
    const isUnread = way === "gossip" && message.kind === "period-vote" && verdict.kind === "reject";
    return isUnread ? { kind: "ignore", code: verdict.code } : verdict;
  }

  #count({ kind, code }: { readonly kind: Judgement; readonly code?: string }): Judgement {
    this.#verdicts.add({ code: code ?? "ACCEPTED" });
    return kind;
  }

  #orderContext({ body }: SignedOrder, { id, isAsked }: Known): OrderContext {
    const { pool, membership, recover } = this.#modules;
    return {
      agentAt: membership.agentAt,
      isRegistered: membership.isRegistered,
      recover,
      rules: membership.rulesAt(body.interval),
      openIntervals: isAsked ? this.#askedIntervals : membership.isSealed ? this.#shownIntervals : this.#openIntervals,
      hasSeen: () => pool.has(id),
      heldOrders: isAsked ? NONE : pool.heldOrders,
    };
  }

  #commitContext({ id, isAsked }: Known): CommitContext {
    const { rules, pool, membership, recover } = this.#modules;
    return {
      agentAt: membership.agentAt,
      isRegistered: membership.isRegistered,
      recover,
      rules,
      isSealed: membership.isSealed,
      openIntervals: isAsked ? this.#askedIntervals : this.#openIntervals,
      hasSeen: () => pool.has(id),
      heldCommits: isAsked ? NONE : pool.heldCommits,
    };
  }

  #readingContext({ id, isAsked }: Known): ReadingContext {
    const { rules, clock, pool, current, membership, recover } = this.#modules;
    const delivered = lastDelivered(rules, clock.now(), clock.speed);
    const first = settledWith(current());
    const { heldReadings, neighbours } = isAsked ? UNCOMPARED : pool;
    return {
      agentAt: membership.agentAt,
      isRegistered: membership.isRegistered,
      recover,
      readableIntervals: { first, last: isAsked ? (Math.max(delivered, first) as Interval) : delivered },
      hasSeen: () => pool.has(id),
      heldReadings,
      neighbours,
    };
  }

  get #openIntervals(): OrderContext["openIntervals"] {
    return openIntervals(this.#modules.rules, this.#modules.clock.now());
  }

  /** Whose gate is closed and which are not decided: when sealed orders are shown. */
  get #shownIntervals(): OrderContext["openIntervals"] {
    const { rules, clock, current } = this.#modules;
    return { first: current(), last: (nextGate(rules, clock.now()) - 1) as Interval };
  }

  get #askedIntervals(): OrderContext["openIntervals"] {
    return { first: this.#modules.current(), last: this.#openIntervals.last };
  }

  /** Seen, unless it was asked for: a list may have been heard before, when it was one too many. */
  #agreementContext(isSeen: boolean): AgreementContext {
    const { rules, membership, recover, current, nextPeriod, hasRoom } = this.#modules;
    const first = current();
    const period = nextPeriod();
    return {
      isSeen,
      // Who speaks in the next epoch, and under which key, isn't agreed yet.
      undecidedIntervals: { first, last: Math.min(first + MAX_AHEAD, membership.lastOfEpoch) as Interval },
      unsettledPeriods: { first: period, last: (period + MAX_AHEAD) as Period },
      // Of each kind two in one place at most: more prove nothing.
      maxEntries: 2 * membership.mostHomes * (2 * rules.maxOrdersPerHome + 1),
      maxStakes: membership.registry.homes.length + MAX_UNREAD,
      maxView: MAX_VIEW,
      hasRoom,
      validatorKey: membership.validatorKey,
      periodKey: membership.periodKey,
      recover,
    };
  }

  #remember(message: AgreementMessage): void {
    if (this.#seen.size >= MAX_SEEN) this.#seen.delete(this.#seen.values().next().value ?? "");
    this.#seen.add(identityOf(message, this.#modules.work));
  }
}

const NONE = (): readonly never[] => [];
const UNCOMPARED = { heldReadings: NONE, neighbours: () => ({ before: null, after: null }) } as const;

/**
 * What tells a validator's message from all others. All votes for a period sign one digest, some perhaps once more under a home's
 * next key: there it is the signature.
 */
export const identityOf = (message: AgreementMessage, work: Pick<PureWork, "entryId"> = PURE_WORK): Digest =>
  message.kind === "period-vote" ? work.entryId(message.periodVote) : idOf(message);
