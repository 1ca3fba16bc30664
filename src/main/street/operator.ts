import { join } from "node:path";
import { openOutbox, openProposals, openRelay } from "../../../adapters/evm/index.ts";
import { openGossip, type StreetGossip } from "../../../adapters/libp2p/index.ts";
import { openStore } from "../../../adapters/store/index.ts";
import { loadCurve, peerSeed, recoverWith } from "../../../adapters/system/index.ts";
import { type HomeId, interval, toHex } from "../../../engine/kernel/index.ts";
import { type MarketRules, type Members, periodOf } from "../../../engine/messages/index.ts";
import { type BatchOnItsWay, type StreetCard, StreetView } from "../../api/index.ts";
import { membersAt, Neighbourhood, type ProposalWatch, StreetNode } from "../../node/index.ts";
import type { BatchReceipt, Challenger, Clock, Log, Metrics, Relay, Store, VaultBalances } from "../../ports/index.ts";
import { domainOf, firstOf, placeOf, rulesOf, streetName } from "../card.ts";
import { unwrap } from "../home.ts";
import { watchOf } from "../watch/watching.ts";
import { Allowance } from "./allowance.ts";
import { Carrier } from "./carrier.ts";
import { Desk, type DeskModules } from "./desk.ts";
import { DisputeDesk } from "./dispute-desk.ts";
import { MotionDesk } from "./motion-desk.ts";
import { nodesOf, type StreetOptions } from "./options.ts";
import { Payouts } from "./payouts.ts";
import { Registrar } from "./registrar.ts";
import type { StreetAtHand } from "./setup.ts";
import { voucherOf } from "./voucher.ts";

/** Real milliseconds between looks for a batch that is signed. */
const RELAY_MS = 1_000;
/** Of one validator in a certificate. */
const SIGNATURE_BYTES = 66;

export interface OperatorOptions {
  readonly options: StreetOptions;
  readonly street: StreetAtHand;
  readonly card: StreetCard;
  readonly folder: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly invitation: string;
}

/**
 * Whoever runs the street without a say in it: follows the market as one more node that never votes, shows what it sees,
 * and carries to the chain what is signed: batches, and through its registrar what changes the registry.
 */
export class Operator {
  readonly node: StreetNode;
  readonly view: StreetView;
  readonly neighbourhood: Neighbourhood;
  readonly registrar: Registrar;
  readonly motions: MotionDesk;
  readonly desk: Desk;
  readonly disputes: DisputeDesk;
  readonly #watch: ProposalWatch;
  readonly #relay: Relay;
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #rules: MarketRules;
  readonly #close: () => Promise<void>;
  #cancel: () => void = () => undefined;
  readonly #carrier: Carrier;
  readonly #payouts: Payouts;
  readonly #receipts = new Map<number, string>();
  #stopped = false;
  #carrying: Promise<void> = Promise.resolve();
  #paying: Promise<void> | null = null;
  #looking: Promise<void> | null = null;

  static async open(opening: OperatorOptions): Promise<Operator> {
    const { options, street, card, folder, log, metrics } = opening;
    const { chainId } = domainOf(card);
    const store = unwrap(openStore(folder));
    const place = { rpc: card.chain.rpc, ...nodesOf(options), ...placeOf(card) };
    const relay = openRelay({
      ...place,
      key: toHex(street.operator.reveal()),
      outbox: unwrap(openOutbox(join(folder, "outbox"), { chainId, address: street.operator.address })),
      tell: (node, what) => log.warn("chain.node", { node, what }),
    });
    const gossip = await gossipOf(opening);
    const registry = unwrap(await relay.registry());
    store.setMeta("card", JSON.stringify({ ...card, clock: null }));
    store.setMeta("registry", JSON.stringify(registry));
    const rules = rulesOf(card);
    const view = new StreetView(rules, labelOf(options, card), opening.clock);
    view.registry(registry);
    const modules = {
      rules,
      domain: domainOf(card),
      first: firstOf(card),
      clock: opening.clock,
      store,
      gossip,
      neighbours: () => street.file.homes.map(({ peer }) => peer),
      chain: relay,
      signer: null,
      recover: recoverWith(await loadCurve()),
      metrics,
      log,
    };
    const proposals = openProposals(place);
    const watch = watchOf({ ...modules, card, folder, proposals, senders: { own: relay, by: "operator", street: null }, node: () => node });
    const homeOf = (peer: string): HomeId | null => neighbourhood.peers.homeOf(peer);
    const node: StreetNode = new StreetNode({ ...modules, homeOf }, registry, (evaluation) => {
      view.certified(evaluation, { orders: evaluation.orders.length, readings: evaluation.readings.length }, null, null);
      watch.certified(evaluation);
    });
    const neighbourhood = new Neighbourhood(node, { ...modules, observers: [] });
    neighbourhood.start();
    const close = async (): Promise<void> => {
      neighbourhood.stop();
      for (const each of [gossip, proposals, relay]) await each.close();
      store.close();
    };
    const vouch = voucherOf({ ...modules, node, neighbourhood });
    return new Operator({ ...opening, vouch, node, neighbourhood, view, watch, relay, store, close });
  }

