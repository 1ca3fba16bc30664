import type { Clock } from "../../src/ports/index.ts";

/** The machine's own time, for tests that talk over loopback; `now` can be handed in. */
export function realTime(now: () => number = Date.now): Clock {
  return {
    now,
    speed: 1,
    at: (at, task) => later(at - now(), task),
    after: later,
    monotonicMs: () => performance.now(),
  };
}

function later(ms: number, task: () => void): () => void {
  const timer = setTimeout(task, Math.max(0, ms));
  return () => clearTimeout(timer);
}

export const never = new AbortController().signal;
