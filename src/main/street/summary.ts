import { nano, sub } from "../../../engine/kernel/index.ts";
import type { MarketRules } from "../../../engine/messages/index.ts";
import { type SettledInterval, utilityOnly } from "../../../engine/settlement/index.ts";

/** What a run brought, gathered interval by interval. */
export class Summary {
  readonly #rules: MarketRules;
  #settled = 0;
  #traded = 0;
  #withTrade = 0;
  #saved = nano(0);
  #imported = 0;
  #exported = 0;
  #conserved = true;

  constructor(rules: MarketRules) {
    this.#rules = rules;
  }

  get settled(): number {
    return this.#settled;
  }

  add(settled: SettledInterval): void {
    this.#settled++;
    const { clearing, homes, conservation } = settled;
    if (clearing.kind === "trade") {
      this.#withTrade++;
      this.#traded += clearing.volume;
    }
    for (const home of homes) {
      this.#saved = nano(this.#saved + sub(home.amount, utilityOnly(this.#rules, home)));
      this.#imported += home.utilityImportWh;
      this.#exported += home.utilityExportWh;
    }
    this.#conserved &&= conservation.energyIn === conservation.energyOut && conservation.moneyIn === conservation.moneyOut;
  }

  /** For the terminal. */
  text(batches: number): string {
    const cents = Math.round(this.#saved / 1e7);
    const money = `${(Math.abs(cents) / 100).toFixed(2)} ${this.#rules.currency}`;
    const kwh = (wh: number): string => `${(wh / 1000).toFixed(1)} kWh`;
    return [
      `${this.#settled} intervals settled, ${this.#withTrade} with trade: ${kwh(this.#traded)} between neighbours, ${kwh(this.#imported)} from and ${kwh(this.#exported)} to the utility.`,
      cents < 0
        ? `The homes paid ${money} more than at the utility's tariff alone.`
        : `The homes saved ${money} against the utility's tariff.`,
      `Energy in = energy out and money in = money out in ${this.#conserved ? "every interval" : "NOT EVERY INTERVAL"}; ${batches} ${batches === 1 ? "batch" : "batches"} on the chain.`,
    ].join("\n");
  }
}
