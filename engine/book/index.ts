export { type Arena, openArena } from "./arena.ts";
export { AMEND, CANCEL, COMMAND_WORDS, PHASE, SUBMIT, submitWord } from "./commands.ts";
export type { Indication } from "./indicate.ts";
export { type ArenaRefusal, type ArenaSize, refusalOfSize } from "./layout.ts";
export { openReference, type ReferenceArena } from "./reference.ts";
export {
  FATE,
  FIRST_TRADE,
  LEFT,
  type Report,
  TRADE_ENERGY,
  TRADE_HANDLE,
  TRADE_REFERENCE,
  TRADE_SHIFT,
  TRADE_TICK,
  TRADES,
} from "./report.ts";
export type { SnapshotRefusal } from "./state.ts";
export {
  type BookRefusal,
  BUY,
  CALL,
  CLOSED,
  CONTINUOUS,
  FILL_OR_KILL,
  FILLED,
  GOOD_TILL_GATE,
  IMMEDIATE_OR_CANCEL,
  KILLED,
  LAPSED,
  REFUSALS,
  RESTS,
  refusalOf,
  SELF_TRADE,
  SELL,
} from "./types.ts";
export type { LevelView, RestingOrder } from "./views.ts";
