import type { Interval } from "../../engine/kernel/index.ts";
import type { MarketRules } from "../../engine/messages/index.ts";
import type { BatchReceipt } from "../ports/index.ts";
import { endName, intervalName } from "./market-views.ts";
import type { BatchView } from "./state.ts";

/** A batch on its way, as the operator sees it. */
export interface BatchOnItsWay {
  readonly period: number;
  readonly from: Interval;
  readonly to: Interval;
  readonly status: "signing" | "sent";
  readonly signatures: number;
}

/** The batches of a street: those on their way, and those that the chain holds. */
export class Batches {
  readonly #rules: MarketRules;
  readonly #periods = new Map<number, { readonly from: Interval; readonly to: Interval }>();
  #receipts: readonly BatchReceipt[] = [];
  #onTheirWay: readonly BatchOnItsWay[] = [];

  constructor(rules: MarketRules) {
    this.#rules = rules;
  }

  closed(period: number, from: Interval, to: Interval): void {
    this.#periods.set(period, { from, to });
  }

  update(receipts: readonly BatchReceipt[], onTheirWay: readonly BatchOnItsWay[]): void {
    this.#receipts = receipts;
    this.#onTheirWay = onTheirWay;
    for (const { period, from, to } of onTheirWay) this.closed(period, from, to);
  }

  /** End of the last period that the chain holds. */
  get lastSettledAt(): string | null {
    const last = this.#receipts.at(-1);
    return last === undefined ? null : this.#span(last.period).until;
  }

  /** Newest first. */
  views(quorum: number): readonly BatchView[] {
    const done = this.#receipts.map((receipt): BatchView => {
      const { period, transaction, block, gas } = receipt;
      return { period, ...this.#span(period), status: "on-chain", signatures: quorum, quorum, transaction, block, gas };
    });
    const open = this.#onTheirWay
      .filter(({ period }) => !this.#receipts.some((receipt) => receipt.period === period))
      .map(({ period, status, signatures }): BatchView => {
        return { period, ...this.#span(period), status, signatures, quorum, transaction: null, block: null, gas: null };
      });
    return [...done, ...open].sort((a, b) => b.period - a.period);
  }

  #span(period: number): Pick<BatchView, "from" | "until"> {
    const { periodIntervals } = this.#rules;
    const first = (period * periodIntervals) as Interval;
    const span = this.#periods.get(period) ?? { from: first, to: (first + periodIntervals - 1) as Interval };
    return { from: intervalName(this.#rules, span.from), until: endName(this.#rules, span.to) };
  }
}
