export { History } from "./history.ts";
export { eventJson, eventOf, type Json, type JsonCode, requestJson, requestOf } from "./json.ts";
export { Recent } from "./recent.ts";
export { venueEvent, venueRequest } from "./schema.ts";
export { Sequencer, type SequencerModules } from "./sequencer.ts";
export { type HomeTotal, HomeTotals, type TradePart, Trades } from "./trades.ts";
