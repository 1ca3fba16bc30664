import { compare, concat, type Digest, fromHex, type HomeId, keccakDigest } from "../kernel/index.ts";
import {
  entryId,
  type OrderList,
  type SignedCommit,
  type SignedOrder,
  type SignedReading,
  signedOf,
  type Withheld,
} from "../messages/index.ts";
import { faulty, type Validators } from "./quorum.ts";

/** What at least f+1 of the given lists hold, so at least one honest validator held it at the gate; by rising digest. */
export interface EntrySet {
  readonly commits: readonly Digest[];
  readonly orders: readonly Digest[];
  readonly readings: readonly Digest[];
}

/**
 * The set rule (after the inclusion lists of EIP-7805): in exactly when f+1 of at least q lists hold it. A leader that picks
 * the lists can neither leave out what all honest homes held nor slip in what none held.
 */
export function entrySet(validators: Pick<Validators, "ids">, lists: readonly OrderList[]): EntrySet {
  const needed = faulty(validators) + 1;
  const held = (of: (list: OrderList) => readonly Digest[]): readonly Digest[] => heldBy(needed, lists.map(of));
  return { commits: held((list) => list.commits), orders: held((list) => list.orders), readings: held((list) => list.readings) };
}

function heldBy(needed: number, lists: readonly (readonly Digest[])[]): readonly Digest[] {
  const holders = countOf(lists.flatMap((list) => [...new Set(list)]));
  return [...holders].flatMap(([entry, count]) => (count >= needed ? [entry] : [])).sort(compare);
}

/** A set of members by its digest, and how new it is. */
export interface NamedSet {
  readonly digest: Digest;
  readonly version: number;
}

/**
 * Who agrees on the interval after the last one of an epoch: the newest set that f+1 lists read from the chain, so that at least
 * one honest validator did. A chain that is read too late names a set that is not newer, and none at all leaves those who agree now.
 */
export function nextMembers(validators: Pick<Validators, "ids">, lists: readonly OrderList[], current: NamedSet): Digest {
  const newer = lists.filter(({ membersVersion }) => membersVersion > current.version);
  const read = countOf(newer.map(({ members, membersVersion }) => JSON.stringify([membersVersion, members])));
  const sets = [...read].filter(([, count]) => count > faulty(validators)).map(([set]) => JSON.parse(set) as [number, Digest]);
  const [newest] = sets.sort(([a, one], [b, other]) => b - a || compare(one, other));
  return newest?.[1] ?? current.digest;
}

function countOf<T>(items: readonly T[]): ReadonlyMap<T, number> {
  const counts = new Map<T, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
}

/** Drops both of two orders with one (home, seq): which one counts would be the leader's choice. */
export function withoutConflicts(orders: readonly SignedOrder[]): readonly SignedOrder[] {
  return unique(orders, seat);
}

/**
 * Of sealed orders: which count, and what is withheld. An order counts when it stands alone in its place, among all orders and
 * all commits whose orders were never shown. A place without such an order has one entry in `withheld`; its home pays for it. An honest
 * home's is never one: that takes f+1 validators who waited for its order in vain.
 */
export function shownOf(
  unshown: readonly SignedCommit[],
  orders: readonly SignedOrder[],
  idOf = entryId,
): { readonly orders: readonly SignedOrder[]; readonly withheld: readonly Withheld[] } {
  // Shown to some and not to others, it is shown when enough have seen it.
  const shown = new Set(orders.map(idOf));
  const sealed = unshown.filter(({ body }) => !shown.has(body.commitment));
  const held = countOf([...sealed, ...orders].map(seat));
  const alone = (order: SignedOrder): boolean => held.get(seat(order)) === 1;
  const others: readonly Withheld[] = [
    ...sealed.map((commit): Withheld => ({ kind: "commit", commit })),
    ...orders.filter((order) => !alone(order)).map((order): Withheld => ({ kind: "order", order })),
  ];
  const places = new Map(
    [...others].sort((a, b) => compare(b.kind, a.kind) || compare(withheldId(b), withheldId(a))).map((each) => [seatOf(each), each]),
  );
  return { orders: orders.filter(alone), withheld: [...places.values()].sort((a, b) => compare(withheldId(a), withheldId(b))) };
}

type Seated = { readonly body: { readonly home: HomeId; readonly seq: number } };
const seat = ({ body }: Seated): string => `${body.home}/${body.seq}`;
const seatOf = (withheld: Withheld): string => seat(signedOf(withheld));
/** As roots bind it. */
export const withheldId = (withheld: Withheld): Digest => entryId(signedOf(withheld));

/** Drops both of two readings of one home: a meter has one value. */
export function oneReadingEach(readings: readonly SignedReading[]): readonly SignedReading[] {
  return unique(readings, ({ body }) => `${body.home}`);
}

function unique<T>(items: readonly T[], keyOf: (item: T) => string): readonly T[] {
  const count = countOf(items.map(keyOf));
  return items.filter((item) => count.get(keyOf(item)) === 1);
}

/** One digest for a set of entries in rising order. */
export const entriesRoot = (entries: readonly Digest[]): Digest => keccakDigest(concat(entries.map(fromHex)));
