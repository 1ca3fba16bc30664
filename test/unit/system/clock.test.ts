import { execFileSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { type Machine, systemClock } from "../../../adapters/system/clock.ts";

/** A machine whose wall clock can be set, whose timers may fire early, and that refuses waits no real timer can hold. */
class TestMachine implements Machine {
  elapsed = 0;
  wallOffset = 1_000_000;
  private timers: { due: number; task: () => void }[] = [];
  asked: number[] = [];

  wallMs = () => Math.floor(this.elapsed + this.wallOffset);
  monotonicMs = () => this.elapsed;

  timer = (ms: number, task: () => void) => {
    this.asked.push(ms);
    const entry = { due: this.elapsed + ms, task };
    this.timers.push(entry);
    return () => {
      this.timers = this.timers.filter((each) => each !== entry);
    };
  };

  get pending(): number {
    return this.timers.length;
  }

  pass(ms: number): void {
    const until = this.elapsed + ms;
    for (;;) {
      const next = this.timers.filter(({ due }) => due <= until).sort((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.timers = this.timers.filter((each) => each !== next);
      this.elapsed = Math.max(this.elapsed, next.due);
      next.task();
    }
    this.elapsed = until;
  }
}

describe("the street's time", () => {
  test.each([
    // speed, real ms later, street ms later
    [1, 1500, 1500],
    [288, 1, 288],
    [288, 200, 57_600],
    [0.5, 1001, 500],
    [2.5, 3, 7],
  ])("at speed %d, %d ms later it is %d ms later", (speed, real, street) => {
    const machine = new TestMachine();
    const clock = systemClock({ streetMs: 5_000_000, wallMs: 1_000_000, speed }, machine);
    expect(clock.now()).toBe(5_000_000);
    machine.elapsed += real;
    expect(clock.now()).toBe(5_000_000 + street);
    expect(clock.speed).toBe(speed);
  });

  test("without an anchor it is the machine's", () => {
    const machine = new TestMachine();
    machine.elapsed = 77;
    expect(systemClock(undefined, machine).now()).toBe(1_000_077);
    const real = systemClock();
    const [before, now, after] = [Date.now(), real.now(), Date.now()];
    // The machine may stand still between any two of them.
    expect(now).toBeGreaterThanOrEqual(before - 50);
    expect(now).toBeLessThanOrEqual(after + 50);
  });

  test.each([0, -1, Number.NaN, Number.POSITIVE_INFINITY])("a clock can't run at speed %d", (speed) => {
    expect(() => systemClock({ streetMs: 0, wallMs: 0, speed })).toThrow("runs forward");
  });
});

describe("at", () => {
  test("runs the task when the street's time is there: not before, at most a millisecond of real time after", () => {
    const machine = new TestMachine();
    const clock = systemClock({ streetMs: 0, wallMs: 1_000_000, speed: 288 }, machine);
    const ran: number[] = [];
    // Instants 200 ms of real time apart, and some that fall between two milliseconds.
    const instants = [57_600, 115_200, 115_300, 172_801];
    for (const at of instants) clock.at(at, () => ran.push(clock.now()));
    machine.pass(1000);
    expect(ran).toEqual([57_600, 115_200, 115_488, 172_800 + 288]);
    expect(ran.every((at, i) => at >= instants[i]!)).toBe(true);
  });

  test("an instant that has passed comes soon, but not before the caller is done", () => {
    const machine = new TestMachine();
    const clock = systemClock(undefined, machine);
    let ran = false;
    clock.at(5, () => (ran = true));
    expect(ran).toBe(false);
    machine.pass(0);
    expect(ran).toBe(true);
  });

  test("a wait longer than setTimeout can hold is slept in slices, and never ends early", () => {
    const machine = new TestMachine();
    const clock = systemClock(undefined, machine);
    let ran = 0;
    clock.at(1_000_000 + 40 * 86_400_000, () => ran++);
    machine.pass(600_000);
    expect([ran, machine.pending]).toEqual([0, 1]);
    expect(Math.max(...machine.asked)).toBeLessThanOrEqual(1000);
    machine.wallOffset += 40 * 86_400_000 - 600_000;
    machine.pass(1000);
    expect(ran).toBe(1);
  });

  test("a wall clock that is set forward is noticed within a second", () => {
    const machine = new TestMachine();
    const clock = systemClock(undefined, machine);
    let ranAt = 0;
    clock.at(1_000_000 + 3_600_000, () => (ranAt = machine.elapsed));
    machine.pass(10_000);
    machine.wallOffset += 3_600_000;
    machine.pass(5_000);
    expect(ranAt).toBeGreaterThan(0);
    expect(ranAt).toBeLessThanOrEqual(11_000);
  });

  test("a wall clock that is set back makes the task wait for its instant; it runs once", () => {
    const machine = new TestMachine();
    const clock = systemClock(undefined, machine);
    const ran: number[] = [];
    clock.at(1_000_000 + 5_000, () => ran.push(clock.now()));
    machine.pass(4_900);
    machine.wallOffset -= 60_000;
    machine.pass(30_000);
    expect(ran).toEqual([]);
    machine.pass(60_000);
    expect(ran).toEqual([1_005_000]);
  });

  test("cancel works before, between slices, and does nothing after", () => {
    const machine = new TestMachine();
    const clock = systemClock(undefined, machine);
    let ran = 0;
    const task = () => ran++;
    clock.at(1_000_500, task)();
    const long = clock.at(1_010_000, task);
    machine.pass(5_500);
    long();
    machine.pass(60_000);
    expect([ran, machine.pending]).toEqual([0, 0]);
    const done = clock.at(0, task);
    machine.pass(1);
    done();
    done();
    expect(ran).toBe(1);
  });

  test("no instant is no timer", () => {
    expect(() => systemClock(undefined, new TestMachine()).at(Number.NaN, () => {})).toThrow("needs an instant");
  });
});

describe("after", () => {
  test("counts real milliseconds at any speed, and a set wall clock changes nothing", () => {
    const machine = new TestMachine();
    const clock = systemClock({ streetMs: 0, wallMs: 1_000_000, speed: 288 }, machine);
    let ran = 0;
    clock.after(2_500, () => (ran = machine.elapsed));
    machine.pass(1_000);
    machine.wallOffset += 10_000_000;
    machine.pass(1_499);
    expect(ran).toBe(0);
    machine.pass(1);
    expect(ran).toBe(2_500);
  });
});

describe("the real machine", () => {
  test("tasks at 288 times the speed come in order and in time, none early", async () => {
    const clock = systemClock({ streetMs: 0, wallMs: Date.now(), speed: 288 });
    const late: number[] = [];
    await new Promise<void>((resolve) => {
      for (let i = 1; i <= 20; i++) {
        const at = i * 288 * 5;
        clock.at(at, () => {
          late.push((clock.now() - at) / 288);
          if (i === 20) resolve();
        });
      }
    });
    expect(late.length).toBe(20);
    expect(Math.min(...late)).toBeGreaterThanOrEqual(0);
    const before = clock.monotonicMs();
    expect(clock.monotonicMs()).toBeGreaterThanOrEqual(before);
  });

  test("a waiting timer doesn't keep a process alive", () => {
    const index = fileURLToPath(new URL("../../../adapters/system/clock.ts", import.meta.url));
    const script = `import { systemClock } from ${JSON.stringify(index)}; systemClock().after(600_000, () => {}); systemClock().at(Date.now() + 600_000, () => {}); console.log("end");`;
    expect(
      execFileSync(process.execPath, ["--no-warnings", "--input-type=module", "-e", script], { encoding: "utf8", timeout: 20_000 }),
    ).toBe("end\n");
  });
});
