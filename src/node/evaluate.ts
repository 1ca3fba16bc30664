import {
  entriesRoot,
  entrySet,
  fallenStakes,
  nextMembers,
  nextStakes,
  oneReadingEach,
  shownOf,
  type Validators,
  withheldId,
  withoutConflicts,
} from "../../engine/agreement/index.ts";
import { type Digest, type Interval, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import {
  type Block,
  type Certificate,
  entryId,
  type MarketRules,
  type Members,
  membersDigest,
  type OrderList,
  periodOf,
  type ResultKind,
  resultHash,
  type SignedList,
  type SignedOrder,
  type SignedReading,
  signedOf,
  type Withheld,
} from "../../engine/messages/index.ts";
import { type Advance, advance, type MarketState, settledWith, withinCredit } from "../../engine/settlement/index.ts";
import type { Membership } from "./membership.ts";
import type { Pool } from "./pool.ts";

/** What of the agreed entries counts. */
export interface Counted {
  readonly kind: ResultKind;
  readonly orders: readonly SignedOrder[];
  readonly withheld: readonly Withheld[];
  readonly readings: readonly SignedReading[];
  readonly nextMembers: Digest;
}

/** What comes out of agreed entries, and the entries themselves. */
export interface Evaluation extends Advance, Counted {}

export type EvaluationOrMissing = { readonly evaluation: Evaluation } | { readonly missing: readonly Digest[] };

export interface EvaluationContext {
  /** Those in force. */
  readonly rules: MarketRules;
  readonly validators: Validators;
  readonly membership: Pick<Membership, "isSealed" | "agentAt" | "members" | "unstaked" | "staked" | "agreesStakes">;
  readonly pool: Pool;
  readonly work?: { readonly entryId: typeof entryId; readonly entrySet: typeof entrySet; readonly evaluate: typeof evaluateEntries };
}

/** The lists that a value is made from, and whether it counts their orders. */
export interface Choice {
  readonly lists: readonly SignedList[];
  readonly isVoid: boolean;
}

/** Works out an interval from the lists at its gate; what this home doesn't hold yet is named, to be fetched. */
export function evaluateLists(context: EvaluationContext, state: MarketState, { lists, isVoid }: Choice): EvaluationOrMissing {
  const { rules, validators, membership, pool, work = { entryId, entrySet, evaluate: evaluateEntries } } = context;
  const bodies = lists.map((list) => list.body);
  const set = work.entrySet(validators, bodies);
  const wanted = isVoid ? set.readings : [...set.commits, ...set.orders, ...set.readings];
  const missing = wanted.filter((id) => !pool.has(id));
  if (missing.length > 0) return { missing };
  const interval = (state.interval + 1) as Interval;
  const entries = isVoid ? { orders: [], withheld: [] } : countedOrders(context, interval, set);
  const readings = set.readings.flatMap((id) => pool.readings.get(id) ?? []);
  const counted: Counted = {
    kind: isVoid ? "void" : "trade",
    ...entries,
    orders: withinCredit(rules, state, membership.members.stakes, entries),
    readings: oneReadingEach(readings.filter(({ body }) => body.interval === settledWith(interval))),
    nextMembers: membersAfter(context, state, bodies),
  };
  return { evaluation: work.evaluate(rules, state, counted) };
}

/** Who agrees on the next interval, and what they trade against; named without knowing more than the lists. */
function membersAfter({ rules, validators, membership }: EvaluationContext, state: MarketState, lists: readonly OrderList[]): Digest {
  const interval = (state.interval + 1) as Interval;
  const { members, unstaked } = membership;
  if (members.stakes !== null && !membership.agreesStakes(interval)) {
    const fallen = fallenStakes(validators, lists, members.stakes);
    return fallen === members.stakes ? state.members : membership.staked(unstaked, fallen);
  }
  const now = { digest: unstaked, version: members.version };
  const next = endsEpoch(rules, interval) ? nextMembers(validators, lists, now) : unstaked;
  return membership.staked(next, nextStakes(validators, lists, members.stakes));
}

export const endsEpoch = (rules: MarketRules, interval: Interval): boolean =>
  periodOf(rules, (interval + 1) as Interval) !== periodOf(rules, interval);

/**
 * Orders of members under the keys and the highest price that are in force, without what contradicts itself, and shown if they had to be
 * sealed.
 */
function countedOrders(
  {
    rules,
    membership,
    pool,
    work = { entryId },
  }: Pick<EvaluationContext, "rules" | "membership" | "pool"> & { readonly work?: { readonly entryId: typeof entryId } },
  interval: Interval,
  set: { readonly commits: readonly Digest[]; readonly orders: readonly Digest[] },
): Pick<Counted, "orders" | "withheld"> {
  const inForce = (shelf: Pool["orders"] | Pool["commits"], id: Digest): boolean => {
    const entry = shelf.get(id);
    return entry?.body.interval === interval && membership.agentAt(entry.body.home, interval) === shelf.agentOf(id);
  };
  const orders = set.orders.filter((id) => inForce(pool.orders, id)).flatMap((id) => pool.orders.get(id) ?? []);
  const commits = set.commits.filter((id) => inForce(pool.commits, id)).flatMap((id) => pool.commits.get(id) ?? []);
  const alone = membership.isSealed ? shownOf(commits, orders, work.entryId) : { orders: withoutConflicts(orders), withheld: [] };
  return { ...alone, orders: alone.orders.filter(({ body }) => body.limit <= rules.maxPrice) };
}

export function evaluateEntries(rules: MarketRules, state: MarketState, counted: Counted): Evaluation {
  return { ...advance(rules, state, { ...counted, ...rootsOf(counted) }), ...counted };
}

const rootsOf = ({ orders, withheld, readings }: Pick<Counted, "orders" | "withheld" | "readings">) => ({
  // The border between the two counts too.
  orderSetRoot: entriesRoot([...orders.map(entryId), ...(withheld.length > 0 ? [ZERO_DIGEST, ...withheld.map(withheldId)] : [])]),
  readingSetRoot: entriesRoot(readings.map(entryId)),
});

/** `members` is the next interval's set where it is another. */
export const blockOf = ({ result, orders, withheld, readings }: Evaluation, certificate: Certificate, members: Members | null): Block => ({
  result,
  certificate,
  orders,
  readings,
  withheld,
  members,
});

/** The next interval's block that is whole, worked out again: null unless its entries lead to the very result that was certified. */
export function replay(rules: MarketRules, state: MarketState, block: Block, evaluate = evaluateEntries): Evaluation | null {
  const { result, certificate, orders, withheld, readings } = block;
  const { kind, nextMembers } = result;
  const evaluation = evaluate(rules, state, { kind, orders, withheld, readings, nextMembers });
  return evaluation.value === certificate.value ? evaluation : null;
}

/** Whether a block's result is the certified one, and its entries those that this names: nothing left out or put in by who hands it on. */
export function isWhole({ result, certificate, orders, withheld, readings, members }: Block): boolean {
  const { interval, kind } = result;
  const roots = rootsOf({ orders, withheld, readings });
  return (
    certificate.value === resultHash(result) &&
    roots.orderSetRoot === result.orderSetRoot &&
    roots.readingSetRoot === result.readingSetRoot &&
    (members === null || membersDigest(members) === result.nextMembers) &&
    [...orders, ...withheld.map(signedOf)].every(({ body }) => body.interval === interval) &&
    readings.every(({ body }) => body.interval === settledWith(interval)) &&
    (kind === "trade" || orders.length + withheld.length === 0)
  );
}
