import { cost, type Digest, type HomeId, type Interval, type MicroPerKwh, type Nano, type Wh } from "../../engine/kernel/index.ts";
import type { Side, SignedRequest, VenueEvent, VenueFill } from "../../engine/messages/index.ts";

/** One home's part of a trade. */
export interface TradePart {
  readonly event: number;
  readonly time: number;
  readonly interval: Interval;
  readonly home: HomeId;
  readonly side: Side;
  readonly energy: Wh;
  readonly price: MicroPerKwh;
  /** What it pays or gets. */
  readonly amount: Nano;
  readonly order: Digest;
}

interface Known {
  readonly home: HomeId;
  readonly side: Side;
  readonly interval: Interval;
}

/** Tells who traded in each event of a log, from its first on. */
export class Trades {
  readonly #orders = new Map<Digest, Known>();

  of(event: VenueEvent): readonly TradePart[] {
    const { input, outcome } = event;
    if (input.kind === "opening") for (const { order } of input.opening.resting) this.#orders.set(order.id, order.body);
    if (input.kind !== "request") return outcome.fills.map((fill) => this.#part(event, fill, fill.order));
    const taker = this.#takerOf(input.request);
    return outcome.fills.flatMap((fill) => [this.#part(event, fill, fill.order), this.#part(event, fill, taker)]);
  }

  /** The order that a request brings, or moves. */
  #takerOf({ body, id }: SignedRequest): Digest {
    if (body.kind !== "order") return body.order;
    this.#orders.set(id, body);
    return id;
  }

  #part({ number, time }: VenueEvent, { energy, price }: VenueFill, order: Digest): TradePart {
    const { home, side, interval } = this.#orders.get(order)!;
    return { event: number, time, interval, home, side, energy, price, amount: cost(energy, price), order };
  }
}

/** What one home came to, in Wh and nano: over a log of any length, beyond what a number holds. */
export interface HomeTotal {
  readonly home: HomeId;
  boughtWh: bigint;
  soldWh: bigint;
  paid: bigint;
  received: bigint;
}

/** Sums by home, by rising number. */
export class HomeTotals {
  readonly #homes = new Map<HomeId, HomeTotal>();

  add({ home, side, energy, amount }: TradePart): void {
    const total = this.#homes.get(home) ?? { home, boughtWh: 0n, soldWh: 0n, paid: 0n, received: 0n };
    if (side === "buy") {
      total.boughtWh += BigInt(energy);
      total.paid += BigInt(amount);
    } else {
      total.soldWh += BigInt(energy);
      total.received += BigInt(amount);
    }
    this.#homes.set(home, total);
  }

  list(): readonly HomeTotal[] {
    return [...this.#homes.values()].sort((a, b) => a.home - b.home);
  }
}
