import type { Result } from "../../engine/kernel/index.ts";

/** Orders and readings never share a queue with what agreement needs. */
export type Topic = "market" | "agreement";

/** accept: hand on. ignore: may be honest (late, duplicate, we are behind). reject: no honest peer sends this; its score falls. */
export type Judgement = "accept" | "ignore" | "reject";

/** A peer's libp2p id as text. */
export type PeerName = string;

export type RequestCode = "PEER_UNREACHABLE" | "PEER_TIMEOUT" | "PEER_MALFORMED";

/** Asked of one peer, answered by it alone: what gossip doesn't bring. */
export type RequestKind = "fetch" | "blocks" | "hello" | "time" | "pledge";

/** What only a look inside a peer's bytes shows, and no honest peer does. */
export type Misconduct = "forged-chain" | "junk-answer";

/** Who belongs to the street. Without one everybody does. */
export interface Door {
  /** Asked for every message, so it must be quick. */
  isMember(peer: PeerName): boolean;
  /** Gets to know a peer that is connected and no member; true once it has proven to be one. May be asked again. */
  meet(peer: PeerName, signal: AbortSignal): Promise<boolean>;
}

type Answer = Uint8Array | undefined;
export type Answerer = (body: Uint8Array, from: PeerName) => Answer | Promise<Answer>;

export interface Gossip {
  readonly self: PeerName;
  /** Sends to the mesh; tries again while nobody is there to hear. Never throws. */
  publish(topic: Topic, bytes: Uint8Array): Promise<void>;
  /** One handler; called once for each message that is new here, never for our own. */
  onMessage(handler: (topic: Topic, bytes: Uint8Array, from: PeerName) => Judgement | Promise<Judgement>): void;
  /** Whether this home hears a topic; both unless told. What it doesn't hear it may publish all the same. */
  follow(topic: Topic, hears: boolean): void;
  /** Peers with a live connection that hear both topics. */
  peers(): readonly PeerName[];
  request(peer: PeerName, kind: RequestKind, body: Uint8Array, signal: AbortSignal): Promise<Result<Uint8Array, RequestCode>>;
  /** undefined: nothing to answer; the peer sees PEER_MALFORMED. What takes its time is awaited. */
  onRequest(kind: RequestKind, handler: Answerer): void;
  /**
   * From now on members alone are heard, told and answered; a stranger is answered a "hello", and has a limited time to become one.
   * Called again when members have changed: who isn't one any more is hung up at once.
   */
  guard(door: Door): void;
  /** Charges a peer for what a look inside its bytes has shown; enough of it closes the door. */
  report(peer: PeerName, misconduct: Misconduct): void;
  close(): Promise<void>;
}
