import { type Arena, type ArenaSize, CALL, CLOSED, CONTINUOUS, openArena } from "../book/index.ts";
import { type Address, assert, type Digest, type HomeId, type Interval, type MicroPerKwh, type Wh } from "../kernel/index.ts";
import { gateClosure, intervalAt, type MarketRules, type SequencerRules, type SignedVenueOrder } from "../messages/index.ts";

/** Market rules that name a sequencer. */
export interface VenueRules extends MarketRules {
  readonly sequencer: SequencerRules;
}

/** An order that rests: `agent` signed it, the handle is the book's, `left` and `limit` are what is left of the order as it was signed. */
export interface Standing {
  readonly order: SignedVenueOrder;
  readonly agent: Address;
  readonly handle: number;
  left: Wh;
  limit: MicroPerKwh;
}

/** All that a venue's next step depends on; `step` alone changes it. */
export interface VenueState {
  readonly rules: VenueRules;
  readonly arena: Arena;
  /** By the reference that the book calls an order. */
  readonly standing: Map<number, Standing>;
  readonly references: Map<Digest, number>;
  /** How many orders rest, by home and interval. */
  readonly counts: Map<string, number>;
  readonly homes: Map<HomeId, { readonly agent: Address; nextSeq: number }>;
  /** Intervals with an open book, each with the number of the round in which an order last came or a call auction was. */
  readonly open: Map<Interval, number>;
  nextReference: number;
  day: number;
  time: number;
}

/** Orders that can rest at a venue; it is part of what every home replays. */
const MOST_RESTING = 1 << 16;

export const arenaSize = (rules: MarketRules): ArenaSize => ({
  books: rules.openIntervals + 1,
  lowestTick: 0,
  highestTick: Math.floor(rules.maxPrice / rules.tick),
  orders: MOST_RESTING,
});

export function openState(rules: VenueRules): VenueState {
  const arena = openArena(arenaSize(rules));
  assert(arena.ok, "a venue's rules have passed their door");
  return {
    rules,
    arena: arena.value,
    standing: new Map(),
    references: new Map(),
    counts: new Map(),
    homes: new Map(),
    open: new Map(),
    nextReference: 0,
    day: -1,
    time: 0,
  };
}

export const DAY_MS = 86_400_000;
export const dayOf = (time: number): number => Math.floor(time / DAY_MS);
export const gateMs = (rules: MarketRules, interval: Interval): number => gateClosure(rules, interval) * 1000;
/** The first interval whose gate is still open. */
export const firstOpen = (rules: MarketRules, time: number): Interval =>
  (intervalAt(rules, Math.floor(time / 1000) + rules.gateLeadSeconds) + 1) as Interval;

/** Books are used in turns: those of all open intervals have different numbers. */
export const bookOf = ({ rules }: VenueState, interval: Interval): number => interval % (rules.openIntervals + 1);

export const roundOf = ({ sequencer }: VenueRules, time: number): number => Math.floor(time / (sequencer.roundSeconds * 1000));

/** For an order that comes: its interval's next round is due at the end of the one that runs. */
export function openBook(state: VenueState, interval: Interval): void {
  const isOpen = state.open.has(interval);
  state.open.set(interval, roundOf(state.rules, state.time));
  if (isOpen) return;
  state.arena.setPhase(bookOf(state, interval), state.rules.sequencer.trading === "rounds" ? CALL : CONTINUOUS);
}

export function closeBook(state: VenueState, interval: Interval): void {
  state.open.delete(interval);
  state.arena.setPhase(bookOf(state, interval), CLOSED);
}

/** In the order of priority: buyers first. */
export const standingIn = (state: VenueState, interval: Interval): readonly Standing[] =>
  state.arena.resting(bookOf(state, interval)).map(({ reference }) => state.standing.get(reference)!);

/** How many orders of one home rest for one interval. */
export const restingCount = (state: VenueState, home: HomeId, interval: Interval): number => state.counts.get(`${home}/${interval}`) ?? 0;

export function remember(state: VenueState, reference: number, standing: Standing): void {
  state.standing.set(reference, standing);
  state.references.set(standing.order.id, reference);
  count(state, standing, 1);
}

export function forget(state: VenueState, standing: Standing): void {
  const reference = state.references.get(standing.order.id);
  assert(reference !== undefined, "only what rests is forgotten");
  state.standing.delete(reference);
  state.references.delete(standing.order.id);
  count(state, standing, -1);
}

function count(state: VenueState, { order: { body } }: Standing, change: number): void {
  const key = `${body.home}/${body.interval}`;
  const now = restingCount(state, body.home, body.interval) + change;
  if (now === 0) state.counts.delete(key);
  else state.counts.set(key, now);
}

/** A whole tick of the rules, or none. */
export const tickOf = ({ tick }: MarketRules, limit: MicroPerKwh): number => limit / tick;
export const priceOf = ({ tick: step }: MarketRules, tick: number): MicroPerKwh => (tick * step) as MicroPerKwh;
