import { compare, fail, ok, type Result } from "../../kernel/index.ts";
import type { OrderEntry } from "../types.ts";
import { isLadder } from "./tick-totals.ts";
import { BUY, type ColumnRefusal, type Ladder, MOST_ORDERS, type OrderColumns, SELL } from "./types.ts";

/** Wh; what a column holds of one order. */
const MOST_ENERGY = 2 ** 31 - 1;

/** Orders in any order as columns by rising id, and which order stands where. */
export function columnsOf(
  orders: readonly OrderEntry[],
  ladder: Ladder,
): Result<{ readonly columns: OrderColumns; readonly sorted: readonly OrderEntry[] }, ColumnRefusal> {
  if (!isLadder(ladder)) return fail("LADDER_OUT_OF_RANGE");
  if (orders.length > MOST_ORDERS) return fail("COLUMNS_TOO_LONG");
  const sorted = [...orders].sort((a, b) => compare(a.id, b.id));
  const columns = { count: sorted.length, rungs: new Int32Array(sorted.length), energies: new Int32Array(sorted.length) };
  for (const [at, { id, body }] of sorted.entries()) {
    const tick = body.limit / ladder.step;
    if (!Number.isSafeInteger(tick)) return fail("PRICE_OFF_TICK", id);
    if (tick < 0 || tick >= ladder.ticks) return fail("TICK_OFF_LADDER", id);
    if (!Number.isSafeInteger(body.energy) || body.energy <= 0) return fail("ENERGY_NOT_POSITIVE", id);
    if (body.energy > MOST_ENERGY) return fail("ENERGY_BEYOND_COLUMN", id);
    columns.rungs[at] = 2 * tick + (body.side === "sell" ? SELL : BUY);
    columns.energies[at] = body.energy;
  }
  return ok({ columns, sorted });
}
