import { type HomeId, type Interval, microPerKwh, wh } from "../kernel/index.ts";
import type { MarketRules, SignedOrder } from "../messages/index.ts";
import type { AdmissionCode } from "./codes.ts";
import { isMember, isSignedByHome, type Speakers } from "./registered.ts";
import { type Check, conflictOf, firstRefusal, refuse, type Verdict } from "./verdict.ts";

declare const admitted: unique symbol;
/** Only `admitOrder` makes one, so the book can't hold an order that was not checked. */
export type AdmittedOrder = SignedOrder & { readonly [admitted]: true };

export interface OrderContext extends Speakers {
  readonly rules: MarketRules;
  /** Intervals whose orders are taken now, both ends included: with an open gate; of sealed orders, closed and not decided. */
  readonly openIntervals: { readonly first: Interval; readonly last: Interval };
  /** Asks for entries, known by `entryId`, whose signature held; a forgery that counted as seen would silence the true order. */
  readonly hasSeen: (entry: SignedOrder) => boolean;
  /** The orders held here of one home for one interval under one seq: none, one, or two that conflict. */
  readonly heldOrders: (home: HomeId, interval: Interval, seq: number) => readonly SignedOrder[];
}

export type OrderVerdict = Verdict<AdmittedOrder, SignedOrder>;

// Cheapest first: a flood of junk must cost us less than it costs the sender.
const CHEAP: readonly Check<SignedOrder, OrderContext>[] = [
  (entry, { hasSeen }) => (hasSeen(entry) ? "ORDER_SEEN" : null),
  ({ body }, { openIntervals }) => (body.interval < openIntervals.first ? "INTERVAL_CLOSED" : null),
  ({ body }, { openIntervals }) => (body.interval > openIntervals.last ? "INTERVAL_TOO_FAR" : null),
  ({ body }, { rules }) => (wh.is(body.energy) && body.energy > 0 && body.energy <= rules.maxOrderWh ? null : "ENERGY_OUT_OF_RANGE"),
  ({ body }, { rules }) => (microPerKwh.is(body.limit) && body.limit <= rules.maxPrice ? null : "PRICE_OUT_OF_RANGE"),
  ({ body }, { rules }) => (body.limit % rules.tick === 0 ? null : "PRICE_OFF_TICK"),
  ({ body }, { rules }) =>
    Number.isSafeInteger(body.seq) && body.seq >= 0 && body.seq < rules.maxOrdersPerHome ? null : "SEQ_OUT_OF_RANGE",
  isMember,
  // Two under one seq are proof enough; more of them would only cost signature checks.
  ({ body }, { heldOrders }) => (heldOrders(body.home, body.interval, body.seq).length >= 2 ? "TOO_MANY_ORDERS" : null),
];

/** All checks but the signature, for callers that verify signatures elsewhere in batches: screen, recover, then admit. */
export const screenOrder = (order: SignedOrder, context: OrderContext): AdmissionCode | null => firstRefusal(CHEAP, order, context);

/** May this order enter? Cheap to dear, the signature last; what it answers depends on nothing but its arguments. */
export function admitOrder(order: SignedOrder, context: OrderContext): OrderVerdict {
  const code = screenOrder(order, context) ?? isSignedByHome(order, context);
  if (code !== null) return refuse(code);
  // Only now: an unsigned twin must not make an honest home look as if it had signed twice.
  const [held] = context.heldOrders(order.body.home, order.body.interval, order.body.seq);
  return held === undefined ? { kind: "accept", message: order as AdmittedOrder } : conflictOf("SEQ_CONFLICT", held, order);
}