  constructor(
    parts: OperatorOptions & {
      readonly node: StreetNode;
      readonly neighbourhood: Neighbourhood;
      readonly view: StreetView;
      readonly watch: ProposalWatch;
      readonly relay: Relay & Omit<Challenger, "close">;
      readonly vouch: DeskModules["vouch"];
      readonly store: Store;
      readonly close: () => Promise<void>;
    },
  ) {
    const { node, view } = parts;
    this.node = node;
    this.neighbourhood = parts.neighbourhood;
    this.view = view;
    this.#relay = parts.relay;
    this.#carrier = new Carrier({ ...parts, settled: () => this.#payouts.pay() });
    this.#payouts = new Payouts({ ...parts, waiting: () => this.#carrier.waiting });
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#rules = rulesOf(parts.card);
    this.registrar = new Registrar({ ...parts, rules: parts.options.rules, networkKey: parts.street.networkKey.text });
    const carried = {
      ...parts,
      registry: () => node.membership.registry,
      allowance: new Allowance(parts, parts.options.allowance),
    };
    this.motions = new MotionDesk({ ...carried, operator: parts.street.operator });
    this.desk = new Desk({ ...carried, registrar: this.registrar });
    this.#watch = parts.watch;
    this.disputes = new DisputeDesk({ ...parts, challenger: parts.relay });
    this.#close = parts.close;
    view.disputed(parts.watch.wrong);
    parts.watch.onChange(() => view.disputed(parts.watch.wrong));
    node.onHeard((message) => view.heard(message));
    for (const proof of node.convictions.all) view.proved(proof, false);
    node.convictions.onConviction((proof) => view.proved(proof, true));
    node.onCertified(({ evaluation, block, sinceGateMs }) => {
      parts.watch.certified(evaluation);
      const entries = { orders: evaluation.orders.length, readings: evaluation.readings.length };
      view.certified(evaluation, entries, block.certificate, sinceGateMs === null ? null : Math.round(sinceGateMs));
    });
  }

  async start(): Promise<void> {
    await this.node.start();
    this.#watch.start();
    this.#tick();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    this.node.stop();
    await this.#watch.stop();
    await this.#carrying;
    await this.#looking;
    await this.motions.close();
    await this.#paying;
    await this.#close();
  }

  get batchesCarried(): number {
    return this.#carrier.carried;
  }

