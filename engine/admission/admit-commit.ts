import type { HomeId, Interval } from "../kernel/index.ts";
import type { MarketRules, SignedCommit } from "../messages/index.ts";
import { isMember, isSignedByHome, type Speakers } from "./registered.ts";
import { type Check, conflictOf, firstRefusal, refuse, type Verdict } from "./verdict.ts";

declare const admitted: unique symbol;
/** Only `admitCommit` makes one. */
export type AdmittedCommit = SignedCommit & { readonly [admitted]: true };

export interface CommitContext extends Speakers {
  readonly rules: MarketRules;
  /** Whether this street seals its orders. */
  readonly isSealed: boolean;
  /** Intervals whose gate is still open, both ends included. */
  readonly openIntervals: { readonly first: Interval; readonly last: Interval };
  /** Asks for entries, known by `entryId`, whose signature held. */
  readonly hasSeen: (entry: SignedCommit) => boolean;
  /** The commits held here of one home for one interval under one seq: none, one, or two that conflict. */
  readonly heldCommits: (home: HomeId, interval: Interval, seq: number) => readonly SignedCommit[];
}

export type CommitVerdict = Verdict<AdmittedCommit, SignedCommit>;

// Cheapest first, as with orders.
const CHEAP: readonly Check<SignedCommit, CommitContext>[] = [
  (entry, { hasSeen }) => (hasSeen(entry) ? "COMMIT_SEEN" : null),
  (_, { isSealed }) => (isSealed ? null : "ORDERS_NOT_SEALED"),
  ({ body }, { openIntervals }) => (body.interval < openIntervals.first ? "INTERVAL_CLOSED" : null),
  ({ body }, { openIntervals }) => (body.interval > openIntervals.last ? "INTERVAL_TOO_FAR" : null),
  ({ body }, { rules }) => (body.seq < rules.maxOrdersPerHome ? null : "SEQ_OUT_OF_RANGE"),
  isMember,
  ({ body }, { heldCommits }) => (heldCommits(body.home, body.interval, body.seq).length >= 2 ? "TOO_MANY_ORDERS" : null),
];

/** May this commit enter? Cheap to dear, the signature last. */
export function admitCommit(commit: SignedCommit, context: CommitContext): CommitVerdict {
  const code = firstRefusal(CHEAP, commit, context) ?? isSignedByHome(commit, context);
  if (code !== null) return refuse(code);
  const [held] = context.heldCommits(commit.body.home, commit.body.interval, commit.body.seq);
  return held === undefined ? { kind: "accept", message: commit as AdmittedCommit } : conflictOf("SEQ_CONFLICT", held, commit);
}
