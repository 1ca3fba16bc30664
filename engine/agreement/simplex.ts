import { assert, compare, type Digest, type HomeId, type Interval, ZERO_DIGEST } from "../kernel/index.ts";
import type { Certificate, Contradictable, Proposal, SignedList, SignedProposal, SignedVote, VoteKind } from "../messages/index.ts";
import { ballotOf, saidBeside, slot } from "./ballots.ts";
import { certify } from "./certificate.ts";
import { contradiction } from "./evidence.ts";
import type { Agreement, AgreementEffect, AgreementInput, AgreementTimer } from "./instance.ts";
import { leaderOf, quorum } from "./quorum.ts";

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
    case "leader-lost":
      return onLeaderLost(state, input.view);
    case "timer":
      return onTimer(state, input.timer, input.view);
  }
}

function onList(state: Agreement, list: SignedList): readonly AgreementEffect[] {
  const { interval, validator } = list.body;
  if (interval !== state.interval || !state.validators.ids.includes(validator) || state.lists.has(list.id)) return [];
  const other = [...state.lists.values()].find((held) => held.body.validator === validator);
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
  const ballot = ballotOf(state, vote.body);
  if (ballot.has(validator)) return [];
  ballot.set(validator, vote);
  if (validator === state.self) mark(state, view, kind === "nullify" ? { nullify: true } : { [kind]: value });
  const conflict = conflictWith(state, vote);
  const mayCertify = ballot.size >= quorum(state.validators) && !state.certificates.has(slot(kind, view));
  const certificate = mayCertify ? certify(state.validators, [...ballot.values()]) : null;
  const consequences = certificate === null ? [] : onCertificate(state, certificate);
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
  const finalize = mayFinalize ? cast(state, "finalize", view, value, [...ballotOf(state, certificate).values()]) : [];
  return [...finalize, ...moveOn(state), ...consider(state)];
}

function onTimer(state: Agreement, timer: AgreementTimer, view: number): readonly AgreementEffect[] {
  if (view !== state.view) return [];
  if (timer !== "view") {
    state.wait = "over";
    return lead(state);
  }
  return [...nullify(state), { kind: "timer", timer: "view", view }];
}

/**
 * Nothing to wait for, unless there is a proposal. In the first turn of leaders only: after it the clock alone decides, so that a
 * street whose links break again and again goes on.
 */
function onLeaderLost(state: Agreement, view: number): readonly AgreementEffect[] {
  const isFirstTurn = view <= state.validators.ids.length;
  return view === state.view && isFirstTurn && !state.proposals.has(view) ? nullify(state) : [];
}

function nullify(state: Agreement): readonly AgreementEffect[] {
  const said = saidIn(state, state.view);
  return said.finalize === undefined && said.nullify === undefined ? cast(state, "nullify", state.view, ZERO_DIGEST) : [];
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
  if (parent === null && firstLists(state).length < quorum(validators)) return [];
  const isComplete = parent === null && missingLists(state).every((home) => leaders.slice(0, view - 1).includes(home));
  if (!isComplete && state.wait !== "over") return beginWait(state, parent === null ? "lists" : "hand-on");
  return parent === null ? proposeLists(state) : propose(state, { value: parent.value, parentView: parent.view, isVoid: false, lists: [] });
}

/** More lists may come soon; and a value that was notarized is, most likely, being finalized right now. */
function beginWait(state: Agreement, timer: "lists" | "hand-on"): readonly AgreementEffect[] {
  if (state.wait === "running") return [];
  state.wait = "running";
  return [{ kind: "timer", timer, view: state.view }];
}

function proposeLists(state: Agreement): readonly AgreementEffect[] {
  const lists = firstLists(state).map((list) => list.id);
  const isVoid = state.isPastDeadline;
  const value = state.evaluated.get(key({ lists, isVoid }));
  return value === undefined ? [{ kind: "evaluate", lists, isVoid }] : propose(state, { value, parentView: 0, isVoid, lists });
}

/** Who hasn't listed. Leaders whose view was nullified are most likely gone; nobody waits for theirs. */
const missingLists = ({ lists, validators }: Agreement): readonly HomeId[] => {
  const listed = new Set([...lists.values()].map(({ body }) => body.validator));
  return validators.ids.filter((home) => !listed.has(home));
};

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
  for (const other of saidBeside(state, vote.body)) {
    if (other === vote) continue;
    const found = evidence({ kind: "vote", vote: other }, { kind: "vote", vote });
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
const saidIn = (state: Agreement, view: number) => state.said.get(view) ?? {};
const mark = (state: Agreement, view: number, said: object): unknown => state.said.set(view, { ...saidIn(state, view), ...said });
