import { describe, expect, test } from "@jest/globals";
import { largestMarket, rulesUnder } from "../../../engine/auction/index.ts";
import { microPerKwh, ZERO_DIGEST } from "../../../engine/kernel/index.ts";
import { hashRules, type MarketRules, numbersOf, type RulesNumbers, withNumbers } from "../../../engine/messages/index.ts";
import { RULES } from "../../support/rules.ts";

/** A vote as it is made by whoever has the file of the new rules. */
const vote = (rules: MarketRules) => ({ hash: hashRules(rules), numbers: numbersOf(rules) });

describe("rules after a vote, worked out from the first ones", () => {
  test("none: the first ones themselves", () => expect(rulesUnder(RULES, undefined, 1)).toBe(RULES));

  test.each<[string, Partial<MarketRules>]>([
    ["another part for the community", { communityPercent: 25 }],
    ["another price between the limits", { kPermille: 1 }],
    ["another charge", { withheldCharge: 0 }],
    ["another highest price", { maxPrice: microPerKwh(300_000) }],
    ["all four", { communityPercent: 100, kPermille: 0, withheldCharge: 10_000_000, maxPrice: microPerKwh(2_000_000) }],
    ["none of them", {}],
  ])("%s", (_, change) => {
    const wanted = { ...RULES, ...change };
    const rules = rulesUnder(RULES, vote(wanted), 4)!;
    expect([numbersOf(rules), hashRules(rules)]).toEqual([numbersOf(wanted), hashRules(wanted)]);
    expect({ ...rules, ...numbersOf(RULES) }).toEqual({ ...RULES, ...numbersOf(RULES) });
  });

  test.each<[string, MarketRules, Partial<MarketRules>]>([
    ["a hash that means more than the numbers", RULES, { openIntervals: 4 }],
    ["off the tick", RULES, { maxPrice: microPerKwh(1_000_050) }],
    ["below what the utility charges", RULES, { maxPrice: microPerKwh(299_900) }],
    ["more than a hundred percent", RULES, { communityPercent: 101 }],
    ["a part for the community, which gets everything", { ...RULES, surplusTo: "community" }, { communityPercent: 10 }],
    ["more than any order may cost", RULES, { withheldCharge: 10_000_001 }],
  ])("nobody can follow: %s", (_, first, change) => expect(rulesUnder(first, vote({ ...first, ...change }), 1)).toBeNull());

  test("nor a hash of anything else", () => expect(rulesUnder(RULES, { ...vote(RULES), hash: ZERO_DIGEST }, 1)).toBeNull());

  test("nor a price at which so many homes' money can't be counted", () => {
    const dear = { ...RULES, maxOrderWh: 4_000_000_000 as never, maxPrice: microPerKwh(2_000_000) };
    const first = { ...dear, maxPrice: microPerKwh(1_000_000) };
    const most = largestMarket(dear);
    expect(rulesUnder(first, vote(dear), most)).toEqual(expect.objectContaining({ maxPrice: 2_000_000 }));
    expect(rulesUnder(first, vote(dear), most + 1)).toBeNull();
  });

  test("numbers that are said and that aren't make one hash", () => {
    const said: RulesNumbers = { communityPercent: 0, kPermille: 500, withheldCharge: 50_000, maxPrice: 1_000_000 };
    expect([numbersOf(RULES), hashRules(withNumbers(RULES, said))]).toEqual([said, hashRules(RULES)]);
  });
});
