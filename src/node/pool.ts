import { compare, type Digest, type HomeId, type Interval } from "../../engine/kernel/index.ts";
import type { Reading, SignedOrder, SignedReading } from "../../engine/messages/index.ts";

/** Orders and readings that were admitted and are not settled yet, this home's own among them. */
export class Pool {
  readonly #orders = new Map<Digest, SignedOrder>();
  readonly #readings = new Map<Digest, SignedReading>();
  /** The newest reading of each home in a certified interval: what the next one is compared with. */
  readonly #settled = new Map<HomeId, Reading>();

  addOrder(order: SignedOrder): void {
    this.#orders.set(order.id, order);
  }

  addReading(reading: SignedReading): void {
    this.#readings.set(reading.id, reading);
  }

  order = (id: Digest): SignedOrder | undefined => this.#orders.get(id);
  reading = (id: Digest): SignedReading | undefined => this.#readings.get(id);
  has = (id: Digest): boolean => this.#orders.has(id) || this.#readings.has(id);

  ordersFor(interval: Interval): readonly SignedOrder[] {
    return [...this.#orders.values()].filter(({ body }) => body.interval === interval).sort(byId);
  }

  readingsFor(interval: Interval): readonly SignedReading[] {
    return [...this.#readings.values()].filter(({ body }) => body.interval === interval).sort(byId);
  }

  heldOrders = (home: HomeId, interval: Interval, seq: number): readonly SignedOrder[] =>
    this.ordersFor(interval).filter(({ body }) => body.home === home && body.seq === seq);

  heldReadings = (home: HomeId, interval: Interval): readonly SignedReading[] =>
    this.readingsFor(interval).filter(({ body }) => body.home === home);

  neighbours = (home: HomeId, interval: Interval): { readonly before: Reading | null; readonly after: Reading | null } => {
    const settled = this.#settled.get(home);
    const all = [...this.#readings.values()].map(({ body }) => body).filter((body) => body.home === home);
    const known = settled === undefined ? all : [...all, settled];
    const before = known.filter((body) => body.interval < interval).sort((a, b) => b.interval - a.interval)[0];
    const after = known.filter((body) => body.interval > interval).sort((a, b) => a.interval - b.interval)[0];
    return { before: before ?? null, after: after ?? null };
  };

  /** Forgets what a certified interval has used up. */
  settle(interval: Interval, settledInterval: Interval, readings: readonly SignedReading[]): void {
    for (const { body } of readings) this.#settled.set(body.home, body);
    for (const [id, { body }] of this.#orders) if (body.interval <= interval) this.#orders.delete(id);
    for (const [id, { body }] of this.#readings) if (body.interval <= settledInterval) this.#readings.delete(id);
  }
}

const byId = (a: { readonly id: Digest }, b: { readonly id: Digest }): number => compare(a.id, b.id);
