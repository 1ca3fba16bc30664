import { type Address, fromHex, type HomeId, toHex } from "../../engine/kernel/index.ts";
import {
  decodePeerStatement,
  encodePeerStatement,
  type MarketDomain,
  type PeerStatement,
  peerDigestOf,
  type SignedPeerStatement,
} from "../../engine/messages/index.ts";
import type { Door, Gossip, Log, PeerName, RecoverSigner, Signer, Store } from "../ports/index.ts";

export interface PeersModules {
  readonly domain: MarketDomain;
  readonly gossip: Pick<Gossip, "self" | "request" | "onRequest" | "guard">;
  readonly store: Pick<Store, "getMeta" | "setMeta">;
  /** null: this home follows and says nothing. */
  readonly signer: Signer | null;
  readonly self: HomeId | null;
  readonly recover: RecoverSigner;
  /** The keys under which a home may take part now or soon; none when it has left. */
  readonly keysOf: (home: HomeId) => readonly Address[];
  /** Peers of the street that are no homes: they hear all and are heard in nothing that needs a key. */
  readonly observers: readonly PeerName[];
  readonly log: Log;
}

/** A peer that has shown whose it is. */
interface Bound {
  readonly statement: SignedPeerStatement;
  readonly agent: Address;
}

const QUESTION = new Uint8Array(0);

/**
 * Which peer of the network speaks for which home: the street's door. A home shows a statement under its agent key; it is kept on
 * disk, so that neighbours know each other again without the chain. One peer for a key: who wants many needs many keys in the registry.
 */
export class Peers implements Door {
  readonly #modules: PeersModules;
  readonly #digestOf: (statement: PeerStatement) => SignedPeerStatement["id"];
  readonly #observers: ReadonlySet<PeerName>;
  readonly #byAgent = new Map<Address, Bound>();
  readonly #byPeer = new Map<PeerName, HomeId>();
  /** What is bound is on disk; to write all at each meeting would make a street's start quadratic. */
  #isKept = true;

  constructor(modules: PeersModules) {
    this.#modules = modules;
    this.#digestOf = peerDigestOf(modules.domain);
    this.#observers = new Set(modules.observers);
    for (const bytes of kept(modules.store)) this.#bind(bytes);
    const own = this.#own();
    modules.gossip.onRequest("hello", () => own);
    modules.gossip.guard(this);
  }

  isMember(peer: PeerName): boolean {
    return this.#byPeer.has(peer) || this.#observers.has(peer);
  }

  /** null: an observer or a stranger. */
  homeOf(peer: PeerName): HomeId | null {
    return this.#byPeer.get(peer) ?? null;
  }

  /** Every peer that speaks for a home; two for a home whose key changes. */
  get bound(): readonly { readonly home: HomeId; readonly peer: PeerName }[] {
    return [...this.#byPeer].map(([peer, home]) => ({ peer, home }));
  }

  async meet(peer: PeerName, signal: AbortSignal): Promise<boolean> {
    const answer = await this.#modules.gossip.request(peer, "hello", QUESTION, signal);
    if (!answer.ok) return false;
    const before = this.#byPeer.size;
    if (!this.#bind(answer.value, peer)) {
      this.#modules.log.debug("peer.unproven", { peer });
      return false;
    }
    this.#isKept = false;
    this.#modules.log.info("peer.bound", { peer, member: this.homeOf(peer) });
    // Another peer of the same home has lost its place to this one.
    if (this.#byPeer.size === before) this.#modules.gossip.guard(this);
    return true;
  }

  /** Members or their keys may have changed: who has no key any more is out at once. What was learnt since the last time is kept. */
  review(): void {
    const out = [...this.#byAgent.values()].filter(({ statement, agent }) => !this.#mayUse(agent, statement.body.home));
    for (const { statement, agent } of out) {
      this.#byAgent.delete(agent);
      this.#byPeer.delete(statement.body.peer);
      this.#modules.log.info("peer.left", { peer: statement.body.peer, member: statement.body.home });
    }
    if (out.length > 0 || !this.#isKept) this.#keep();
    this.#modules.gossip.guard(this);
  }

  /** Takes a statement that holds, of the peer that showed it if that is given. */
  #bind(bytes: Uint8Array, shownBy?: PeerName): boolean {
    const statement = decodePeerStatement(bytes, this.#digestOf);
    if (statement === null || (shownBy !== undefined && statement.body.peer !== shownBy)) return false;
    const agent = this.#modules.recover(statement.id, statement.signature);
    if (agent === null || !this.#mayUse(agent, statement.body.home)) return false;
    const known = this.#byAgent.get(agent)?.statement.body;
    if (known !== undefined && known.peer !== statement.body.peer && known.seq >= statement.body.seq) return false;
    if (known !== undefined) this.#byPeer.delete(known.peer);
    this.#byAgent.set(agent, { statement, agent });
    this.#byPeer.set(statement.body.peer, statement.body.home);
    return true;
  }

  #mayUse(agent: Address, home: HomeId): boolean {
    return this.#modules.keysOf(home).includes(agent);
  }

  #own(): Uint8Array | undefined {
    const { signer, self, gossip } = this.#modules;
    if (signer === null || self === null) return undefined;
    // A home's peer key follows from its agent key, so under one key it has never another peer.
    const body: PeerStatement = { home: self, peer: gossip.self, seq: 0 };
    const id = this.#digestOf(body);
    return encodePeerStatement({ body, id, signature: signer.sign(id) });
  }

  #keep(): void {
    const all = [...this.#byAgent.values()].map(({ statement }) => toHex(encodePeerStatement(statement)));
    this.#modules.store.setMeta("peers", JSON.stringify(all));
    this.#isKept = true;
  }
}

function kept(store: Pick<Store, "getMeta">): readonly Uint8Array[] {
  const text = store.getMeta("peers");
  return text === null ? [] : (JSON.parse(text) as string[]).map(fromHex);
}
