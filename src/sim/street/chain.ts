import { quorum, validatorsOf } from "../../../engine/agreement/index.ts";
import { type Digest, fail, type HomeId, type Interval, ok, type Period, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { type Digests, digestsOf, type MarketRules, type Members, periodHash } from "../../../engine/messages/index.ts";
import { decodeVector } from "../../../engine/settlement/index.ts";
import { membersAt } from "../../node/index.ts";
import type { Chain, ChainCode, Clock, RecoverSigner, Registry, SignedBatch } from "../../ports/index.ts";
import { domainOf, FIRST } from "./market.ts";

const SIGNED_BYTES = 66;
/** Ticks: more than any home of the simulated street orders for in an hour. */
const DEPOSIT = 10_000_000;

/** A chain that knows its homes and takes each period once, as the vault does; it answers a little late, as chains do. */
export class CountingChain implements Chain {
  /** All that was ever registered, after each change; the last is what it says now. */
  readonly versions: Registry[];
  readonly settled: Period[] = [];
  /** The batches that brought them. */
  readonly taken: SignedBatch[] = [];
  /** Ticks that homes have paid in, where it isn't `DEPOSIT`. */
  readonly deposits = new Map<HomeId, number>();
  /** Answers nobody and takes nothing for now. */
  isAway = false;
  /** Who can't reach it. */
  readonly hiddenFrom = new Set<string>();
  replyMs = 40;
  readonly #rules: MarketRules;
  readonly #digests: Digests;
  readonly #recover: RecoverSigner;
  readonly #clock: Clock;

  constructor(known: Registry, rules: MarketRules, recover: RecoverSigner, clock: Clock) {
    this.versions = [known];
    this.#rules = rules;
    this.#digests = digestsOf(domainOf(rules));
    this.#recover = recover;
    this.#clock = clock;
  }

  get known(): Registry {
    return this.versions.at(-1)!;
  }

  change(to: Registry): void {
    this.versions.push(to);
  }

  /** The chain as one home sees it; `onRead` hears of each registry that reached it. */
  seenBy(name: string, onRead: (registry: Registry) => void): Chain {
    const isHidden = (): boolean => this.hiddenFrom.has(name);
    return {
      registry: async () => {
        const answer = await this.#reply(() => this.known, isHidden);
        if (answer.ok) onRead(answer.value);
        return answer;
      },
      head: () => this.#reply(this.#head, isHidden),
      escrows: () => this.#reply(this.#escrows, isHidden),
      balances: () => this.balances(),
      standing: () => this.standing(),
      batches: () => this.batches(),
      close: () => this.close(),
    };
  }

  get next(): Period {
    return (Math.floor(FIRST / this.#rules.periodIntervals) + this.settled.length) as Period;
  }

  /** Anybody may bring a batch; true when the vault takes it: the next period, on the last one, signed by a quorum. */
  settle(batch: SignedBatch): boolean {
    const { result, certificate } = batch;
    if (this.isAway || result.period !== this.next || result.prevPeriod !== this.#lastPeriod()) return false;
    // As the vault does: by who its first interval had, and their keys.
    const members = membersAt(this.known, Math.max(FIRST, result.period * this.#rules.periodIntervals) as Interval);
    if (this.#signers(members, this.#digests.period(result), certificate) < quorum(validatorsOf(members))) return false;
    this.settled.push(result.period);
    this.taken.push(batch);
    return true;
  }

  registry = () => this.#reply(() => this.known);
  head = () => this.#reply(this.#head);
  escrows = () => this.#reply(this.#escrows);
  balances = () => this.#reply(() => ({ homes: [], requested: [], debts: [], residual: 0 }));
  /** Its vault holds no money. */
  standing = () =>
    this.#reply(() => ({ escrow: 0, requested: 0, nonce: 0, nextPeriod: this.next, isOpen: this.settled.length > 0, finalAt: 0, now: 0 }));
  batches = () => this.#reply(() => []);
  async close(): Promise<void> {}

  /** How many validators truly signed; 0 when a place isn't above the one before it. */
  #signers(members: Members, digest: Digest, certificate: Uint8Array): number {
    let [count, before] = [0, -1];
    for (let at = 0; at + SIGNED_BYTES <= certificate.length; at += SIGNED_BYTES) {
      const place = certificate[at]!;
      const signer = this.#recover(digest, certificate.slice(at + 1, at + SIGNED_BYTES));
      const home = members.homes.find((each) => each.home === members.validators[place]?.home);
      if (place <= before || home === undefined || signer !== home.agent) return 0;
      before = place;
      count++;
    }
    return count;
  }

  #lastPeriod(): Digest {
    const last = this.taken.at(-1);
    return last === undefined ? ZERO_DIGEST : periodHash(last.result);
  }

  /** What homes paid in, and what the batches that were taken have moved since. */
  readonly #escrows = () => {
    const changes = this.taken.map(({ vector }) => decodeVector(vector));
    const paidIn = (home: HomeId): number => this.deposits.get(home) ?? DEPOSIT;
    const ticks = this.known.homes.map(({ home }) => changes.reduce((held, change) => held + (change[home] ?? 0), paidIn(home)));
    return { nextPeriod: this.next, ticks, requested: ticks.map(() => 0) };
  };

  readonly #head = () => ({ nextPeriod: this.next, lastPeriod: this.#lastPeriod(), settledUntil: 0 });

  #reply<T>(answer: () => T, isHidden = () => false) {
    return new Promise<
      { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ChainCode; readonly detail: string }
    >((resolve) => {
      this.#clock.after(this.replyMs, () => resolve(this.isAway || isHidden() ? fail("CHAIN_UNREACHABLE", "away") : ok(answer())));
    });
  }
}
