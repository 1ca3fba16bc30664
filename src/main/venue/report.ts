import { Decimal } from "decimal.js";
import { deliveryStart, type MarketRules } from "../../../engine/messages/index.ts";
import type { Venue } from "../../../engine/venue/index.ts";
import type { HomeTotal, TradePart } from "../../venue/index.ts";
import type { LogHeader } from "./log-files.ts";

interface Verified {
  readonly header: LogHeader;
  readonly events: number;
  readonly venue: Venue | null;
  readonly totals: readonly HomeTotal[];
  /** The rules and homes are those of the reader's own configuration. */
  readonly isOwn: boolean;
}

/** What a log that holds comes to, for people. */
export function reportOf({ header, events, venue, totals, isOwn }: Verified): string {
  if (venue === null) return `${header.venue}: the log has no event`;
  const { rules } = header;
  const last = venue.head.number - 1;
  const [bought, sold] = [sum(totals.map(({ boughtWh }) => boughtWh)), sum(totals.map(({ soldWh }) => soldWh))];
  const [paid, received] = [sum(totals.map((total) => total.paid)), sum(totals.map((total) => total.received))];
  return [
    `${header.venue}: ${events} events, ${last - events + 1} to ${last}, hold: signatures, order, time, and every outcome replayed`,
    `last event ${venue.head.previous}, books ${venue.state.arena.stateHash()}`,
    isOwn
      ? "rules, chain and homes are those of your configuration"
      : `rules ${header.rulesHash} and homes are believed as the log says them; name your own with --config`,
    ...totals.map((home) => homeLine(home, rules)),
    `all homes: bought ${bought} Wh for ${money(paid, rules)}, sold ${sold} Wh for ${money(received, rules)}`,
  ].join("\n");
}

const homeLine = ({ home, boughtWh, soldWh, paid, received }: HomeTotal, rules: MarketRules): string =>
  `home ${home}: bought ${boughtWh} Wh for ${money(paid, rules)}, sold ${soldWh} Wh for ${money(received, rules)}`;

const sum = (all: readonly bigint[]): bigint => all.reduce((total, each) => total + each, 0n);

/** Exact: nano has nine places. */
const money = (amount: bigint, { currency }: MarketRules): string => `${new Decimal(`${amount}`).dividedBy(1e9).toFixed()} ${currency}`;

const COLUMNS = ["event", "time", "interval_start", "home", "side", "energy_wh", "price_micro_per_kwh", "amount_nano", "order"] as const;

/** Each home's part of each trade as a row; amounts are positive, the side says who pays. */
export function csvOf(parts: readonly TradePart[], rules: MarketRules): string {
  const rows = parts.map(({ event, time, interval, home, side, energy, price, amount, order }) =>
    [event, iso(time), iso(deliveryStart(rules, interval) * 1000), home, side, energy, price, amount, order].join(","),
  );
  return [COLUMNS.join(","), ...rows].map((row) => `${row}\r\n`).join("");
}

const iso = (ms: number): string => new Date(ms).toISOString();
