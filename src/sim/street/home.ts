import { assert, type Digest, type HomeId, homeId, type Interval } from "../../../engine/kernel/index.ts";
import { type Digests, digestsOf, intervalAt, type MarketRules, type Message } from "../../../engine/messages/index.ts";
import { type Certified, Links, type NodeModules, type PureWork, StreetNode } from "../../node/index.ts";
import type { Gossip, Log, Registry, Signer } from "../../ports/index.ts";
import { chance, diceOf } from "../chance.ts";
import type { HomeClock } from "../home-clock.ts";
import type { SeededNetwork } from "../seeded-network.ts";
import { SimulatedDisk } from "../simulated-disk.ts";
import type { Accomplice, Adversary } from "./adversary.ts";
import type { CountingChain } from "./chain.ts";
import { keyNumber } from "./changes.ts";
import type { StreetKeys } from "./cheap-signer.ts";
import { clockOf, gossipOf, type Life } from "./life.ts";
import { domainOf, FIRST, ordersOf, orderTime, readingOf, readingTime } from "./market.ts";
import { UNCOUNTED } from "./uncounted.ts";

/** Where in its work a home loses power: wherever it is, or at its next write or message. */
export type CrashStep = "now" | "written" | "synced" | "sending" | "sent";

/** Who sees what goes on in a simulated street; nothing of it steers anything. */
export interface Witness {
  readonly said?: (home: SimulatedHome, message: Message) => void;
  readonly certified?: (home: SimulatedHome, certified: Certified) => void;
  /** What the node wrote into its log. */
  readonly logged?: (home: SimulatedHome, level: keyof Log, event: string, data: object) => void;
  /** The power went, or came back. */
  readonly power?: (home: SimulatedHome, isOn: boolean) => void;
}

/** The street around a home. */
export interface Surroundings {
  readonly seed: number;
  readonly rules: MarketRules;
  readonly keys: StreetKeys;
  readonly network: SeededNetwork;
  readonly chain: CountingChain;
  readonly witness: Witness;
  readonly work: PureWork;
  readonly hubFrom?: number;
  readonly names: () => readonly string[];
  readonly accomplices: () => readonly Accomplice[];
}

const nameOf = (index: number): string => `home-${index}`;
const idOfName = (name: string): HomeId | null => (name.startsWith("home-") ? homeId(Number(name.slice(5))) : null);

/** One member of a simulated street; a restart keeps its disk and nothing else. */
export class SimulatedHome {
  readonly name: string;
  /** null: follows and never votes. */
  readonly id: HomeId | null;
  readonly adversary: Adversary | null;
  readonly disk = new SimulatedDisk();
  readonly heads = new Map<Interval, Digest>();
  readonly certified: Certified[] = [];
  /** Everything this home ever signed and sent, over all its lives. */
  readonly said: Message[] = [];
  readonly clock: HomeClock;
  /** Gossip of this kind never reaches it. */
  deafTo: Message["kind"] | null = null;
  readonly #street: Surroundings;
  readonly #digests: Digests;
  readonly #chance: () => number;
  #live: { readonly life: Life; readonly node: StreetNode; readonly gossip: Gossip } | null = null;
  #crash: { readonly step: CrashStep; readonly then: () => void } | null = null;
  #isPlanned = false;
  /** As the chain last answered this home; null: it never did. */
  #registry: Registry | null = null;
  /** Of its keys: the one that it signs with, and the one that it signs with once the chain has told it of that. */
  #generation = 0;
  #nextGeneration = 0;

  constructor(index: number | null, street: Surroundings, clock: HomeClock, adversary: Adversary | null = null) {
    this.name = index === null ? "observer" : nameOf(index);
    this.id = index === null ? null : homeId(index);
    this.adversary = adversary;
    this.clock = clock;
    this.#street = street;
    this.#digests = digestsOf(domainOf(street.rules));
    this.#chance = chance(street.seed * 31 + (index ?? 999));
  }

  get isUp(): boolean {
    return this.#live !== null;
  }

  get isHonest(): boolean {
    return this.adversary === null;
  }

