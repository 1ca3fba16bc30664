import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { COLUMNS, type CsvFacts, FLOWS, type IntervalRow, renderCsv } from "../../../adapters/exports/index.ts";

const QUARTER = 900_000;
const NOON = Date.parse("2026-06-01T10:00Z");
const STREET: CsvFacts = { fileName: "street.csv", scope: "street", generator: "commonwatt 0.1.0" };

const row = (fields: Partial<IntervalRow> = {}): IntervalRow => ({
  startMs: NOON,
  endMs: NOON + QUARTER,
  timeZone: "Europe/Vienna",
  intervalKind: "trade",
  meteringPoint: "home-01",
  flow: "utility_import",
  energyWh: 250,
  priceMicroPerKwh: 300_000,
  amountMicro: -75_000,
  currency: "EUR",
  counterparty: null,
  quality: "measured",
  revision: 1,
  tradeId: null,
  batchId: null,
  txHash: null,
  ...fields,
});

const trade = (wh: number, fields: Partial<IntervalRow> = {}): IntervalRow[] => [
  row({ flow: "p2p_import", meteringPoint: "home-01", energyWh: wh, priceMicroPerKwh: 142_000, amountMicro: -wh * 142, ...fields }),
  row({ flow: "p2p_export", meteringPoint: "home-02", energyWh: wh, priceMicroPerKwh: 142_000, amountMicro: wh * 142, ...fields }),
];

async function render(rows: Iterable<IntervalRow> | AsyncIterable<IntervalRow>, facts = STREET) {
  const made = renderCsv(rows, facts);
  const chunks: string[] = [];
  for await (const chunk of made.chunks) chunks.push(chunk);
  return { text: chunks.join(""), chunks, manifest: made.manifest() };
}

const NONE = Object.fromEntries(FLOWS.map((flow) => [flow, 0]));

describe("the file", () => {
  test("one row, written out", async () => {
    const { text } = await render([
      row({ counterparty: "n7", quality: "corrected", revision: 2, tradeId: "t1", batchId: "5", txHash: `0x${"ab".repeat(32)}` }),
      row({ flow: "utility_export", energyWh: 0, priceMicroPerKwh: null, amountMicro: 0, intervalKind: "void" }),
    ]);
    expect(text).toBe(
      "interval_start_utc,interval_end_utc,tz,local_date,interval_index,interval_kind,metering_point,flow,energy_wh,price_micro_per_kwh,amount_micro,currency,counterparty_pseudonym,quality,revision,trade_id,batch_id,tx_hash\n" +
        `2026-06-01T10:00:00Z,2026-06-01T10:15:00Z,Europe/Vienna,2026-06-01,49,trade,home-01,utility_import,250,300000,-75000,EUR,n7,corrected,2,t1,5,0x${"ab".repeat(32)}\n` +
        "2026-06-01T10:00:00Z,2026-06-01T10:15:00Z,Europe/Vienna,2026-06-01,49,void,home-01,utility_export,0,,0,EUR,,measured,1,,,\n",
    );
  });

  test.each([
    ["2026-03-28T23:00Z", 92],
    ["2026-10-24T22:00Z", 100],
  ])("a day of the clock change from %s has %d quarter-hours, each with its own number", async (from, count) => {
    const start = Date.parse(from);
    const { text } = await render(
      Array.from({ length: count }, (_, i) => row({ startMs: start + i * QUARTER, endMs: start + (i + 1) * QUARTER })),
    );
    const lines = text
      .trim()
      .split("\n")
      .slice(1)
      .map((line) => line.split(","));
    expect(lines.map((fields) => Number(fields[4]))).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect(new Set(lines.map((fields) => fields[3])).size).toBe(1);
    expect(new Set(lines.map((fields) => fields[0])).size).toBe(count);
  });

  test("is streamed: rows are asked for as chunks are taken, whole lines in each", async () => {
    let asked = 0;
    async function* many() {
      for (let i = 0; i < 2000; i++) {
        asked++;
        yield row();
      }
    }
    const made = renderCsv(many(), STREET);
    const chunks = made.chunks[Symbol.asyncIterator]();
    const first = await chunks.next();
    expect(asked).toBeLessThan(1000);
    expect(first.value.endsWith("\n")).toBe(true);
    let lines = first.value.split("\n").length - 1;
    for (let next = await chunks.next(); !next.done; next = await chunks.next()) {
      expect(next.value.endsWith("\n")).toBe(true);
      lines += next.value.split("\n").length - 1;
    }
    expect([asked, lines]).toEqual([2000, 2001]);
  });

  test("without rows it is a header", async () => {
    const { text, manifest } = await render([]);
    expect(text).toBe(`${COLUMNS.join(",")}\n`);
    expect(manifest).toMatchObject({
      ok: true,
      value: { rows: 0, from: null, until: null, currency: null, balance: { boughtWh: 0, soldWh: 0 } },
    });
  });

  test.each<[string, Partial<IntervalRow>, string]>([
    ["half a Wh", { energyWh: 0.5 }, "whole Wh"],
    ["negative energy", { energyWh: -1 }, "never negative"],
    ["a fraction of a micro", { amountMicro: 1.5 }, "whole micro"],
    ["an unknown amount", { amountMicro: Number.NaN }, "whole micro"],
    ["a price with cents", { priceMicroPerKwh: 14.2 }, "whole micro per kWh"],
    ["an interval that ends before it starts", { endMs: NOON - QUARTER }, "one interval"],
    ["an interval off the grid", { startMs: NOON + 60_000, endMs: NOON + 60_000 + QUARTER }, "one interval"],
    ["a currency's sign", { currency: "€" }, "ISO 4217"],
    ["no metering point", { meteringPoint: "" }, "metering point"],
    ["another flow", { flow: "gift" as never }, "no such flow"],
    ["revision 0", { revision: 0 }, "count from 1"],
    ["no zone", { timeZone: "Mars/Base" }, "time zone"],
  ])("%s is our own bug", async (_, fields, rule) => {
    await expect(render([row(fields)])).rejects.toThrow(rule);
  });

  test("two currencies don't add up", async () => {
    await expect(render([row(), row({ currency: "CHF" })])).rejects.toThrow("one currency");
  });
});

