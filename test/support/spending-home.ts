import fc from "fast-check";
import { type HomeId, homeId, type Interval, microPerKwh, wh, ZERO_DIGEST } from "../../engine/kernel/index.ts";
import type { MarketRules, Reading, SignedOrder } from "../../engine/messages/index.ts";
import {
  type AgreedEntries,
  accountOf,
  advance,
  type Batch,
  genesis,
  type MarketState,
  settledWith,
  toTicks,
} from "../../engine/settlement/index.ts";
import { idOf } from "./book.ts";
import { chance } from "./chance.ts";
import { FIRST, HOMES } from "./market-life.ts";
import { anyRules } from "./network-rules.ts";
import { readingOf } from "./settlement.ts";

/** Who takes its money out and then does its neighbours whatever harm it can. */
export const HOME = homeId(1);

/** What it does in one interval. */
export interface Move {
  readonly kind: "buy" | "sell" | "withhold" | "nothing";
  /** Its meter takes in all that it may say. */
  readonly isGreedy: boolean;
  readonly isRead: boolean;
  /** Every meter but the home's feeds in all that it may say. */
  readonly feedsIn?: boolean;
}

export interface Play {
  readonly rules: MarketRules;
  readonly seed: number;
  /** From the street's first interval to the last one before the money is asked for. */
  readonly before: readonly Move[];
  /** And from then on to the last one that the validators vouch for. */
  readonly after: readonly Move[];
  /** So many of the closed periods the vault has not settled. */
  readonly late: number;
  readonly requested: number;
}

const anyMove = fc.record<Move>({
  kind: fc.constantFrom("buy", "sell", "withhold", "nothing"),
  isGreedy: fc.boolean(),
  isRead: fc.boolean(),
  feedsIn: fc.boolean(),
});
export const anyPlay = fc
  .record({
    seed: fc.nat(),
    before: fc.array(anyMove, { minLength: 1, maxLength: 10 }),
    after: fc.array(anyMove, { maxLength: 5 }),
    late: fc.nat(2),
    requested: fc.constantFrom(0, 700),
  })
  .map((play): Play => ({ ...play, rules: { ...anyRules(play.seed), maxOrderWh: wh(3_000), maxOrdersPerHome: 2 } }));

/** A street in which everybody else makes sure that the home's orders find somebody. */
export class BooksOfStreet {
  /** The periods that it has closed. */
  readonly closed: Batch[] = [];
  readonly #rules: MarketRules;
  readonly #below: (end: number) => number;
  readonly #meters = new Map(HOMES.map((home) => [home, [0, 0] as [number, number]]));
  readonly #readings = new Map<Interval, Reading[]>();
  state: MarketState;

  constructor({ rules, seed }: Pick<Play, "rules" | "seed">) {
    this.#rules = rules;
    const random = chance(seed);
    this.#below = (end) => Math.floor(random() * end);
    this.state = genesis(rules, FIRST, ZERO_DIGEST);
  }

  get balance(): number {
    return toTicks(accountOf(this.state.accounts, HOME).balance);
  }

  play(move: Move): void {
    const at = (this.state.interval + 1) as Interval;
    this.#readings.set(at, this.#metered(at, move));
    const due = settledWith(at);
    const readings = (this.#readings.get(due) ?? []).map((body) => ({ body, id: ZERO_DIGEST, signature: new Uint8Array(65) }));
    const roots = { orderSetRoot: ZERO_DIGEST, readingSetRoot: ZERO_DIGEST, nextMembers: ZERO_DIGEST };
    const entries = { kind: "trade", orders: this.#orders(at, move), withheld: this.#withheld(at, move), readings, ...roots } as const;
    const { state, batch } = advance(this.#rules, this.state, entries);
    this.state = state;
    if (batch !== null) this.closed.push(batch);
  }

  #metered(at: Interval, { isGreedy, isRead, feedsIn = false }: Move): Reading[] {
    for (const [home, meter] of this.#meters) {
      if (home !== HOME && feedsIn) meter[1] += this.#rules.maxOrderWh * this.#rules.maxOrdersPerHome;
      else if (home !== HOME) meter[this.#below(2)]! += this.#below(3) * this.#below(2_000);
      else if (isGreedy) meter[0] += this.#rules.maxOrderWh * this.#rules.maxOrdersPerHome;
    }
    const read = [...this.#meters].filter(([home]) => home !== HOME || isRead);
    return read.map(([home, [importWh, exportWh]]) => readingOf(home, at, importWh, exportWh));
  }

  #orders(at: Interval, { kind }: Move): readonly SignedOrder[] {
    if (kind !== "buy" && kind !== "sell") return [];
    const { maxPrice, tick, maxOrdersPerHome } = this.#rules;
    const isBuy = kind === "buy";
    const seqs = Array.from({ length: maxOrdersPerHome }, (_, seq) => seq);
    const own = seqs.map((seq) => this.#order({ home: HOME, interval: at, seq }, kind, isBuy ? maxPrice : tick));
    const others = HOMES.filter((home) => home !== HOME).flatMap((home) =>
      // A buyer meets neighbours who ask for all that it would pay, a seller those who pay next to nothing.
      seqs.map((seq) => this.#order({ home, interval: at, seq }, isBuy ? "sell" : "buy", isBuy ? maxPrice : tick)),
    );
    return [...own, ...others];
  }

  #order(
    at: { readonly home: HomeId; readonly interval: Interval; readonly seq: number },
    side: "buy" | "sell",
    limit: number,
  ): SignedOrder {
    const body = { ...at, side, energy: this.#rules.maxOrderWh, limit: microPerKwh(limit) };
    return { body, id: idOf(at.interval * 100 + at.home * 10 + at.seq), signature: new Uint8Array(65) };
  }

  #withheld(at: Interval, { kind }: Move): AgreedEntries["withheld"] {
    if (kind !== "withhold") return [];
    return Array.from({ length: this.#rules.maxOrdersPerHome }, (_, seq) => {
      const body = { home: HOME, interval: at, seq, commitment: ZERO_DIGEST };
      return { kind: "commit", commit: { body, id: idOf(at * 10 + seq), signature: new Uint8Array(65) } };
    });
  }
}

/** In a street of its own it orders nothing, takes in nothing and isn't read. */
export const NOTHING: Move = { kind: "nothing", isGreedy: false, isRead: false };
