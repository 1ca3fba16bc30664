import { BUY, GOOD_TILL_GATE, SELL } from "../book/index.ts";
import { type Address, compare, type HomeId, type Interval } from "../kernel/index.ts";
import type { VenueEnd, VenueHome, VenueOpening, VenueOutcome, VenueResting } from "../messages/index.ts";
import { termsRefusal } from "./door.ts";
import { CHANGED } from "./requests.ts";
import {
  bookOf,
  closeBook,
  dayOf,
  firstOpen,
  openBook,
  openState,
  remember,
  type Standing,
  standingIn,
  tickOf,
  type VenueRules,
  type VenueState,
} from "./state.ts";

export interface VenueMember {
  readonly home: HomeId;
  readonly agent: Address;
}

/** The day's first event as it has to be: what rests, and who may trade from now on. */
export function openingOf(state: VenueState, time: number, members: readonly VenueMember[]): VenueOpening {
  const homes = members.map(({ home, agent }): VenueHome => ({ home, agent, nextSeq: state.homes.get(home)?.nextSeq ?? 0 }));
  return { day: dayOf(time), resting: restingOf(state), homes: homes.sort((a, b) => compare(a.home, b.home)) };
}

/**
 * The day begins: the state is made anew from what the opening says, so that it is the same for who was there before and who
 * begins here. Orders of homes that are no members any more, or that have another agent now, end.
 */
export function openDay(state: VenueState, { day, resting, homes }: VenueOpening): VenueOutcome {
  for (const interval of [...state.open.keys()]) closeBook(state, interval);
  for (const memory of [state.standing, state.references, state.counts, state.homes]) memory.clear();
  state.nextReference = 0;
  state.day = day;
  for (const { home, agent, nextSeq } of homes) state.homes.set(home, { agent, nextSeq });
  const isMember = ({ order, agent }: VenueResting): boolean => state.homes.get(order.body.home)?.agent === agent;
  for (const each of resting.filter(isMember)) rest(state, each);
  return {
    ...CHANGED,
    ended: resting.filter((each) => !isMember(each)).map(({ order, energy }): VenueEnd => ({ order: order.id, energy })),
  };
}

/** Whether a venue could have come to this opening at all: what it says rests, can. For a log that begins with it. */
export function isPossible(rules: VenueRules, time: number, opening: VenueOpening): boolean {
  const first = firstOpen(rules, time);
  const isOpen = ({ order: { body } }: VenueResting): boolean =>
    body.interval >= first && body.interval < first + rules.openIntervals && body.force === "good-till-gate";
  if (opening.day !== dayOf(time) || !opening.resting.every((each) => isOpen(each) && termsRefusal(rules, each) === null)) return false;
  if (opening.homes.some(({ home }, at) => at > 0 && home <= opening.homes[at - 1]!.home)) return false;
  const state = openState(rules);
  state.time = time;
  const ended = new Set(openDay(state, opening).ended.map(({ order }) => order));
  if ([...state.counts.values()].some((count) => count > rules.maxOrdersPerHome)) return false;
  return isSame(
    restingOf(state),
    opening.resting.filter(({ order }) => !ended.has(order.id)),
  );
}

export const isSame = (a: readonly VenueResting[], b: readonly VenueResting[]): boolean =>
  a.length === b.length &&
  a.every((each, at) => {
    const other = b[at]!;
    return each.order.id === other.order.id && each.agent === other.agent && each.energy === other.energy && each.limit === other.limit;
  });

/** What can't rest is left out; who opens a day of a log that isn't ours compares afterwards. */
function rest(state: VenueState, { order, agent, energy, limit }: VenueResting): void {
  if (state.references.has(order.id)) return;
  const { home, interval, side } = order.body;
  openBook(state, interval);
  const reference = state.nextReference++;
  const tick = tickOf(state.rules, limit);
  const handle = state.arena.submit(bookOf(state, interval), side === "buy" ? BUY : SELL, GOOD_TILL_GATE, tick, energy, home, reference);
  if (handle > 0) remember(state, reference, { order, agent, handle, left: energy, limit });
}

const restingOf = (state: VenueState): readonly VenueResting[] =>
  [...state.open.keys()]
    .sort(compare<Interval>)
    .flatMap((interval) => standingIn(state, interval))
    .map(({ order, agent, left, limit }: Standing) => ({ order, agent, energy: left, limit }));
