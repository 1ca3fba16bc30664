const FIRST_MS = 200;
const MAX_MS = 30_000;

export interface BackOffOptions {
  readonly maxBackOffMs?: number | undefined;
  readonly clock: { monotonicMs(): number };
  /** 0 to 1: keeps the homes of a street from knocking at the same moment. */
  readonly random: () => number;
}

/** How long nobody is asked again: 0.2 s, doubled with each failure in a row, half of it left to chance. */
export class BackOff {
  private readonly options: BackOffOptions;
  private failures = 0;
  private retryAt = Number.NEGATIVE_INFINITY;

  constructor(options: BackOffOptions) {
    this.options = options;
  }

  /** Milliseconds until the next try; 0 or less: now. */
  get waitMs(): number {
    return Math.ceil(this.retryAt - this.options.clock.monotonicMs());
  }

  failed(): void {
    const { maxBackOffMs = MAX_MS, clock, random } = this.options;
    const most = Math.min(FIRST_MS * 2 ** this.failures, maxBackOffMs);
    this.failures = Math.min(this.failures + 1, 16);
    this.retryAt = clock.monotonicMs() + most * (0.5 + 0.5 * random());
  }

  succeeded(): void {
    this.failures = 0;
  }
}
