import type { Cancel, Clock } from "../ports/index.ts";

/** Nearer than that, in ms of the street, is there: fractions must not keep a task waiting for ever. */
const NEAR_MS = 0.001;

/** One home's own clock: off by some street time, running a little fast or slow, and set now and then. */
export class HomeClock implements Clock {
  readonly speed: number;
  readonly #true: Clock;
  readonly #rate: number;
  readonly #startMs: number;
  #offMs: number;
  /** Tasks that wait for an instant; looked at again when the clock is set. */
  readonly #waiting = new Set<() => void>();

  /** `offMs` in ms of street time; `driftPpm` makes it fast when positive. */
  constructor(clock: Clock, offMs = 0, driftPpm = 0) {
    this.speed = clock.speed;
    this.#true = clock;
    this.#offMs = offMs;
    this.#rate = 1 + driftPpm / 1_000_000;
    this.#startMs = clock.now() - clock.monotonicMs() * clock.speed;
  }

  now(): number {
    return this.#startMs + this.monotonicMs() * this.speed + this.#offMs;
  }

  monotonicMs(): number {
    return this.#true.monotonicMs() * this.#rate;
  }

  after(realMs: number, task: () => void): Cancel {
    return this.#true.after(realMs / this.#rate, task);
  }

  at(at: number, task: () => void): Cancel {
    let cancelTimer: Cancel = () => {};
    const look = (): void => {
      cancelTimer();
      const leftMs = at - this.now();
      if (leftMs > NEAR_MS) {
        cancelTimer = this.after(leftMs / this.speed, look);
        return;
      }
      this.#waiting.delete(look);
      task();
    };
    const cancel = (): void => {
      cancelTimer();
      this.#waiting.delete(look);
    };
    this.#waiting.add(look);
    cancelTimer = this.after(Math.max(0, at - this.now()) / this.speed, look);
    return cancel;
  }

  /** As when somebody, or a time server, sets it: by so many ms of street time, either way. */
  set(byMs: number): void {
    this.#offMs += byMs;
    for (const look of [...this.#waiting]) if (this.#waiting.has(look)) this.after(0, () => this.#waiting.has(look) && look());
  }
}
