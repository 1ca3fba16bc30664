import { describe, expect, test } from "@jest/globals";
import { id } from "ethers";
import { interval } from "../../../engine/kernel/index.ts";
import {
  deliveryEnd,
  deliveryStart,
  gateClosure,
  hashRules,
  intervalAt,
  intervalSeconds,
  type MarketRules,
  periodOf,
} from "../../../engine/messages/index.ts";
import { RULES } from "../../support/rules.ts";

describe("the hash of the rules", () => {
  test("is keccak-256 of the JSON with sorted keys", () => {
    expect(hashRules(RULES)).toBe(
      id(
        '{"currency":"EUR","gateLeadSeconds":60,"intervalMinutes":15,"kPermille":500,"market":"test-street","maxOrderWh":25000,"maxOrdersPerHome":4,"maxPrice":1000000,"openIntervals":8,"periodIntervals":96,"residual":{"exportPrice":80000,"importPrice":300000},"tick":100}',
      ),
    );
  });

  test("does not depend on the order of keys, at any depth", () => {
    const backwards = <T extends object>(value: T): T => Object.fromEntries(Object.entries(value).reverse()) as T;
    expect(hashRules(backwards({ ...RULES, residual: backwards(RULES.residual) }))).toBe(hashRules(RULES));
  });

  test("changes with every rule", () => {
    const changed = Object.entries(RULES).map(([key, value]) => {
      if (typeof value === "number") return { ...RULES, [key]: value + 1 };
      return typeof value === "string" ? { ...RULES, [key]: `${value}!` } : { ...RULES, residual: { ...RULES.residual, exportPrice: 1 } };
    });
    expect(new Set([RULES, ...changed].map((rules) => hashRules(rules as MarketRules))).size).toBe(changed.length + 1);
  });

  test("a name beyond ASCII is hashed as UTF-8", () => {
    expect(hashRules({ ...RULES, market: "Höfe 🏡" })).toBe(
      id(
        '{"currency":"EUR","gateLeadSeconds":60,"intervalMinutes":15,"kPermille":500,"market":"Höfe 🏡","maxOrderWh":25000,"maxOrdersPerHome":4,"maxPrice":1000000,"openIntervals":8,"periodIntervals":96,"residual":{"exportPrice":80000,"importPrice":300000},"tick":100}',
      ),
    );
  });
});

// 2026-11-25T12:00:00Z is 1 795 608 000 s; 1 995 120 quarter-hours; day 20 782, quarter-hour 48 of it.
describe("when things happen", () => {
  test.each<[string, number, number]>([
    ["a quarter-hour has 900 s", intervalSeconds(RULES), 900],
    ["five minutes have 300 s", intervalSeconds({ ...RULES, intervalMinutes: 5 }), 300],
    ["noon", intervalAt(RULES, 1_795_608_000), 1_995_120],
    ["a moment before noon", intervalAt(RULES, 1_795_607_999.999), 1_995_119],
    ["noon's delivery starts", deliveryStart(RULES, interval(1_995_120)), 1_795_608_000],
    ["and ends", deliveryEnd(RULES, interval(1_995_120)), 1_795_608_900],
    ["its gate closes a minute before", gateClosure(RULES, interval(1_995_120)), 1_795_607_940],
    ["its period is the UTC day", periodOf(RULES, interval(1_995_120)), 20_782],
    ["the day's first interval", periodOf(RULES, interval(1_995_072)), 20_782],
    ["the day before ends with", periodOf(RULES, interval(1_995_071)), 20_781],
  ])("%s", (_, found, expected) => expect(found).toBe(expected));
});
