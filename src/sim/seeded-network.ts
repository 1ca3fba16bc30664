import { assert, equal, fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Answerer, Clock, Gossip, Judgement, Misconduct, PeerName, RequestCode, RequestKind, Topic } from "../ports/index.ts";
import { hashOf } from "./hash-of.ts";
import type { VirtualClock } from "./virtual-clock.ts";

/** What goes wrong on the way; chances from 0 to 1. */
export interface Faults {
  /** A message, a question or an answer never arrives. */
  readonly loss: number;
  /** A message arrives twice. */
  readonly duplication: number;
  /** Real milliseconds; each delivery draws its own, so one overtakes another. */
  readonly delayMs: { readonly least: number; readonly most: number };
}

export const NO_FAULTS: Faults = { loss: 0, duplication: 0, delayMs: { least: 0, most: 0 } };

type Handler = Parameters<Gossip["onMessage"]>[0];

/** What gossip carries: the same bytes on the same topic are the same parcel, whoever sends them. */
interface Parcel {
  readonly topic: Topic;
  readonly bytes: Uint8Array;
  /** By the number of a connection: whoever has it from anybody, or has sent it. */
  readonly isKnownTo: boolean[];
}

/** Real time, or a virtual clock, which need not wait for promises after what leaves none. */
type NetworkClock = Pick<Clock, "after"> & Partial<Pick<VirtualClock, "soon" | "stir">>;

/** How long a message waits when nobody is there to hear, real ms. */
const RETRY_MS = 250;

/** The wires of a simulated street. Chance comes in as a function, so that one seed brings every failure back. */
export class SeededNetwork {
  faults: Faults;
  /** What homes reported of one another, newest last; it costs nobody anything here. */
  readonly reports: { readonly by: PeerName; readonly peer: PeerName; readonly misconduct: Misconduct }[] = [];
  /** Handlers that threw: gossip goes on, but an honest home has a fault. */
  readonly failures: { readonly by: PeerName; readonly error: unknown }[] = [];
  readonly #clock: NetworkClock;
  readonly #chance: () => number;
  readonly #homes = new Map<PeerName, SimulatedGossip>();
  /** Who is connected to whom, until something changes. */
  readonly #peers = new Map<SimulatedGossip, readonly SimulatedGossip[]>();
  readonly #names = new Map<SimulatedGossip, readonly PeerName[]>();
  readonly #parcels = new Map<number, Parcel[]>();
  #opened = 0;
  #groups: readonly (readonly PeerName[])[] | null = null;
  /** Who hears nothing of whom: "from>to". */
  readonly #deaf = new Set<string>();

  constructor(clock: NetworkClock, chance: () => number, faults: Faults = NO_FAULTS) {
    this.#clock = clock;
    this.#chance = chance;
    this.faults = faults;
  }

