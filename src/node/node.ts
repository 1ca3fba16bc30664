import type { Digest, HomeId, Interval } from "../../engine/kernel/index.ts";
import {
  type Digests,
  digestsOf,
  type MarketDomain,
  type MarketRules,
  type Message,
  type Order,
  periodOf,
  type Reading,
  type Stakes,
} from "../../engine/messages/index.ts";
import { type Batch, creditsOf, settledWith, withinCredit, worstCost } from "../../engine/settlement/index.ts";
import type { Cancel, Chain, Clock, Gossip, Log, Metrics, PeerName, RecoverSigner, Registry, Signer, Store } from "../ports/index.ts";
import { CatchUp } from "./catch-up.ts";
import { Closures } from "./closures.ts";
import { Convictions } from "./convictions.ts";
import type { Evaluation } from "./evaluate.ts";
import { HUB_FROM, type Hub, hearsMarket } from "./hub.ts";
import { Inbox } from "./inbox.ts";
import type { Lost } from "./links.ts";
import { homeOf, Membership } from "./membership.ts";
import { Outbox } from "./outbox.ts";
import { OwnEntries } from "./own-entries.ts";
import { keepSaid } from "./own-words.ts";
import type { Pause } from "./pause.ts";
import { Periods, type PeriodVoteMessage } from "./periods.ts";
import { Pledges } from "./pledges.ts";
import { Pool } from "./pool.ts";
import { PURE_WORK, type PureWork } from "./pure-work.ts";
import { reachOf } from "./reach.ts";
import { replayStore } from "./replay.ts";
import { type Certified, Rounds } from "./rounds.ts";
import { CHAIN_MS, stakesReadFrom } from "./schedule.ts";
import { Signing } from "./signing.ts";
import { StakeReader } from "./stakes.ts";

/** What one home, or one that only follows, works with. */
export interface NodeModules {
  readonly rules: MarketRules;
  readonly domain: MarketDomain;
  /** The street's first interval. */
  readonly first: Interval;
  readonly clock: Clock;
  readonly store: Store;
  readonly gossip: Gossip;
  /** The homes that this one should be linked with and that hear both topics (`isNeighbour`). */
  readonly neighbours: () => readonly PeerName[];
  readonly chain: Chain;
  /** null: follows the market and says nothing. */
  readonly signer: Signer | null;
  /** Keys that this home had before its signer's, for what is still theirs to sign. */
  readonly earlier?: readonly Signer[];
  readonly recover: RecoverSigner;
  readonly metrics: Metrics;
  readonly log: Log;
  /** Whose a peer is; null: nobody's that is known. */
  readonly homeOf: (peer: PeerName) => HomeId | null;
  /** Whose links broke; nobody's unless told. */
  readonly lost?: Lost;
  /** Worked out at home unless told. */
  readonly work?: PureWork;
  /** The owner says that there is nothing newer than this store. */
  readonly isDeclaredNewest?: boolean;
  /** `HUB_FROM` unless told. */
  readonly hubFrom?: number;
}

/** One member of the street at work: hears, agrees, and keeps the ledger. */
export class StreetNode {
  readonly self: HomeId | null;
  readonly pool: Pool;
  readonly membership: Membership;
  readonly periods: Periods;
  readonly rounds: Rounds;
  readonly #modules: NodeModules;
  readonly #digests: Digests;
  readonly convictions: Convictions;
  /** null: follows the market and says nothing. */
  readonly #own: OwnEntries | null;
  readonly #closures: Closures;
  readonly #signing: Signing;
  readonly #inbox: Inbox;
  readonly #catchUp: CatchUp;
  readonly #stakes: StakeReader;
  /** Closed in an earlier life; which of them the chain lacks is known once it has answered. */
  readonly #closed: Batch[] = [];
  readonly #heard: ((message: Message) => void)[] = [];
  #poll: Cancel = () => undefined;
  #stopped = false;

