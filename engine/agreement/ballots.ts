import type { Digest, HomeId } from "../kernel/index.ts";
import { type SignedVote, VOTE_KIND, type Vote, type VoteKind } from "../messages/index.ts";
import type { Agreement } from "./instance.ts";
import { faulty } from "./quorum.ts";

/** All votes for one value in one place. */
export type Ballot = ReadonlyMap<HomeId, SignedVote>;

/** Views so far ahead of its own a home hears of: whoever is further tells it again what it lacks when it comes there. */
export const VIEWS_AHEAD = 64;
/** Two of one validator in one place prove that it lies; more prove nothing. */
const MOST_OF_ONE = 2;

/** Where a vote counts: with those of its kind in its view. */
export const slot = (kind: VoteKind, view: number): number => KINDS * view + VOTE_KIND[kind];
const KINDS = 1 + Math.max(...Object.values(VOTE_KIND));

/** The votes for one value, to add to. */
export function ballotOf(state: Agreement, { kind, view, value }: Pick<Vote, "kind" | "view" | "value">): Map<HomeId, SignedVote> {
  const place = slot(kind, view);
  const known = state.votes.get(place);
  const ballots = known ?? new Map<Digest, Map<HomeId, SignedVote>>();
  if (known === undefined) state.votes.set(place, ballots);
  const held = ballots.get(value);
  const ballot = held ?? new Map<HomeId, SignedVote>();
  if (held === undefined) ballots.set(value, ballot);
  return ballot;
}

/** What a validator has said in a view, to notarize or to end it: only these can exclude each other. */
export function saidBeside(state: Agreement, { kind, view, validator }: Vote): readonly SignedVote[] {
  if (kind === "notarize") return votesOf(validator, state.votes.get(slot("notarize", view)));
  const [ending, other] = [state.votes.get(slot("finalize", view)), state.votes.get(slot("nullify", view))];
  return [...votesOf(validator, ending), ...votesOf(validator, other)];
}

function votesOf(validator: HomeId, ballots: ReadonlyMap<Digest, Ballot> | undefined): readonly SignedVote[] {
  const votes: SignedVote[] = [];
  if (ballots === undefined) return votes;
  for (const ballot of ballots.values()) {
    const vote = ballot.get(validator);
    if (vote !== undefined) votes.push(vote);
  }
  return votes;
}

/**
 * Whether a vote may still matter. Of one validator two in one place are held, and beyond these only one for a value that more than f
 * others voted for, an honest one among them; an honest home votes for one, so n values have such votes at most. Nothing that leads on
 * is lost: more than f of any quorum are honest, whose votes always have room, and what had none is asked for again after them.
 */
export function hasRoomFor(state: Agreement, { kind, view, value, validator }: Vote): boolean {
  const ballots = state.votes.get(slot(kind, view));
  const ballot = ballots?.get(value);
  if (ballot?.has(validator)) return true;
  if (view > state.view + VIEWS_AHEAD) return false;
  return votesOf(validator, ballots).length < MOST_OF_ONE || (ballot !== undefined && ballot.size > faulty(state.validators));
}
