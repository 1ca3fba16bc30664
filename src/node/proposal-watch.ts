import type { Digest, Interval, Period, Result } from "../../engine/kernel/index.ts";
import type { PeriodResult } from "../../engine/messages/index.ts";
import { type Batch, encodeFraud, FRAUD, type Fraud, type IntervalRecord, recordOf, SETTLE_LAG } from "../../engine/settlement/index.ts";
import type { Cancel, ChainCode, Challenge, Clock, Log, OpenProposal, Proposals, Refusal, Store } from "../ports/index.ts";
import type { Evaluation } from "./evaluate.ts";
import { type Judgement, judgeProposal, type ProposalCourt } from "./judge-proposal.ts";
import { type ReplaySource, replayStore } from "./replay.ts";

/** A period that a quorum signed and that isn't what this home closed. */
export interface WrongProposal {
  readonly digest: Digest;
  readonly period: Period;
  readonly fromInterval: Interval;
  readonly toInterval: Interval;
  /** What shows it; null: nothing that a contract judges. */
  readonly fault: Fraud | null;
  /** open: it can be settled still. refused: the vault took it back. settled: nobody took it back in time. */
  readonly state: "open" | "refused" | "settled";
  /** Street time, milliseconds, when it was first seen. */
  readonly seenAt: number;
}

/** How a challenge left this home: whose transaction it is in, or null when the proposal was gone already. */
export type HandIn = Result<{ readonly by: "home" | "operator"; readonly transaction: Digest | null }, ChainCode | "CHALLENGE_UNSENT">;

export interface ProposalWatchModules extends Omit<ProposalCourt, "books" | "now"> {
  readonly first: Interval;
  readonly clock: Clock;
  readonly store: Pick<Store, "getMeta" | "setMeta">;
  readonly log: Log;
  /** Own intervals in a range, worked out again: asked only when a proposal differs, or when somebody asks what it binds. */
  readonly records: (from: Interval, to: Interval) => readonly IntervalRecord[];
  readonly proposals: Pick<Proposals, "look" | "wasSettled">;
  /** Writes the challenge down where anybody can send it from; the file's name. */
  readonly keep: (challenge: Challenge, proposal: OpenProposal, fault: Fraud) => Promise<string>;
  /** Sends the challenge, or hands it to who can. */
  readonly handIn: (challenge: Challenge) => Promise<HandIn>;
  /** Drops a proposal whose time is over. */
  readonly expire: (period: PeriodResult) => Refusal;
  /** Seconds after that time that this is left to others, so that one pays for it and not all. */
  readonly patience: () => number;
}

type Wrong = Extract<Judgement, { kind: "wrong" }>;

/** Real milliseconds between looks: the chain's own pace. */
const LOOK_MS = 5_000;
const PLACE = "wrong-proposals";
const MOST_KEPT = 16;

/**
 * Holds each proposal to what this home closed, and has it refused when a contract can be shown why. What was wrong is kept, so that a
 * restart tells nothing twice; what is still open is seen through.
 */
