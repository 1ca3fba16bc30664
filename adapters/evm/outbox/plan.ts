import { bumped, type Fees, type Market } from "./fees.ts";
import { applied, type Call, type Change, type Entry, isLive, isSameCall, lastOf, type Mined } from "./machine.ts";

/** What a node says at one moment. Counts are asked for before receipts, so that what is mined in between shows as mined. */
export interface Look extends Market {
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** Transactions of our account in the chain so far. */
  readonly count: number;
  /** The same with what waits in the node. */
  readonly pending: number;
  /** Blocks up to this one are never taken back. */
  readonly finalBlock: number;
  /** By the hash of the variant. */
  readonly receipts: ReadonlyMap<string, Mined>;
  /** Ids of entries whose nonce another transaction has for good, asked in more than one way. */
  readonly gone: ReadonlySet<number>;
}

export interface Patience {
  /** Milliseconds after which the same bytes are broadcast again. */
  readonly resendMs: number;
  /** Milliseconds after which a transaction that is the next in line gets a better price. */
  readonly bumpMs: number;
  /** Wei per gas that are never exceeded. */
  readonly cap: bigint;
}

/** So many nonces that nobody has are filled; a chain that forgot more is another chain. */
export const MOST_FILLED = 16;

/** What a look at the chain says of the entries. */
export function observed(entries: readonly Entry[], look: Look, patience: Patience): readonly Change[] {
  if (isStranded(entries, look, patience)) return entries.filter(isLive).map(({ id }) => ({ kind: "replaced", id }));
  const forgotten = forgottenIn(entries, look);
  return entries.flatMap((entry) => observedOf(entry, look, forgotten.has(entry.id)));
}

/**
 * Whether the first that is on its way has a nonce so far ahead that nobody will fill what lies between: a node lied when it was signed,
 * or the chain is another one. It must have looked so for a while, as a node may lag.
 */
function isStranded(entries: readonly Entry[], { count, pending, nowMs }: Look, { bumpMs }: Patience): boolean {
  const first = lowestOf(entries.filter(isLive));
  return first !== undefined && first.nonce - Math.max(count, pending) > MOST_FILLED && nowMs - lastOf(first).signedMs >= bumpMs;
}

const lowestOf = (entries: readonly Entry[]): Entry | undefined => entries.toSorted((a, b) => a.nonce - b.nonce)[0];

function observedOf(entry: Entry, look: Look, isForgotten: boolean): readonly Change[] {
  const { id } = entry;
  if (isForgotten) return [{ kind: "reopened", id }];
  if (entry.state !== "mined" && !isLive(entry)) return [];
  const mined = minedIn(entry, look);
  if (mined !== null) {
    const isNews = entry.state !== "mined" || entry.mined?.blockHash !== mined.blockHash;
    const news: readonly Change[] = isNews ? [{ kind: "mined", id, mined }] : [];
    return mined.block <= look.finalBlock ? [...news, { kind: "final", id }] : news;
  }
  if (look.gone.has(id)) return [{ kind: "replaced", id }];
  return entry.state === "mined" ? [{ kind: "reopened", id }] : [];
}

/** Entries that were over, and whose nonce the chain has free again. */
function forgottenIn(entries: readonly Entry[], { count, receipts }: Look): ReadonlySet<number> {
  const free = entries.filter(
    (entry) => (entry.state === "final" || entry.state === "failed") && entry.mined !== null && entry.nonce >= count,
  );
  const lowest = lowestOf(entries.filter((entry) => isLive(entry) || free.includes(entry)));
  if (lowest === undefined || lowest.nonce - count > MOST_FILLED) return new Set();
  return new Set(free.filter((entry) => minedIn(entry, { receipts }) === null).map(({ id }) => id));
}

const minedIn = ({ variants }: Entry, { receipts }: Pick<Look, "receipts">): Mined | null =>
  variants.map(({ hash }) => receipts.get(hash)).find((mined) => mined !== undefined) ?? null;

/** Entries whose nonce the chain has passed without one of theirs: another transaction took it, or will lose it again. */
export const contested = (entries: readonly Entry[], { count, receipts }: Pick<Look, "count" | "receipts">): readonly Entry[] =>
  entries.filter((entry) => (isLive(entry) || entry.state === "mined") && entry.nonce < count && minedIn(entry, { receipts }) === null);

/** What is to be done next. */
export interface Todo {
  /** To be broadcast, by rising nonce. */
  readonly send: readonly Entry[];
  /** To be signed anew at a better price first. */
  readonly bump: { readonly entry: Entry; readonly fees: Fees } | null;
  /** Nonces that stand open before the first entry and that nobody's transaction has: they are filled with nothing. */
  readonly fill: readonly number[];
}

export function todo(entries: readonly Entry[], look: Look, patience: Patience): Todo {
  const live = entries.filter(isLive).sort((a, b) => a.nonce - b.nonce);
  const { count, pending, nowMs } = look;
  const ours = live.filter(({ nonce }) => nonce >= count);
  const isDue = ({ sentMs }: Entry): boolean => sentMs === null || nowMs - sentMs >= patience.resendMs;
  return { send: ours.filter(isDue), bump: bumpOf(ours[0], look, patience), fill: gapBefore(ours[0]?.nonce, Math.max(count, pending)) };
}

/** Only the next in line waits for its price; the others wait for it. */
function bumpOf(entry: Entry | undefined, look: Look, { bumpMs, cap }: Patience): Todo["bump"] {
  if (entry === undefined || entry.nonce !== look.count) return null;
  const last = lastOf(entry);
  const isTooCheap = last.maxFee < look.baseFee;
  if (!isTooCheap && look.nowMs - last.signedMs < bumpMs) return null;
  const fees = bumped(last, look, cap);
  return fees === null ? null : { entry, fees };
}

function gapBefore(first: number | undefined, next: number): readonly number[] {
  if (first === undefined || first <= next || first - next > MOST_FILLED) return [];
  return Array.from({ length: first - next }, (_, i) => next + i);
}

/** The nonce of a new entry: after all that is in the chain, in the node, or on its way. */
export const nextNonce = (entries: readonly Entry[], { count, pending }: Pick<Look, "count" | "pending">): number =>
  Math.max(count, pending, ...entries.filter(isLive).map(({ nonce }) => nonce + 1));

/** The entry that already does what is asked for: on its way, or done without that anybody was told. */
export const adoptable = (entries: readonly Entry[], call: Call, untold: ReadonlySet<number>): Entry | null =>
  entries.find((entry) => isSameCall(entry.call, call) && (isLive(entry) || (untold.has(entry.id) && entry.mined !== null))) ?? null;

export const after = (entries: readonly Entry[], changes: readonly Change[]): readonly Entry[] => changes.reduce(applied, entries);
