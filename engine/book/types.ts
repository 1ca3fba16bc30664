/** Sides, as bit 0 of a ladder. */
export const BUY = 0;
export const SELL = 1;

/** How long an order stands: until its book's gate, only now, or only now and only whole. */
export const GOOD_TILL_GATE = 0;
export const IMMEDIATE_OR_CANCEL = 1;
export const FILL_OR_KILL = 2;

/** A book gathers orders for call auctions, trades them as they come, or is closed. A book begins closed. */
export const CLOSED = 0;
export const CALL = 1;
export const CONTINUOUS = 2;

/** What became of the energy of an order that wasn't traded at once. */
export const RESTS = 0;
/** Nothing is left. */
export const FILLED = 1;
/** The rest of an immediate order. */
export const LAPSED = 2;
/** The whole of a fill-or-kill order that found too little. */
export const KILLED = 3;
/** The rest of an order that met an order of its own home: the newer one gives way. */
export const SELF_TRADE = 4;

/** Why the book does nothing; public, never renamed. The code's place is its number: `-1 - place` is what an operation returns. */
export const REFUSALS = [
  "BOOK_UNKNOWN",
  "BOOK_CLOSED",
  "BOOK_CROSSED",
  "PHASE_UNKNOWN",
  "SIDE_UNKNOWN",
  "FORCE_UNKNOWN",
  "FORCE_NOT_IN_CALL",
  "TICK_OFF_LADDER",
  "ENERGY_NOT_POSITIVE",
  "ENERGY_BEYOND_BOOK",
  "HOME_OUT_OF_RANGE",
  "REFERENCE_OUT_OF_RANGE",
  "HANDLE_STALE",
  "LEVEL_FULL",
  "ARENA_FULL",
  "COMMAND_UNKNOWN",
] as const;

export type BookRefusal = (typeof REFUSALS)[number];

/** null for what isn't a refusal. */
export const refusalOf = (returned: number): BookRefusal | null => REFUSALS[-1 - returned] ?? null;

const numberOf = (code: BookRefusal): number => -1 - REFUSALS.indexOf(code);

export const BOOK_UNKNOWN = numberOf("BOOK_UNKNOWN");
export const BOOK_CLOSED = numberOf("BOOK_CLOSED");
export const BOOK_CROSSED = numberOf("BOOK_CROSSED");
export const PHASE_UNKNOWN = numberOf("PHASE_UNKNOWN");
export const SIDE_UNKNOWN = numberOf("SIDE_UNKNOWN");
export const FORCE_UNKNOWN = numberOf("FORCE_UNKNOWN");
export const FORCE_NOT_IN_CALL = numberOf("FORCE_NOT_IN_CALL");
export const TICK_OFF_LADDER = numberOf("TICK_OFF_LADDER");
export const ENERGY_NOT_POSITIVE = numberOf("ENERGY_NOT_POSITIVE");
export const ENERGY_BEYOND_BOOK = numberOf("ENERGY_BEYOND_BOOK");
export const HOME_OUT_OF_RANGE = numberOf("HOME_OUT_OF_RANGE");
export const REFERENCE_OUT_OF_RANGE = numberOf("REFERENCE_OUT_OF_RANGE");
export const HANDLE_STALE = numberOf("HANDLE_STALE");
export const LEVEL_FULL = numberOf("LEVEL_FULL");
export const ARENA_FULL = numberOf("ARENA_FULL");
export const COMMAND_UNKNOWN = numberOf("COMMAND_UNKNOWN");
