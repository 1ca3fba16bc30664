import { fail, type HomeId, ok, type Result } from "../../../engine/kernel/index.ts";
import type { Clock, Errand, Store } from "../../ports/index.ts";
import type { AllowanceConfig } from "../config/index.ts";

export type ErrandKind = Errand["kind"] | "motion" | "vote";

const KEYS: Readonly<Record<ErrandKind, Exclude<keyof AllowanceConfig, "gas">>> = {
  deposit: "deposits",
  withdraw: "withdrawals",
  "withdraw-now": "withdrawals",
  redirect: "withdrawals",
  pay: "payments",
  rotate: "keyChanges",
  leave: "departures",
  motion: "motions",
  vote: "votes",
};

const WORDS: Readonly<Record<ErrandKind, string>> = {
  deposit: "deposits",
  withdraw: "withdrawals",
  "withdraw-now": "withdrawals at once",
  redirect: "redirections",
  pay: "payments",
  rotate: "changes of key",
  leave: "departures",
  motion: "motions",
  vote: "votes",
};

interface Spent {
  readonly gas: number;
  readonly errands: Readonly<Partial<Record<ErrandKind, number>>>;
}

interface Day {
  /** Whole days since 1970, UTC, of the street's clock. */
  readonly day: number;
  readonly homes: Readonly<Record<string, Spent>>;
}

const PLACE = "allowance";
const DAY_MS = 86_400_000;

/**
 * How much the operator still carries today for each home: so many errands of each kind, and so much gas in all. It is booked on disk
 * before anything is sent, so a restart forgets nothing; a clock that is set back begins no day anew.
 */
export class Allowance {
  readonly #clock: Pick<Clock, "now">;
  readonly #store: Pick<Store, "getMeta" | "setMeta">;
  readonly #limits: AllowanceConfig;
  #day: Day;

  constructor(
    { clock, store }: { readonly clock: Pick<Clock, "now">; readonly store: Pick<Store, "getMeta" | "setMeta"> },
    limits: AllowanceConfig,
  ) {
    this.#clock = clock;
    this.#store = store;
    this.#limits = limits;
    this.#day = read(store.getMeta(PLACE));
  }

  /** Books an errand of so much gas, or says what is used up and when it begins anew. */
  book(home: HomeId, kind: ErrandKind, gas: number): Result<void, "LIMIT_REACHED"> {
    const spent = this.#today().homes[home] ?? { gas: 0, errands: {} };
    const count = spent.errands[kind] ?? 0;
    const most = this.#limits[KEYS[kind]];
    if (most === 0)
      return fail("LIMIT_REACHED", `this street's operator carries no ${WORDS[kind]}; the owner sends them to the chain itself`);
    if (count >= most) return this.#usedUp(home, `its ${most} ${WORDS[kind]} of this day`);
    const left = this.#limits.gas - spent.gas;
    if (gas > left) return this.#usedUp(home, `its ${this.#limits.gas} gas of this day but ${Math.max(0, left)}; this takes ${gas}`);
    this.#keep(home, { gas: spent.gas + gas, errands: { ...spent.errands, [kind]: count + 1 } });
    return ok(undefined);
  }

  /** Takes a booking back of which nothing was sent. */
  giveBack(home: HomeId, kind: ErrandKind, gas: number): void {
    const spent = this.#today().homes[home];
    const count = spent?.errands[kind] ?? 0;
    // Booked yesterday: today has nothing of it.
    if (spent === undefined || count === 0) return;
    this.#keep(home, { gas: Math.max(0, spent.gas - gas), errands: { ...spent.errands, [kind]: count - 1 } });
  }

  #usedUp(home: HomeId, what: string): Result<never, "LIMIT_REACHED"> {
    const again = new Date((this.#day.day + 1) * DAY_MS).toISOString();
    return fail("LIMIT_REACHED", `home ${home} has had ${what}; it is carried again from ${again} on`);
  }

  #today(): Day {
    const day = Math.floor(this.#clock.now() / DAY_MS);
    if (day > this.#day.day) this.#day = { day, homes: {} };
    return this.#day;
  }

  #keep(home: HomeId, spent: Spent): void {
    this.#day = { ...this.#day, homes: { ...this.#day.homes, [home]: spent } };
    this.#store.setMeta(PLACE, JSON.stringify(this.#day));
  }
}

const read = (kept: string | null): Day => (kept === null ? { day: 0, homes: {} } : (JSON.parse(kept) as Day));
