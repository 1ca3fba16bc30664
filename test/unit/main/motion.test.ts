import { describe, expect, test } from "@jest/globals";
import { address, homeId, interval } from "../../../engine/kernel/index.ts";
import { membersOf, standing } from "../../../src/main/motion.ts";
import type { RegisteredHome } from "../../../src/ports/index.ts";

const homeOf = (home: number, since: number, until: number | null): RegisteredHome => {
  const agent = address(`0x${String(home).padStart(2, "0").repeat(20)}`);
  const keys = [{ agent, since: interval(since) }];
  return {
    home: homeId(home),
    name: `home-${home}`,
    agent,
    owner: agent,
    since: interval(since),
    until: until === null ? null : interval(until),
    keys,
  };
};

test("who may vote: in the street in the motion's interval, and registered before it came", () => {
  const homes = [
    homeOf(0, 90, null),
    homeOf(1, 100, null),
    homeOf(2, 101, null),
    homeOf(3, 90, 100),
    homeOf(4, 90, 101),
    homeOf(5, 90, null),
  ];
  const members = (count: number) => membersOf({ homes: count, interval: interval(100) }, { homes });
  expect([members(0), members(2), members(5), members(6)]).toEqual([0, 2, 3, 4]);
});

describe("how a motion stands, in Unix seconds", () => {
  const MOTION = { yes: 3, closesAt: 1_000, executableAt: 5_000, lapsesAt: 9_000, isExecuted: false };
  test.each<[string, Partial<typeof MOTION>, number, number, string]>([
    ["voting", {}, 4, 999, "homes vote until 1970-01-01T00:16:40.000Z"],
    ["over, and more than half", {}, 5, 1_000, "carried; can be executed from 1970-01-01T01:23:20.000Z on"],
    ["over, and half", {}, 6, 1_000, "not carried"],
    ["its time", {}, 5, 5_000, "carried; can be executed until 1970-01-01T02:30:00.000Z"],
    ["too late", {}, 5, 9_000, "carried and never executed: gone"],
    ["done", { isExecuted: true }, 5, 20_000, "executed"],
  ])("%s", (_, change, members, now, said) => expect(standing({ ...MOTION, ...change }, members, now)).toBe(said));
});
