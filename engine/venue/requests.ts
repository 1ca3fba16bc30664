import {
  BUY,
  FATE,
  FILL_OR_KILL,
  FILLED,
  FIRST_TRADE,
  GOOD_TILL_GATE,
  IMMEDIATE_OR_CANCEL,
  KILLED,
  LAPSED,
  LEFT,
  RESTS,
  type Report,
  refusalOf,
  SELF_TRADE,
  SELL,
  TRADE_ENERGY,
  TRADE_REFERENCE,
  TRADE_SHIFT,
  TRADE_TICK,
  TRADES,
} from "../book/index.ts";
import { type Digest, sub, type Wh } from "../kernel/index.ts";
import type { Fate, Force, SignedRequest, SignedVenueOrder, VenueAmend, VenueCancel, VenueFill, VenueOutcome } from "../messages/index.ts";
import { changeRefusal, orderRefusal, termsRefusal } from "./door.ts";
import { bookOf, forget, openBook, priceOf, remember, type Standing, tickOf, type VenueState } from "./state.ts";

/** A request that has its place in the sequence: what becomes of it. */
export function answer(state: VenueState, request: SignedRequest): VenueOutcome {
  const { body } = request;
  state.homes.get(body.home)!.nextSeq = body.seq + 1;
  switch (body.kind) {
    case "order":
      return submit(state, { ...request, body });
    case "amend":
      return amend(state, body);
    case "cancel":
      return cancel(state, body);
  }
}

function submit(state: VenueState, order: SignedVenueOrder): VenueOutcome {
  const { home, interval, side, force, energy, limit } = order.body;
  const refused = orderRefusal(state, order.body);
  if (refused !== null) return refusal(refused, energy);
  openBook(state, interval);
  const reference = state.nextReference++;
  const tick = tickOf(state.rules, limit);
  const handle = state.arena.submit(bookOf(state, interval), side === "buy" ? BUY : SELL, FORCES[force], tick, energy, home, reference);
  if (handle < 0) return refusal(refusalOf(handle)!, energy);
  const outcome = told(state);
  if (handle > 0) remember(state, reference, { order, agent: state.homes.get(home)!.agent, handle, left: outcome.left, limit });
  return outcome;
}

function amend(state: VenueState, request: VenueAmend): VenueOutcome {
  const standing = standingOf(state, request.order);
  const refused = changeRefusal(standing, request) ?? termsRefusal(state.rules, request);
  if (refused !== null || standing === undefined) return refusal(refused!, request.energy);
  openBook(state, standing.order.body.interval);
  const handle = state.arena.amend(standing.handle, tickOf(state.rules, request.limit), request.energy);
  if (handle < 0) return refusal(refusalOf(handle)!, request.energy);
  const outcome = told(state);
  standing.left = outcome.left;
  standing.limit = request.limit;
  if (handle === 0) forget(state, standing);
  return outcome;
}

function cancel(state: VenueState, request: VenueCancel): VenueOutcome {
  const standing = standingOf(state, request.order);
  const refused = changeRefusal(standing, request);
  if (refused !== null || standing === undefined) return refusal(refused!, NOTHING);
  state.arena.cancel(standing.handle);
  forget(state, standing);
  return { ...CHANGED, ended: [{ order: request.order, energy: standing.left }] };
}

const standingOf = ({ standing, references }: VenueState, order: Digest): Standing | undefined => standing.get(references.get(order) ?? -1);

/** The book's report as an outcome; who was filled is forgotten. */
function told(state: VenueState): VenueOutcome {
  const { report } = state.arena;
  const fills = Array.from({ length: report[TRADES]! }, (_, nth) => fillAt(state, report, FIRST_TRADE + (nth << TRADE_SHIFT)));
  return { refusal: null, fate: FATES[report[FATE]!]!, left: report[LEFT] as Wh, fills, ended: [] };
}

function fillAt(state: VenueState, report: Report, row: number): VenueFill {
  const standing = state.standing.get(report[row + TRADE_REFERENCE]!)!;
  const energy = report[row + TRADE_ENERGY] as Wh;
  standing.left = sub(standing.left, energy);
  if (standing.left === 0) forget(state, standing);
  return { order: standing.order.id, energy, price: priceOf(state.rules, report[row + TRADE_TICK]!) };
}

const FORCES: Readonly<Record<Force, number>> = {
  "good-till-gate": GOOD_TILL_GATE,
  "immediate-or-cancel": IMMEDIATE_OR_CANCEL,
  "fill-or-kill": FILL_OR_KILL,
};

const FATES: Readonly<Record<number, Fate>> = {
  [RESTS]: "rests",
  [FILLED]: "filled",
  [LAPSED]: "lapsed",
  [KILLED]: "killed",
  [SELF_TRADE]: "self-trade",
};

const NOTHING = 0 as Wh;
/** An outcome where nobody's order was asked about, to be filled in. */
export const CHANGED: VenueOutcome = { refusal: null, fate: "none", left: NOTHING, fills: [], ended: [] };
const refusal = (code: string, left: Wh): VenueOutcome => ({ ...CHANGED, refusal: code, left });
