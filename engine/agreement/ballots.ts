import type { Digest, HomeId } from "../kernel/index.ts";
import type { SignedVote, Vote, VoteKind } from "../messages/index.ts";
import type { Agreement } from "./instance.ts";
import { faulty } from "./quorum.ts";

/** All votes for one value in one place. */
export type Ballot = ReadonlyMap<HomeId, SignedVote>;

/** Views so far ahead of its own a home hears of: whoever is further tells it again what it lacks when it comes there. */
export const VIEWS_AHEAD = 64;
/** Two of one validator in one place prove that it lies; more prove nothing. */
const MOST_OF_ONE = 2;

/** Where a vote counts: with those of its kind in its view. */
export const slot = (kind: VoteKind, view: number): string => `${kind}/${view}`;

/** The votes for one value, to add to. */
export function ballotOf(state: Agreement, { kind, view, value }: Pick<Vote, "kind" | "view" | "value">): Map<HomeId, SignedVote> {
  const ballots = state.votes.get(slot(kind, view)) ?? new Map<Digest, Map<HomeId, SignedVote>>();
  const ballot = ballots.get(value) ?? new Map<HomeId, SignedVote>();
  state.votes.set(slot(kind, view), ballots.set(value, ballot));
  return ballot;
}

const ballotsAt = (state: Agreement, kind: VoteKind, view: number): readonly Ballot[] => [
  ...(state.votes.get(slot(kind, view))?.values() ?? []),
];

/** What a validator has said in a view, to notarize or to end it: only these can exclude each other. */
export function saidBeside(state: Agreement, { kind, view, validator }: Vote): readonly SignedVote[] {
  const kinds: readonly VoteKind[] = kind === "notarize" ? ["notarize"] : ["finalize", "nullify"];
  return kinds.flatMap((each) => ballotsAt(state, each, view)).flatMap((ballot) => ballot.get(validator) ?? []);
}

/**
 * Whether a vote may still matter. Of one validator two in one place are held, and beyond these only one for a value that more than f
 * others voted for, an honest one among them; an honest home votes for one, so n values have such votes at most. Nothing that leads on
 * is lost: more than f of any quorum are honest, whose votes always have room, and what had none is asked for again after them.
 */
export function hasRoomFor(state: Agreement, { kind, view, value, validator }: Vote): boolean {
  const ballot = state.votes.get(slot(kind, view))?.get(value);
  if (ballot?.has(validator)) return true;
  if (view > state.view + VIEWS_AHEAD) return false;
  const held = ballotsAt(state, kind, view).filter((each) => each.has(validator)).length;
  return held < MOST_OF_ONE || (ballot !== undefined && ballot.size > faulty(state.validators));
}
