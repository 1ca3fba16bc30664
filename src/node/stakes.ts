import type { HomeId } from "../../engine/kernel/index.ts";
import { MAX_STAKE, type Stakes } from "../../engine/messages/index.ts";
import { type Batch, type CarriedState, decodeVector } from "../../engine/settlement/index.ts";
import type { Chain, Log, VaultEscrows } from "../ports/index.ts";

export interface StakeModules {
  readonly chain: Pick<Chain, "escrows">;
  readonly log: Log;
  /** What batches have carried by this home's own books, and those of them that the chain may lack. */
  readonly books: () => { readonly carried: CarriedState; readonly open: readonly Batch[] };
  /** Whether this home is to say what it reads in the list that it signs next. */
  readonly isWanted: () => boolean;
}

/** What this home can say of stakes: as it last read the chain, and nothing when it couldn't. */
export class StakeReader {
  readonly #modules: StakeModules;
  #stakes: Stakes | null = null;
  #isReading = false;

  constructor(modules: StakeModules) {
    this.#modules = modules;
  }

  get stakes(): Stakes | null {
    return this.#stakes;
  }

  async read(): Promise<void> {
    const { chain, log, books, isWanted } = this.#modules;
    if (!isWanted()) {
      this.#stakes = null;
      return;
    }
    if (this.#isReading) return;
    this.#isReading = true;
    const escrows = await chain.escrows();
    this.#isReading = false;
    const { carried, open } = books();
    this.#stakes = escrows.ok ? stakesOf(escrows.value, carried, open) : null;
    log.debug("stakes.read", { homes: this.#stakes?.length ?? null });
  }
}

/**
 * A home's stake is what the vault holds for it, less what it owes there, less what it has asked back, less what batches have carried by the period that the
 * vault stands at: settlement moves both alike. null: these books don't reach that period, or lack a batch after it.
 */
export function stakesOf({ nextPeriod, ticks, requested }: VaultEscrows, carried: CarriedState, open: readonly Batch[]): Stakes | null {
  const lacking = open.filter(({ result }) => result.period >= nextPeriod);
  if (lacking.length !== carried.period - nextPeriod) return null;
  const changes = lacking.map(({ vector }) => decodeVector(vector));
  return ticks.map((held, home) => {
    const ahead = changes.reduce((total, change) => total + (change[home] ?? 0), 0);
    const stake = held - (requested[home] ?? 0) - ((carried.ticks.get(home as HomeId) ?? 0) - ahead);
    return Math.min(Math.max(stake, -MAX_STAKE), MAX_STAKE);
  });
}
