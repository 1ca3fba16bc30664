import { readFileSync } from "node:fs";
import { expect, test } from "@jest/globals";
import { ADMISSION, type AdmittedOrder } from "../../../engine/admission/index.ts";
import type { SignedOrder } from "../../../engine/messages/index.ts";

const readme = readFileSync(new URL("../../../engine/admission/README.md", import.meta.url), "utf8");
const rows = [...readme.matchAll(/^\| `([A-Z_]+)` +\| (ignore|reject) +\| (.+?) *\|$/gm)];

test("the README's table and the code's are one, and each code has a sentence", () => {
  expect(Object.fromEntries(rows.map(([, code, verdict]) => [code, verdict]))).toEqual(ADMISSION);
  expect(rows).toHaveLength(Object.keys(ADMISSION).length);
  for (const [, , , sentence] of rows) expect(sentence!.length).toBeGreaterThan(15);
});

test("what depends on time or on what is known here is never punished", () => {
  const local = [
    "SEEN",
    "CLOSED",
    "FAR",
    "UNKNOWN",
    "YET",
    "TOO_",
    "DECIDED",
    "AHEAD",
    "SETTLED",
    "CONFLICT",
    "VALIDATOR",
    "FELL",
    "SEALED",
    "ENOUGH",
    "UNASKED",
  ];
  for (const [code, verdict] of Object.entries(ADMISSION))
    expect([code, verdict]).toEqual([code, local.some((word) => code.includes(word)) ? "ignore" : "reject"]);
});

test("a signed order is no admitted order for the compiler", () => {
  const check = (order: SignedOrder): AdmittedOrder =>
    // @ts-expect-error: only admitOrder makes one
    order;
  expect(check).toBeDefined();
});
