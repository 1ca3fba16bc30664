import type { Ring } from "./ring.ts";
import { DURABLE_BELL, deathOf, type Shared } from "./shared.ts";

interface Waiter {
  readonly sequence: number;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

/** Those who wait until a record is on disk. One watch for all of them; the event loop stays free. */
export class Waiters {
  private readonly shared: Shared;
  private readonly ring: Ring;
  private waiting: Waiter[] = [];
  private isWatching = false;

  constructor(shared: Shared, ring: Ring) {
    this.shared = shared;
    this.ring = ring;
  }

  wait(sequence: number): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ sequence, resolve, reject });
      if (!this.isWatching) void this.watch();
    });
  }

  private async watch(): Promise<void> {
    const { control } = this.shared;
    this.isWatching = true;
    for (;;) {
      const bell = Atomics.load(control, DURABLE_BELL);
      this.settle();
      if (this.waiting.length === 0) break;
      const rung = Atomics.waitAsync(control, DURABLE_BELL, bell);
      if (rung.async) await rung.value;
    }
    this.isWatching = false;
  }

  /** What is on disk stays acknowledged, even if the journal died right after. */
  private settle(): void {
    // In this order: what was on disk before the death is seen with it.
    const death = deathOf(this.shared);
    const durable = this.ring.durable();
    const still: Waiter[] = [];
    for (const waiter of this.waiting) {
      if (waiter.sequence <= durable) waiter.resolve();
      else if (death !== null) waiter.reject(death);
      else still.push(waiter);
    }
    this.waiting = still;
  }
}
