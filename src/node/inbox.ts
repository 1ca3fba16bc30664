import {
  type AdmissionCode,
  type AgreementContext,
  type AgreementMessage,
  admitAgreement,
  admitOrder,
  admitReading,
  type OrderContext,
  type ReadingContext,
} from "../../engine/admission/index.ts";
import type { Digest, HomeId, Interval, Period } from "../../engine/kernel/index.ts";
import { type Digests, decodeMessage, type MarketRules, type Message } from "../../engine/messages/index.ts";
import { settledWith } from "../../engine/settlement/index.ts";
import type { Clock, Counter, Judgement, Log, Metrics, RecoverSigner } from "../ports/index.ts";
import type { Membership } from "./membership.ts";
import type { Pool } from "./pool.ts";
import { lastDelivered, openIntervals } from "./schedule.ts";

export interface InboxModules {
  readonly rules: MarketRules;
  readonly digests: Digests;
  readonly clock: Clock;
  readonly pool: Pool;
  readonly membership: Membership;
  readonly recover: RecoverSigner;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Where the node stands: the interval it works on, and the first period that the chain lacks. */
  readonly current: () => Interval;
  readonly nextPeriod: () => Period;
  /** Whether every neighbour can hear an author directly, so that handing a message on would only repeat it. */
  readonly inReach: () => boolean;
  /** Every admitted message, once. */
  readonly deliver: (message: Message) => void;
}

/** How it came: by gossip, where time counts, or in a peer's answer about an interval whose gate is closed. */
type Way = "gossip" | "fetched";

const MAX_SEEN = 20_000;
const MAX_VIEW = 1_000;
/** Intervals and periods ahead of ours that may be spoken of. */
const MAX_AHEAD = 8;

/** Turns what peers say into messages that were checked; every foreign byte passes here. */
export class Inbox {
  readonly #modules: InboxModules;
  readonly #verdicts: Counter<"code">;
  readonly #seen = new Set<string>();

  constructor(modules: InboxModules) {
    this.#modules = modules;
    this.#verdicts = modules.metrics.counter("commonwatt_admission_verdicts_total", "Messages by what admission said", ["code"]);
  }

  receive(bytes: Uint8Array, way: Way = "gossip"): Judgement {
    const message = decodeMessage(bytes, this.#modules.digests);
    if (!message.ok) return this.#count("reject", message.code);
    const judgement = this.#judge(message.value, way);
    return judgement === "accept" && this.#modules.inReach() ? "ignore" : judgement;
  }

  #judge(message: Message, way: Way): Judgement {
    switch (message.kind) {
      case "order":
        return this.#order(message, way);
      case "reading":
        return this.#reading(message, way);
      default:
        return this.#agreement(message);
    }
  }

  #order(message: Extract<Message, { kind: "order" }>, way: Way): Judgement {
    const { pool } = this.#modules;
    const verdict = admitOrder(message.order, this.#orderContext(way));
    // Both of two that exclude each other are kept: as evidence, and because lists may name either.
    if (verdict.kind === "accept" || verdict.conflict !== null) pool.addOrder(message.order);
    return this.#deliver(message, verdict);
  }

  #reading(message: Extract<Message, { kind: "reading" }>, way: Way): Judgement {
    const { pool } = this.#modules;
    const verdict = admitReading(message.reading, this.#readingContext(way));
    if (verdict.kind === "accept" || verdict.conflict !== null) pool.addReading(message.reading);
    return this.#deliver(message, verdict);
  }

  #agreement(message: AgreementMessage): Judgement {
    const verdict = admitAgreement(message, this.#agreementContext());
    if (verdict.kind === "accept") this.#remember(message);
    return this.#deliver(message, verdict);
  }

  #deliver(message: Message, verdict: { readonly kind: Judgement; readonly code?: AdmissionCode; readonly conflict?: unknown }): Judgement {
    if (verdict.kind === "accept" || (verdict.conflict ?? null) !== null) this.#modules.deliver(message);
    if ((verdict.conflict ?? null) !== null) this.#modules.log.warn("admission.conflict", { code: verdict.code, kind: message.kind });
    return this.#count(verdict.kind, verdict.code ?? "ACCEPTED");
  }

  #count(judgement: Judgement, code: string): Judgement {
    this.#verdicts.add({ code });
    return judgement;
  }

  #orderContext(way: Way): OrderContext {
    const { rules, clock, pool, membership, recover, current } = this.#modules;
    const open = openIntervals(rules, clock.now());
    const fetched = { first: current(), last: open.last };
    return {
      rules,
      openIntervals: way === "gossip" ? open : fetched,
      registered: membership.registered,
      recover,
      hasSeen: pool.has,
      heldOrders: pool.heldOrders,
    };
  }

  #readingContext(way: Way): ReadingContext {
    const { rules, clock, pool, membership, recover, current } = this.#modules;
    const delivered = lastDelivered(rules, clock.now(), clock.speed);
    const first = settledWith(current());
    const last = way === "gossip" ? delivered : (Math.max(delivered, first) as Interval);
    const { heldReadings, neighbours } = pool;
    return { readableIntervals: { first, last }, registered: membership.registered, recover, hasSeen: pool.has, heldReadings, neighbours };
  }

  #agreementContext(): AgreementContext {
    const { membership, recover, current, nextPeriod } = this.#modules;
    const first = current();
    const period = nextPeriod();
    return {
      hasSeen: (id, validator) => this.#seen.has(seenKey(id, validator)),
      undecidedIntervals: { first, last: (first + MAX_AHEAD) as Interval },
      unsettledPeriods: { first: period, last: (period + MAX_AHEAD) as Period },
      maxView: MAX_VIEW,
      validatorKey: membership.validatorKey,
      recover,
    };
  }

  #remember(message: AgreementMessage): void {
    if (this.#seen.size >= MAX_SEEN) this.#seen.delete(this.#seen.values().next().value ?? "");
    if (message.kind === "list") this.#seen.add(seenKey(message.list.id, message.list.body.validator));
    if (message.kind === "proposal") this.#seen.add(seenKey(message.proposal.id, message.proposal.body.leader));
    if (message.kind === "vote") this.#seen.add(seenKey(message.vote.id, message.vote.body.validator));
    if (message.kind === "period-vote") this.#seen.add(seenKey(message.periodVote.id, message.periodVote.body.validator));
  }
}

const seenKey = (id: Digest, validator: HomeId): string => `${validator}/${id}`;
