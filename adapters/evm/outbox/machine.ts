import { type Address, assert, type Digest } from "../../../engine/kernel/index.ts";
import type { Fees } from "./fees.ts";

/** What a transaction does, without who sends it and when. */
export interface Call {
  /** null makes a contract. */
  readonly to: Address | null;
  /** Hex with 0x. */
  readonly data: string;
  /** Words of the contract's storage that are named beforehand (EIP-2930). */
  readonly words: readonly number[];
}

/** One signature for an entry: the same nonce and call as its others, at another price. */
export interface Variant extends Fees {
  readonly hash: Digest;
  /** The signed bytes as they are broadcast, hex with 0x. */
  readonly raw: string;
  /** Unix milliseconds. */
  readonly signedMs: number;
}

/** Where a chain holds a transaction. */
export interface Mined {
  readonly hash: Digest;
  readonly block: number;
  readonly blockHash: Digest;
  /** false: it was carried out and failed. */
  readonly isDone: boolean;
}

/**
 * signed: on disk, its last variant not known to have reached a node. sent: a node has it. mined: in a block that may still be taken
 * back. final: done for good. failed: refused for good, by the contract or by every node. replaced: for good another transaction has
 * its nonce, so that it never happens.
 */
export type State = "signed" | "sent" | "mined" | "final" | "failed" | "replaced";

export interface Entry {
  readonly id: number;
  /** What it is for, in a word for people. */
  readonly purpose: string;
  readonly call: Call;
  readonly gasLimit: bigint;
  readonly nonce: number;
  /** At least one, the oldest first. */
  readonly variants: readonly Variant[];
  readonly state: State;
  /** Unix milliseconds at which a node took its last variant; null: to be broadcast. */
  readonly sentMs: number | null;
  readonly mined: Mined | null;
}

/** What happens to entries, and what stands in the outbox's file. */
export type Change =
  | { readonly kind: "entry"; readonly entry: Entry }
  | { readonly kind: "priced"; readonly id: number; readonly variant: Variant }
  | { readonly kind: "sent"; readonly id: number; readonly atMs: number }
  | { readonly kind: "mined"; readonly id: number; readonly mined: Mined }
  | { readonly kind: "reopened" | "final" | "refused" | "replaced"; readonly id: number };

export const isLive = ({ state }: Entry): boolean => state === "signed" || state === "sent";
/** Nothing more becomes of it, unless the chain forgets. */
export const isOver = ({ state }: Entry): boolean => state === "final" || state === "failed" || state === "replaced";
export const lastOf = ({ variants }: Entry): Variant => variants.at(-1)!;

/** Entries after a change, by rising id. A change that can't happen in an entry's state breaks a rule of ours. */
export function applied(entries: readonly Entry[], change: Change): readonly Entry[] {
  if (change.kind === "entry") {
    assert(change.entry.variants.length > 0, "an entry has a signature");
    assert(change.entry.id > (entries.at(-1)?.id ?? -1), "entries are numbered in the order in which they came");
    return [...entries, change.entry];
  }
  const at = entries.findIndex(({ id }) => id === change.id);
  assert(at >= 0, `there is no entry ${change.id}`);
  return entries.with(at, changed(entries[at]!, change));
}

function changed(entry: Entry, change: Exclude<Change, { readonly kind: "entry" }>): Entry {
  const { kind } = change;
  assert(FROM[kind].includes(entry.state), `an entry that is ${entry.state} is not ${kind}`);
  switch (kind) {
    case "priced":
      return { ...entry, state: "signed", sentMs: null, variants: [...entry.variants, change.variant] };
    case "sent":
      return { ...entry, state: "sent", sentMs: change.atMs };
    case "mined":
      return { ...entry, state: "mined", mined: change.mined };
    case "reopened":
      return { ...entry, state: "sent", sentMs: null, mined: null };
    case "final":
      return { ...entry, state: entry.mined?.isDone ? "final" : "failed" };
    case "refused":
      return { ...entry, state: "failed" };
    case "replaced":
      return { ...entry, state: "replaced", mined: null };
  }
}

const FROM: Readonly<Record<Exclude<Change["kind"], "entry">, readonly State[]>> = {
  priced: ["signed", "sent"],
  sent: ["signed", "sent"],
  mined: ["signed", "sent", "mined"],
  // What was final too: a development chain forgets its last blocks when it is killed.
  reopened: ["mined", "final", "failed"],
  final: ["mined"],
  refused: ["signed"],
  replaced: ["signed", "sent", "mined"],
};

/** It made a contract, whose address follows from sender and nonce. */
export const hasMade = ({ call, mined, state }: Entry): boolean =>
  call.to === null && mined?.isDone === true && (state === "mined" || state === "final");

/**
 * Only what may still matter: what isn't over, the last `held` of what is, and as many that made a contract, which nobody wants a second
 * time however much came after it.
 */
export function compacted(entries: readonly Entry[], held: number): readonly Entry[] {
  const over = entries.filter(isOver);
  const made = over.filter(hasMade);
  const rest = over.filter((entry) => !hasMade(entry));
  const dropped = new Set([made, rest].flatMap((each) => each.slice(0, Math.max(0, each.length - held))));
  return entries.filter((entry) => !dropped.has(entry));
}

export const isSameCall = (a: Call, b: Call): boolean =>
  a.to === b.to && a.data === b.data && a.words.length === b.words.length && a.words.every((word, i) => word === b.words[i]);
