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

/** What a liar can do beyond what a node does. It signs with its own key alone. */
export interface AdversaryWorld {
  readonly home: HomeId;
  /** The key that it began with, whatever it signs with now. */
  readonly firstKey: Signer;
  /** Everybody else. */
  readonly others: readonly PeerName[];
  readonly digests: Digests;
  readonly dice: Dice;
  readonly clock: Clock;
  readonly chain: CountingChain;
  /** Bytes for one home alone, repeated or not. */
  readonly whisper: (to: PeerName, topic: Topic, bytes: Uint8Array) => void;
}
