import { clear, clearingRules, ONE_NODE, type OrderEntry } from "../auction/index.ts";
import { type Interval, sub } from "../kernel/index.ts";
import type { VenueFill, VenueOutcome } from "../messages/index.ts";
import { CHANGED } from "./requests.ts";
import { bookOf, closeBook, forget, roundOf, type Standing, standingIn, tickOf, type VenueState } from "./state.ts";

/** A call auction of what rests for one interval; what isn't filled keeps its place. */
export function round(state: VenueState, interval: Interval): VenueOutcome {
  const { rules } = state;
  state.open.set(interval, roundOf(rules, state.time));
  const standing = standingIn(state, interval);
  const clearing = clear({ interval, orders: standing.map(entryOf), network: ONE_NODE, rules: clearingRules(rules) });
  if (clearing.kind === "no-trade") return CHANGED;
  const byOrder = new Map(standing.map((each) => [each.order.id, each]));
  for (const { order, energy } of clearing.fills) take(state, byOrder.get(order)!, energy);
  return { ...CHANGED, fills: clearing.fills.map(({ order, energy, price }): VenueFill => ({ order, energy, price })) };
}

/** Among equal limits the book's order is the rank. */
const entryOf = ({ order, left, limit }: Standing, rank: number): OrderEntry => ({
  id: order.id,
  body: { ...order.body, energy: left, limit },
  rank,
});

function take(state: VenueState, standing: Standing, energy: VenueFill["energy"]): void {
  standing.left = sub(standing.left, energy);
  if (standing.left > 0) state.arena.amend(standing.handle, tickOf(state.rules, standing.limit), standing.left);
  else {
    state.arena.cancel(standing.handle);
    forget(state, standing);
  }
}

/** The gate of an interval: what still rests ends. */
export function gate(state: VenueState, interval: Interval): VenueOutcome {
  const ended = standingIn(state, interval).map((standing) => {
    forget(state, standing);
    return { order: standing.order.id, energy: standing.left };
  });
  closeBook(state, interval);
  return { ...CHANGED, ended };
}

/** Whether a call auction would find anything. */
export const isCrossed = (state: VenueState, interval: Interval): boolean =>
  state.arena.indicate(bookOf(state, interval), state.rules.kPermille).volume > 0;