  constructor(modules: NodeModules, registry: Registry, onReplayed: (evaluation: Evaluation) => void = () => undefined) {
    const { rules, clock, store, gossip, signer, recover, metrics, log } = modules;
    this.#modules = modules;
    const digests = digestsOf(modules.domain);
    this.#digests = digests;
    this.membership = new Membership(modules, registry);
    this.self = signer === null ? null : homeOf(registry, signer.address);
    const work = modules.work ?? PURE_WORK;
    this.pool = new Pool(work);
    const { membership, pool, self } = this;
    this.convictions = new Convictions({ digests, membership, recover, store, gossip, log });
    const outbox = signer === null ? null : new Outbox({ ...modules, signer, membership, digests, work });
    const certificates = { digests, agentOf: membership.agentOf, recover };
    const current = (): Interval => this.rounds.current;
    const { isDeclaredNewest = false } = modules;
    const onDeclared = (): void => this.#voteAgain();
    this.#signing = new Signing({ ...modules, membership, self, current, isDeclaredNewest, onDeclared });
    const own = { pool, membership, convictions: this.convictions, signing: this.#signing, self, outbox };
    const shared = { rules, clock, store, log, work, ...own };
    const state = replayStore({ ...modules, digests, membership }, (evaluation) => {
      this.#replayed(evaluation);
      onReplayed(evaluation);
    });
    log.info("store.replayed", { interval: state.interval });
    this.periods = new Periods({ ...shared, digests, recover }, periodOf(rules, modules.first));
    const fetch = (interval: Interval, missing: readonly Digest[]): void => void this.#catchUp.ask(interval, missing);
    const tellClosed = (interval: Interval): void => {
      if (outbox !== null && self !== null) this.#deliver(outbox.closed({ interval, validator: self }));
    };
    this.#stakes = this.#stakeReader();
    const stakes = (): Stakes | null => this.#stakes.stakes;
    this.rounds = new Rounds({ ...shared, stakes, certificates, tellClosed, fetch, lost: modules.lost }, state);
    this.#closures = new Closures({ membership, onAllClosed: (interval) => this.#own?.showNow(interval) });
    const deliver = (message: Message): void => this.#deliver(message);
    this.#own = outbox === null || self === null ? null : new OwnEntries({ ...shared, outbox, self, recover, current, deliver });
    this.#inbox = new Inbox({
      ...shared,
      digests,
      recover,
      metrics,
      current,
      hasRoom: (message) => this.rounds.hasRoom(message),
      hasClosed: (interval) => outbox?.hasClosed(interval) ?? false,
      nextPeriod: () => this.periods.next,
      inReach: reachOf(modules.neighbours, gossip, clock),
      deliver,
    });
    new Pledges({ ...modules, ...shared, digests, outbox, state: () => this.rounds.state, open: () => this.periods.open });
    const periodVotes = (): readonly PeriodVoteMessage[] => this.periods.messages();
    this.#catchUp = new CatchUp({ ...shared, gossip, inbox: this.#inbox, rounds: this.rounds, periodVotes });
    this.rounds.onCertified(({ evaluation }) => {
      // The set is in force once the next interval has begun.
      if (evaluation.result.nextMembers !== membership.digest) void clock.after(0, () => this.#follow());
      void clock.after(0, () => void this.#stakes.read());
      if (evaluation.batch !== null) this.periods.close(evaluation.batch);
      this.#closures.forget(evaluation.result.interval);
      outbox?.forget(evaluation.result.interval);
    });
  }

  #stakeReader(): StakeReader {
    const { membership, self } = this;
    return new StakeReader({
      ...this.#modules,
      books: () => ({ carried: this.rounds.state.carried, open: this.periods.open.map(({ batch }) => batch) }),
      isWanted: () => self !== null && membership.validators.ids.includes(self) && this.#listsStakesSoon(),
    });
  }