describe("the manifest", () => {
  test("names the file by its hash, counts and sums, written out", async () => {
    const { text, manifest } = await render([
      ...trade(100),
      ...trade(40, { startMs: NOON + QUARTER, endMs: NOON + 2 * QUARTER, revision: 3 }),
      row({ energyWh: 250, amountMicro: -75_000 }),
      row({ flow: "utility_export", meteringPoint: "Mühle 3 🔑", energyWh: 30, amountMicro: 1_800 }),
    ]);
    expect(manifest).toEqual({
      ok: true,
      value: {
        schema: "commonwatt-interval-rows/4",
        generator: "commonwatt 0.1.0",
        scope: "street",
        file: { name: "street.csv", sha256: createHash("sha256").update(text).digest("hex"), bytes: Buffer.byteLength(text) },
        rows: 6,
        meteringPoints: 3,
        from: "2026-06-01T10:00:00Z",
        until: "2026-06-01T10:30:00Z",
        revision: 3,
        currency: "EUR",
        energyWh: { ...NONE, utility_import: 250, utility_export: 30, p2p_import: 140, p2p_export: 140 },
        amountMicro: { ...NONE, utility_import: -75_000, utility_export: 1_800, p2p_import: -19_880, p2p_export: 19_880, total: -73_200 },
        balance: { boughtWh: 140, lostWh: 0, soldWh: 140, holds: true },
      },
    });
  });

  test("charges for withheld orders belong to the balance of money", async () => {
    const charge = (meteringPoint: string, amountMicro: number): IntervalRow =>
      row({ flow: "withheld_charge", meteringPoint, quality: "calculated", energyWh: 0, priceMicroPerKwh: null, amountMicro });
    const { manifest } = await render([charge("home-01", -100_000), charge("home-02", -50_000), charge("grid:market", 150_000)]);
    expect(manifest).toMatchObject({ ok: true, value: { amountMicro: { withheld_charge: 0, total: 0 } } });
    const lacking = await render([charge("home-01", -100_000), charge("grid:market", 50_000)]);
    expect(lacking.manifest).toMatchObject({ ok: false, detail: expect.stringContaining("50000 micro more paid than received") });
  });

  test("energy lost on wires and their money belong to the balance", async () => {
    const wire = (fields: Partial<IntervalRow>): IntervalRow =>
      row({ meteringPoint: "grid:north", quality: "calculated", priceMicroPerKwh: null, ...fields });
    // 100 Wh bought at 20 ct, 103 Wh sold at 18 ct, a fee of 1 ct for what entered; the rest is the wire's rent.
    const { manifest } = await render([
      row({ flow: "p2p_import", energyWh: 100, amountMicro: -20_000 }),
      row({ flow: "p2p_export", meteringPoint: "home-02", energyWh: 103, amountMicro: 18_540 }),
      wire({ flow: "grid_fee", energyWh: 103, priceMicroPerKwh: 10_000, amountMicro: 1_030 }),
      wire({ flow: "congestion_rent", energyWh: 100, amountMicro: 430 }),
      wire({ flow: "grid_loss", energyWh: 3, amountMicro: 0 }),
    ]);
    expect(manifest).toMatchObject({
      ok: true,
      value: { amountMicro: { grid_fee: 1_030, congestion_rent: 430, total: 0 }, balance: { boughtWh: 100, lostWh: 3, soldWh: 103 } },
    });
  });

  test("isn't there before the last chunk, and stays the same after", async () => {
    const made = renderCsv(trade(1), STREET);
    expect(() => made.manifest()).toThrow("after its last chunk");
    for await (const _ of made.chunks);
    expect(made.manifest()).toEqual(made.manifest());
  });

  test.each<[string, IntervalRow[], string]>([
    ["a sale is missing", trade(100).slice(0, 1), "100 Wh more bought than sold in the interval of 2026-06-01T10:00:00Z"],
    ["a purchase is missing", trade(100).slice(1), "100 Wh more sold than bought in the interval of 2026-06-01T10:00:00Z"],
    ["a wire's loss is missing", [trade(100)[0]!, { ...trade(103)[1]!, amountMicro: 14_200 }], "3 Wh more sold than bought"],
    ["a wire's fee is missing", [trade(100)[0]!, { ...trade(100)[1]!, amountMicro: 14_000 }], "200 micro more paid than received"],
    ["sellers get more than buyers pay", [trade(100)[0]!, { ...trade(100)[1]!, amountMicro: 14_300 }], "100 micro more received than paid"],
    [
      "sums agree, intervals don't",
      [trade(100)[0]!, trade(100, { startMs: NOON + QUARTER, endMs: NOON + 2 * QUARTER })[1]!],
      "100 Wh more bought than sold in the interval of 2026-06-01T10:00:00Z, and 1 more",
    ],
  ])("refuses when %s", async (_, rows, sentence) => {
    const { manifest } = await render(rows);
    expect(manifest).toMatchObject({ ok: false, code: "EXPORT_UNBALANCED" });
    expect(manifest.ok ? "" : manifest.detail).toContain(sentence);
    expect((await render([...rows].reverse())).manifest).toEqual(manifest);
  });

  test("one home alone can't be balanced, and doesn't claim to be", async () => {
    const { manifest } = await render(trade(100).slice(0, 1), { ...STREET, scope: "home" });
    expect(manifest).toMatchObject({ ok: true, value: { scope: "home", balance: null } });
  });
});

