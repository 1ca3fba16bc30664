export { type ColumnClearing, type ColumnSpace, clearColumns, openColumnSpace } from "./clear-columns.ts";
export { columnsOf } from "./door.ts";
export { openPairSpace, type PairSpace, pairColumns } from "./pair.ts";
export { TickTotals } from "./tick-totals.ts";
export type { ColumnRefusal, Crossing, Ladder, OrderColumns } from "./types.ts";
