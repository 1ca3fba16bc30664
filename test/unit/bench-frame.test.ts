import { describe, expect, test } from "@jest/globals";
import { alternate, atLeast, atMost, exactly, figure, type Goal, p50, p99, rowLine } from "../../bench/engine/frame.ts";

describe("the bench's frame", () => {
  test("contestants run in turns, warmed up first", async () => {
    const ran: string[] = [];
    const contestant = (name: string) => ({
      warm: 1,
      run: () => {
        ran.push(name);
        return 7;
      },
    });
    await alternate({ a: contestant("a"), b: contestant("b") }, 2);
    expect(ran.join("")).toBe("ababab");
  });

  test("a program of its own says its CPU time; times divide ours", async () => {
    const { other, ours } = await alternate(
      { other: { run: () => ({ hash: 1, cpuNs: 42 }) }, ours: { run: () => Promise.resolve(() => 1), times: 1_000_000_000 } },
      3,
    );
    expect([other.cpuNs, other.bestCpuNs, ours.cpuNs < 1, ours.wallNs < 1]).toEqual([42, 42, true, true]);
  });

  test.each([
    ["two that disagree", "same" as const, [1, 1], [2, 2]],
    ["one that changes", "same" as const, [1, 3], [1, 1]],
    ["one that changes, each judged by itself", "own" as const, [1, 1], [2, 3]],
    ["other than expected", { hash: 5 }, [5, 5], [5, 6]],
  ])("a wrong result ends it: %s", async (_, expected, first, second) => {
    const saying = (results: readonly number[]) => {
      let at = 0;
      return { warm: 1, run: () => results[at++]! };
    };
    await expect(alternate({ a: saying(first), b: saying(second) }, 1, expected)).rejects.toThrow(/came to/);
  });

  test("hashes of their own may differ", async () => {
    await expect(alternate({ a: { run: () => 1 }, b: { run: () => "x" } }, 1, "own")).resolves.toBeDefined();
  });

  test("quantiles", () => {
    const values = Array.from({ length: 100 }, (_, i) => 100 - i);
    expect([p50(values), p99(values), values[0]]).toEqual([51, 100, 100]);
  });

  test.each<[number | null, Goal | null, string]>([
    [30, atMost(20), "MISSED by a factor of 1.50"],
    [20, atMost(20), ""],
    [2, atLeast(3), "MISSED by a factor of 1.50"],
    [3, atLeast(3), ""],
    [1, exactly(0), "MISSED by 1"],
    [0, exactly(0), ""],
    [null, atMost(20), "not measured"],
    [30, null, ""],
  ])("%p against %p", (value, goal, says) => {
    const line = rowLine({ what: "it", value, unit: "ms", goal, note: "" });
    expect(line).toContain(says);
    expect(line.includes("MISSED")).toBe(says.startsWith("MISSED"));
  });

  test("figures can be read", () => {
    expect([0.123, 12.34, 1234.5, 7, 1e6].map(figure)).toEqual(["0.12", "12.3", "1,235", "7", "1,000,000"]);
  });
});