  /** Plugs a home in; after `close` the same name may come back. */
  open(name: PeerName): Gossip {
    assert(!this.#homes.has(name), `${name} is connected already`);
    const gossip = new SimulatedGossip(name, this.#opened++, this, (ms, task) => this.#clock.after(ms, task));
    this.#homes.set(name, gossip);
    this.#forgetPeers();
    return gossip;
  }

  /** From now on each group hears only itself; who is in no group hears nobody. */
  partition(...groups: readonly (readonly PeerName[])[]): void {
    this.#groups = groups;
    this.#forgetPeers();
  }

  /** From now on nothing of what `from` sends reaches `to`; the other way goes on, and both believe that they are connected. */
  deafen(from: readonly PeerName[], to: readonly PeerName[]): void {
    for (const one of from) for (const other of to) this.#deaf.add(`${one}>${other}`);
  }

  heal(): void {
    this.#groups = null;
    this.#forgetPeers();
    this.#deaf.clear();
  }

  leave(home: SimulatedGossip): void {
    if (this.#homes.get(home.self) === home) this.#homes.delete(home.self);
    this.#forgetPeers();
  }

  peersOf(home: SimulatedGossip): readonly SimulatedGossip[] {
    if (home.isClosed) return [];
    const known = this.#peers.get(home);
    if (known !== undefined) return known;
    const peers = [...this.#homes.values()].filter((other) => other !== home && this.#connects(home, other));
    this.#peers.set(home, peers);
    return peers;
  }

  /** Peers that hear both topics; the same array as long as nothing changes. */
  namesOf(home: SimulatedGossip): readonly PeerName[] {
    const known = this.#names.get(home) ?? this.peersOf(home).flatMap(({ hearsAll, self }) => (hearsAll ? [self] : []));
    if (!home.isClosed) this.#names.set(home, known);
    return known;
  }

  /** Somebody hears another topic now, or one less. */
  followed(): void {
    this.#names.clear();
  }

  #forgetPeers(): void {
    this.#peers.clear();
    this.#names.clear();
  }

  /** The same for the same bytes; a copy, so that the sender's may change. */
  parcelOf(topic: Topic, bytes: Uint8Array): Parcel {
    const hash = hashOf(bytes);
    const alike = this.#parcels.get(hash) ?? [];
    const known = alike.find((parcel) => parcel.topic === topic && equal(parcel.bytes, bytes));
    if (known !== undefined) return known;
    const parcel = { topic, bytes: bytes.slice(), isKnownTo: [] };
    this.#parcels.set(hash, [...alike, parcel]);
    return parcel;
  }

  /** Bytes for one home alone, past what gossip does about repeats: what only a liar sends. */
  whisper(from: PeerName, to: PeerName, topic: Topic, bytes: Uint8Array): void {
    const [sender, hearer] = [this.#homes.get(from), this.#homes.get(to)];
    if (sender !== undefined && hearer !== undefined) this.bring(sender, hearer, () => hearer.judge(topic, bytes, from));
  }

  /** Brings a question or an answer from here to there, if nothing goes wrong: somebody waits for it with a promise. */
  carry(from: SimulatedGossip, to: SimulatedGossip, arrive: () => void): void {
    if (this.#chance() < this.faults.loss) return;
    this.#clock.after(this.#delay(), () => this.#reaches(from, to) && arrive());
  }

  /** Brings a message from here to there, if nothing goes wrong; perhaps twice. */
  bring(from: SimulatedGossip, to: SimulatedGossip, arrive: () => void, mayRepeat = false): void {
    if (this.#chance() < this.faults.loss) return;
    const task = (): void => {
      if (this.#reaches(from, to)) arrive();
    };
    if (this.#clock.soon === undefined) this.#clock.after(this.#delay(), task);
    else this.#clock.soon(this.#delay(), task);
    if (mayRepeat && this.#chance() < this.faults.duplication) this.bring(from, to, arrive);
  }

  /** Somebody goes on once the task that runs is over. */
  stir(): void {
    this.#clock.stir?.();
  }

  #delay(): number {
    const { least, most } = this.faults.delayMs;
    return least + this.#chance() * (most - least);
  }

  #reaches(from: SimulatedGossip, to: SimulatedGossip): boolean {
    if (from.isClosed || to.isClosed || !this.#connects(from, to)) return false;
    return this.#deaf.size === 0 || !this.#deaf.has(`${from.self}>${to.self}`);
  }

  #connects(a: SimulatedGossip, b: SimulatedGossip): boolean {
    return this.#groups === null || this.#groups.some((group) => group.includes(a.self) && group.includes(b.self));
  }
}

/** Every home sends to every other itself: nobody hands on what another lost, which is harsher than a mesh. */
class SimulatedGossip implements Gossip {
  readonly self: PeerName;
  /** Of the connection: a home that comes back has another, and has heard nothing yet. */
  readonly #number: number;
  readonly #network: SeededNetwork;
  readonly #later: Clock["after"];
  readonly #answerers = new Map<RequestKind, Answerer>();
  readonly #unheard = new Set<Topic>();
  #handler: Handler | null = null;
  isClosed = false;

  constructor(self: PeerName, number: number, network: SeededNetwork, later: Clock["after"]) {
    this.self = self;
    this.#number = number;
    this.#network = network;
    this.#later = later;
  }

  async publish(topic: Topic, bytes: Uint8Array): Promise<void> {
    if (this.isClosed) return;
    const parcel = this.#network.parcelOf(topic, bytes);
    parcel.isKnownTo[this.#number] = true;
    this.#send(parcel);
  }

  onMessage(handler: Handler): void {
    this.#handler = handler;
  }

  get hearsAll(): boolean {
    return this.#unheard.size === 0;
  }

  follow(topic: Topic, hears: boolean): void {
    if (this.#unheard.has(topic) !== hears) return;
    if (hears) this.#unheard.delete(topic);
    else this.#unheard.add(topic);
    this.#network.followed();
  }

  peers(): readonly PeerName[] {
    return this.#network.namesOf(this);
  }

  request(peer: PeerName, kind: RequestKind, body: Uint8Array, signal: AbortSignal): Promise<Result<Uint8Array, RequestCode>> {
    this.#network.stir();
    const other = this.#network.peersOf(this).find(({ self }) => self === peer);
    if (other === undefined) return Promise.resolve(fail("PEER_UNREACHABLE", peer));
    if (signal.aborted) return Promise.resolve(fail("PEER_TIMEOUT", peer));
    const question = body.slice();
    return new Promise((resolve) => {
      signal.addEventListener("abort", () => resolve(fail("PEER_TIMEOUT", peer)), { once: true });
      this.#network.carry(this, other, () => {
        const bringBack = (answer: Uint8Array | null): void =>
          this.#network.carry(other, this, () => resolve(answer === null ? fail("PEER_MALFORMED", peer) : ok(answer)));
        const answer = other.answer(kind, question, this.self);
        if (answer instanceof Promise) void answer.then(bringBack);
        else bringBack(answer);
      });
    });
  }

  onRequest(kind: RequestKind, answerer: Answerer): void {
    this.#answerers.set(kind, answerer);
  }

  /** Nobody but homes is plugged in. */
  guard(): void {}

  report(peer: PeerName, misconduct: Misconduct): void {
    this.#network.reports.push({ by: this.self, peer, misconduct });
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.#network.leave(this);
  }

  answer(kind: RequestKind, body: Uint8Array, from: PeerName): Uint8Array | null | Promise<Uint8Array | null> {
    try {
      const answer = this.#answerers.get(kind)?.(body, from);
      if (!(answer instanceof Promise)) return answer?.slice() ?? null;
      return answer.then((bytes) => bytes?.slice() ?? null).catch((error) => this.#failed(error));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): null {
    this.#network.failures.push({ by: this.self, error });
    return null;
  }

  hear(parcel: Parcel, from: PeerName): void {
    if (this.#unheard.has(parcel.topic) || parcel.isKnownTo[this.#number] === true) return;
    parcel.isKnownTo[this.#number] = true;
    this.judge(parcel.topic, parcel.bytes, from);
  }

  /** The verdict steers real gossip's scores; here it changes nothing, and neither does a handler that fails. */
  judge(topic: Topic, bytes: Uint8Array, from: PeerName): void {
    const failed = (error: unknown): unknown => this.#network.failures.push({ by: this.self, error });
    try {
      const judgement: Judgement | Promise<Judgement> | undefined = this.#handler?.(topic, bytes, from);
      if (!(judgement instanceof Promise)) return;
      this.#network.stir();
      void judgement.catch(failed);
    } catch (error) {
      // As in the port: a handler's own bug stops nothing.
      failed(error);
    }
  }

  #send(parcel: Parcel): void {
    const peers = this.#network.peersOf(this);
    for (const peer of peers) this.#network.bring(this, peer, () => peer.hear(parcel, this.self), true);
    if (peers.length === 0 && !this.isClosed) this.#later(RETRY_MS, () => this.#send(parcel));
  }
}