  #listsStakesSoon(): boolean {
    const { rules, clock } = this.#modules;
    const { current } = this.rounds;
    return this.membership.agreesStakes(current) || clock.now() >= stakesReadFrom(rules, current, clock.speed);
  }

  get digests(): Digests {
    return this.#digests;
  }

  get hub(): Hub {
    return { from: this.#modules.hubFrom ?? HUB_FROM, members: this.membership.members, self: this.self };
  }

  /** Why this home signs nothing now; null: it signs, or only follows. */
  get pause(): Pause | null {
    return this.self === null ? null : this.#signing.pause;
  }

  async start(): Promise<void> {
    const { gossip } = this.#modules;
    gossip.onMessage((_topic, bytes) => this.#inbox.receive(bytes));
    this.#follow();
    await this.#readChain();
    if (this.#stopped) return;
    for (const batch of this.#closed.splice(0)) this.periods.close(batch);
    void this.#stakes.read();
    if (this.self !== null) this.#signing.start();
    this.#own?.restore();
    this.rounds.start();
  }

  stop(): void {
    this.#stopped = true;
    this.#poll();
    this.#own?.stop();
    this.#signing.stop();
    this.rounds.stop();
  }

  onCertified(listener: (certified: Certified) => void): void {
    this.rounds.onCertified(listener);
  }

  /** Every admitted message, this home's own included. */
  onHeard(listener: (message: Message) => void): void {
    this.#heard.push(listener);
  }

  /** All orders of this home for the next interval. One that it couldn't pay for would count at no home: it is not signed. */
  orderWithinCredit(orders: readonly Order[]): void {
    const { log } = this.#modules;
    const { rules, members } = this.membership;
    const { stakes } = members;
    const unsigned = { orders: orders.map((body) => ({ body })), withheld: [] };
    const counting = new Set(withinCredit(rules, this.rounds.state, stakes, unsigned).map(({ body }) => body));
    for (const order of orders) {
      if (counting.has(order)) this.order(order);
      else {
        const { home, interval, side, energy: energyWh, limit } = order;
        const creditNano = stakes === null ? null : creditsOf(rules, this.rounds.state, stakes)(home);
        const worstNano = worstCost(rules, order);
        log.warn("order.refused", { code: "CREDIT_EXCEEDED", interval, side, energyWh, limit, worstNano, creditNano });
      }
    }
  }

  /** Signs an order of this home, keeps it and tells the street. */
  order(order: Order): void {
    this.#own?.order(order);
  }

  reading(reading: Reading): void {
    this.#own?.reading(reading);
  }

  #follow(): void {
    this.#modules.gossip.follow("market", hearsMarket(this.hub));
  }

  #replayed({ result, readings, batch }: Evaluation): void {
    this.pool.settle(result.interval, settledWith(result.interval), readings);
    if (batch !== null) this.#closed.push(batch);
  }

  /** The current interval once more, with a vote in it; what neighbours have heard of an earlier life there holds. */
  #voteAgain(): void {
    const { store } = this.#modules;
    const heard = this.rounds.round?.messages ?? [];
    if (this.self !== null) keepSaid(store, this.self, heard);
    this.rounds.start();
    for (const message of heard) this.rounds.hear(message);
  }

  #deliver(message: Message): void {
    if (message.kind === "period-vote") this.periods.hear(message.periodVote);
    else if (message.kind === "closed") this.#closures.hear(message.closed.body);
    else this.rounds.hear(message);
    for (const listener of this.#heard) listener(message);
  }

  /** Who belongs to the street, and what the chain has settled. The market goes on without an answer. */
  async #readChain(): Promise<void> {
    const { chain, clock, log } = this.#modules;
    const [registry, head] = [await chain.registry(), await chain.head()];
    if (registry.ok && this.membership.update(registry.value)) {
      log.info("membership.changed", { homes: registry.value.homes.length });
      this.periods.review();
    }
    if (head.ok) this.periods.settledUntil(head.value.nextPeriod);
    await this.#stakes.read();
    if (!registry.ok) log.warn("chain.unreachable", { code: registry.code });
    // A period's votes are said once; what gossip lost of them nobody else would ever ask for. And who may not sign asks until it may.
    const isWaiting = this.periods.open.length > 0 && this.periods.ready() === null;
    if (isWaiting || this.#signing.isPaused) void this.#catchUp.ask(this.rounds.current, []);
    if (!this.#stopped) this.#poll = clock.after(CHAIN_MS, () => void this.#readChain());
  }
}
