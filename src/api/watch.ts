import { quorum, validatorsOf } from "../../engine/agreement/index.ts";
import { type Address, type HomeId, type Interval, toHex } from "../../engine/kernel/index.ts";
import {
  type Contradictable,
  encodeMessage,
  idOf,
  intervalOf,
  type MarketRules,
  type Members,
  type Message,
  signedOf,
} from "../../engine/messages/index.ts";
import { communityView, type Decisions } from "./community-view.ts";
import { endName, intervalName, isoOf } from "./market-views.ts";
import type {
  ClockFacts,
  ConvictionView,
  HomeView,
  MembershipView,
  MeterView,
  PauseView,
  WatchView,
  WrongSettlementView,
} from "./state.ts";
import type { CommunityView } from "./state-community.ts";
import type { EvidenceView, SignedMessageView } from "./state-evidence.ts";

/** A home that was proved to have signed two things where one is allowed. */
export interface Proof {
  readonly home: HomeId;
  readonly evidence: Extract<Message, { readonly kind: "evidence" }>;
}

/** The set that agrees now, and the one that the registry names for the next settlement period. */
export interface Epochs {
  readonly now: Members;
  readonly next: Members;
  /** The next period's first interval. */
  readonly edge: Interval;
}

/** By the clocks of those who answer: this node's, and what each home's is ahead of the median. */
export interface Clocks {
  readonly own: ClockFacts;
  readonly homes: ReadonlyMap<HomeId, number>;
}

/** What ends it that a home signs nothing. */
export interface Pause {
  readonly ends: PauseView["ends"];
  readonly missing?: number;
  readonly from?: Interval;
}

/** A settlement that a quorum proposed and that this node worked out otherwise; `seenAt`: street time, milliseconds. */
export interface WrongSettlement extends Pick<WrongSettlementView, "fault" | "state"> {
  readonly fromInterval: Interval;
  readonly toInterval: Interval;
  readonly seenAt: number;
}

interface Heard extends Proof {
  readonly heardAt: string | null;
}

/** One pair proves it; a liar that signs many, long ones must not make the answer endless. */
const SHOWN_OF_ONE_HOME = 4;

/** What was proved, whose clock is off, who comes and goes, and what is decided together. */
export class Watch {
  readonly #rules: MarketRules;
  readonly #nameOf: (home: HomeId) => string;
  #proofs: readonly Heard[] = [];
  #clocks: Clocks = { own: { offsetMs: null, peers: 0, status: "ok" }, homes: new Map() };
  #epochs: Epochs | null = null;
  #pauses: ReadonlyMap<HomeId, Pause> = new Map();
  #meters: ReadonlyMap<HomeId, MeterView> = new Map();
  #decisions: Decisions | null = null;
  #wrong: readonly WrongSettlement[] = [];

  constructor(rules: MarketRules, nameOf: (home: HomeId) => string) {
    this.#rules = rules;
    this.#nameOf = nameOf;
  }

  proved(proof: Proof, heardAt: string | null): void {
    this.#proofs = [{ ...proof, heardAt }, ...this.#proofs];
  }

  compared(clocks: Clocks): void {
    this.#clocks = clocks;
  }

  paused(pauses: ReadonlyMap<HomeId, Pause>): void {
    this.#pauses = pauses;
  }

  metered(meters: ReadonlyMap<HomeId, MeterView>): void {
    this.#meters = meters;
  }

  meterOf(home: HomeId): MeterView | null {
    const meter = this.#meters.get(home);
    return meter === undefined ? null : { ...meter, ageSeconds: meter.ageSeconds === null ? null : Math.round(meter.ageSeconds) };
  }

  disputed(wrong: readonly WrongSettlement[]): void {
    this.#wrong = wrong;
  }

