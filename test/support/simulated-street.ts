import {
  type Address,
  address,
  type Digest,
  homeId,
  type Interval,
  interval,
  microPerKwh,
  ok,
  type Period,
  wh,
} from "../../engine/kernel/index.ts";
import {
  type Digests,
  decodeMessage,
  deliveryEnd,
  digestsOf,
  gateClosure,
  hashRules,
  type MarketDomain,
  type MarketRules,
  type Message,
  type Order,
} from "../../engine/messages/index.ts";
import { type Certified, type NodeModules, StreetNode } from "../../src/node/index.ts";
import type { Chain, Clock, Gossip, Registry } from "../../src/ports/index.ts";
import { type Faults, type MemoryDisk, memoryDisk, memoryStore, SeededNetwork, skewed, VirtualClock } from "../../src/sim/index.ts";
import { chance } from "./chance.ts";
import { agentAddressOf, cheapRecover, cheapSigner } from "./cheap-signer.ts";
import { QUIET, UNCOUNTED } from "./quiet.ts";
import { RULES } from "./rules.ts";

export const FIRST = interval(1_000_002);
/** Street seconds in a second: an interval lasts three. */
const SPEED = 300;
export const INTERVAL_MS = 3_000;
const ORDER_LEAD_SECONDS = 240;

export const SIM_RULES: MarketRules = { ...RULES, periodIntervals: 3, maxOrderWh: wh(5_000) };
const domainOf = (rules: MarketRules): MarketDomain => ({
  chainId: 31_337,
  vault: address(`0x${"ab".repeat(20)}`),
  rulesHash: hashRules(rules),
});
export const SIM_DIGESTS = digestsOf(domainOf(SIM_RULES));

export interface SimulatedOptions {
  readonly seed: number;
  readonly homes: number;
  readonly faults: Faults;
  /** Largest difference of a home's clock, ms of street time. */
  readonly skewMs?: number;
  /** SIM_RULES if not said; others must have their times and limits. */
  readonly rules?: MarketRules;
}

/** Production nodes in one process: virtual time, a seeded network, memory stores, a chain that only counts. */
export class SimulatedStreet {
  readonly clock = new VirtualClock({ startMs: (gateClosure(SIM_RULES, FIRST) - 600) * 1000, speed: SPEED });
  readonly network: SeededNetwork;
  readonly homes: SimulatedHome[];
  /** Follows and never votes; carries batches to the chain. */
  readonly observer: SimulatedHome;
  readonly chain: CountingChain;
  readonly rules: MarketRules;
  readonly #chance: () => number;

