import { workerData } from "node:worker_threads";
import type { LogStart } from "./log.ts";
import { attach, CLOSING, MADE, MADE_BELL, MAKE, MAKE_BELL, MAKE_BYTES, type Memory, OLD, RUNNING, ringBell, STATE } from "./shared.ts";
import { makeSegment, useAgain } from "./spare.ts";

/** The thread that has the next segment ready before it is needed, so that the writing one syncs nothing but groups. */
const { memory, log } = workerData as { readonly memory: Memory; readonly log: LogStart };
const { control } = attach(memory);
const { folder, journal } = log;
const state = (): number => Atomics.load(control, STATE);

for (let made = 0; state() === RUNNING || state() === CLOSING; ) {
  const bell = Atomics.load(control, MAKE_BELL);
  const number = Atomics.load(control, MAKE);
  if (number === made) {
    Atomics.wait(control, MAKE_BELL, bell);
    continue;
  }
  Atomics.store(control, MADE, make(number) ? number : -number);
  made = number;
  ringBell(control, MADE_BELL);
}

/** Whether it is there. Why it isn't, the writer finds out for itself if it comes to need it. */
function make(number: number): boolean {
  const segment = { number, bytes: Atomics.load(control, MAKE_BYTES) };
  const old = Atomics.load(control, OLD);
  try {
    if (old === 0) return makeSegment(folder, journal, segment, () => state() === RUNNING);
    useAgain(folder, journal, old, segment);
    return true;
  } catch {
    return false;
  }
}