  pauseOf(home: HomeId): PauseView | null {
    const pause = this.#pauses.get(home);
    if (pause === undefined) return null;
    const { ends, missing = null, from } = pause;
    return { reason: "store-lost", ends, missing, from: from === undefined ? null : intervalName(this.#rules, from) };
  }

  entered(epochs: Epochs): void {
    this.#epochs = epochs;
  }

  decided(decisions: Decisions): void {
    this.#decisions = decisions;
  }

  /** As it counts in an interval; null: nothing is known of it. */
  community(current: Interval): CommunityView | null {
    return this.#decisions === null ? null : communityView(this.#rules, this.#decisions, current, this.#nameOf);
  }

  get members(): Members | null {
    return this.#epochs?.now ?? null;
  }

  voiceOf(home: HomeId): HomeView["voice"] {
    return this.members?.validators.find((each) => each.home === home)?.class ?? null;
  }

  clockOffsetOf(home: HomeId): number | null {
    return this.#clocks.homes.get(home) ?? null;
  }

  view(): WatchView {
    return {
      convictions: this.#convictions(),
      wrongSettlements: this.#wrong.map((each) => this.#wrongView(each)),
      clock: this.#clocks.own,
      membership: this.#membership(),
    };
  }

  /** Newest first, at most `SHOWN_OF_ONE_HOME` of each home. */
  evidence(keysOf: (home: HomeId) => readonly Address[]): readonly EvidenceView[] {
    const shown = new Map<HomeId, number>();
    const told = this.#proofs.filter(({ home }) => {
      shown.set(home, (shown.get(home) ?? 0) + 1);
      return shown.get(home)! <= SHOWN_OF_ONE_HOME;
    });
    return told.map((proof) => {
      const { first, second } = proof.evidence.evidence;
      return {
        id: proof.evidence.id,
        ...this.#told(proof),
        keys: [...new Set(keysOf(proof.home))],
        first: signedView(first),
        second: signedView(second),
      };
    });
  }

  #convictions(): readonly ConvictionView[] {
    const newest = new Map<HomeId, Heard>();
    for (const proof of this.#proofs) if (!newest.has(proof.home)) newest.set(proof.home, proof);
    const proofs = (home: HomeId): number => this.#proofs.filter((proof) => proof.home === home).length;
    return [...newest.values()].map((proof) => ({ ...this.#told(proof), proofs: proofs(proof.home) }));
  }

  #told({ home, evidence: { evidence }, heardAt }: Heard): Omit<ConvictionView, "proofs"> {
    const { first } = evidence;
    return { home, name: this.#nameOf(home), kind: first.kind, interval: intervalName(this.#rules, intervalOf(first)), heardAt };
  }

  #wrongView({ fromInterval, toInterval, fault, state, seenAt }: WrongSettlement): WrongSettlementView {
    const [from, until] = [intervalName(this.#rules, fromInterval), endName(this.#rules, toInterval)];
    return { from, until, fault, state, seenAt: isoOf(Math.floor(seenAt / 1000)) };
  }

  #membership(): MembershipView | null {
    const name = ({ home }: { readonly home: HomeId }): string => this.#nameOf(home);
    if (this.#epochs === null) return null;
    const { now, next, edge } = this.#epochs;
    const keysNow = new Map(now.homes.map(({ home, agent }) => [home, agent]));
    const staying = new Set(next.homes.map(({ home }) => home));
    const validators = validatorsOf(now);
    return {
      version: now.version,
      validators: validators.ids.length,
      quorum: quorum(validators),
      nextEdge: intervalName(this.#rules, edge),
      joining: next.homes.filter(({ home }) => !keysNow.has(home)).map(name),
      leaving: now.homes.filter(({ home }) => !staying.has(home)).map(name),
      newKeys: next.homes.filter(({ home, agent }) => keysNow.has(home) && keysNow.get(home) !== agent).map(name),
    };
  }
}

const signedView = (message: Contradictable): SignedMessageView => ({
  digest: idOf(message),
  signature: toHex(signedOf(message).signature),
  message: toHex(encodeMessage(message)),
});
