import { isQuorum, validatorsOf } from "../../engine/agreement/index.ts";
import type { Digest, Interval, Period } from "../../engine/kernel/index.ts";
import {
  type Digests,
  gateClosure,
  intervalSeconds,
  type MarketDomain,
  type MarketRules,
  type PeriodResult,
  resultHash,
} from "../../engine/messages/index.ts";
import {
  decodeCertificate,
  type FraudContext,
  type FraudProof,
  findFraud,
  type IntervalRecord,
  SETTLE_LAG,
} from "../../engine/settlement/index.ts";
import type { OpenProposal, RecoverSigner, Registry, SignedBatch } from "../ports/index.ts";
import { membersAt } from "./membership.ts";

/** What a home, or whoever has its books, holds a proposal to. */
export interface ProposalBooks {
  /** The period as it was closed here; null: it isn't closed yet, or no longer kept. */
  closed(period: Period): PeriodResult | null;
  /** The last interval that is certified here. */
  last(): Interval;
  /** Those intervals of this range that are certified here, in their order. */
  records(from: Interval, to: Interval): readonly IntervalRecord[];
}

export interface ProposalCourt {
  readonly rules: MarketRules;
  readonly domain: MarketDomain;
  readonly digests: Digests;
  readonly registry: () => Registry;
  readonly recover: RecoverSigner;
  /** The street's time, milliseconds. */
  readonly now: () => number;
  readonly books: ProposalBooks;
  /** What others say that the result with this hash binds, of one interval; null: nobody shows it. */
  readonly shown: (interval: Interval, head: Digest) => Promise<IntervalRecord | null>;
}

/**
 * right: it is the period that was closed here. behind: it isn't closed here yet. unreadable: the node doesn't show what was proposed.
 * unfounded: no quorum that is known here signed it, so the node lies or the registry is older than it. wrong: a quorum signed another
 * period than was closed here; the proof is null if no kind of fraud shows it, or nobody shows what its head binds.
 */
export type Judgement =
  | { readonly kind: "right" | "behind" | "unreadable" | "unfounded" }
  | { readonly kind: "wrong"; readonly period: PeriodResult; readonly proof: FraudProof | null };

/** Holds an open proposal to one's own books. Nothing that a node says counts before the vault's digest and a quorum's signatures are under it. */
export async function judgeProposal(court: ProposalCourt, { period, digest, batch }: OpenProposal): Promise<Judgement> {
  const { digests, books } = court;
  const own = books.closed(period);
  if (own !== null && digests.period(own) === digest) return { kind: "right" };
  if (batch === null) return { kind: own === null ? "behind" : "unreadable" };
  if (!isFounded(court, digest, batch)) return { kind: "unfounded" };
  if (own === null && isPossible(court, batch.result) && books.last() < batch.result.toInterval + SETTLE_LAG) return { kind: "behind" };
  return { kind: "wrong", period: batch.result, proof: await proofAgainst(court, batch) };
}

/** Signed by a quorum of those who certify the period's first interval, as the vault counts them. */
function isFounded({ registry, digests, recover }: ProposalCourt, digest: Digest, { result, certificate }: SignedBatch): boolean {
  if (digests.period(result) !== digest) return false;
  const members = membersAt(registry(), result.fromInterval);
  const validators = validatorsOf(members);
  const keys = new Map(members.homes.map(({ home, agent }) => [home, agent]));
  const entries = decodeCertificate(certificate) ?? [];
  const signers = entries.flatMap(({ place, signature }, i) => {
    const home = validators.ids[place];
    const isNext = i === 0 || place > entries[i - 1]!.place;
    return home !== undefined && isNext && recover(digest, signature) === keys.get(home) ? [home] : [];
  });
  return signers.length === entries.length && isQuorum(validators, signers);
}

/** It ends where the rules end it, and after nothing that is still to come; one interval more for clocks that differ. */
function isPossible({ rules, now }: ProposalCourt, { period, toInterval }: PeriodResult): boolean {
  const isAtEdge = toInterval === (period + 1) * rules.periodIntervals - 1;
  const gate = gateClosure(rules, (toInterval + SETTLE_LAG) as Interval) - intervalSeconds(rules);
  return isAtEdge && gate * 1000 <= now();
}

async function proofAgainst(court: ProposalCourt, { result: period, vector }: SignedBatch): Promise<FraudProof | null> {
  const { books, rules } = court;
  const last = (period.toInterval + SETTLE_LAG) as Interval;
  const own = books.records(period.fromInterval, last);
  const intervals = await boundBy(court, period, own);
  if (intervals.length === 0) return null;
  const first = intervals[0]!.result.interval;
  const previous = books.closed((period.period - 1) as Period);
  return findFraud(
    contextOf(court),
    rules,
    own.filter(({ result }) => result.interval >= first),
    { period, vector, previous, intervals },
  );
}

/** From the head backwards: one's own where the chains are one, and what others show where they aren't, as far as anybody does. */
async function boundBy(
  { shown }: ProposalCourt,
  { head, fromInterval, toInterval }: PeriodResult,
  own: readonly IntervalRecord[],
): Promise<readonly IntervalRecord[]> {
  const intervals: IntervalRecord[] = [];
  let link = head;
  for (let at = toInterval + SETTLE_LAG; at >= fromInterval; at--) {
    const record = own.find(({ result }) => resultHash(result) === link) ?? (await shown(at as Interval, link));
    if (record === null || resultHash(record.result) !== link) break;
    intervals.unshift(record);
    link = record.result.prevHead;
  }
  return intervals;
}

const contextOf = ({ domain, digests, recover, registry }: ProposalCourt): FraudContext => ({
  rulesHash: domain.rulesHash,
  orderDigest: ({ home, side, wanted: energy, limit, seq }, interval) => digests.order({ home, interval, side, energy, limit, seq }),
  recover,
  keysOf: (home) => registry().homes.find((each) => each.home === home)?.keys ?? [],
  charges: (registry().rules ?? []).map(({ since, numbers: { withheldCharge } }) => ({ since, withheldCharge })),
});
