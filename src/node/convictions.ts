import { type AdmissionCode, refuse } from "../../engine/admission/index.ts";
import { contradiction, convicts, signedIn, signerOfBoth } from "../../engine/agreement/index.ts";
import type { Digest, HomeId } from "../../engine/kernel/index.ts";
import {
  asEvidence,
  type Contradictable,
  type Digests,
  decodeMessage,
  encodeMessage,
  MAX_MESSAGE_BYTES,
  type Message,
} from "../../engine/messages/index.ts";
import type { Gossip, Judgement, Log, RecoverSigner, Store } from "../ports/index.ts";
import type { Membership } from "./membership.ts";

export type EvidenceMessage = Extract<Message, { kind: "evidence" }>;

/** A home that signed two things of which an honest one signs one, and the proof. */
export interface Conviction {
  readonly home: HomeId;
  readonly evidence: EvidenceMessage;
}

export interface ConvictionsModules {
  readonly digests: Digests;
  readonly membership: Membership;
  readonly recover: RecoverSigner;
  readonly store: Pick<Store, "evidence" | "saveEvidence">;
  readonly gossip: Pick<Gossip, "publish">;
  readonly log: Log;
}

/** A liar may sign pairs without end; so many prove it well enough. */
const MAX_OF_ONE_HOME = 32;

/** What was proved against homes: kept on disk for ever, told to the street, found here or heard. */
export class Convictions {
  readonly #modules: ConvictionsModules;
  readonly #held = new Map<Digest, Conviction>();
  readonly #listeners: ((conviction: Conviction) => void)[] = [];

  constructor(modules: ConvictionsModules) {
    this.#modules = modules;
    for (const { bytes } of modules.store.evidence()) {
      const message = decodeMessage(bytes, modules.digests);
      if (message.ok && message.value.kind === "evidence") this.#hold(message.value);
    }
  }

  /** In the order in which they came. */
  get all(): readonly Conviction[] {
    return [...this.#held.values()];
  }

  onConviction(listener: (conviction: Conviction) => void): void {
    this.#listeners.push(listener);
  }

  /** Two messages whose signatures have been checked here. */
  found(one: Contradictable, other: Contradictable): void {
    const message = asEvidence(one, other);
    if (message === null || this.#refusal(message) !== null || signerOfBoth(message.evidence, this.#modules.recover) === null) return;
    this.#keep(message);
    const bytes = encodeMessage(message);
    if (bytes.length <= MAX_MESSAGE_BYTES) void this.#modules.gossip.publish("agreement", bytes);
  }

  /** A stranger's pair, checked from the ground up. */
  hear(message: EvidenceMessage): { readonly kind: Judgement; readonly code?: AdmissionCode } {
    const code = this.#refusal(message) ?? this.#unproved(message);
    if (code !== null) return refuse(code);
    this.#keep(message);
    return { kind: "accept" };
  }

  #refusal({ evidence, id }: EvidenceMessage): AdmissionCode | null {
    if (this.#held.has(id)) return "EVIDENCE_SEEN";
    const culprit = contradiction(evidence.first, evidence.second);
    if (culprit === null) return "EVIDENCE_UNFOUNDED";
    // Which key signs then isn't agreed yet: the chain may take this one back, and not have told this home.
    if (signedIn(evidence.first) > this.#modules.membership.lastOfEpoch) return "INTERVAL_AHEAD";
    return this.all.filter(({ home }) => home === culprit).length >= MAX_OF_ONE_HOME ? "EVIDENCE_ENOUGH" : null;
  }

  #unproved({ evidence }: EvidenceMessage): AdmissionCode | null {
    const { membership, recover } = this.#modules;
    const culprit = contradiction(evidence.first, evidence.second);
    if (culprit === null || membership.keysIn(culprit, signedIn(evidence.first)).length === 0) return "HOME_UNKNOWN";
    return convicts(evidence, { keysIn: membership.keysIn, recover }) === null ? "SIGNATURE_INVALID" : null;
  }

  #keep(message: EvidenceMessage): void {
    const { store, log } = this.#modules;
    store.saveEvidence(message.id, encodeMessage(message));
    const conviction = this.#hold(message);
    log.warn("agreement.evidence", { home: conviction.home, of: message.evidence.first.kind, evidence: message.id });
    for (const listener of this.#listeners) listener(conviction);
  }

  #hold(message: EvidenceMessage): Conviction {
    const conviction = { home: contradiction(message.evidence.first, message.evidence.second) as HomeId, evidence: message };
    this.#held.set(message.id, conviction);
    return conviction;
  }
}
