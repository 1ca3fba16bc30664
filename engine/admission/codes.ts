/**
 * Every reason to turn a message away, and what gossip does with the peer that brought it. The code decides; call sites don't.
 * reject: every honest home would refuse it for ever, so no honest peer sends it and the sender's score falls.
 * ignore: it depends on time or on what is known here, so the sender may be honest.
 */
export const ADMISSION = {
  // Orders and readings
  HOME_UNKNOWN: "ignore",
  HOME_NOT_YET: "ignore",
  SIGNATURE_INVALID: "reject",
  // Orders
  ORDER_SEEN: "ignore",
  INTERVAL_CLOSED: "ignore",
  INTERVAL_TOO_FAR: "ignore",
  ENERGY_OUT_OF_RANGE: "reject",
  PRICE_OUT_OF_RANGE: "reject",
  PRICE_OFF_TICK: "reject",
  SEQ_OUT_OF_RANGE: "reject",
  TOO_MANY_ORDERS: "ignore",
  SEQ_CONFLICT: "ignore",
  // Sealed orders
  COMMIT_SEEN: "ignore",
  ORDERS_NOT_SEALED: "ignore",
  // Readings
  READING_SEEN: "ignore",
  READING_TOO_EARLY: "ignore",
  READING_TOO_LATE: "ignore",
  COUNTER_OUT_OF_RANGE: "reject",
  COUNTER_FELL: "ignore",
  TOO_MANY_READINGS: "ignore",
  READING_CONFLICT: "ignore",
  // Agreement
  MESSAGE_SEEN: "ignore",
  INTERVAL_DECIDED: "ignore",
  INTERVAL_AHEAD: "ignore",
  PERIOD_SETTLED: "ignore",
  PERIOD_AHEAD: "ignore",
  VIEW_ZERO: "reject",
  VIEW_AHEAD: "ignore",
  NOT_A_VALIDATOR: "ignore",
  TOO_MANY_MESSAGES: "ignore",
  LIST_TOO_LONG: "ignore",
  LIST_NOT_SORTED: "reject",
  VALUE_MISPLACED: "reject",
  // Evidence and member sets
  EVIDENCE_SEEN: "ignore",
  EVIDENCE_ENOUGH: "ignore",
  EVIDENCE_UNFOUNDED: "reject",
  MEMBERS_UNASKED: "ignore",
} as const satisfies Record<string, "ignore" | "reject">;

export type AdmissionCode = keyof typeof ADMISSION;
