import { type Address, compare, type Digest, type HomeId, type Interval, type Period, ZERO_DIGEST } from "../kernel/index.ts";
import { authorOf, intervalOf, type Message, type Signature, type SignedList, signedOf } from "../messages/index.ts";
import type { AdmissionCode } from "./codes.ts";
import { type Check, firstRefusal, refuse, type Verdict } from "./verdict.ts";

/** What validators say to one another. Contradictions between their messages are the agreement's business: it keeps the evidence. */
export type AgreementMessage = Extract<Message, { readonly kind: "list" | "proposal" | "vote" | "period-vote" | "closed" }>;

declare const admitted: unique symbol;
/** Only `admitAgreement` makes one. */
export type AdmittedAgreement = AgreementMessage & { readonly [admitted]: true };

export interface AgreementContext {
  /** It was admitted before. */
  readonly isSeen: boolean;
  /** Intervals that are not decided here yet and near enough to be worked on, both ends included. */
  readonly undecidedIntervals: { readonly first: Interval; readonly last: Interval };
  readonly unsettledPeriods: { readonly first: Period; readonly last: Period };
  /** Whether it may still matter here; what has no room is not seen, and may come again. */
  readonly hasRoom: (message: AgreementMessage) => boolean;
  /** How many entries all homes together can have in one list. */
  readonly maxEntries: number;
  /** Of how many homes one list can tell what they have staked. */
  readonly maxStakes: number;
  /** The highest view that is kept; a bound on memory. */
  readonly maxView: number;
  /** The key that a validator signs with; undefined for everybody else. */
  readonly validatorKey: (home: HomeId) => Address | undefined;
  /** The same for signatures under a period. */
  readonly periodKey: (home: HomeId, period: Period) => Address | undefined;
  readonly recover: (digest: Digest, signature: Signature) => Address | null;
}

/** May this message reach the agreement? */
export function admitAgreement(message: AgreementMessage, context: AgreementContext): Verdict<AdmittedAgreement> {
  const code = context.isSeen ? "MESSAGE_SEEN" : firstRefusal(CHECKS, message, context);
  return code === null ? { kind: "accept", message: message as AdmittedAgreement } : refuse(code);
}

function isInTime(message: AgreementMessage, { undecidedIntervals, unsettledPeriods }: AgreementContext): AdmissionCode | null {
  if (message.kind === "period-vote") {
    const { period } = message.periodVote.body;
    if (period < unsettledPeriods.first) return "PERIOD_SETTLED";
    return period > unsettledPeriods.last ? "PERIOD_AHEAD" : null;
  }
  const interval = intervalOf(message);
  if (interval < undecidedIntervals.first) return "INTERVAL_DECIDED";
  return interval > undecidedIntervals.last ? "INTERVAL_AHEAD" : null;
}

function hasShape(message: AgreementMessage, { maxEntries, maxStakes, maxView }: AgreementContext): AdmissionCode | null {
  if (message.kind === "period-vote" || message.kind === "closed") return null;
  if (message.kind === "list") {
    const { commits, orders, readings, stakes } = message.list.body;
    if (commits.length + orders.length + readings.length > maxEntries || stakes.length > maxStakes) return "LIST_TOO_LONG";
    return isSorted(message.list) ? null : "LIST_NOT_SORTED";
  }
  const { view, value, nullifies } = claimOf(message);
  // Views count from 1; 0 is a proposal's word for "no parent".
  if (view === 0) return "VIEW_ZERO";
  if (view > maxView) return "VIEW_AHEAD";
  // To nullify is to vote for no value; everything else names one.
  return nullifies === (value === ZERO_DIGEST) ? null : "VALUE_MISPLACED";
}

function claimOf(message: Extract<AgreementMessage, { readonly kind: "proposal" | "vote" }>) {
  if (message.kind === "proposal") return { ...message.proposal.body, nullifies: false };
  return { ...message.vote.body, nullifies: message.vote.body.kind === "nullify" };
}

const rises = (digests: readonly Digest[]): boolean => digests.every((each, i) => i === 0 || compare(digests[i - 1]!, each) < 0);

const isSorted = ({ body }: SignedList): boolean => rises(body.commits) && rises(body.orders) && rises(body.readings);

const keyFor = (message: AgreementMessage, { validatorKey, periodKey }: AgreementContext): Address | undefined =>
  message.kind === "period-vote"
    ? periodKey(message.periodVote.body.validator, message.periodVote.body.period)
    : validatorKey(authorOf(message));

const isFromValidators: Check<AgreementMessage, AgreementContext> = (message, context) =>
  keyFor(message, context) === undefined ? "NOT_A_VALIDATOR" : null;

const hasRoom: Check<AgreementMessage, AgreementContext> = (message, context) => (context.hasRoom(message) ? null : "TOO_MANY_MESSAGES");

const isSigned: Check<AgreementMessage, AgreementContext> = (message, context) => {
  const { id, signature } = signedOf(message);
  const signer = context.recover(id, signature);
  return signer !== null && signer === keyFor(message, context) ? null : "SIGNATURE_INVALID";
};

// Cheapest first; signatures last.
const CHECKS: readonly Check<AgreementMessage, AgreementContext>[] = [isInTime, hasShape, isFromValidators, hasRoom, isSigned];
