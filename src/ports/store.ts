import type { Digest, Interval, Period } from "../../engine/kernel/index.ts";

/** A vote's place: at most one signed message may ever stand there. */
export interface VoteSlot {
  readonly interval: Interval;
  readonly view: number;
  readonly kind: string;
}

/** What a home signs besides votes. */
export type OwnKind = "commit" | "order" | "reading";

/** What survives a power cut. Every method has synced to disk when it returns; failure to write stops the process. */
export interface Store {
  /** Keeps the signed bytes before they go out. Returns what stands in the slot: these bytes, or those of an earlier life. */
  saveVote(slot: VoteSlot, bytes: Uint8Array): Uint8Array;
  votes(interval: Interval): readonly { readonly slot: VoteSlot; readonly bytes: Uint8Array }[];
  /** Our own commit, order or reading before it is sent. Returns what stands in the slot, as for votes. */
  saveOwn(kind: OwnKind, interval: Interval, seq: number, bytes: Uint8Array): Uint8Array;
  own(kind: OwnKind, interval: Interval): readonly Uint8Array[];
  /**
   * Votes and own messages of earlier intervals are refused. null: this store was lost or put back from a copy, so what this
   * home has signed isn't all known, and nothing may be signed until `resumeSigning` or `declareNewest`.
   */
  maySignFrom(): Interval | null;
  /** Nothing was signed from `from` on by an earlier life: signing begins there. It never goes back by this. */
  resumeSigning(from: Interval): void;
  /** The owner says that all of it that still exists is in this store: signing begins at `from`, also where it was to begin later. */
  declareNewest(from: Interval): void;
  /** Proof that somebody signed two things where one is allowed, kept for ever. true when this home didn't have it yet; the first bytes stay. */
  saveEvidence(id: Digest, bytes: Uint8Array): boolean;
  /** In the order in which it was kept. */
  evidence(): readonly { readonly id: Digest; readonly bytes: Uint8Array }[];
  /** A certified interval; they come without gaps. Also forgets votes of intervals long decided. */
  saveBlock(interval: Interval, head: Digest, bytes: Uint8Array): void;
  blocks(from: Interval, limit: number): readonly { readonly interval: Interval; readonly bytes: Uint8Array }[];
  lastInterval(): Interval | null;
  /** A set of homes and keys that is or was in force, kept for ever; the first bytes stay. */
  saveMembers(digest: Digest, bytes: Uint8Array): void;
  members(digest: Digest): Uint8Array | null;
  savePeriod(period: Period, bytes: Uint8Array): void;
  periods(): readonly { readonly period: Period; readonly bytes: Uint8Array }[];
  /** The next entry of this home's meter log, kept for ever; they come without gaps. */
  appendMeterEntry(seq: number, bytes: Uint8Array): void;
  meterEntries(from: number, limit: number): readonly { readonly seq: number; readonly bytes: Uint8Array }[];
  lastMeterEntry(): number | null;
  getMeta(key: string): string | null;
  setMeta(key: string, value: string): void;
  close(): void;
}
