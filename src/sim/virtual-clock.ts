import { assert } from "../../engine/kernel/index.ts";
import type { Cancel, Clock } from "../ports/index.ts";

interface Task {
  readonly realMs: number;
  /** Tasks of one instant run as they were asked for. */
  readonly turn: number;
  /** null: not wanted any more. */
  run: (() => void) | null;
  /** Leaves no promises behind unless it says so. */
  readonly isQuiet: boolean;
}

export interface VirtualClockOptions {
  /** Street time at the beginning, ms since 1970. */
  readonly startMs: number;
  /** Street seconds in one real second. */
  readonly speed: number;
}

/** Promises that a task leaves behind get so many turns before the next task: enough for the longest chain of awaits here. */
const TURNS = 12;
/** To await it is one turn, as with anything that is no promise, but makes none anew. */
const SETTLED = Promise.resolve();

/** Time that passes only when it is told to; tasks run in the order of their instants, those of one instant as they were asked for. */
export class VirtualClock implements Clock {
  readonly speed: number;
  readonly #startMs: number;
  /** A binary heap: a parent is never later than its children. */
  readonly #tasks: Task[] = [];
  #realMs = 0;
  #turn = 0;
  #isStirred = false;

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
    return cancelOf(this.#put((at - this.#startMs) / this.speed, task));
  }

  after(realMs: number, task: () => void): Cancel {
    return cancelOf(this.#put(this.#realMs + realMs, task));
  }

  /** As `after`, for what nobody takes back and what leaves no promises behind, unless it calls `stir`: no turns are waited then. */
  soon(realMs: number, task: () => void): void {
    this.#put(this.#realMs + realMs, task, true);
  }

  /** The task that runs leaves promises behind. */
  stir(): void {
    this.#isStirred = true;
  }

  /** Lets real time pass up to `realMs` from the beginning. */
  async run(realMs: number): Promise<void> {
    assert(realMs >= this.#realMs, "time does not go back");
    for (let turn = 0; turn < TURNS; turn++) await SETTLED;
    for (let next = this.#tasks[0]; next !== undefined && next.realMs <= realMs; next = this.#tasks[0]) {
      this.#removeFirst();
      if (next.run === null) continue;
      this.#realMs = next.realMs;
      next.run();
      if (next.isQuiet && !this.#isStirred) continue;
      this.#isStirred = false;
      for (let turn = 0; turn < TURNS; turn++) await SETTLED;
    }
    this.#realMs = realMs;
  }

  #put(realMs: number, run: () => void, isQuiet = false): Task {
    const task: Task = { realMs: Math.max(realMs, this.#realMs), turn: this.#turn++, run, isQuiet };
    this.#rise(task, this.#tasks.length);
    return task;
  }

  #rise(task: Task, from: number): void {
    let at = from;
    for (let parent = (at - 1) >> 1; at > 0 && isBefore(task, this.#tasks[parent]!); parent = (at - 1) >> 1) {
      this.#tasks[at] = this.#tasks[parent]!;
      at = parent;
    }
    this.#tasks[at] = task;
  }

  #removeFirst(): void {
    const last = this.#tasks.pop()!;
    const count = this.#tasks.length;
    if (count === 0) return;
    let at = 0;
    for (let child = 1; child < count; child = 2 * at + 1) {
      if (child + 1 < count && isBefore(this.#tasks[child + 1]!, this.#tasks[child]!)) child++;
      if (!isBefore(this.#tasks[child]!, last)) break;
      this.#tasks[at] = this.#tasks[child]!;
      at = child;
    }
    this.#tasks[at] = last;
  }
}

const cancelOf =
  (task: Task): Cancel =>
  () => {
    task.run = null;
  };

const isBefore = (a: Task, b: Task): boolean => a.realMs < b.realMs || (a.realMs === b.realMs && a.turn < b.turn);
