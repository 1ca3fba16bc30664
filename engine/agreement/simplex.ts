import { assert, compare, type Digest, type HomeId, type Interval, ZERO_DIGEST } from "../kernel/index.ts";
import type { Certificate, Contradictable, Proposal, SignedList, SignedProposal, SignedVote, Vote, VoteKind } from "../messages/index.ts";
import { certify } from "./certificate.ts";
import { contradiction } from "./evidence.ts";
import { leaderOf, leadersOf, quorum, type Validators } from "./quorum.ts";

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
  readonly votes: Map<string, Map<HomeId, SignedVote>>;
  readonly certificates: Map<string, Certificate>;
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
  | { readonly kind: "timer"; readonly timer: "propose" | "view"; readonly view: number };

export type AgreementEffect =
  /**
   * Sign, persist, send, and put in again. To finalize is a promise never to nullify, so what it rests on is persisted with it:
   * when nobody else has seen all those votes, only they lead this home, and with it the street, out of the view after a crash.
   */
  | { readonly kind: "vote"; readonly vote: Vote; readonly because: readonly SignedVote[] }
  | { readonly kind: "propose"; readonly proposal: Proposal }
  | { readonly kind: "evaluate"; readonly lists: readonly Digest[]; readonly isVoid: boolean }
  | { readonly kind: "timer"; readonly timer: "propose" | "view"; readonly view: number }
  | { readonly kind: "decide"; readonly certificate: Certificate }
  /** Two signed messages that exclude each other. */
  | { readonly kind: "evidence"; readonly culprit: HomeId; readonly first: Contradictable; readonly second: Contradictable };

