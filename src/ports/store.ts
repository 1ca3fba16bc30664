import type { Digest, Interval, Period } from "../../engine/kernel/index.ts";

/** A vote's place: at most one signed message may ever stand there. */
export interface VoteSlot {
  readonly interval: Interval;
  readonly view: number;
  readonly kind: string;
}

/** What survives a power cut. Every method has synced to disk when it returns; failure to write stops the process. */
export interface Store {
  /** Keeps the signed bytes before they go out. Returns what stands in the slot: these bytes, or those of an earlier life. */
  saveVote(slot: VoteSlot, bytes: Uint8Array): Uint8Array;
  votes(interval: Interval): readonly { readonly slot: VoteSlot; readonly bytes: Uint8Array }[];
  /** Our own order or reading before it is sent. Returns what stands in the slot, as for votes. */
  saveOwn(kind: "order" | "reading", interval: Interval, seq: number, bytes: Uint8Array): Uint8Array;
  own(kind: "order" | "reading", interval: Interval): readonly Uint8Array[];
  /** A certified interval; they come without gaps. Also forgets votes of intervals long decided. */
  saveBlock(interval: Interval, head: Digest, bytes: Uint8Array): void;
  blocks(from: Interval, limit: number): readonly { readonly interval: Interval; readonly bytes: Uint8Array }[];
  lastInterval(): Interval | null;
  savePeriod(period: Period, bytes: Uint8Array): void;
  periods(): readonly { readonly period: Period; readonly bytes: Uint8Array }[];
  getMeta(key: string): string | null;
  setMeta(key: string, value: string): void;
  close(): void;
}
