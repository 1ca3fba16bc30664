import { isQuorum } from "../../engine/agreement/index.ts";
import type { Digest, HomeId, Period } from "../../engine/kernel/index.ts";
import type { Digests, Message, SignedPeriodVote } from "../../engine/messages/index.ts";
import { type Batch, encodeCertificate } from "../../engine/settlement/index.ts";
import type { RecoverSigner, SignedBatch } from "../ports/index.ts";
import type { Membership } from "./membership.ts";
import type { Outbox } from "./outbox.ts";

export type PeriodVoteMessage = Extract<Message, { kind: "period-vote" }>;

/** A closed period on its way to the chain. */
export interface OpenBatch {
  readonly batch: Batch;
  readonly digest: Digest;
  readonly votes: ReadonlyMap<HomeId, SignedPeriodVote>;
}

export interface PeriodsModules {
  readonly digests: Digests;
  readonly membership: Membership;
  /** null: this home follows and signs nothing. */
  readonly outbox: Outbox | null;
  readonly self: HomeId | null;
  readonly recover: RecoverSigner;
}

/** Collects validators' signatures under closed periods. What a period holds every home works out for itself, so there is nothing to agree on. */
export class Periods {
  readonly #open = new Map<Period, OpenBatch & { readonly votes: Map<HomeId, SignedPeriodVote> }>();
  /** Votes for periods that are not closed here yet, or that name another content. */
  readonly #early = new Map<string, SignedPeriodVote>();
  readonly #modules: PeriodsModules;
  #next: Period;

  constructor(modules: PeriodsModules, next: Period) {
    this.#modules = modules;
    this.#next = next;
  }

  /** The first period that the chain lacks. */
  get next(): Period {
    return this.#next;
  }

  /** A period was closed here: sign it, unless the chain has it already. */
  close(batch: Batch): void {
    const { period } = batch.result;
    if (period < this.#next || this.#open.has(period)) return;
    const digest = this.#modules.digests.period(batch.result);
    this.#open.set(period, { batch, digest, votes: new Map() });
    for (const vote of this.#early.values()) if (vote.body.period === period) this.hear(vote);
    this.#sign(period, digest);
  }

  hear(vote: SignedPeriodVote): void {
    const open = this.#open.get(vote.body.period);
    if (open === undefined || open.digest !== vote.body.digest) {
      this.#early.set(`${vote.body.period}/${vote.body.validator}`, vote);
      return;
    }
    open.votes.set(vote.body.validator, vote);
  }

  /** The chain has everything before `next`. */
  settledUntil(next: Period): void {
    this.#next = next;
    for (const period of this.#open.keys()) if (period < next) this.#open.delete(period);
    for (const [key, vote] of this.#early) if (vote.body.period < next) this.#early.delete(key);
  }

  /** The chain has told something new of homes and keys: what this home couldn't sign, or signed under another key, it signs now. */
  review(): void {
    const { self } = this.#modules;
    for (const [period, { digest, votes }] of this.#open) {
      const own = self === null ? undefined : votes.get(self);
      if (own === undefined || !this.#isInForce(own)) this.#sign(period, digest);
    }
  }

  get open(): readonly OpenBatch[] {
    return [...this.#open.values()].sort((a, b) => a.batch.result.period - b.batch.result.period);
  }

  /** The next batch, once enough validators have signed it. */
  ready(): SignedBatch | null {
    const open = this.#open.get(this.#next);
    const validators = this.#modules.membership.periodValidators(this.#next);
    const votes = open === undefined ? [] : [...open.votes.values()].filter((vote) => this.#isInForce(vote));
    const voters = votes.map(({ body }) => body.validator);
    if (open === undefined || !isQuorum(validators, voters)) return null;
    const signatures = votes.sort((a, b) => a.body.validator - b.body.validator);
    const certificate = encodeCertificate(
      validators.ids,
      signatures.map(({ body, signature }) => ({ validator: body.validator, signature })),
    );
    return { ...open.batch, certificate };
  }

  /** What the chain says of keys may have changed since a vote came; the vault refuses a batch for one signature that is none. */
  #isInForce({ body, id, signature }: SignedPeriodVote): boolean {
    const { membership, recover } = this.#modules;
    return recover(id, signature) === membership.periodKey(body.validator, body.period);
  }

  /** For peers that missed them. */
  messages(): readonly PeriodVoteMessage[] {
    return this.open
      .slice(0, 2)
      .flatMap(({ votes }) => [...votes.values()].map((periodVote) => ({ kind: "period-vote", periodVote }) as const));
  }

  #sign(period: Period, digest: Digest): void {
    const { outbox, self, membership } = this.#modules;
    // Under another key the vault would refuse the whole batch.
    if (outbox === null || self === null || !outbox.holds(membership.periodKey(self, period))) return;
    const message = outbox.periodVote({ period, validator: self, digest });
    if (message.kind === "period-vote") this.hear(message.periodVote);
  }
}
