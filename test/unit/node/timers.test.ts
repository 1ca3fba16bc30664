import { expect, test } from "@jest/globals";
import { Timers } from "../../../src/node/timers.ts";
import { VirtualClock } from "../../../src/sim/index.ts";

/** A clock that counts who was told to end. */
function counting() {
  const clock = new VirtualClock({ startMs: 0, speed: 1 });
  let cancelled = 0;
  const watched =
    <Given>(schedule: (when: number, task: Given) => () => void) =>
    (when: number, task: Given) => {
      const cancel = schedule(when, task);
      return () => {
        cancelled++;
        cancel();
      };
    };
  const timers = new Timers({
    now: () => clock.now(),
    monotonicMs: () => clock.monotonicMs(),
    speed: clock.speed,
    at: watched((when, task: () => void) => clock.at(when, task)),
    after: watched((when, task: () => void) => clock.after(when, task)),
  });
  return { clock, timers, cancelled: () => cancelled };
}

test("what waits ends together; what has run is forgotten, and so is what was ended", async () => {
  const { clock, timers, cancelled } = counting();
  const done: string[] = [];
  timers.after(10, () => done.push("after 10"));
  timers.at(20, () => {
    done.push("at 20");
    timers.after(5, () => done.push("after 25"));
  });
  timers.at(100, () => done.push("never"));
  timers.after(100, () => done.push("nor this"));
  await clock.run(50);
  expect([done, cancelled()]).toEqual([["after 10", "at 20", "after 25"], 0]);
  timers.cancel();
  await clock.run(200);
  expect([done.length, cancelled()]).toEqual([3, 2]);
  timers.cancel();
  timers.after(10, () => done.push("after the end"));
  await clock.run(300);
  expect([done.at(-1), cancelled()]).toEqual(["after the end", 2]);
});
