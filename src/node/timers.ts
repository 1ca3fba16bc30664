import type { Cancel, Clock } from "../ports/index.ts";

/** Timers that end together. One that has run is forgotten: what waits may wait for days. */
export class Timers {
  readonly #clock: Clock;
  readonly #running = new Set<Cancel>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  after(realMs: number, task: () => void): void {
    this.#add((run) => this.#clock.after(realMs, run), task);
  }

  at(at: number, task: () => void): void {
    this.#add((run) => this.#clock.at(at, run), task);
  }

  cancel(): void {
    for (const cancel of this.#running) cancel();
    this.#running.clear();
  }

  #add(schedule: (task: () => void) => Cancel, task: () => void): void {
    const cancel = schedule(() => {
      this.#running.delete(cancel);
      task();
    });
    this.#running.add(cancel);
  }
}
