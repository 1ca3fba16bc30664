/**
 * One task at a time, home by home in turn: who hands in many waits for its own, not others for it. A home has so many places to wait in,
 * and no more.
 */
export class Turns {
  readonly #places: number;
  /** In the order of their next turns; a home is in it while it has something waiting. */
  readonly #waiting = new Map<number, (() => Promise<void>)[]>();
  #isRunning = false;

  constructor(places: number) {
    this.#places = places;
  }

  /** What the task came to, once its turn has come; null at once when all of the home's places are taken. */
  take<T>(home: number, task: () => Promise<T>): Promise<T> | null {
    const own = this.#waiting.get(home) ?? [];
    if (own.length >= this.#places) return null;
    return new Promise<T>((resolve, reject) => {
      this.#waiting.set(home, own);
      own.push(() => task().then(resolve, reject));
      void this.#run();
    });
  }

  async #run(): Promise<void> {
    if (this.#isRunning) return;
    this.#isRunning = true;
    for (let next = this.#next(); next !== null; next = this.#next()) await next();
    this.#isRunning = false;
  }

  #next(): (() => Promise<void>) | null {
    for (const [home, own] of this.#waiting) {
      this.#waiting.delete(home);
      const task = own.shift()!;
      // Behind everybody else's.
      if (own.length > 0) this.#waiting.set(home, own);
      return task;
    }
    return null;
  }
}
