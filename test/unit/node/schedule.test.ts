import { describe, expect, test } from "@jest/globals";
import { delivering, lastDelivered, nextGate, openIntervals } from "../../../src/node/schedule.ts";
import { RULES } from "../../support/rules.ts";

// Quarter-hours; the gate closes 60 s before delivery. Interval 100 is delivered from 90_000 s to 90_900 s, its gate is at 89_940 s.
const at = (seconds: number): number => seconds * 1000;

describe("which gate is next", () => {
  const table: readonly [string, number, number][] = [
    ["long before", at(89_100), 100],
    ["a millisecond before the gate of 100", at(89_940) - 1, 100],
    ["at the gate it is closed", at(89_940), 101],
    ["between gate and delivery", at(89_970), 101],
    ["during delivery", at(90_000), 101],
    ["a millisecond before the gate of 101", at(90_840) - 1, 101],
    ["at the gate of 101", at(90_840), 102],
  ];
  test.each(table)("%s", (_name, now, expected) => {
    expect(nextGate(RULES, now)).toBe(expected);
    expect(openIntervals(RULES, now)).toEqual({ first: expected, last: expected + 7 });
  });

  test("without a lead the gate is the start of delivery", () => {
    const rules = { ...RULES, gateLeadSeconds: 0 };
    expect(nextGate(rules, at(90_000) - 1)).toBe(100);
    expect(nextGate(rules, at(90_000))).toBe(101);
  });

  test("one open interval is a window of one", () => {
    expect(openIntervals({ ...RULES, openIntervals: 1 }, at(90_000))).toEqual({ first: 101, last: 101 });
  });

  test("a lead longer than an interval", () => {
    expect(nextGate({ ...RULES, gateLeadSeconds: 1_000 }, at(89_000))).toBe(101);
    expect(nextGate({ ...RULES, gateLeadSeconds: 1_000 }, at(89_000) - 1)).toBe(100);
  });
});

test("what is being delivered changes with the second", () => {
  expect([at(90_000) - 1, at(90_000), at(90_900) - 1, at(90_900)].map((now) => delivering(RULES, now))).toEqual([99, 100, 100, 101]);
});

describe("the last interval whose end has passed", () => {
  const table: readonly [string, number, number, number][] = [
    ["at its end", at(90_900), 1, 100],
    ["a neighbour's clock may be two seconds ahead", at(90_898), 1, 100],
    ["not more", at(90_898) - 1, 1, 99],
    ["a replay's moment is longer: 50 ms at 300 times are 15 s", at(90_885), 300, 100],
    ["not more either", at(90_885) - 1, 300, 99],
    ["at the beginning of time", 0, 1, 0],
  ];
  test.each(table)("%s", (_name, now, speed, expected) => {
    expect(lastDelivered(RULES, now, speed)).toBe(expected);
  });
});
