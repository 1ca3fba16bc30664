/** How many requests a home may make: `burst` at once, and `perSecond` in the long run. */
export interface AllowanceSize {
  readonly burst: number;
  readonly perSecond: number;
}

/** Keeps one member from filling the sequence: a bucket for each home, by a clock that never falls. */
export class Allowance {
  readonly #size: AllowanceSize;
  readonly #left = new Map<number, { left: number; at: number }>();

  constructor(size: AllowanceSize) {
    this.#size = size;
  }

  /** false: this home has to wait; nothing is taken then. */
  take(home: number, nowMs: number): boolean {
    const { burst, perSecond } = this.#size;
    const { left, at } = this.#left.get(home) ?? { left: burst, at: nowMs };
    const now = Math.min(burst, left + ((nowMs - at) * perSecond) / 1000);
    this.#left.set(home, { left: now < 1 ? now : now - 1, at: nowMs });
    return now >= 1;
  }
}