export class ProposalWatch {
  readonly #modules: ProposalWatchModules;
  readonly #closed = new Map<Period, PeriodResult>();
  readonly #listeners: (() => void)[] = [];
  #last: Interval;
  #wrong: readonly WrongProposal[];
  #told = "";
  #right: Digest | null = null;
  /** Own intervals that a proposal is held to, worked out once for it. */
  #records: { readonly from: Interval; readonly to: Interval; readonly records: readonly IntervalRecord[] } | null = null;
  /** The period that was proposed at the last look. */
  #open: Period | null = null;
  #cancel: Cancel = () => undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(modules: ProposalWatchModules) {
    this.#modules = modules;
    this.#last = (modules.first - 1) as Interval;
    this.#wrong = JSON.parse(modules.store.getMeta(PLACE) ?? "[]") as readonly WrongProposal[];
  }

  /** One more interval that is certified here. */
  certified({ result, batch }: Pick<Evaluation, "result"> & { readonly batch: Batch | null }): void {
    this.#last = result.interval;
    if (batch !== null) this.#closed.set(batch.result.period, batch.result);
  }

  /** Newest first. */
  get wrong(): readonly WrongProposal[] {
    return this.#wrong;
  }

  onChange(listener: () => void): void {
    this.#listeners.push(listener);
  }

  start(): void {
    this.#looking = this.look()
      .catch((error: unknown) => this.#tell("proposal.look-failed", { detail: String(error) }))
      .finally(() => {
        if (!this.#stopped) this.#cancel = this.#modules.clock.after(LOOK_MS, () => this.start());
      });
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#looking;
  }

  /** One look at the vault, and what follows from it. */
  async look(): Promise<void> {
    const view = await this.#modules.proposals.look();
    if (!view.ok) return this.#tell("proposal.unseen", { code: view.code, detail: view.detail });
    const { proposal, nextPeriod, now } = view.value;
    this.#open = proposal?.period ?? null;
    await this.#closeOthers(proposal?.digest ?? null);
    for (const period of this.#closed.keys()) if (period < nextPeriod - 1) this.#closed.delete(period);
    if (proposal === null || proposal.digest === this.#right) return;
    const judgement = await judgeProposal({ ...this.#modules, now: () => this.#modules.clock.now(), books: this.#books }, proposal);
    if (judgement.kind === "right") this.#right = proposal.digest;
    else if (judgement.kind === "wrong") await this.#refuse(proposal, judgement, now);
    else if (judgement.kind !== "behind") this.#warn(judgement.kind, proposal);
  }

  /** This home's own record of an interval that the open proposal binds; null: of no other one, so that asking costs one working out. */
  record(interval: Interval): IntervalRecord | null {
    const period = this.#open === null ? undefined : this.#closed.get(this.#open);
    const last = period === undefined ? -1 : period.toInterval + SETTLE_LAG;
    if (period === undefined || interval < period.fromInterval || interval > last) return null;
    return this.#recordsIn(period.fromInterval, last as Interval).find(({ result }) => result.interval === interval) ?? null;
  }

  readonly #books = {
    closed: (period: Period): PeriodResult | null => this.#closed.get(period) ?? null,
    last: (): Interval => this.#last,
    records: (from: Interval, to: Interval): readonly IntervalRecord[] => this.#recordsIn(from, to),
  };

  #recordsIn(from: Interval, to: Interval): readonly IntervalRecord[] {
    const known = this.#records;
    const isWhole = known?.from === from && known.to === to && (known.records.at(-1)?.result.interval ?? 0) >= Math.min(to, this.#last);
    const records = isWhole ? known.records : this.#modules.records(from, to);
    this.#records = { from, to, records };
    return records;
  }

  async #refuse(proposal: OpenProposal, judgement: Wrong, now: number): Promise<void> {
    const written = await this.#report(proposal, judgement);
    // From then on no challenge is taken any more.
    if (now >= proposal.expirableAt) return this.#expire(proposal, judgement.period, now);
    if (written === null) return;
    const sent = await this.#modules.handIn(written.challenge);
    if (sent.ok) this.#modules.log.info("proposal.challenged", { period: proposal.period, ...sent.value });
    else this.#tell("proposal.unchallenged", { ...factsOf(proposal), code: sent.code, detail: sent.detail, file: written.file });
  }

  /** Notes what is wrong and tells it once; what proves it, written down. */
  async #report(
    proposal: OpenProposal,
    { period, proof }: Wrong,
  ): Promise<{ readonly challenge: Challenge; readonly file: string } | null> {
    const { log } = this.#modules;
    const fault = proof?.kind ?? null;
    const known = this.#wrong.find(({ digest }) => digest === proposal.digest);
    this.#note(proposal, period, fault);
    if (proof === null) {
      if (known === undefined)
        log.error("proposal.unproved", { ...factsOf(proposal), what: UNPROVED, wayOut: "the guardian can veto it: commonwatt veto" });
      return null;
    }
    const challenge: Challenge = { period, kind: FRAUD[proof.kind], proof: encodeFraud(proof) };
    const file = await this.#modules.keep(challenge, proposal, proof.kind);
    const wayOut = `anybody can send it: commonwatt challenge ${file}`;
    if (known?.fault !== proof.kind) log.error("proposal.wrong", { ...factsOf(proposal), fault, file, what: WRONG, wayOut });
    return { challenge, file };
  }

  /** Drops a wrong proposal that nobody took back or settled in its time, so that the right one can be proposed. */
  async #expire(proposal: OpenProposal, period: PeriodResult, now: number): Promise<void> {
    const { expire, patience, log } = this.#modules;
    if (now < proposal.expirableAt + patience()) return;
    const sent = await expire(period);
    if (sent.ok) log.info("proposal.expired", { period: proposal.period, digest: proposal.digest, transaction: sent.value });
    else if (sent.code !== "CHAIN_PENDING")
      this.#tell("proposal.unexpired", { ...factsOf(proposal), code: sent.code, detail: sent.detail });
  }

  #note({ digest }: OpenProposal, { period, fromInterval, toInterval }: PeriodResult, fault: Fraud | null): void {
    const known = this.#wrong.find((each) => each.digest === digest);
    const seenAt = known?.seenAt ?? this.#modules.clock.now();
    const noted: WrongProposal = { digest, period, fromInterval, toInterval, fault, state: "open", seenAt };
    if (JSON.stringify(known) !== JSON.stringify(noted)) this.#keep([noted, ...this.#wrong.filter((each) => each.digest !== digest)]);
  }

  /** What became of those that were open and aren't any more. */
  async #closeOthers(open: Digest | null): Promise<void> {
    const { log, proposals } = this.#modules;
    for (const each of this.#wrong.filter(({ state, digest }) => state === "open" && digest !== open)) {
      const { period, digest } = each;
      const settled = await proposals.wasSettled(digest);
      if (!settled.ok) return;
      if (settled.value) log.error("proposal.settled-wrong", { period, digest, what: SETTLED_WRONG });
      else log.info("proposal.refused", { period, digest });
      const state = settled.value ? "settled" : "refused";
      this.#keep(this.#wrong.map((one) => (one.digest === digest ? { ...one, state } : one)));
    }
  }

  #keep(wrong: readonly WrongProposal[]): void {
    this.#wrong = wrong.slice(0, MOST_KEPT);
    this.#modules.store.setMeta(PLACE, JSON.stringify(this.#wrong));
    for (const listener of this.#listeners) listener();
  }

  #warn(kind: "unreadable" | "unfounded", proposal: OpenProposal): void {
    this.#tell(`proposal.${kind}`, { ...factsOf(proposal), what: kind === "unreadable" ? UNREADABLE : UNFOUNDED });
  }

  /** Once for each trouble, not at each look. */
  #tell(event: string, trouble: object): void {
    const text = JSON.stringify({ event, trouble });
    if (text !== this.#told) this.#modules.log.warn(event, trouble);
    this.#told = text;
  }
}

/** Own intervals in a range, worked out again from a store's first one on. */
export function recordsIn(source: Omit<ReplaySource, "membership">, from: Interval, to: Interval): readonly IntervalRecord[] {
  const records: IntervalRecord[] = [];
  replayStore({ ...source, membership: null }, (evaluation) => {
    const { interval } = evaluation.result;
    if (interval >= from && interval <= to) records.push(recordOf(evaluation, evaluation));
  });
  return records;
}

const factsOf = ({ period, digest, transaction, finalizableAt }: OpenProposal): object => ({
  period,
  digest,
  transaction,
  until: new Date(finalizableAt * 1000).toISOString(),
});

const SETTLED_WRONG = "the vault settled a period that this home closed otherwise: nobody took it back in time";
const WRONG = "a quorum proposed a wrong settlement; this home can prove it";
const UNPROVED = "a quorum proposed another settlement than this home worked out, and nothing that a contract judges shows why";
const UNREADABLE = "the vault holds another settlement than this home worked out, and the node doesn't show it: ask another node";
const UNFOUNDED = "the node shows a settlement that no quorum signed: it lies, or the registry known here is old";
