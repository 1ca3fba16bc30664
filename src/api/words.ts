import { nodeNames, type Words } from "../../engine/auction/index.ts";
import type { HomeId, MicroPerKwh } from "../../engine/kernel/index.ts";
import type { MarketRules } from "../../engine/messages/index.ts";

/** How numbers are written in the sentences that people read; the page writes its own from plain numbers. */
export function wordsFor(rules: MarketRules, nameOf: (home: HomeId) => string): Words {
  const nodes = nodeNames(rules);
  return { price: (price) => priceText(price, rules.currency), home: nameOf, wire: (node) => `the wire to ${nodes[node]}` };
}

const CENTS: Readonly<Record<string, string>> = { EUR: "ct", USD: "ct", AUD: "ct", CHF: "Rp", GBP: "p" };

/** Micro-currency per kWh as hundredths of the currency, "14.2 ct". */
export const priceText = (price: MicroPerKwh, currency: string): string =>
  `${trimmed(price / 10_000, 2)} ${CENTS[currency] ?? `cents of ${currency}`}`;

export const kwhText = (wh: number): string => (Math.abs(wh) < 1000 ? `${wh} Wh` : `${trimmed(wh / 1000, 1)} kWh`);

/** At most `digits` places, at least one, so that prices line up in a sentence. */
function trimmed(value: number, digits: number): string {
  const text = value.toFixed(digits);
  return text.endsWith("0") && digits > 1 ? value.toFixed(digits - 1) : text;
}
