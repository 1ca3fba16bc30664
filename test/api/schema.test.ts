import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { streetState } from "../../src/api/index.ts";
import { mirrors, object, text } from "../../src/api/schema/shape.ts";
import { EXAMPLES } from "../support/example-street.ts";

const validate = new Ajv2020({ strict: true, allErrors: true, strictTypes: false }).compile(JSON.parse(JSON.stringify(streetState)));
const errorsOf = (value: unknown): string[] =>
  validate(value) ? [] : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.keyword}`);

describe("the schema of the street's state", () => {
  test.each(Object.entries(EXAMPLES))("holds for the example %s", (_name, example) => {
    expect(errorsOf(JSON.parse(JSON.stringify(example())))).toEqual([]);
  });

  test.each([
    ["an unknown price as 0.5", { clearing: { ...EXAMPLES.midday().clearing, priceMicro: 0.5 } }, "/clearing/priceMicro type"],
    ["a missing price", { clearing: { ...EXAMPLES.midday().clearing, priceMicro: undefined } }, "/clearing required"],
    ["something more than the types say", { secret: "key" }, " additionalProperties"],
    ["a local time", { street: { ...EXAMPLES.midday().street, now: "2026-06-18T12:00:00+02:00" } }, "/street/now pattern"],
    ["a negative energy", { clearing: { ...EXAMPLES.midday().clearing, volumeWh: -1 } }, "/clearing/volumeWh minimum"],
    ["193 prices", { prices: Array.from({ length: 193 }, () => EXAMPLES.midday().prices[0]) }, "/prices maxItems"],
  ])("refuses %s", (_name, change, error) => {
    expect(errorsOf(JSON.parse(JSON.stringify({ ...EXAMPLES.midday(), ...change })))).toContain(error);
  });

  test("does not compile when it parts from the types", () => {
    mirrors<{ readonly a: string }>()(object({ a: text() }));
    // @ts-expect-error a property that the type doesn't have
    mirrors<{ readonly a: string }>()(object({ a: text(), b: text() }));
    // @ts-expect-error a property that the schema lacks
    mirrors<{ readonly a: string; readonly b: string }>()(object({ a: text() }));
    // @ts-expect-error null is not foreseen
    mirrors<{ readonly a: string | null }>()(object({ a: text() }));
  });
});
