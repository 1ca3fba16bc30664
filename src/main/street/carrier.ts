import { fromHex, type Period, toHex } from "../../../engine/kernel/index.ts";
import type { BatchReceipt, Log, Relay, SignedBatch, Store } from "../../ports/index.ts";

/** So many of the last batches are held however final they are: more than a reorganisation takes back. */
const HELD = 16;
const PLACE = "carrier";

interface Modules {
  readonly relay: Pick<Relay, "settle" | "batches" | "head">;
  readonly store: Pick<Store, "getMeta" | "setMeta">;
  readonly log: Log;
  /** Done after each batch before the next is proposed: while a proposal is open the supplier is paid nothing. */
  readonly settled: () => Promise<void>;
}

interface Trouble {
  readonly ok: false;
  readonly code: string;
  readonly detail: string;
  readonly period?: Period;
}

/**
 * Carries signed batches to the chain, oldest first. Each is on disk before it is first sent and until no reorganisation can take
 * it back: every look begins with what the chain says now, and what the chain has forgotten is handed in again. The vault settles
 * a period once, whoever hands it in and how often.
 */
export class Carrier {
  readonly #modules: Modules;
  readonly #held: Map<Period, SignedBatch>;
  #settled: ReadonlyMap<Period, BatchReceipt> = new Map();
  #sending: Period | null = null;
  #trouble = "";
  readonly #done = new Set<Period>();

  constructor(modules: Modules) {
    this.#modules = modules;
    this.#held = new Map(read(modules.store.getMeta(PLACE)).map((batch) => [batch.result.period, batch]));
  }

  /** Takes a batch over: from now on it reaches the chain, whatever becomes of who made it. */
  add(batch: SignedBatch): void {
    this.#held.set(batch.result.period, batch);
    this.#keep();
  }

  /** Batches that the chain lacked when it was last asked, oldest first. */
  get waiting(): readonly (SignedBatch & { readonly isSending: boolean })[] {
    return this.#inOrder()
      .filter(({ result }) => !this.#settled.has(result.period))
      .map((batch) => ({ ...batch, isSending: batch.result.period === this.#sending }));
  }

  /** How many batches it has brought to the chain in this life. */
  get carried(): number {
    return this.#done.size;
  }

  /** Hands in what the chain lacks. What doesn't succeed is tried again next time. */
  async carry(): Promise<void> {
    const { relay, log } = this.#modules;
    const batches = await relay.batches();
    if (!batches.ok) return this.#tell("chain.unreachable", batches);
    this.#settled = new Map(batches.value.map((receipt) => [receipt.period, receipt]));
    for (const { isSending: _, ...batch } of this.waiting) {
      const { period } = batch.result;
      this.#sending = period;
      const receipt = await relay.settle(batch);
      this.#sending = null;
      // The next one can't be settled before this one.
      if (!receipt.ok) return this.#tell(receipt.code === "CHAIN_PENDING" ? "batch.pending" : "batch.failed", { period, ...receipt });
      this.#done.add(period);
      this.#settled = new Map([...this.#settled, [period, receipt.value]]);
      log.info("batch.settled", { period, transaction: receipt.value.transaction, gas: receipt.value.gas });
      await this.#modules.settled();
    }
    this.#trouble = "";
    await this.#letGo();
  }

  async #letGo(): Promise<void> {
    if (this.#held.size <= HELD) return;
    const head = await this.#modules.relay.head();
    if (!head.ok) return;
    for (const { result } of this.#inOrder().slice(0, -HELD)) if (result.period < head.value.nextPeriod) this.#held.delete(result.period);
    this.#keep();
  }

  /** Once for each trouble, not at each try. */
  #tell(event: string, { ok: _, ...trouble }: Trouble): void {
    const text = JSON.stringify(trouble);
    if (text !== this.#trouble) this.#modules.log[event === "batch.pending" ? "info" : "warn"](event, trouble);
    this.#trouble = text;
  }

  #inOrder(): readonly SignedBatch[] {
    return [...this.#held.values()].sort((a, b) => a.result.period - b.result.period);
  }

  #keep(): void {
    this.#modules.store.setMeta(PLACE, write(this.#inOrder()));
  }
}

interface Written {
  readonly result: SignedBatch["result"];
  readonly vector: string;
  readonly wide: string;
  readonly certificate: string;
}

const write = (batches: readonly SignedBatch[]): string =>
  JSON.stringify(
    batches.map(
      ({ result, vector, wide, certificate }): Written => ({
        result,
        vector: toHex(vector),
        wide: toHex(wide),
        certificate: toHex(certificate),
      }),
    ),
  );

function read(text: string | null): readonly SignedBatch[] {
  const written = text === null ? [] : (JSON.parse(text) as readonly Written[]);
  return written.map(({ result, vector, wide, certificate }) => ({
    result,
    vector: fromHex(vector),
    wide: fromHex(wide),
    certificate: fromHex(certificate),
  }));
}
