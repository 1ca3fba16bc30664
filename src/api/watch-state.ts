/** What whoever watches over the street should know beside its market. */
export interface WatchView {
  /** Who was proved to have signed two things where one is allowed: one entry for each home, the newest first. */
  readonly convictions: readonly ConvictionView[];
  /** Settlements that a quorum proposed and that differ from what this node worked out, the newest first. */
  readonly wrongSettlements: readonly WrongSettlementView[];
  /** This node's clock beside the median of the validators'. */
  readonly clock: ClockFacts;
  /** null: not known yet. */
  readonly membership: MembershipView | null;
}

export interface ConvictionView {
  readonly home: number;
  readonly name: string;
  /** How many pairs prove it; `GET /api/evidence` has the newest. */
  readonly proofs: number;
  /** Of the newest: what was signed twice, for which interval, and when it was heard here; null: before this program started. */
  readonly kind: SignedKind;
  readonly interval: string;
  readonly heardAt: string | null;
}

export type SignedKind = "order" | "commit" | "reading" | "list" | "proposal" | "vote";

/** offsetMs: what the others are ahead of this clock, real milliseconds; null: none of them answered lately. bad: more than homes forgive one another. */
export interface ClockFacts {
  readonly offsetMs: number | null;
  readonly peers: number;
  readonly status: "ok" | "warn" | "bad";
}

/** Who certifies now, and what the registry changes at the next settlement period's edge. */
export interface MembershipView {
  /** How many changes of the registry are in force. */
  readonly version: number;
  readonly validators: number;
  /** How many of them certify. */
  readonly quorum: number;
  readonly nextEdge: string;
  /** Names of homes. */
  readonly joining: readonly string[];
  readonly leaving: readonly string[];
  readonly newKeys: readonly string[];
}

/** Of one settlement period. */
export interface WrongSettlementView {
  readonly from: string;
  readonly until: string;
  /** What proves it, by the contract's kinds; null: nothing that a contract judges, or nobody shows it. */
  readonly fault: "account" | "order" | "double-fill" | "ledger-step" | null;
  /** open: it can be settled still. refused: it never will be. settled: nobody took it back in time. */
  readonly state: "open" | "refused" | "settled";
  readonly seenAt: string;
}