  constructor({ seed, homes, faults, skewMs = 0, rules = SIM_RULES }: SimulatedOptions) {
    this.rules = rules;
    this.#chance = chance(seed);
    this.network = new SeededNetwork(this.clock, this.#chance, faults);
    this.chain = new CountingChain(registryOf(homes), this.clock);
    const member = (index: number | null): SimulatedHome =>
      new SimulatedHome(index, this, skewed(this.clock, Math.round((2 * this.#chance() - 1) * skewMs)), seed);
    this.homes = Array.from({ length: homes }, (_, index) => member(index));
    this.observer = member(null);
  }

  get everybody(): readonly SimulatedHome[] {
    return [...this.homes, this.observer];
  }

  async start(): Promise<void> {
    await Promise.all(this.everybody.map((home) => home.start()));
    this.#carryBatches();
  }

  /** Until so many intervals after the first have had their gate, and real ms beyond. */
  async runTo(intervals: number, beyondMs = 0): Promise<void> {
    const gate = gateClosure(SIM_RULES, (FIRST + intervals) as Interval) * 1000;
    await this.clock.run(this.clock.monotonicMs() + Math.max(0, gate - this.clock.now()) / SPEED + beyondMs);
  }

  stop(): void {
    for (const home of this.everybody) home.stop();
  }

  draw(): number {
    return this.#chance();
  }

  #carryBatches(): void {
    const ready = this.observer.isUp && !this.chain.isAway ? this.observer.node.periods.ready() : null;
    if (ready !== null) {
      this.chain.settle(ready.result.period);
      this.observer.node.periods.settledUntil(this.chain.next);
    }
    this.clock.after(500, () => this.#carryBatches());
  }
}

/** One member of a simulated street; a restart keeps its disk and nothing else. */
export class SimulatedHome {
  readonly name: string;
  readonly disk: MemoryDisk = memoryDisk();
  readonly heads = new Map<Interval, Digest>();
  readonly certified: Certified[] = [];
  /** Everything this home ever signed and sent, over all its lives. */
  readonly said: Message[] = [];
  /** Gossip of this kind never reaches it. */
  deafTo: Message["kind"] | null = null;
  readonly #index: number | null;
  readonly #street: SimulatedStreet;
  readonly #clock: Clock;
  readonly #seed: number;
  #live: { readonly node: StreetNode; readonly gossip: Gossip } | null = null;
  readonly #digests: Digests;
  #isPlanned = false;

  constructor(index: number | null, street: SimulatedStreet, clock: Clock, seed: number) {
    this.name = index === null ? "observer" : `home-${index}`;
    this.#index = index;
    this.#street = street;
    this.#digests = digestsOf(domainOf(street.rules));
    this.#clock = clock;
    this.#seed = seed;
  }

  get isUp(): boolean {
    return this.#live !== null;
  }

  get node(): StreetNode {
    if (this.#live === null) throw new Error(`${this.name} is down`);
    return this.#live.node;
  }

  async start(): Promise<void> {
    const gossip = this.#overheard(this.#street.network.open(this.name));
    const { chain } = this.#street;
    const modules = {
      rules: this.#street.rules,
      domain: domainOf(this.#street.rules),
      first: FIRST,
      clock: this.#clock,
      store: memoryStore(this.disk),
      gossip,
      neighbours: this.#street.everybody.map(({ name }) => name).filter((name) => name !== this.name),
      chain,
      signer: this.#index === null ? null : cheapSigner(this.#index),
      recover: cheapRecover,
      metrics: UNCOUNTED,
      log: QUIET,
    } satisfies NodeModules;
    const node = new StreetNode(modules, chain.known);
    node.onCertified((certified) => this.#note(certified));
    this.#live = { node, gossip };
    void node.start();
    if (!this.#isPlanned && this.#index !== null) this.#plan(this.#index, FIRST);
    this.#isPlanned = true;
  }

  /** As a power cut does: from one moment to the next. */
  stop(): void {
    this.#live?.node.stop();
    void this.#live?.gossip.close();
    this.#live = null;
  }

  async restart(): Promise<void> {
    this.stop();
    await this.start();
  }

  #note(certified: Certified): void {
    const { result, value } = certified.evaluation;
    const known = this.heads.get(result.interval);
    if (known !== undefined) throw new Error(`${this.name} certified ${result.interval} twice`);
    this.heads.set(result.interval, value);
    this.certified.push(certified);
  }

  #overheard(gossip: Gossip): Gossip {
    const publish: Gossip["publish"] = (topic, bytes) => {
      const message = decodeMessage(bytes, this.#digests);
      if (!message.ok) throw new Error(`${this.name} sends what nobody can read: ${message.detail}`);
      this.said.push(message.value);
      return gossip.publish(topic, bytes);
    };
    return {
      self: gossip.self,
      publish,
      onMessage: (handler) => gossip.onMessage((topic, bytes, from) => (this.#misses(bytes) ? "ignore" : handler(topic, bytes, from))),
      peers: () => gossip.peers(),
      request: (...question) => gossip.request(...question),
      onRequest: (kind, answer) => gossip.onRequest(kind, answer),
      guard: (door) => gossip.guard(door),
      report: (...what) => gossip.report(...what),
      close: () => gossip.close(),
    };
  }

  #misses(bytes: Uint8Array): boolean {
    const message = this.deafTo === null ? null : decodeMessage(bytes, this.#digests);
    return message?.ok === true && message.value.kind === this.deafTo;
  }

  /** Orders before each gate and a reading after each end, whether the home is up then or not. */
  #plan(index: number, at: Interval): void {
    const orderAt = (gateClosure(SIM_RULES, at) - ORDER_LEAD_SECONDS) * 1000;
    this.#clock.at(orderAt, () => {
      if (this.isUp) for (const order of ordersOf(this.#seed, index, at)) this.node.order(order);
      this.#plan(index, (at + 1) as Interval);
    });
    const counters = { importWh: wh((at - FIRST + 2) * (100 + 70 * index)), exportWh: wh((at - FIRST + 2) * 90 * (index % 2)) };
    this.#clock.at(deliveryEnd(SIM_RULES, at) * 1000 + 200, () => {
      if (this.isUp) this.node.reading({ home: homeId(index), interval: at, quality: "measured", ...counters });
    });
  }
}

/** The same wishes in every life of a home. */
function ordersOf(seed: number, index: number, at: Interval): readonly Order[] {
  const draw = chance(seed * 7_919 + index * 131 + at);
  const side = index % 2 === 0 ? "buy" : "sell";
  return Array.from({ length: 1 + Math.floor(draw() * 3) }, (_, seq) => ({
    home: homeId(index),
    interval: at,
    side,
    energy: wh(50 + Math.floor(draw() * 3_000)),
    limit: microPerKwh(100 * (800 + Math.floor(draw() * 2_200))),
    seq,
  }));
}

function registryOf(homes: number): Registry {
  const ids = Array.from({ length: homes }, (_, index) => homeId(index));
  const keys = (index: number): Address => agentAddressOf(index);
  return {
    homes: ids.map((home) => ({
      home,
      name: `home-${home}`,
      agent: keys(home),
      owner: keys(1_000 + home),
      since: FIRST,
      until: null,
      keys: [{ agent: keys(home), since: FIRST }],
    })),
    validatorSets: [
      { since: FIRST, validators: ids.map((home) => ({ home, class: "home" })), minimums: { home: 0, operator: 0, utility: 0 } },
    ],
    validators: ids,
    quorum: Math.floor((2 * homes) / 3) + 1,
  };
}

/** A chain that knows its homes and counts the periods it has settled; it answers a little late, as chains do. */
export class CountingChain implements Chain {
  readonly known: Registry;
  readonly settled: Period[] = [];
  /** Takes no batches for now. */
  isAway = false;
  replyMs = 40;
  readonly #clock: Clock;

  constructor(known: Registry, clock: Clock) {
    this.known = known;
    this.#clock = clock;
  }

  get next(): Period {
    return (Math.floor(FIRST / SIM_RULES.periodIntervals) + this.settled.length) as Period;
  }

  settle(period: Period): void {
    if (period !== this.next) throw new Error(`the vault takes period ${this.next}, not ${period}`);
    this.settled.push(period);
  }

  async registry() {
    await this.#reply();
    return ok(this.known);
  }

  async head() {
    await this.#reply();
    return ok({ nextPeriod: this.next, head: hashRules(SIM_RULES), settledUntil: 0 });
  }

  async balances() {
    return ok({ homes: [], requested: [], residual: 0 });
  }

  async batches() {
    return ok([]);
  }

  async close(): Promise<void> {}

  #reply(): Promise<void> {
    return new Promise((resolve) => void this.#clock.after(this.replyMs, () => resolve()));
  }
}
