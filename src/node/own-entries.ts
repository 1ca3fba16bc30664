import { type HomeId, type Interval, interval } from "../../engine/kernel/index.ts";
import { gateClosure, type MarketRules, type Message, type Order, type Reading, signedOf } from "../../engine/messages/index.ts";
import type { Cancel, Clock, RecoverSigner } from "../ports/index.ts";
import type { Membership } from "./membership.ts";
import type { CommitMessage, OrderMessage, Outbox } from "./outbox.ts";
import type { EntryMessage, Pool } from "./pool.ts";
import { revealAt } from "./schedule.ts";
import type { Signing } from "./signing.ts";

export interface OwnEntriesModules {
  readonly rules: MarketRules;
  readonly clock: Clock;
  readonly pool: Pool;
  readonly membership: Membership;
  readonly signing: Signing;
  readonly outbox: Outbox;
  readonly self: HomeId;
  readonly recover: RecoverSigner;
  /** The interval that is being agreed on. */
  readonly current: () => Interval;
  /** As if a peer had sent it. */
  readonly deliver: (message: Message) => void;
}

/** What this home wants and what its meter says: signed, kept, told to the street; sealed until the gate where orders are. */
export class OwnEntries {
  readonly #modules: OwnEntriesModules;
  /** Sealed and not shown yet. */
  readonly #sealed = new Map<OrderMessage, Cancel>();

  constructor(modules: OwnEntriesModules) {
    this.#modules = modules;
  }

  order(body: Order): void {
    const { membership, outbox, signing } = this.#modules;
    if (!signing.mayEnter(body.interval)) return;
    if (membership.isSealed) {
      const { commit, order } = outbox.seal(body);
      this.#take(commit);
      this.#showLater(order);
    } else this.#take(outbox.order(body));
  }

  reading(body: Reading): void {
    if (this.#modules.signing.mayEnter(body.interval)) this.#take(this.#modules.outbox.reading(body));
  }

  /** What this home said before it was restarted; what it sealed is still to be shown. */
  restore(): void {
    const { rules, outbox, current } = this.#modules;
    const from = current();
    for (let at = from; at < from + rules.openIntervals + 2; at++) {
      const commits = outbox.earlierOwn("commit", interval(at)).filter((message) => message.kind === "commit");
      for (const commit of commits) this.#take(commit);
      const orders = outbox.earlierOwn("order", interval(at)).filter((message) => message.kind === "order");
      for (const order of orders) this.#orderAgain(order, commits);
    }
    for (let at = Math.max(0, from - 2); at <= from; at++)
      for (const reading of outbox.earlierOwn("reading", interval(at))) this.#take(reading as EntryMessage);
  }

  /** An order that was to be sealed when the power went is sealed now, if there is still time. */
  #orderAgain(message: OrderMessage, commits: readonly CommitMessage[]): void {
    const { rules, clock, membership } = this.#modules;
    const { body } = message.order;
    if (commits.some(({ commit }) => commit.body.seq === body.seq)) this.#showLater(message);
    else if (!membership.isSealed) this.#take(message);
    else if (clock.now() < gateClosure(rules, body.interval) * 1000) this.order(body);
  }

  /** Every validator has closed its gate for the interval. */
  showNow(at: Interval): void {
    for (const message of [...this.#sealed.keys()]) if (message.order.body.interval === at) this.#show(message);
  }

  stop(): void {
    for (const cancel of this.#sealed.values()) cancel();
  }

  /** When all gates have closed even if nobody says so. */
  #showLater(message: OrderMessage): void {
    const { rules, clock } = this.#modules;
    const at = revealAt(rules, message.order.body.interval, clock.speed);
    this.#sealed.set(
      message,
      clock.at(at, () => this.#show(message)),
    );
  }

  /** Unless its interval is over. */
  #show(message: OrderMessage): void {
    const { outbox, current } = this.#modules;
    this.#sealed.get(message)?.();
    this.#sealed.delete(message);
    if (message.order.body.interval >= current()) this.#take(outbox.show(message));
  }

  /** An earlier life may have signed with another key. */
  #take(message: EntryMessage): void {
    const { pool, recover, deliver } = this.#modules;
    const { id, signature } = signedOf(message);
    const agent = recover(id, signature);
    if (agent === null) return;
    pool.add(message, { agent, isTimely: true });
    deliver(message);
  }
}
