import { compare, concat, type Digest, fromHex, keccakDigest } from "../kernel/index.ts";
import type { OrderList, SignedOrder, SignedReading } from "../messages/index.ts";
import { faulty, type Validators } from "./quorum.ts";

/** What at least f+1 of the given lists hold, so at least one honest validator held it at the gate; by rising digest. */
export interface EntrySet {
  readonly orders: readonly Digest[];
  readonly readings: readonly Digest[];
}

/**
 * The set rule (after the inclusion lists of EIP-7805): in exactly when f+1 of at least q lists hold it. A leader that picks
 * the lists can neither leave out what all honest homes held nor slip in what none held.
 */
export function entrySet(validators: Validators, lists: readonly OrderList[]): EntrySet {
  const needed = faulty(validators) + 1;
  return {
    orders: heldBy(
      needed,
      lists.map((list) => list.orders),
    ),
    readings: heldBy(
      needed,
      lists.map((list) => list.readings),
    ),
  };
}

function heldBy(needed: number, lists: readonly (readonly Digest[])[]): readonly Digest[] {
  const holders = new Map<Digest, number>();
  for (const list of lists) for (const entry of new Set(list)) holders.set(entry, (holders.get(entry) ?? 0) + 1);
  return [...holders].flatMap(([entry, count]) => (count >= needed ? [entry] : [])).sort(compare);
}

/** Drops both of two orders with one (home, seq): which one counts would be the leader's choice. */
export function withoutConflicts(orders: readonly SignedOrder[]): readonly SignedOrder[] {
  return unique(orders, ({ body }) => `${body.home}/${body.seq}`);
}

/** Drops both of two readings of one home: a meter has one value. */
export function oneReadingEach(readings: readonly SignedReading[]): readonly SignedReading[] {
  return unique(readings, ({ body }) => `${body.home}`);
}

function unique<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const count = new Map<string, number>();
  for (const item of items) count.set(keyOf(item), (count.get(keyOf(item)) ?? 0) + 1);
  return items.filter((item) => count.get(keyOf(item)) === 1);
}

/** One digest for a set of entries in rising order. */
export const entriesRoot = (entries: readonly Digest[]): Digest => keccakDigest(concat(entries.map(fromHex)));
