import { microPerKwh, wh } from "../../engine/kernel/index.ts";
import type { MarketRules } from "../../engine/messages/index.ts";

/** A street's rules for tests: tick 0.01 ct, up to 1 per kWh, up to 25 kWh and four orders for each home and interval. */
export const RULES: MarketRules = {
  market: "test-street",
  currency: "EUR",
  intervalMinutes: 15,
  gateLeadSeconds: 60,
  openIntervals: 8,
  periodIntervals: 96,
  tick: microPerKwh(100),
  maxPrice: microPerKwh(1_000_000),
  maxOrderWh: wh(25_000),
  maxOrdersPerHome: 4,
  kPermille: 500,
  residual: { importPrice: microPerKwh(300_000), exportPrice: microPerKwh(80_000) },
};
