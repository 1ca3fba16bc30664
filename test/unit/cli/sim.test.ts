import { describe, expect, test } from "@jest/globals";
import { ProgressBar, summaryOf } from "../../../src/main/sim/progress.ts";
import type { SeedReport } from "../../../src/sim/index.ts";

const report = (seed: number, isBroken = false): SeedReport => ({
  seed,
  hash: "",
  intervals: 3,
  broken: isBroken ? { law: "one certificate", story: [] } : null,
});

function bar(isTTY: boolean) {
  const written: string[] = [];
  const out = {
    isTTY,
    write: (text: string) => {
      written.push(text);
      return true;
    },
  };
  let now = 0;
  const made = new ProgressBar(4, out, () => now);
  const steps = (...broken: boolean[]): void => {
    for (const each of broken) {
      now += 1_000;
      made.step(each);
    }
  };
  return { made, steps, written };
}

describe("the swarm's progress", () => {
  test("on a terminal one line tells how far it is, what broke and what is left", () => {
    const { made, steps, written } = bar(true);
    steps(false, true);
    expect(written.at(-1)).toContain("[###############...............] 2/4 seeds, 1 broken, 2 s left");
    steps(false, false);
    expect(written.at(-1)).toContain("4/4 seeds, 1 broken, 0 s left");
    made.end();
    expect(written.at(-1)).toBe("\r\x1b[K");
  });

  test("elsewhere it is silent", () => {
    const { made, steps, written } = bar(false);
    steps(false, true, false, false);
    made.end();
    expect(written).toEqual([]);
  });

  test("the last line names every seed that broke a law, in order", () => {
    expect(summaryOf([report(3, true), report(1), report(2, true)], 1.26)).toBe("3 seeds, 9 intervals in 1.3 s: 2 broken: 2 3");
    expect(summaryOf([report(3)], 2)).toBe("1 seeds, 3 intervals in 2.0 s: every law held");
  });
});
