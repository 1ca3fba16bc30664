import type { Digest, HomeId, Interval } from "../kernel/index.ts";
import type { Certificate, Contradictable, Proposal, SignedList, SignedProposal, SignedVote, Vote } from "../messages/index.ts";
import { leadersOf, type Validators } from "./quorum.ts";

/**
 * One interval's agreement: single-shot Simplex (Chan and Pass, "Simplex Consensus", eprint 2023/463: propose, notarize,
 * nullify on time-out, finalize; no locks). A pure state machine: what comes in changes the state and says what should happen.
 * Safe with fewer than a third Byzantine: an honest home notarizes one value per view and never both finalizes and nullifies
 * a view; a proposal hands on the last notarized value unless every later view was nullified.
 * Signatures are checked before anything comes in here. After a restart this home's own messages go in before all others,
 * then the votes that they rest on.
 */
export interface Agreement {
  readonly interval: Interval;
  readonly validators: Validators;
  /** null: follows, never votes. */
  readonly self: HomeId | null;
  readonly leaders: readonly HomeId[];
  /** By this home's own clock it is too late for a fresh trade; see `engine/agreement/README.md`. */
  isPastDeadline: boolean;
  view: number;
  /** Every list by its digest: of a validator that signs two, homes may hold either first, and a proposal may name either. */
  readonly lists: Map<Digest, SignedList>;
  readonly proposals: Map<number, SignedProposal>;
  /** By kind and view, then by value. */
  readonly votes: Map<number, Map<Digest, Map<HomeId, SignedVote>>>;
  /** By kind and view. */
  readonly certificates: Map<number, Certificate>;
  /** What this home has said in each view; survives a restart because its own votes are put in again. */
  readonly said: Map<number, { notarize?: Digest; nullify?: true; finalize?: Digest; propose?: true }>;
  /** Values of the list choices that were worked out here. */
  readonly evaluated: Map<string, Digest>;
  /** The leader's short wait for more lists, or for finalize votes, in this view. */
  wait: "not-begun" | "running" | "over";
  decided: Certificate | null;
}

export type AgreementInput =
  | { readonly kind: "start" }
  | { readonly kind: "list"; readonly list: SignedList }
  | { readonly kind: "proposal"; readonly proposal: SignedProposal }
  | { readonly kind: "vote"; readonly vote: SignedVote }
  /** What comes out of these lists: the value, worked out by this home itself. */
  | { readonly kind: "evaluated"; readonly lists: readonly Digest[]; readonly isVoid: boolean; readonly value: Digest }
  /** From now on this home agrees to a fresh value only if it is void. */
  | { readonly kind: "deadline" }
  /** This home's link to the leader of its view broke. */
  | { readonly kind: "leader-lost"; readonly view: number }
  | { readonly kind: "timer"; readonly timer: AgreementTimer; readonly view: number };

/** For more lists, for finalize votes, for the view. */
export type AgreementTimer = "lists" | "hand-on" | "view";

export type AgreementEffect =
  /**
   * Sign, persist, send, and put in again. To finalize is a promise never to nullify, so what it rests on is persisted with it:
   * when nobody else has seen all those votes, only they lead this home, and with it the street, out of the view after a crash.
   */
  | { readonly kind: "vote"; readonly vote: Vote; readonly because: readonly SignedVote[] }
  | { readonly kind: "propose"; readonly proposal: Proposal }
  | { readonly kind: "evaluate"; readonly lists: readonly Digest[]; readonly isVoid: boolean }
  | { readonly kind: "timer"; readonly timer: AgreementTimer; readonly view: number }
  | { readonly kind: "decide"; readonly certificate: Certificate }
  /** Two signed messages that exclude each other. */
  | { readonly kind: "evidence"; readonly culprit: HomeId; readonly first: Contradictable; readonly second: Contradictable };

/** `leaders` are those of `leadersOf`. */
export function agreement(
  interval: Interval,
  validators: Validators,
  self: HomeId | null,
  leaders = leadersOf(validators, interval),
): Agreement {
  return {
    interval,
    validators,
    self: self !== null && validators.ids.includes(self) ? self : null,
    leaders,
    isPastDeadline: false,
    view: 1,
    lists: new Map(),
    proposals: new Map(),
    votes: new Map(),
    certificates: new Map(),
    said: new Map(),
    evaluated: new Map(),
    wait: "not-begun",
    decided: null,
  };
}