const PYTHON = "/usr/bin/python3";
const READER =
  "import csv, json, sys; sys.stdin.reconfigure(newline='', encoding='utf-8'); json.dump(list(csv.reader(sys.stdin, strict=True)), sys.stdout)";

describe("an independent reader", () => {
  (existsSync(PYTHON) ? test : test.skip)(
    "python's csv reads back every field, whatever texts are in it (skipped without /usr/bin/python3)",
    async () => {
      const anyText = fc.oneof(
        fc.string({ unit: fc.constantFrom('"', ",", "\n", "\r", ";", " ", "a", "é", "🔑", "'"), minLength: 1, maxLength: 12 }),
        fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }),
      );
      const anyRow = fc.record({
        meteringPoint: anyText,
        counterparty: fc.option(anyText),
        tradeId: fc.option(anyText),
        flow: fc.constantFrom(...FLOWS),
        energyWh: fc.nat(),
        amountMicro: fc.integer(),
      });
      const rows = fc.sample(anyRow, { numRuns: 300, seed: 11 }).map((fields) => row(fields));
      const { text } = await render(rows, { ...STREET, scope: "home" });
      const read = JSON.parse(execFileSync(PYTHON, ["-c", READER], { input: text, encoding: "utf8", maxBuffer: 1e8 })) as string[][];
      expect(read[0]).toEqual([...COLUMNS]);
      expect(read.slice(1).map((fields) => [fields[6], fields[7], fields[8], fields[10], fields[12], fields[15]])).toEqual(
        rows.map(({ meteringPoint, flow, energyWh, amountMicro, counterparty, tradeId }) => [
          meteringPoint,
          flow,
          `${energyWh}`,
          `${amountMicro}`,
          counterparty ?? "",
          tradeId ?? "",
        ]),
      );
      expect(new Set(read.map((fields) => fields.length))).toEqual(new Set([COLUMNS.length]));
    },
  );
});
