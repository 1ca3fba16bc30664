import { type Address, type Digest, microPerKwh, wh } from "../kernel/index.ts";
import type { MarketRules, Signature, SignedRequest, VenueAmend, VenueCancel, VenueOrder } from "../messages/index.ts";
import { firstOpen, restingCount, type Standing, type VenueState } from "./state.ts";

/** Why a venue doesn't even take a request into its sequence: nobody has signed for it, or it was there before. */
export type DoorRefusal = "HOME_UNKNOWN" | "SIGNATURE_INVALID" | "SEQ_NOT_RISING";

/** Why a request in the sequence changes nothing; the book has codes of its own. */
export type RequestRefusal =
  | "INTERVAL_CLOSED"
  | "INTERVAL_TOO_FAR"
  | "ENERGY_OUT_OF_RANGE"
  | "PRICE_OUT_OF_RANGE"
  | "PRICE_OFF_TICK"
  | "TOO_MANY_ORDERS"
  | "ORDER_NOT_RESTING"
  | "ORDER_OF_OTHER_HOME";

export type Recover = (digest: Digest, signature: Signature) => Address | null;

/** null: it gets its place in the sequence, whatever becomes of it. */
export function doorRefusal({ homes }: VenueState, { body, id, signature }: SignedRequest, recover: Recover): DoorRefusal | null {
  const home = homes.get(body.home);
  if (home === undefined) return "HOME_UNKNOWN";
  if (!Number.isSafeInteger(body.seq) || body.seq < home.nextSeq || body.seq > MOST_SEQ) return "SEQ_NOT_RISING";
  return recover(id, signature) === home.agent ? null : "SIGNATURE_INVALID";
}

/** A field of 32 bits; the one after the last must fit too. */
const MOST_SEQ = 2 ** 32 - 2;

export function orderRefusal(state: VenueState, { interval, energy, limit, home }: VenueOrder): RequestRefusal | null {
  const first = firstOpen(state.rules, state.time);
  if (interval < first) return "INTERVAL_CLOSED";
  if (interval >= first + state.rules.openIntervals) return "INTERVAL_TOO_FAR";
  const refused = termsRefusal(state.rules, { energy, limit });
  if (refused !== null) return refused;
  return restingCount(state, home, interval) >= state.rules.maxOrdersPerHome ? "TOO_MANY_ORDERS" : null;
}

export function changeRefusal(standing: Standing | undefined, { home }: VenueAmend | VenueCancel): RequestRefusal | null {
  if (standing === undefined) return "ORDER_NOT_RESTING";
  return standing.order.body.home === home ? null : "ORDER_OF_OTHER_HOME";
}

export function termsRefusal(rules: MarketRules, { energy, limit }: Pick<VenueOrder, "energy" | "limit">): RequestRefusal | null {
  if (!wh.is(energy) || energy === 0 || energy > rules.maxOrderWh) return "ENERGY_OUT_OF_RANGE";
  if (!microPerKwh.is(limit) || limit > rules.maxPrice) return "PRICE_OUT_OF_RANGE";
  return limit % rules.tick === 0 ? null : "PRICE_OFF_TICK";
}