  /** Every key that it has signed with, the newest last. */
  get signers(): readonly Signer[] {
    const { id } = this;
    return id === null ? [] : Array.from({ length: this.#generation + 1 }, (_, each) => this.#street.keys.signer(keyNumber(id, each)));
  }

  get node(): StreetNode {
    assert(this.#live !== null, `${this.name} is down`);
    return this.#live.node;
  }

  /** Once: of two power cuts that overlap the first end is the end. */
  async start(): Promise<void> {
    if (this.#live !== null) return;
    const life: Life = { isOver: false };
    const { chain, network, witness } = this.#street;
    const registry = this.#registry ?? chain.known;
    this.#registry = registry;
    this.#takeUp(registry);
    const gossip = network.open(this.name);
    const modules = this.#modules(life, gossip);
    const corrupted = this.adversary === null ? modules : this.#corrupted(this.adversary, modules);
    // The power may have gone between a block's reaching the disk and anybody's hearing of it.
    const node = new StreetNode(corrupted, registry, ({ result, value }) => this.heads.set(result.interval, value));
    node.onCertified((certified) => !life.isOver && this.#note(certified));
    // What a node writes as it is made may be where the power goes again.
    if (life.isOver) return gossip.close();
    this.#live = { life, node, gossip };
    witness.power?.(this, true);
    void node.start();
    if (!this.#isPlanned && this.id !== null) this.#plan(this.id, this.#nextInterval);
    this.#isPlanned = true;
  }

  /** As a power cut does: from one moment to the next. */
  stop(): void {
    if (this.#live === null) return;
    const { life, node } = this.#live;
    this.#powerCut(life);
    node.stop();
  }

  async restart(): Promise<void> {
    this.stop();
    await this.start();
  }

  /** Loses power when it is next at that step; `then` runs at that moment. */
  crashAt(step: CrashStep, then: () => void): void {
    if (step !== "now") {
      this.#crash = { step, then };
      return;
    }
    this.stop();
    then();
  }

  /** Signs with another key from now on, or from when the chain has told it that it may. It starts again for that, as homes do. */
  takeUpKey(generation: number): void {
    this.#nextGeneration = generation;
    if (this.isUp && this.#registry !== null && this.#takeUp(this.#registry)) void this.restart();
  }

  /** Keeps its power after all. */
  spare(): void {
    this.#crash = null;
  }

  #modules(life: Life, gossip: Gossip): NodeModules {
    const { rules, chain, keys, names, hubFrom } = this.#street;
    const step = (at: CrashStep) => this.#stepOf(life, at);
    return {
      rules,
      domain: domainOf(rules),
      first: FIRST,
      clock: clockOf(this.clock, life),
      store: this.disk.open(step),
      gossip: gossipOf(gossip, life, {
        hears: (bytes) => !this.#misses(bytes),
        onSend: (at, bytes) => {
          if (at === "sending" && step(at) === "gone") return "gone";
          if (at === "sending") this.#say(bytes);
          return at === "sent" ? step(at) : "on";
        },
      }),
      neighbours: () => names().filter((name) => name !== this.name),
      homeOf: idOfName,
      lost: new Links({ clock: this.clock, gossip, peersOf: (home) => [nameOf(home)] }).lost,
      chain: chain.seenBy(this.name, (registry) => this.#read(life, registry)),
      signer: this.#signerOf(this.#generation),
      earlier: [this.#signerOf(this.#generation - 1)].flatMap((signer) => signer ?? []),
      recover: keys.recover,
      metrics: UNCOUNTED,
      work: this.#street.work,
      ...(hubFrom === undefined ? {} : { hubFrom }),
      log: this.#log(life),
    };
  }

  #signerOf(generation: number): Signer | null {
    return this.id === null || generation < 0 ? null : this.#street.keys.signer(keyNumber(this.id, generation));
  }

  #read(life: Life, registry: Registry): void {
    if (life.isOver) return;
    this.#registry = registry;
    if (this.#takeUp(registry)) this.clock.after(0, () => this.isUp && void this.restart());
  }

  /** True when the key that the home signs with is another now. */
  #takeUp({ homes }: Registry): boolean {
    if (this.id === null || this.#nextGeneration === this.#generation) return false;
    const { address } = this.#street.keys.signer(keyNumber(this.id, this.#nextGeneration));
    const isKnown = homes.some(({ home, keys }) => home === this.id && keys.some(({ agent }) => agent === address));
    if (isKnown) this.#generation = this.#nextGeneration;
    return isKnown;
  }

  /** The first interval that it can still order for. */
  get #nextInterval(): Interval {
    return Math.max(FIRST, intervalAt(this.#street.rules, this.clock.now() / 1000)) as Interval;
  }

  #corrupted(adversary: Adversary, modules: NodeModules): NodeModules {
    const { accomplices, chain, keys, network, seed, names } = this.#street;
    assert(this.id !== null, "a liar is one of the homes");
    return adversary.corrupt(modules, {
      home: this.id,
      firstKey: keys.signer(keyNumber(this.id, 0)),
      get accomplices() {
        return accomplices();
      },
      others: names().filter((name) => name !== this.name),
      digests: this.#digests,
      dice: diceOf(seed * 17 + this.id),
      clock: modules.clock,
      chain,
      whisper: (to, topic, bytes) => {
        if (!this.isUp) return;
        this.#say(bytes);
        network.whisper(this.name, to, topic, bytes);
      },
    });
  }

  #stepOf(life: Life, at: CrashStep): "on" | "gone" {
    const crash = this.#crash;
    if (life.isOver) return "gone";
    if (crash === null || crash.step !== at) return "on";
    this.#crash = null;
    this.#powerCut(life);
    crash.then();
    return "gone";
  }

  #powerCut(life: Life): void {
    life.isOver = true;
    this.disk.cut(this.#chance);
    void this.#live?.gossip.close();
    this.#live = null;
    this.#street.witness.power?.(this, false);
  }

  #note(certified: Certified): void {
    const { result, value } = certified.evaluation;
    this.heads.set(result.interval, value);
    this.certified.push(certified);
    this.#street.witness.certified?.(this, certified);
  }

  #say(bytes: Uint8Array): void {
    const message = this.#street.work.decode(bytes, this.#digests);
    assert(message.ok || !this.isHonest, `${this.name} sends what nobody can read`);
    if (!message.ok) return;
    this.said.push(message.value);
    this.#street.witness.said?.(this, message.value);
  }

  #log(life: Life): Log {
    const line =
      (level: keyof Log) =>
      (event: string, data: object = {}): void => {
        if (!life.isOver) this.#street.witness.logged?.(this, level, event, data);
      };
    return { error: line("error"), warn: line("warn"), info: line("info"), debug: line("debug") };
  }

  #misses(bytes: Uint8Array): boolean {
    const message = this.deafTo === null ? null : this.#street.work.decode(bytes, this.#digests);
    return message?.ok === true && message.value.kind === this.deafTo;
  }

  /** Orders before each gate and a reading after each end, whether the home is up then or not. */
  #plan(home: HomeId, at: Interval): void {
    const { rules, seed } = this.#street;
    this.clock.at(orderTime(rules, at), () => {
      for (const order of ordersOf(seed, home, at)) if (this.isUp) this.node.order(order);
      this.#plan(home, (at + 1) as Interval);
    });
    this.clock.at(readingTime(rules, at), () => {
      if (this.isUp) this.node.reading(readingOf(home, at));
    });
  }
}