export function agreement(interval: Interval, validators: Validators, self: HomeId | null): Agreement {
  return {
    interval,
    validators,
    self: self !== null && validators.ids.includes(self) ? self : null,
    leaders: leadersOf(validators, interval),
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

/** Takes one input in and tells what should happen, in this order. */
export function step(state: Agreement, input: AgreementInput): readonly AgreementEffect[] {
  if (state.decided !== null) return [];
  switch (input.kind) {
    case "start":
      return [{ kind: "timer", timer: "view", view: state.view }, ...lead(state)];
    case "list":
      return onList(state, input.list);
    case "proposal":
      return onProposal(state, input.proposal);
    case "vote":
      return onVote(state, input.vote);
    case "evaluated":
      state.evaluated.set(key(input), input.value);
      return [...lead(state), ...consider(state)];
    case "deadline":
      state.isPastDeadline = true;
      return [...lead(state), ...consider(state)];
    case "timer":
      return onTimer(state, input.timer, input.view);
  }
}

function onList(state: Agreement, list: SignedList): readonly AgreementEffect[] {
  const { interval, validator } = list.body;
  if (interval !== state.interval || !state.validators.ids.includes(validator) || state.lists.has(list.id)) return [];
  const other = firstLists(state).find((held) => held.body.validator === validator);
  state.lists.set(list.id, list);
  const conflict = other === undefined ? [] : evidence({ kind: "list", list: other }, { kind: "list", list });
  return [...conflict, ...lead(state), ...consider(state)];
}

function onProposal(state: Agreement, proposal: SignedProposal): readonly AgreementEffect[] {
  const { view, leader } = proposal.body;
  if (!concerns(state, proposal.body) || leader !== leaderOf(state.leaders, view)) return [];
  const held = state.proposals.get(view);
  if (held !== undefined) return evidence({ kind: "proposal", proposal: held }, { kind: "proposal", proposal });
  state.proposals.set(view, proposal);
  if (leader === state.self) mark(state, view, { propose: true });
  return consider(state);
}

function onVote(state: Agreement, vote: SignedVote): readonly AgreementEffect[] {
  const { kind, view, value, validator } = vote.body;
  if (!concerns(state, vote.body) || !state.validators.ids.includes(validator) || (kind === "nullify") !== (value === ZERO_DIGEST))
    return [];
  const ballot = ballotOf(state, kind, view, value);
  if (ballot.has(validator)) return [];
  ballot.set(validator, vote);
  if (validator === state.self) mark(state, view, kind === "nullify" ? { nullify: true } : { [kind]: value });
  const conflict = conflictWith(state, vote);
  const certificate = certify(state.validators, [...ballot.values()]);
  const consequences = certificate === null || state.certificates.has(slot(kind, view)) ? [] : onCertificate(state, certificate);
  return [...conflict, ...consequences];
}

function onCertificate(state: Agreement, certificate: Certificate): readonly AgreementEffect[] {
  const { kind, view, value } = certificate;
  state.certificates.set(slot(kind, view), certificate);
  if (kind === "finalize") {
    state.decided = certificate;
    return [{ kind: "decide", certificate }];
  }
  const said = saidIn(state, view);
  const mayFinalize = kind === "notarize" && said.nullify === undefined && said.finalize === undefined;
  const finalize = mayFinalize ? cast(state, "finalize", view, value, [...ballotOf(state, kind, view, value).values()]) : [];
  return [...finalize, ...moveOn(state), ...consider(state)];
}

function onTimer(state: Agreement, timer: "propose" | "view", view: number): readonly AgreementEffect[] {
  if (view !== state.view) return [];
  if (timer === "propose") {
    state.wait = "over";
    return lead(state);
  }
  const said = saidIn(state, view);
  const nullify = said.finalize === undefined && said.nullify === undefined ? cast(state, "nullify", view, ZERO_DIGEST) : [];
  return [...nullify, { kind: "timer", timer: "view", view }];
}

/**
 * View after view, never past one without a certificate: of a view that was jumped over nobody might have one left after crashes,
 * and without it no later proposal could ever be judged.
 */
function moveOn(state: Agreement): readonly AgreementEffect[] {
  const { view } = state;
  while (isOver(state, state.view)) state.view++;
  if (state.view === view) return [];
  state.wait = "not-begun";
  return [{ kind: "timer", timer: "view", view: state.view }, ...lead(state)];
}

const isOver = ({ certificates }: Agreement, view: number): boolean =>
  certificates.has(slot("notarize", view)) || certificates.has(slot("nullify", view));

/** The leader's part: hand on what was notarized; else propose what the lists hold, from all of them or, after a short wait, from a quorum. */
function lead(state: Agreement): readonly AgreementEffect[] {
  const { view, self, leaders, validators } = state;
  if (self === null || self !== leaderOf(leaders, view) || saidIn(state, view).propose) return [];
  const parent = lastNotarized(state, view);
  const lists = firstLists(state).length;
  if (parent === null && lists < quorum(validators)) return [];
  const complete = parent === null && lists === validators.ids.length;
  if (!complete && state.wait !== "over") return beginWait(state);
  return parent === null ? proposeLists(state) : propose(state, { value: parent.value, parentView: parent.view, isVoid: false, lists: [] });
}

/** More lists may come soon; and a value that was notarized is, most likely, being finalized right now. */
function beginWait(state: Agreement): readonly AgreementEffect[] {
  if (state.wait === "running") return [];
  state.wait = "running";
  return [{ kind: "timer", timer: "propose", view: state.view }];
}

function proposeLists(state: Agreement): readonly AgreementEffect[] {
  const lists = firstLists(state).map((list) => list.id);
  const isVoid = state.isPastDeadline;
  const value = state.evaluated.get(key({ lists, isVoid }));
  return value === undefined ? [{ kind: "evaluate", lists, isVoid }] : propose(state, { value, parentView: 0, isVoid, lists });
}

/** The first list that came of each validator, by rising validator. */
function firstLists(state: Agreement): readonly SignedList[] {
  const first = new Map<HomeId, SignedList>();
  for (const list of state.lists.values()) if (!first.has(list.body.validator)) first.set(list.body.validator, list);
  return [...first.values()].sort((a, b) => compare(a.body.validator, b.body.validator));
}

function propose(state: Agreement, what: Pick<Proposal, "value" | "parentView" | "isVoid" | "lists">): readonly AgreementEffect[] {
  const { interval, view, self } = state;
  assert(self !== null, "only a validator proposes");
  mark(state, view, { propose: true });
  return [{ kind: "propose", proposal: { interval, view, leader: self, ...what } }];
}

/** What this home says to the current view's proposal, once it can tell. */
function consider(state: Agreement): readonly AgreementEffect[] {
  const { view, self } = state;
  const proposal = state.proposals.get(view)?.body;
  const said = saidIn(state, view);
  if (proposal === undefined || self === null || said.notarize !== undefined || said.nullify || said.finalize !== undefined) return [];
  const judgement = judge(state, proposal);
  if (typeof judgement !== "string") return judgement;
  return judgement === "valid" ? cast(state, "notarize", view, proposal.value) : cast(state, "nullify", view, ZERO_DIGEST);
}

/** valid and invalid are for ever; an empty list of effects means that something is still to come. */
function judge(state: Agreement, proposal: Proposal): "valid" | "invalid" | readonly AgreementEffect[] {
  const { view, parentView, isVoid, lists, value } = proposal;
  if (parentView >= view) return "invalid";
  for (let between = parentView + 1; between < view; between++) if (!state.certificates.has(slot("nullify", between))) return [];
  if (parentView > 0) {
    const parent = state.certificates.get(slot("notarize", parentView));
    if (parent === undefined) return [];
    return parent.value === value && lists.length === 0 && !isVoid ? "valid" : "invalid";
  }
  if (lists.length < quorum(state.validators) || lists.length > state.validators.ids.length) return "invalid";
  const held = lists.flatMap((id) => state.lists.get(id) ?? []);
  // Counted twice, one validator's word would be worth two.
  if (new Set(held.map((list) => list.body.validator)).size < held.length) return "invalid";
  // A trade after the deadline is never agreed to afresh; a void before it may still become right.
  if (state.isPastDeadline && !isVoid) return "invalid";
  const own = state.evaluated.get(key(proposal));
  if (own === undefined || held.length < lists.length) return [{ kind: "evaluate", lists, isVoid }];
  if (own !== value) return "invalid";
  return state.isPastDeadline === isVoid ? "valid" : [];
}

/** What a leader of `view` hands on; null when every earlier view was nullified. */
function lastNotarized(state: Agreement, view: number): Certificate | null {
  for (let earlier = view - 1; earlier >= 1; earlier--) {
    const notarization = state.certificates.get(slot("notarize", earlier));
    if (notarization !== undefined) return notarization;
  }
  return null;
}

function cast(
  state: Agreement,
  kind: VoteKind,
  view: number,
  value: Digest,
  because: readonly SignedVote[] = [],
): readonly AgreementEffect[] {
  if (state.self === null) return [];
  mark(state, view, kind === "nullify" ? { nullify: true } : { [kind]: value });
  return [{ kind: "vote", vote: { kind, interval: state.interval, view, value, validator: state.self }, because }];
}

/** The first vote of the same home that excludes this one. */
function conflictWith(state: Agreement, vote: SignedVote): readonly AgreementEffect[] {
  for (const ballot of state.votes.values()) {
    const other = ballot.get(vote.body.validator);
    const found = other === undefined ? [] : evidence({ kind: "vote", vote: other }, { kind: "vote", vote });
    if (found.length > 0) return found;
  }
  return [];
}

/** Another interval's words are not ours; how high a view may be, admission says. */
const concerns = (state: Agreement, { interval, view }: { readonly interval: Interval; readonly view: number }): boolean =>
  interval === state.interval && view >= 1;

function evidence(first: Contradictable, second: Contradictable): readonly AgreementEffect[] {
  const culprit = contradiction(first, second);
  return culprit === null ? [] : [{ kind: "evidence", culprit, first, second }];
}

const key = ({ lists, isVoid }: { readonly lists: readonly Digest[]; readonly isVoid: boolean }): string => `${isVoid}/${lists.join()}`;
const slot = (kind: VoteKind, view: number): string => `${kind}/${view}`;
const ballotName = (kind: VoteKind, view: number, value: Digest): string => `${kind}/${view}/${value}`;
const saidIn = (state: Agreement, view: number) => state.said.get(view) ?? {};
const mark = (state: Agreement, view: number, said: object): unknown => state.said.set(view, { ...saidIn(state, view), ...said });

function ballotOf(state: Agreement, kind: VoteKind, view: number, value: Digest): Map<HomeId, SignedVote> {
  const name = ballotName(kind, view, value);
  const ballot = state.votes.get(name) ?? new Map<HomeId, SignedVote>();
  state.votes.set(name, ballot);
  return ballot;
}
