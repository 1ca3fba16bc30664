import type { Address, HomeId } from "../../engine/kernel/index.ts";
import type { Cancel, PeerName } from "../ports/index.ts";
import type { MeterState } from "./meter-state.ts";
import type { NodeModules, StreetNode } from "./node.ts";
import type { Pause } from "./pause.ts";
import { PeerClocks, type PeerClocksModules } from "./peer-clocks.ts";
import { Peers, type PeersModules } from "./peers.ts";

export interface NeighbourhoodModules
  extends Pick<NodeModules, "clock" | "domain" | "gossip" | "log" | "metrics" | "recover" | "signer" | "store">,
    Pick<PeersModules, "observers">,
    Pick<PeerClocksModules, "meter"> {}

/** What is asked of the node. */
export interface Member extends Pick<StreetNode, "self" | "onCertified" | "pause"> {
  readonly membership: Pick<StreetNode["membership"], "agentOf" | "registered" | "validators">;
  readonly rounds: Pick<StreetNode["rounds"], "current">;
}

/** Real milliseconds between looks at who has left; at an epoch's edge it is looked at once. */
const REVIEW_MS = 5_000;

/** The people next door, for a node in the world: who is let in, and whose clock is off. */
export class Neighbourhood {
  readonly peers: Peers;
  readonly clocks: PeerClocks;
  readonly #node: Member;
  readonly #modules: NeighbourhoodModules;
  #cancel: Cancel = () => undefined;

  constructor(node: Member, modules: NeighbourhoodModules) {
    this.#node = node;
    this.#modules = modules;
    this.peers = new Peers({ ...modules, self: node.self, keysOf: (home) => this.#keysOf(home) });
    const isObserver = modules.signer === null;
    this.clocks = new PeerClocks({ ...modules, isObserver, isValidator: (peer) => this.#isValidator(peer), pause: () => node.pause });
    // Once the node has entered the next interval, which may be another epoch's.
    node.onCertified(() => void modules.clock.after(0, () => this.peers.review()));
  }

  start(): void {
    this.clocks.start();
    this.#cancel = this.#modules.clock.after(REVIEW_MS, () => this.#review());
  }

  stop(): void {
    this.clocks.stop();
    this.#cancel();
  }

  /** The peers that speak for a home. */
  peersOf(home: HomeId): readonly PeerName[] {
    return this.peers.bound.filter((bound) => bound.home === home).map(({ peer }) => peer);
  }

  /** What a home's clock is ahead of the validators' median, real ms; null: unknown. */
  clockOffsetOf(home: HomeId): number | null {
    return first(this.peersOf(home).map((peer) => this.clocks.offsetOf(peer)));
  }

  /** Why a home signs nothing, as it says itself; null: it signs, or nothing is known. */
  pauseOf(home: HomeId): Pause | null {
    return first(this.peersOf(home).map((peer) => this.clocks.pauseOf(peer)));
  }

  /** How a home's meter is read, as it says itself; null: nothing is known. */
  meterOf(home: HomeId): MeterState | null {
    return first(this.peersOf(home).map((peer) => this.clocks.meterOf(peer)));
  }

  #review(): void {
    this.peers.review();
    this.#cancel = this.#modules.clock.after(REVIEW_MS, () => this.#review());
  }

  /** What signs for a home in this epoch, and what is registered to do so from some interval on: who joins has to catch up first. */
  #keysOf(home: HomeId): readonly Address[] {
    const { membership, rounds } = this.#node;
    const now = membership.agentOf(home);
    const registered = membership.registered(home);
    const stays = registered !== undefined && (registered.until === null || rounds.current < registered.until);
    const later = stays ? registered.keys.filter((_key, place) => (registered.keys[place + 1]?.since ?? Infinity) > rounds.current) : [];
    return [...(now === undefined ? [] : [now]), ...later.map(({ agent }) => agent)];
  }

  #isValidator(peer: PeerName): boolean {
    const home = this.peers.homeOf(peer);
    return home !== null && this.#node.membership.validators.ids.includes(home);
  }
}

/** What the first of a home's peers that says anything says. */
const first = <T>(answers: readonly (T | null)[]): T | null => answers.find((answer) => answer !== null) ?? null;
