export type { Evaluation } from "./evaluate.ts";
export { homeOf, membersAt } from "./membership.ts";
export { Neighbourhood, type NeighbourhoodModules } from "./neighbourhood.ts";
export { type NodeModules, StreetNode } from "./node.ts";
export type { ClockStatus, ClockView } from "./peer-clocks.ts";
export { PURE_WORK, type PureWork } from "./pure-work.ts";
export { replayStore, StoreMismatch } from "./replay.ts";
export type { Certified } from "./rounds.ts";
export { Trader, type TraderModules } from "./trader.ts";
