import { type ClearingInput, ONE_NODE, type OrderEntry } from "../../engine/auction/index.ts";
import { type Digest, homeId, interval, microPerKwh, wh } from "../../engine/kernel/index.ts";
import type { Side } from "../../engine/messages/index.ts";

/** A digest that sorts like its number. */
export const idOf = (n: number): Digest => `0x${n.toString(16).padStart(64, "0")}` as Digest;

/** One line of a book: home, side, energy in Wh, limit in micro per kWh. */
export type Line = readonly [home: number, side: Side, energy: number, limit: number];

export const INTERVAL = interval(1000);

/** Orders with ids 1, 2, 3 ... in the order of the lines. */
export const book = (...lines: readonly Line[]): readonly OrderEntry[] =>
  lines.map(([home, side, energy, limit], i) => ({
    id: idOf(i + 1),
    body: { home: homeId(home), interval: INTERVAL, side, energy: wh(energy), limit: microPerKwh(limit), seq: i },
  }));

export const input = (orders: readonly OrderEntry[], tick = 1, kPermille = 500): ClearingInput => ({
  interval: INTERVAL,
  orders,
  network: ONE_NODE,
  rules: {
    tick: microPerKwh(tick),
    kPermille,
    rationing: "pro-rata",
    residual: { importPrice: microPerKwh(0), exportPrice: microPerKwh(0) },
  },
});
