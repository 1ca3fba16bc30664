import type { HomeId } from "../../../engine/kernel/index.ts";
import type { Digests } from "../../../engine/messages/index.ts";
import type { NodeModules } from "../../node/index.ts";
import type { Clock, PeerName, Signer, Topic } from "../../ports/index.ts";
import type { Dice } from "../chance.ts";
import type { CountingChain } from "./chain.ts";

/** A way to lie: a home that runs the production node, but not with what an honest home gives it. */
export interface Adversary {
  readonly name: string;
  /** What the liar's node works with, made of what an honest one would. Called at each start of the home. */
  readonly corrupt: (modules: NodeModules, world: AdversaryWorld) => NodeModules;
}

/** A liar that lends its keys to the others. */
export interface Accomplice {
  readonly home: HomeId;
  /** All that it ever signed with, the newest last. */
  readonly keys: readonly Signer[];
}

/** What a liar can do beyond what a node does. It signs with its own keys, and with those of the other liars. */
export interface AdversaryWorld {
  readonly home: HomeId;
  /** The key that it began with, whatever it signs with now. */
  readonly firstKey: Signer;
  /** Everybody else. */
  readonly others: readonly PeerName[];
  /** Every liar of the street, itself among them. */
  readonly accomplices: readonly Accomplice[];
  readonly digests: Digests;
  readonly dice: Dice;
  readonly clock: Clock;
  readonly chain: CountingChain;
  /** Bytes for one home alone, repeated or not. */
  readonly whisper: (to: PeerName, topic: Topic, bytes: Uint8Array) => void;
}
