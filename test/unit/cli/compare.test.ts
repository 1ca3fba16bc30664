import { describe, expect, test } from "@jest/globals";
import { homeId, interval, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import type { MarketRules, SignedOrder } from "../../../engine/messages/index.ts";
import { comparisonText } from "../../../src/main/compare.ts";
import { idOf } from "../../support/book.ts";
import { TWO_BRANCHES } from "../../support/network-rules.ts";
import { RULES } from "../../support/rules.ts";

// 2026-11-25T12:00:00Z.
const NOON = interval(1_995_120);
const result = { interval: NOON, kind: "trade" } as const;
const order = (id: number, side: "buy" | "sell", ct: number): SignedOrder => ({
  body: { home: homeId(id), interval: NOON, side, energy: wh(500), limit: microPerKwh(ct * 10_000), seq: 0 },
  id: idOf(id),
  signature: new Uint8Array(65),
});
const orders = [order(0, "buy", 30), order(1, "buy", 20), order(2, "sell", 10), order(5, "sell", 14)];
const linesOf = (rules: MarketRules, asOneNode: boolean): readonly string[] =>
  comparisonText(rules, { result, orders }, asOneNode).split("\n");
const fieldsOf = (lines: readonly string[], name: string): readonly string[] =>
  lines.find((line) => line.startsWith(`${name} `))!.split(/ {2,}/);

describe("what each mechanism makes of an interval's orders", () => {
  test("on one node, by hand: two pairs trade at 17 ct; huang gives the second pair up, vcg pays in", () => {
    const lines = linesOf(RULES, false);
    expect(lines[0]).toBe("2026-11-25T12:00:00Z: 4 orders on one node; money in EUR, * the street's own");
    expect(lines).toHaveLength(11);
    expect(fieldsOf(lines, "k-double-auction *")).toEqual(["k-double-auction *", "1000", "0.17", "0.17", "0.17", "0", "0.13", "100.0 %"]);
    expect(fieldsOf(lines, "huang")).toEqual(["huang", "500", "0.17", "0.1", "0.07", "0.03", "0.1", "76.9 %"]);
    expect(fieldsOf(lines, "vcg").slice(3)).toEqual(["0.14", "0.2", "-0.06", "0.13", "100.0 %"]);
    expect(new Set(lines.slice(1).map(({ length }) => length)).size).toBe(1);
  });

  test("on wires those that know none say so, and as one node they are told", () => {
    const rules: MarketRules = { ...RULES, network: TWO_BRANCHES };
    const lines = linesOf(rules, false);
    expect(lines[0]).toContain("4 orders on 3 nodes");
    expect(fieldsOf(lines, "pay-as-bid")).toEqual(["pay-as-bid", "knows no wires"]);
    expect(fieldsOf(lines, "k-double-auction *")[5]).not.toBe("0");
    expect(linesOf(rules, true)).toEqual(linesOf(RULES, false));
  });

  test("an interval that was agreed on too late is named as that, for it counted no orders", () => {
    const text = comparisonText(RULES, { result: { ...result, kind: "void" }, orders: [] }, false);
    expect(text.split("\n")[0]).toBe(
      "2026-11-25T12:00:00Z: agreed too late to trade, so 0 orders on one node; money in EUR, * the street's own",
    );
  });

  test("the street's own is marked", () => {
    expect(linesOf({ ...RULES, mechanism: "huang" }, false).filter((line) => line.includes(" *  "))).toEqual([
      expect.stringMatching(/^huang \*/),
    ]);
  });
});
