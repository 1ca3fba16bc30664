import { entriesRoot, entrySet, oneReadingEach, type Validators, withoutConflicts } from "../../engine/agreement/index.ts";
import type { Digest } from "../../engine/kernel/index.ts";
import {
  type Block,
  type Certificate,
  type MarketRules,
  resultHash,
  type SignedList,
  type SignedOrder,
  type SignedReading,
} from "../../engine/messages/index.ts";
import { type Advance, advance, type MarketState, settledWith } from "../../engine/settlement/index.ts";
import type { Pool } from "./pool.ts";

/** What comes out of agreed entries, and the entries themselves. */
export interface Evaluation extends Advance {
  readonly orders: readonly SignedOrder[];
  readonly readings: readonly SignedReading[];
}

export type EvaluationOrMissing = { readonly evaluation: Evaluation } | { readonly missing: readonly Digest[] };

/** Works out an interval from the lists at its gate; what this home doesn't hold yet is named, to be fetched. */
export function evaluateLists(
  rules: MarketRules,
  validators: Validators,
  state: MarketState,
  lists: readonly SignedList[],
  pool: Pool,
): EvaluationOrMissing {
  const set = entrySet(
    validators,
    lists.map((list) => list.body),
  );
  const missing = [
    ...set.orders.filter((id) => pool.order(id) === undefined),
    ...set.readings.filter((id) => pool.reading(id) === undefined),
  ];
  if (missing.length > 0) return { missing };
  const orders = set.orders.flatMap((id) => pool.order(id) ?? []);
  const readings = set.readings.flatMap((id) => pool.reading(id) ?? []);
  return { evaluation: evaluateEntries(rules, state, orders, readings) };
}

export function evaluateEntries(
  rules: MarketRules,
  state: MarketState,
  orders: readonly SignedOrder[],
  readings: readonly SignedReading[],
): Evaluation {
  const interval = state.interval + 1;
  const counted = {
    orders: withoutConflicts(orders.filter(({ body }) => body.interval === interval)),
    readings: oneReadingEach(readings.filter(({ body }) => body.interval === settledWith(interval as MarketState["interval"]))),
  };
  const roots = {
    orderSetRoot: entriesRoot(counted.orders.map(({ id }) => id)),
    readingSetRoot: entriesRoot(counted.readings.map(({ id }) => id)),
  };
  return { ...advance(rules, state, { ...counted, ...roots }), ...counted };
}

export const blockOf = ({ result, orders, readings }: Evaluation, certificate: Certificate): Block => ({
  result,
  certificate,
  orders,
  readings,
});

/** A block's own word, worked out again: null unless the same entries lead to the very result that was certified. */
export function replay(rules: MarketRules, state: MarketState, block: Block): Evaluation | null {
  if (block.result.interval !== state.interval + 1 || block.certificate.value !== resultHash(block.result)) return null;
  const evaluation = evaluateEntries(rules, state, block.orders, block.readings);
  return evaluation.value === block.certificate.value ? evaluation : null;
}
