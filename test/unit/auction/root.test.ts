import { describe, expect, test } from "@jest/globals";
import { hexlify, keccak256, toBeHex, toUtf8Bytes } from "ethers";
import { type Clearing, clear, clearingDigest } from "../../../engine/auction/index.ts";
import { homeId, microPerKwh, wh } from "../../../engine/kernel/index.ts";
import { book, idOf, input } from "../../support/book.ts";

const TRADE = clear(input(book([1, "buy", 800, 20], [2, "sell", 500, 10], [3, "sell", 100, 25])));
const NO_TRADE = clear(input(book([1, "buy", 800, 5], [2, "sell", 500, 10])));

/** Every copy of a value in which one leaf differs or one member is missing. */
function variants(value: unknown): readonly unknown[] {
  if (typeof value === "number") return [value + 1];
  if (typeof value === "boolean") return [!value];
  if (value === null) return [7];
  if (typeof value === "string") return [value.startsWith("0x") ? value.replace(/.$/, (last) => (last === "f" ? "0" : "f")) : `${value}x`];
  if (Array.isArray(value))
    return [
      ...value.flatMap((member, i) => variants(member).map((other) => value.with(i, other))),
      ...(value.length > 0 ? [value.slice(1)] : []),
    ];
  const record = value as Record<string, unknown>;
  return Object.keys(record).flatMap((key) =>
    (key === "reason" && record[key] === null ? ["SOMETHING"] : variants(record[key])).map((other) => ({ ...record, [key]: other })),
  );
}

const edge = { parent: 0, importCapacity: wh(300), exportCapacity: wh(300), fee: microPerKwh(1), lossPpm: 0 };
const ON_WIRES = clear({
  ...input(book([1, "buy", 800, 20], [2, "sell", 500, 10])),
  network: { nodes: [{ edge: null }, { edge }], homes: new Map([[homeId(2), 1]]) },
});

test.each([
  ["trade", TRADE],
  ["trade on wires", ON_WIRES],
  ["no trade", NO_TRADE],
])("%s: every field is in the digest, each with its own place", (_, clearing) => {
  // Another `kind` is another shape, not another value.
  const others = (variants(clearing) as readonly Clearing[]).filter(({ kind }) => kind === clearing.kind);
  expect(others.length).toBeGreaterThan(20);
  expect(new Set([clearing, ...others].map(clearingDigest)).size).toBe(others.length + 1);
});

describe("the bytes are a protocol", () => {
  const number = (value: number): string => toBeHex(value, 8).slice(2);
  const text = (value: string): string => number(value.length) + hexlify(toUtf8Bytes(value)).slice(2);
  const outcome = (id: number, side: string, limit: number, wanted: number, tradesAt: number): string =>
    idOf(id).slice(2) +
    number(id) +
    text(side) +
    number(limit) +
    number(wanted) +
    number(0) +
    text("refused") +
    text("PRICES_DO_NOT_MEET") +
    "00" +
    `01${number(tradesAt)}`;

  test("written out by hand and hashed by another library", () => {
    const head = `${hexlify(toUtf8Bytes("commonwatt/clearing/3"))}${number(1000)}${text("no-trade")}${text("PRICES_DO_NOT_MEET")}`;
    const best = `01${number(5)}01${number(10)}`;
    const fates = number(2) + outcome(1, "buy", 5, 800, 10) + outcome(2, "sell", 10, 500, 5);
    expect(clearingDigest(NO_TRADE)).toBe(keccak256(head + best + fates + number(500) + number(800)));
  });

  test("a trade's digest changes only with a new version", () => {
    expect(clearingDigest(TRADE)).toBe("0x0d0c90d032e7a34b1493eee4cbe1baf653fcf35adf83c70193902016f822d3c3");
  });
});

test("a null limit is not the limit 0", () => {
  const onlyBuyers = clear(input(book([1, "buy", 800, 5])));
  expect(clearingDigest({ ...onlyBuyers, bestSell: 0 } as Clearing)).not.toBe(clearingDigest(onlyBuyers));
});
