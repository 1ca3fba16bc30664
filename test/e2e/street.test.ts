import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, jest, test } from "@jest/globals";
import { chromium } from "playwright-core";
import type { StreetState } from "../../src/api/index.ts";
import { CHROMIUM, FLAGS } from "../support/browser.ts";
import { Program, processesWith, ROOT, run, until } from "../support/street-process.ts";

jest.setTimeout(240_000);

const READINGS = join(ROOT, "../shared/data/citylearn2022/readings_homes01-10.csv.gz");
const stateOf = async (url: string): Promise<StreetState> => (await fetch(`${url}api/state`)).json() as Promise<StreetState>;

interface Row {
  readonly interval_start_utc: string;
  readonly metering_point: string;
  readonly flow: string;
  readonly energy_wh: string;
  readonly amount_micro: string;
  readonly quality: string;
  readonly tx_hash: string;
}

function rowsOf(csv: string): readonly Row[] {
  const [header, ...lines] = csv.trimEnd().split("\n");
  const names = header!.split(",");
  return lines.map((line) => Object.fromEntries(line.split(",").map((field, at) => [names[at], field])) as unknown as Row);
}

const total = (rows: readonly Row[], flow: string, field: "energy_wh" | "amount_micro" = "energy_wh"): number =>
  rows.filter((row) => row.flow === flow).reduce((sum, row) => sum + Number(row[field]), 0);

/** Skipped without Chromium. */
const withBrowser = existsSync(CHROMIUM) ? test : test.skip;
const measured = existsSync(READINGS) ? describe : describe.skip;

measured("eight intervals of ten measured homes (skipped without ../shared)", () => {
  const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
  const data = join(folder, "street");
  const args = ["--readings", READINGS, "--from", "2016-08-01T16:00:00Z", "--speed", "900", "--period", "4", "--data", data, "--port", "0"];

  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test("trade, settle to the file's last Wh, and stop by themselves", async () => {
    const { exit, out, err } = await run([...args, "--intervals", "8"]);
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
    expect(out).toMatch(/2 homes without panels were added/);
    expect(out).toMatch(/8 intervals settled/);
    expect(out).toMatch(/money in = money out in every interval; 2 batches on the chain/);
    expect(processesWith(data)).toEqual([]);
  });

  test("the export balances, follows the file, and names the transactions", async () => {
    const file = join(folder, "rows.csv");
    const { exit, err } = await run(["export", "--format", "csv", "--data", data, "--out", file]);
    expect({ exit, err }).toEqual({ exit: 0, err: expect.stringMatching(/bought = \d+ Wh sold/) });
    const rows = rowsOf(readFileSync(file, "utf8"));
    expect(rows).toHaveLength(8 * 12 * 4);
    expect(total(rows, "p2p_import")).toBeGreaterThan(0);
    expect(total(rows, "p2p_import")).toBe(total(rows, "p2p_export"));
    expect(total(rows, "p2p_import", "amount_micro")).toBe(-total(rows, "p2p_export", "amount_micro"));
    expect(new Set(rows.map((row) => row.tx_hash)).size).toBe(2);
    for (const [at, home, load, pv] of fileRows(rows)) {
      const own = rows.filter((row) => row.interval_start_utc === at && row.metering_point === home);
      const net = total(own, "utility_import") + total(own, "p2p_import") - total(own, "utility_export") - total(own, "p2p_export");
      expect({ at, home, net }).toEqual({ at, home, net: load - pv });
    }
  });

  test("started again, the same street goes on: same keys and chain, nothing settled twice", async () => {
    const before = JSON.parse(readFileSync(join(data, "street.json"), "utf8"));
    const { exit, out } = await run([...args, "--intervals", "4"]);
    expect(exit).toBe(0);
    expect(out).toMatch(/4 intervals settled/);
    const after = JSON.parse(readFileSync(join(data, "street.json"), "utf8"));
    expect(after.homes).toEqual(before.homes);
    expect(after.chain.vault).toBe(before.chain.vault);
    const rows = rowsOf((await run(["export", "--format", "csv", "--data", data])).out);
    expect(rows).toHaveLength(12 * 12 * 4);
    expect(new Set(rows.map((row) => `${row.interval_start_utc}/${row.metering_point}/${row.flow}`)).size).toBe(rows.length);
  });

  test("another street is not let into its folder", async () => {
    const { exit, err } = await run([...args.slice(0, 2), "--from", "2016-09-01T07:00:00Z", ...args.slice(4)]);
    expect(exit).toBe(1);
    expect(err).toMatch(/holds another street: its homes or readings differ; use another folder \(--data DIR\)/);
  });
});

/** What the readings file says of the rows' intervals: start, home, load and PV in Wh. */
function fileRows(rows: readonly Row[]): readonly [string, string, number, number][] {
  const wanted = new Set(rows.map((row) => row.interval_start_utc));
  return gunzipSync(readFileSync(READINGS))
    .toString("utf8")
    .split("\n")
    .map((line) => line.split(","))
    .filter(([at]) => wanted.has(at!))
    .map(([at, home, load, pv]) => [at!, home!, Number(load), Number(pv)]);
}

