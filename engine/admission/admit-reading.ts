import { type HomeId, type Interval, wh } from "../kernel/index.ts";
import type { Reading, SignedReading } from "../messages/index.ts";
import type { AdmissionCode } from "./codes.ts";
import { isReadBy, mayBeRead, type Speakers } from "./registered.ts";
import { type Check, conflictOf, firstRefusal, refuse, type Verdict } from "./verdict.ts";

declare const admitted: unique symbol;
/** Only `admitReading` makes one. */
export type AdmittedReading = SignedReading & { readonly [admitted]: true };

export interface ReadingContext extends Speakers {
  /** Intervals whose readings are taken now, both ends included: delivered already and not yet settled. */
  readonly readableIntervals: { readonly first: Interval; readonly last: Interval };
  /** Asks for entries, known by `entryId`, whose signature held. */
  readonly hasSeen: (entry: SignedReading) => boolean;
  /** The readings held here of one home for one interval: none, one, or two that conflict. */
  readonly heldReadings: (home: HomeId, interval: Interval) => readonly SignedReading[];
  /** The home's nearest readings held here, before and after an interval. */
  readonly neighbours: (home: HomeId, interval: Interval) => { readonly before: Reading | null; readonly after: Reading | null };
}

export type ReadingVerdict = Verdict<AdmittedReading, SignedReading>;

// Cheapest first, as with orders.
const CHEAP: readonly Check<SignedReading, ReadingContext>[] = [
  (entry, { hasSeen }) => (hasSeen(entry) ? "READING_SEEN" : null),
  ({ body }, { readableIntervals }) => (body.interval > readableIntervals.last ? "READING_TOO_EARLY" : null),
  ({ body }, { readableIntervals }) => (body.interval < readableIntervals.first ? "READING_TOO_LATE" : null),
  ({ body }) => (wh.is(body.importWh) && wh.is(body.exportWh) ? null : "COUNTER_OUT_OF_RANGE"),
  mayBeRead,
  ({ body }, { heldReadings }) => (heldReadings(body.home, body.interval).length >= 2 ? "TOO_MANY_READINGS" : null),
];

const fell = (from: Reading | null, to: Reading | null): boolean =>
  from !== null && to !== null && (to.importWh < from.importWh || to.exportWh < from.exportWh);

const countersRise: Check<SignedReading, ReadingContext> = ({ body }, { neighbours }) => {
  const { before, after } = neighbours(body.home, body.interval);
  return fell(before, body) || fell(body, after) ? "COUNTER_FELL" : null;
};

/** All checks but the signature, for callers that verify signatures elsewhere in batches. */
export const screenReading = (reading: SignedReading, context: ReadingContext): AdmissionCode | null =>
  firstRefusal([...CHEAP, countersRise], reading, context);

/** May this reading enter? Cheap to dear, the signature last. */
export function admitReading(reading: SignedReading, context: ReadingContext): ReadingVerdict {
  const code = screenReading(reading, context) ?? isReadBy(reading, context);
  if (code !== null) return refuse(code);
  const [held] = context.heldReadings(reading.body.home, reading.body.interval);
  return held === undefined ? { kind: "accept", message: reading as AdmittedReading } : conflictOf("READING_CONFLICT", held, reading);
}
