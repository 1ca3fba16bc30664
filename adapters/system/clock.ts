import { performance } from "node:perf_hooks";
import { assert } from "../../engine/kernel/index.ts";
import type { Cancel, Clock } from "../../src/ports/index.ts";

/** Where the street's time hangs on the machine's: at wall time `wallMs` it was `streetMs` there, and it runs `speed` times as fast. */
export interface ClockAnchor {
  readonly streetMs: number;
  readonly wallMs: number;
  readonly speed: number;
}

/** What the clock needs of the machine; tests hand in their own. */
export interface Machine {
  wallMs(): number;
  monotonicMs(): number;
  timer(ms: number, task: () => void): Cancel;
}

// A wait is slept in slices: the machine's clock may be set while we sleep (then we notice within a slice), and
// setTimeout fires at once when asked for more than 2^31 ms.
const SLICE_MS = 1000;

const machine: Machine = {
  wallMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  // unref: timers never keep a process alive. Listening sockets do; when those are closed the process may end.
  timer: (ms, task) => {
    const timer = setTimeout(task, ms).unref();
    return () => clearTimeout(timer);
  },
};

/** The real clock. Without an anchor the street's time is the machine's. A task never runs before the street shows its instant. */
export function systemClock(anchor: ClockAnchor = { streetMs: 0, wallMs: 0, speed: 1 }, on: Machine = machine): Clock {
  const { streetMs, wallMs, speed } = anchor;
  assert(Number.isFinite(streetMs) && Number.isFinite(wallMs), "a clock hangs on two instants");
  assert(Number.isFinite(speed) && speed > 0, `a clock runs forward: speed ${speed}`);
  const now = () => Math.floor(streetMs + (on.wallMs() - wallMs) * speed);
  return {
    now,
    speed,
    monotonicMs: on.monotonicMs,
    at: (at, task) => waitFor(() => (at - now()) / speed, task, on),
    after: (realMs, task) => {
      const due = on.monotonicMs() + realMs;
      return waitFor(() => due - on.monotonicMs(), task, on);
    },
  };
}

/** Sleeps in slices until nothing is left; asks again after every slice, so an early timer or a set clock only means one more slice. */
function waitFor(leftMs: () => number, task: () => void, on: Machine): Cancel {
  let cancelTimer: Cancel = () => {};
  const sleep = () => {
    const left = leftMs();
    assert(!Number.isNaN(left), "a timer needs an instant");
    cancelTimer = on.timer(Math.min(Math.max(Math.ceil(left), 0), SLICE_MS), () => (leftMs() > 0 ? sleep() : task()));
  };
  sleep();
  return () => cancelTimer();
}