describe("a synthetic street that runs", () => {
  const folder = mkdtempSync(join(tmpdir(), "commonwatt-e2e-"));
  const data = join(folder, "street");
  let street: Program;
  let url: string;

  beforeAll(async () => {
    street = new Program(["--data", data, "--port", "0", "--speed", "300", "--period", "4"]);
    url = await street.prints(/see (http:\S+)/);
  });

  afterAll(async () => {
    await street.stop("SIGTERM");
    rmSync(folder, { recursive: true, force: true });
  });

  test("says that its readings are synthetic and gets certificates", async () => {
    expect(street.out).toMatch(/synthetic \(seed 7\): a model, not measurements/);
    const state = await until(
      () => stateOf(url),
      (each) => each.street.intervalsCertified >= 3 && each.settlement !== null,
    );
    expect(state.homes).toHaveLength(12);
    expect(state.sentence).toMatch(/^12 of 12 homes online; /);
    expect(state.settlement?.conservation.holds).toBe(true);
    expect(state.certificates[0]).toMatchObject({ votes: 9, validators: 12 });
  });

  withBrowser("its page shows it in Chromium, live and without an error", async () => {
    const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    try {
      const page = await browser.newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => message.type() === "error" && errors.push(message.text()));
      await page.goto(url);
      await page.getByText("12 of 12 homes online").first().waitFor();
      const sentence = await page.textContent("h1");
      await until(
        () => page.textContent("h1"),
        (now) => now !== sentence,
      );
      expect(await page.getByText("home-12").count()).toBeGreaterThan(0);
      expect(errors).toEqual([]);
    } finally {
      await browser.close();
    }
  });

  test("a second street can't have its port or its folder", async () => {
    const port = new URL(url).port;
    const other = await run(["--data", join(folder, "other"), "--port", port, "--homes", "4", "--processes", "1"]);
    expect({ exit: other.exit, err: other.err }).toEqual({
      exit: 1,
      err: expect.stringMatching(new RegExp(`port ${port} on 127.0.0.1 is taken`)),
    });
    expect(processesWith(join(folder, "other"))).toEqual([]);
  });

  test("garbage at the door changes nothing", async () => {
    const before = (await stateOf(url)).street.intervalsCertified;
    const garbage = await Promise.all([
      fetch(`${url}api/homes`, { method: "POST", body: "{", headers: { "content-type": "application/json" } }),
      fetch(`${url}api/homes`, { method: "POST", body: "x".repeat(100_000), headers: { "content-type": "application/json" } }),
      fetch(`${url}..%2f..%2fpassword`),
      fetch(`${url}api/intervals/yesterday`),
    ]);
    for (const answer of garbage) expect(answer.status).toBeGreaterThanOrEqual(400);
    await until(
      () => stateOf(url),
      (state) => state.street.intervalsCertified > before + 1,
    );
    expect((await fetch(`${url}healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}metrics`)).text()).toMatch(/commonwatt_admission_verdicts_total/);
    expect(((await (await fetch(`${url}openapi.json`)).json()) as { openapi: string }).openapi).toMatch(/^3\.1/);
  });

  test("a home that runs alone joins, trades, and has no data once its device is gone", async () => {
    const devices = deviceOf(folder, url);
    const port = JSON.parse(await devices.prints(/(\{.*\})/))["home-13"];
    const config = homeConfig(folder, data, url, port);
    expect((await run(["init", "--config", config], { TEST_PASSWORD: "of a test" })).exit).toBe(0);
    const home = new Program(["home", "--config", config], { TEST_PASSWORD: "of a test" });
    await home.prints(/home-13 trades in sunny-street/);
    const ofThirteenth = (state: StreetState) => state.homes.find(({ name }) => name === "home-13");
    await until(
      () => stateOf(url),
      (state) => ofThirteenth(state)?.reading != null && ofThirteenth(state)!.online,
    );
    const wrong = await run(["home", "--config", config], { TEST_PASSWORD: "another" });
    expect({ exit: wrong.exit, err: wrong.err }).toEqual({
      exit: 1,
      err: expect.stringMatching(/the password doesn't open .*agent\.json/),
    });
    await devices.stop("SIGTERM");
    const state = await until(
      () => stateOf(url),
      (each) => ofThirteenth(each)?.data === "no-data",
    );
    expect(ofThirteenth(state)?.reading).toBeNull();
    const then = state.street.intervalsCertified;
    await until(
      () => stateOf(url),
      (each) => each.street.intervalsCertified > then + 1 && each.settlement?.conservation.holds === true,
    );
    expect((await home.stop()).exit).toBe(0);
  });

  test("Ctrl-C ends every process within 5 s and leaves none behind", async () => {
    const at = performance.now();
    const { exit, err } = await street.stop();
    expect({ exit, err }).toEqual({ exit: 0, err: "" });
    expect(performance.now() - at).toBeLessThan(5_000);
    expect(processesWith(data)).toEqual([]);
  });
});

function deviceOf(folder: string, url: string): Program {
  const file = {
    source: { kind: "synthetic", seed: 7, homes: 13, start: "2026-06-15T06:00:00Z" },
    homes: [{ name: "home-13", port: 0 }],
    intervalSeconds: 900,
    stateFile: join(folder, "devices-13.json"),
    street: { kind: "url", url: `${url}api/street` },
  };
  writeFileSync(join(folder, "devices.json"), JSON.stringify(file));
  return new Program(["devices", "--config", join(folder, "devices.json")]);
}

function homeConfig(folder: string, data: string, url: string, port: number): string {
  const path = join(folder, "home-13.yaml");
  const invitation = readFileSync(join(data, "invitation"), "utf8").trim();
  writeFileSync(
    path,
    `name: home-13\ndata: ./home-13\nstreet: ${url}api/street\ninvitation: ${invitation}\nlisten: [/ip4/127.0.0.1/tcp/0]\npassword: { env: TEST_PASSWORD }\ndevice: { host: 127.0.0.1, port: ${port}, units: { inverter: 1, meter: 200, storage: 1 }, timeoutMs: 1000 }\n`,
  );
  return path;
}