  /** Carries what is signed to the chain until nothing is left, or `patienceMs` have passed. */
  async flush(patienceMs: number): Promise<void> {
    const until = this.#clock.monotonicMs() + patienceMs;
    const isLeft = (): boolean => this.node.periods.open.length > 0 || this.#carrier.waiting.length > 0;
    while (isLeft() && this.#clock.monotonicMs() < until) {
      await this.#carry();
      await new Promise((resolve) => this.#clock.after(100, () => resolve(undefined)));
    }
  }

  #tick(): void {
    if (this.#stopped) return;
    this.#carrying = this.#carry().finally(() => {
      this.#cancel = this.#clock.after(RELAY_MS, () => this.#tick());
    });
  }

  async #carry(): Promise<void> {
    const { periods, membership } = this.node;
    const batch = periods.ready();
    if (batch !== null) {
      this.#carrier.add(batch);
      periods.settledUntil((batch.result.period + 1) as typeof batch.result.period);
    }
    await this.#carrier.carry();
    const [balances, batches] = [await this.#relay.balances(), await this.#relay.batches()];
    if (batches.ok) this.#keep(batches.value);
    // Beside the batches, which don't wait for homes' turns.
    if (balances.ok) this.#paying ??= this.#pay(balances.value).finally(() => (this.#paying = null));
    this.#looking ??= this.#look().finally(() => (this.#looking = null));
    this.view.registry(membership.registry);
    this.#compare();
    this.view.chain(balances.ok ? balances.value : null, batches.ok ? batches.value : [], this.#onTheirWay());
  }

  async #look(): Promise<void> {
    const decisions = await this.motions.look(this.node.membership.registry);
    if (decisions !== null) this.view.decided(decisions);
  }

  async #pay(balances: VaultBalances): Promise<void> {
    await this.desk.look(balances);
    await this.#payouts.pay();
  }

  /** Who belongs to the street and will, whose clocks differ, and who signs nothing. */
  #compare(): void {
    const { membership, rounds } = this.node;
    const { clocks } = this.neighbourhood;
    const { periodIntervals } = this.#rules;
    const edge = interval((periodOf(this.#rules, rounds.current) + 1) * periodIntervals);
    this.view.epochs({ now: membership.members, next: membersAt(membership.registry, edge), edge });
    this.view.clocks({ own: clocks.view, homes: toldBy(membership, (home) => this.neighbourhood.clockOffsetOf(home)) });
    this.view.pauses(toldBy(membership, (home) => this.neighbourhood.pauseOf(home)));
    this.view.meters(toldBy(membership, (home) => this.neighbourhood.meterOf(home)));
  }

  /** Receipts go into the store, so that exports name the transaction without asking the chain. */
  #keep(receipts: readonly BatchReceipt[]): void {
    // A reorganisation may settle a period again in another transaction.
    const news = receipts.filter(({ period, transaction }) => this.#receipts.get(period) !== transaction);
    for (const receipt of news) {
      this.#store.savePeriod(receipt.period, new TextEncoder().encode(JSON.stringify(receipt)));
      this.#receipts.set(receipt.period, receipt.transaction);
    }
    if (news.length > 0) this.#store.setMeta("registry", JSON.stringify(this.node.membership.registry));
  }

  #onTheirWay(): readonly BatchOnItsWay[] {
    const signing = this.node.periods.open.map(
      ({ batch: { result }, votes }) => ({ result, status: "signing", signatures: votes.size }) as const,
    );
    const sent = this.#carrier.waiting.map(
      ({ result, certificate }) => ({ result, status: "sent", signatures: certificate.length / SIGNATURE_BYTES }) as const,
    );
    const isTaken = (period: number): boolean => sent.some(({ result }) => result.period === period);
    return [...sent, ...signing.filter(({ result }) => !isTaken(result.period))].map(({ result, status, signatures }) => ({
      period: result.period,
      from: result.fromInterval,
      to: result.toInterval,
      status,
      signatures,
    }));
  }
}

/** What homes say, of those that say it. */
function toldBy<T>({ members: { homes } }: { readonly members: Members }, told: (home: HomeId) => T | null): ReadonlyMap<HomeId, T> {
  return new Map(
    homes.map(({ home }) => [home, told(home)] as const).filter((each): each is readonly [HomeId, T & {}] => each[1] !== null),
  );
}

/** Dials every home and listens to nobody. */
const gossipOf = async ({ street, card, log, metrics }: OperatorOptions): Promise<StreetGossip> =>
  unwrap(
    await openGossip({
      secret: peerSeed(street.operator),
      listen: [],
      street: streetName(card),
      peers: street.file.homes.map(({ peer }, index) => ({ name: peer, addresses: [card.peers[index]!] })),
      networkKey: street.networkKey.bytes,
      log,
      metrics,
    }),
  );

const labelOf = ({ plan }: StreetOptions, card: StreetCard) => ({
  name: card.name,
  timeZone: "UTC",
  readings: plan.label,
  synthetic: plan.synthetic,
  equipment: new Map(plan.homes.map(({ name, plate }) => [name, { solar: plate.ratedPvW !== null, battery: plate.battery !== null }])),
});
