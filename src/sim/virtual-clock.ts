import { assert } from "../../engine/kernel/index.ts";
import type { Cancel, Clock } from "../ports/index.ts";

interface Task {
  readonly realMs: number;
  readonly run: () => void;
}

export interface VirtualClockOptions {
  /** Street time at the beginning, ms since 1970. */
  readonly startMs: number;
  /** Street seconds in one real second. */
  readonly speed: number;
}

/** Promises that a task leaves behind get so many turns before the next task: enough for the longest chain of awaits here. */
const TURNS = 12;

/** Time that passes only when it is told to; tasks run in the order of their instants, those of one instant as they were asked for. */
export class VirtualClock implements Clock {
  readonly speed: number;
  readonly #startMs: number;
  readonly #tasks: Task[] = [];
  #realMs = 0;

  constructor({ startMs, speed }: VirtualClockOptions) {
    this.speed = speed;
    this.#startMs = startMs;
  }

  now(): number {
    return this.#startMs + this.#realMs * this.speed;
  }

  monotonicMs(): number {
    return this.#realMs;
  }

  at(at: number, task: () => void): Cancel {
    return this.#put((at - this.#startMs) / this.speed, task);
  }

  after(realMs: number, task: () => void): Cancel {
    return this.#put(this.#realMs + realMs, task);
  }

  /** Lets real time pass up to `realMs` from the beginning. */
  async run(realMs: number): Promise<void> {
    assert(realMs >= this.#realMs, "time does not go back");
    await settle();
    for (let next = this.#tasks[0]; next !== undefined && next.realMs <= realMs; next = this.#tasks[0]) {
      this.#tasks.shift();
      this.#realMs = next.realMs;
      next.run();
      await settle();
    }
    this.#realMs = realMs;
  }

  #put(realMs: number, run: () => void): Cancel {
    const task: Task = { realMs: Math.max(realMs, this.#realMs), run };
    this.#tasks.splice(this.#placeOf(task), 0, task);
    return () => {
      const place = this.#tasks.indexOf(task);
      if (place >= 0) this.#tasks.splice(place, 1);
    };
  }

  #placeOf(task: Task): number {
    let [low, high] = [0, this.#tasks.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#tasks[middle]!.realMs <= task.realMs) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** One home's own clock, off by so many milliseconds of street time. */
export function skewed(clock: Clock, offMs: number): Clock {
  return {
    speed: clock.speed,
    now: () => clock.now() + offMs,
    at: (at, task) => clock.at(at - offMs, task),
    after: (realMs, task) => clock.after(realMs, task),
    monotonicMs: () => clock.monotonicMs(),
  };
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < TURNS; turn++) await undefined;
}
