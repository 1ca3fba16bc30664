import { describe, expect, test } from "@jest/globals";
import { chance, HomeClock, VirtualClock } from "../../../src/sim/index.ts";

const START = 1_000_000;

describe("virtual time", () => {
  test("tasks run in the order of their instants, those of one instant as they were asked for, cancelled ones never", async () => {
    const clock = new VirtualClock({ startMs: START, speed: 1 });
    const draw = chance(5);
    const asked = Array.from({ length: 500 }, (_, number) => ({ number, at: Math.floor(50 * draw()) }));
    const ran: number[] = [];
    const cancels = asked.map(({ number, at }) => clock.after(at, () => ran.push(number)));
    const cancelled = asked.filter(({ number }) => number % 3 === 0);
    for (const { number } of cancelled) cancels[number]!();
    await clock.run(60);
    const expected = asked.filter((each) => !cancelled.includes(each)).sort((a, b) => a.at - b.at || a.number - b.number);
    expect(ran).toEqual(expected.map(({ number }) => number));
  });

  test("after what leaves promises the next task waits for them; after what leaves none it doesn't", async () => {
    const clock = new VirtualClock({ startMs: START, speed: 1 });
    const ran: string[] = [];
    const leaving = (name: string) => (): void => {
      ran.push(name);
      void Promise.resolve().then(() => ran.push(`${name}'s promise`));
    };
    const stirring = (): void => {
      clock.stir();
      leaving("stirring")();
    };
    clock.after(1, leaving("task"));
    clock.soon(2, stirring);
    clock.soon(3, leaving("quiet"));
    clock.soon(3, () => ran.push("next"));
    await clock.run(5);
    expect(ran.slice(0, 6)).toEqual(["task", "task's promise", "stirring", "stirring's promise", "quiet", "next"]);
  });
});

describe("a home's own clock", () => {
  const at = async (offMs: number, driftPpm: number, target: number, sets: readonly (readonly [number, number])[] = []) => {
    const clock = new VirtualClock({ startMs: START, speed: 10 });
    const own = new HomeClock(clock, offMs, driftPpm);
    let ranAt: number | null = null;
    own.at(START + target, () => {
      ranAt = clock.monotonicMs();
    });
    for (const [when, by] of sets) clock.after(when, () => own.set(by));
    await clock.run(10_000);
    return ranAt === null ? null : Math.round(ranAt);
  };

  test.each([
    ["right", 0, 0, 1_000, [], 100],
    ["ahead: early", 500, 0, 1_000, [], 50],
    ["behind: late", -500, 0, 1_000, [], 150],
    ["a tenth too fast", 0, 100_000, 1_100, [], 100],
    ["set forward while it waits", 0, 0, 1_000, [[20, 600]], 40],
    ["set forward beyond the instant: at once", 0, 0, 1_000, [[20, 5_000]], 20],
    ["set back while it waits", 0, 0, 1_000, [[20, -1_000]], 200],
    [
      "set back and forth: once",
      0,
      0,
      1_000,
      [
        [20, -1_000],
        [120, 1_000],
      ],
      120,
    ],
  ] as const)("%s", async (_what, offMs, driftPpm, target, sets, expected) => {
    expect(await at(offMs, driftPpm, target, sets)).toBe(expected);
  });

  test("cancelled, it runs never, and its own milliseconds don't jump when it is set", async () => {
    const clock = new VirtualClock({ startMs: START, speed: 1 });
    const own = new HomeClock(clock, 0, 0);
    let ran = 0;
    const cancel = own.at(START + 50, () => ran++);
    own.after(80, () => ran++);
    own.set(30);
    cancel();
    await clock.run(79);
    expect([ran, own.monotonicMs(), own.now()]).toEqual([0, 79, START + 109]);
    await clock.run(80);
    expect(ran).toBe(1);
  });
});
