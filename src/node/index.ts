export { homeOf } from "./membership.ts";
export { type NodeModules, StoreMismatch, StreetNode } from "./node.ts";
export type { Certified } from "./rounds.ts";
export { Trader, type TraderModules } from "./trader.ts";
