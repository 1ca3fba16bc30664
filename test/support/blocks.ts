import type { BlockOrder } from "../../engine/auction/blocks/index.ts";
import type { ClearingInput } from "../../engine/auction/index.ts";
import { homeId, interval, nano, wh } from "../../engine/kernel/index.ts";
import type { Side } from "../../engine/messages/index.ts";
import { book, INTERVAL, idOf, input, type Line } from "./book.ts";

/** One leg of a block in plain numbers: which interval, side, energy. */
export type Leg = readonly [at: number, side: Side, energy: number];

export interface PlainBlock {
  readonly id: number;
  readonly home?: number;
  readonly legs: readonly Leg[];
  /** For every watt-hour; a block with both sides says `value`. */
  readonly limit?: number;
  readonly value?: number;
  readonly ratio?: number;
  readonly parent?: number;
  readonly group?: string;
}

export const block = ({ id, home = id, legs, limit, value, ratio = 1000, parent, group }: PlainBlock): BlockOrder => {
  const energy = legs.reduce((sum, leg) => sum + leg[2], 0);
  return {
    id: idOf(id),
    home: homeId(home),
    legs: legs.map(([at, side, amount]) => ({ interval: interval(INTERVAL + at), side, energy: wh(amount) })),
    value: nano(value ?? (legs[0]![1] === "buy" ? energy : -energy) * limit!),
    minRatioPermille: ratio,
    parent: parent === undefined ? null : idOf(parent),
    group: group ?? null,
  };
};

/** One book for each interval, from the first on; ids count through all of them. */
export function inputs(books: readonly (readonly Line[])[], tick = 1, kPermille = 500): readonly ClearingInput[] {
  let before = 0;
  return books.map((lines, at) => {
    const orders = book(...lines).map((order, i) => ({
      id: idOf(before + i + 1),
      body: { ...order.body, interval: interval(INTERVAL + at) },
    }));
    before += lines.length;
    return { ...input(orders, tick, kPermille), interval: interval(INTERVAL + at) };
  });
}
