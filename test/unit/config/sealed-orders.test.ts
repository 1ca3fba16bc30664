import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { hashRules, isSealed, type MarketRules } from "../../../engine/messages/index.ts";
import { renderProblems } from "../../../src/cli/index.ts";
import { loadConfig, parseConfig } from "../../../src/main/config/index.ts";

const shipped = (name: string): string => fileURLToPath(new URL(`../../../config/${name}`, import.meta.url));
/** Line 6 and what follows are the test's. */
const MARKET = "market: a\ncurrency: EUR\nresidual:\n  importPricePerKwh: 0.32\n  exportPricePerKwh: 0.08\n";
const VENUE = `${MARKET}sequencer: {operator: "0x${"1".repeat(40)}"}\n`;

function good(text: string): MarketRules {
  const result = parseConfig(text, "rules.yaml", "market");
  if (!result.ok) throw new Error(renderProblems(result.problems));
  return result.value;
}

function bad(text: string): { readonly lines: readonly string[]; readonly text: string } {
  const result = parseConfig(text, "rules.yaml", "market");
  if (result.ok) throw new Error("was taken");
  const lines = result.problems.map(({ code, line, column, key }) => `${code} ${line}:${column} ${key}`);
  return { lines, text: renderProblems(result.problems, result.more) };
}

describe("sealed orders", () => {
  test("rules that don't speak of them keep their hash, and seal the orders of a small street", () => {
    const rules = good(MARKET);
    expect(Object.keys(rules)).toEqual(expect.not.arrayContaining(["orders", "withheldCharge"]));
    expect([isSealed(rules, 99), isSealed(rules, 100)]).toEqual([true, false]);
    expect(good(`${MARKET}withheldCharge: "0.05"\n`)).toEqual(rules);
  });

  test("the default street's rules leave it to the number of homes", async () => {
    const loaded = await loadConfig(shipped("market/street.yaml"), "market");
    if (!loaded.ok) throw new Error(renderProblems(loaded.problems));
    expect([loaded.value.orders, loaded.value.withheldCharge]).toEqual([undefined, undefined]);
  });

  test("said, they hold however many homes there are, and make another market", () => {
    const [sealed, open] = [good(`${MARKET}orders: sealed\n`), good(`${MARKET}orders: open\n`)];
    expect([isSealed(sealed, 1000), isSealed(open, 2)]).toEqual([true, false]);
    expect(new Set([good(MARKET), sealed, open].map(hashRules)).size).toBe(3);
  });

  test.each([
    ["0", 0],
    ['"0.000001"', 1],
    ["0.1", 100_000],
    ["0.57", 570_000],
    ['"10.00"', 10_000_000],
  ])("a charge of %s is %i micro, exactly", (written, micro) => {
    const rules = good(`${MARKET}withheldCharge: ${written}\n`);
    expect(rules.withheldCharge).toBe(micro);
    expect(hashRules(rules)).not.toBe(hashRules(good(MARKET)));
  });

  test.each([
    ["orders: secret", "CONFIG_VALUE 6:1 orders", "is none of the choices; sealed: homes see one another's orders after the gate only"],
    [
      "withheldCharge: -0.05",
      "WITHHELD_CHARGE_OUT_OF_RANGE 6:1 withheldCharge",
      "-50000 micro is no charge from 0 to 10000000; write a decimal",
    ],
    ["withheldCharge: 10.000001", "WITHHELD_CHARGE_OUT_OF_RANGE 6:1 withheldCharge", "10000001 micro is no charge"],
    ["withheldCharge: 0.0000001", "WITHHELD_CHARGE_OUT_OF_RANGE 6:1 withheldCharge", "no finer than a millionth"],
    ["withheldCharge: five cents", "CONFIG_VALUE 6:1 withheldCharge", '"five cents" is no amount; write a decimal with a point'],
    ["withheldCharge: true", "CONFIG_TYPE 6:1 withheldCharge", "true is not a text or a number"],
  ])("%s is refused where it stands, with a way out", (line, place, words) => {
    const { lines, text } = bad(`${MARKET}${line}\n`);
    expect(lines).toEqual([place]);
    expect(text.replaceAll(/\s+/g, " ")).toContain(words);
  });
});

describe("a venue", () => {
  test("can't seal what it has to read", () => {
    const { lines, text } = bad(`${VENUE}orders: sealed\n`);
    expect(lines).toEqual(["SEQUENCER_NEEDS_OPEN_ORDERS 7:1 orders"]);
    expect(text.replaceAll(/\s+/g, " ")).toContain("so none is sealed; use open");
  });

  test("says what it does, or nothing", () => {
    expect(good(`${VENUE}orders: open\n`).orders).toBe("open");
    expect(good(VENUE).orders).toBeUndefined();
  });
});
