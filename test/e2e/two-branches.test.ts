import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, jest, test } from "@jest/globals";
import { loadConfig } from "../../src/main/config/index.ts";
import { ROOT, run } from "../support/street-process.ts";

jest.setTimeout(240_000);

const RULES = join(ROOT, "config/market/two-branches.yaml");

interface Row {
  readonly interval_start_utc: string;
  readonly metering_point: string;
  readonly flow: string;
  readonly energy_wh: number;
  readonly amount_micro: number;
  readonly tx_hash: string;
}

function rowsOf(csv: string): readonly Row[] {
  const [header, ...lines] = csv.trimEnd().split("\n");
  const names = header!.split(",");
  return lines.map((line) => {
    const row = Object.fromEntries(line.split(",").map((field, at) => [names[at], field])) as unknown as Row;
    return { ...row, energy_wh: Number(row.energy_wh), amount_micro: Number(row.amount_micro) };
  });
}

const sum = (rows: readonly Row[], field: "energy_wh" | "amount_micro", ...flows: readonly string[]): number =>
  rows.filter(({ flow }) => flows.includes(flow)).reduce((total, row) => total + row[field], 0);

describe("the street on two branches that we ship, a noon of it", () => {
  const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
  const data = join(folder, "street");
  const file = join(folder, "rows.csv");
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("trades, settles, and its batches with the grid's account pass the vault", async () => {
    const street = ["--config", join(ROOT, "config/street/two-branches.yaml"), "--data", data, "--port", "0"];
    const { exit, out, err } = await run([
      ...street,
      "--from",
      "2026-06-15T11:00:00Z",
      "--intervals",
      "8",
      "--period",
      "4",
      "--speed",
      "300",
    ]);
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
    expect(out).toMatch(/two-branches: 12 homes are trading/);
    expect(out).toMatch(/8 intervals settled/);
    expect(out).toMatch(/money in = money out in every interval; 2 batches on the chain/);
  });

  test("its export proves every interval: money of trade sums to zero, sold is bought and lost, no wire carries more than its rules allow", async () => {
    const { exit, err } = await run(["export", "--format", "csv", "--data", data, "--out", file]);
    expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(/Wh bought \+ \d+ Wh lost = \d+ Wh sold/) });
    const rules = await loadConfig(RULES, "market");
    const most = new Map(
      rules.ok
        ? rules.value.network!.nodes.map(({ id, importCapacity, exportCapacity }) => [
            `grid:${id}`,
            Math.max(importCapacity ?? 0, exportCapacity ?? 0),
          ])
        : [],
    );
    const rows = rowsOf(readFileSync(file, "utf8"));
    for (const at of new Set(rows.map(({ interval_start_utc }) => interval_start_utc))) {
      const own = rows.filter(({ interval_start_utc }) => interval_start_utc === at);
      expect(sum(own, "amount_micro", "p2p_import", "p2p_export", "grid_fee", "congestion_rent", "market_surplus")).toBe(0);
      expect(sum(own, "energy_wh", "p2p_import", "grid_loss")).toBe(sum(own, "energy_wh", "p2p_export"));
    }
    const carried = rows.filter(({ flow }) => flow === "grid_fee");
    for (const { metering_point, energy_wh } of carried) expect(energy_wh).toBeLessThanOrEqual(most.get(metering_point)!);
    expect(sum(rows, "amount_micro", "grid_fee")).toBeGreaterThan(0);
    expect(sum(rows, "energy_wh", "grid_loss")).toBeGreaterThan(0);
  });

  test("an interval of it under every mechanism", async () => {
    const last = await run(["compare", "--data", data]);
    expect(last).toMatchObject({ exit: 0, err: "" });
    expect(last.out).toMatch(/^2026-06-15T1\d:\d\d:00Z: \d+ orders on 4 nodes; money in EUR/);
    expect(last.out).toMatch(/^huang +knows no wires$/m);
    const first = await run(["compare", "--data", data, "--at", "2026-06-15T11:15Z", "--one-node"]);
    expect(first.out).toMatch(/^2026-06-15T11:15:00Z: \d+ orders on one node/);
    expect(await run(["compare", "--data", data, "--at", "2026-06-15T11:20Z"])).toMatchObject({ exit: 1, out: "" });
  });
});
