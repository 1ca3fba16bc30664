import { assert } from "../../../engine/kernel/index.ts";

/**
 * The first four are a home's; the others are of the account that gets what buyers pay beyond what sellers get. The charge is of homes
 * too; the share is what the community's account gets of it.
 */
export const FLOWS = [
  "utility_import",
  "utility_export",
  "p2p_import",
  "p2p_export",
  "grid_fee",
  "congestion_rent",
  "grid_loss",
  "market_surplus",
  "withheld_charge",
  "community_share",
] as const;
export type Flow = (typeof FLOWS)[number];

/** no-trade: orders did not meet. void: agreed too late to trade, and certified as that. */
export const INTERVAL_KINDS = ["trade", "no-trade", "void"] as const;
export type IntervalKind = (typeof INTERVAL_KINDS)[number];

/** Calculated: no meter says it, the clearing does. */
export const QUALITIES = ["measured", "estimated", "corrected", "calculated"] as const;
export type Quality = (typeof QUALITIES)[number];

/** One home or wire, interval and flow, in its newest revision. */
export interface IntervalRow {
  /** Instants, ms since 1970, whole seconds; the end is not part of it. */
  readonly startMs: number;
  readonly endMs: number;
  /** IANA name: local date and index are read on its clocks. */
  readonly timeZone: string;
  readonly intervalKind: IntervalKind;
  /** A home's; of a wire its account and name: "grid:north". */
  readonly meteringPoint: string;
  readonly flow: Flow;
  readonly energyWh: number;
  /** null: the flow has no single price. */
  readonly priceMicroPerKwh: number | null;
  /** Positive: the home is paid. Negative: it pays. */
  readonly amountMicro: number;
  /** ISO 4217. */
  readonly currency: string;
  /** Who stood on the other side, under a name that only the operator can read; null: the market as a whole. */
  readonly counterparty: string | null;
  readonly quality: Quality;
  /** From 1; rises when late meter data change the row. */
  readonly revision: number;
  readonly tradeId: string | null;
  /** null: not on the chain yet. */
  readonly batchId: string | null;
  readonly txHash: string | null;
}

/** Rows are ours: what is wrong here is our own bug. */
export function assertRow(row: IntervalRow): void {
  const { startMs, endMs } = row;
  assert(
    Number.isSafeInteger(startMs) && Number.isSafeInteger(endMs) && startMs % 1000 === 0 && endMs % 1000 === 0,
    "a row's instants are whole seconds",
  );
  assert(endMs > startMs && startMs % (endMs - startMs) === 0, "a row spans one interval, counted from 1970");
  assert(INTERVAL_KINDS.includes(row.intervalKind), `no such kind of interval: ${row.intervalKind}`);
  assert(FLOWS.includes(row.flow) && QUALITIES.includes(row.quality), `no such flow or quality: ${row.flow}, ${row.quality}`);
  assert(Number.isSafeInteger(row.energyWh) && row.energyWh >= 0, `a row's energy is whole Wh, never negative: ${row.energyWh}`);
  assert(
    row.priceMicroPerKwh === null || Number.isSafeInteger(row.priceMicroPerKwh),
    `a row's price is whole micro per kWh: ${row.priceMicroPerKwh}`,
  );
  assert(Number.isSafeInteger(row.amountMicro), `a row's amount is whole micro: ${row.amountMicro}`);
  assert(Number.isSafeInteger(row.revision) && row.revision >= 1, `revisions count from 1: ${row.revision}`);
  assert(/^[A-Z]{3}$/.test(row.currency), `not an ISO 4217 currency: ${row.currency}`);
  assert(row.meteringPoint !== "", "a row names its metering point");
}
