import { afterEach, describe, expect, test } from "@jest/globals";
import { createMetrics, type SystemMetrics } from "../../../adapters/system/index.ts";

let metrics: SystemMetrics;
afterEach(() => metrics.close());
const start = () => (metrics = createMetrics());

/** The value of one line of Prometheus' text form. */
async function read(series: string): Promise<number> {
  const line = (await metrics.text()).split("\n").find((each) => each.startsWith(`${series} `));
  return Number(line?.slice(series.length + 1) ?? "NaN");
}

describe("metrics", () => {
  test("counters, gauges and histograms in Prometheus' text form", async () => {
    start();
    const verdicts = metrics.counter("orders_total", "Orders by verdict", ["verdict"]);
    verdicts.add({ verdict: "accept" });
    verdicts.add({ verdict: "accept" }, 4);
    metrics.gauge("balance_micro", "Balance", []).set({}, -12);
    const latency = metrics.histogram("certificate_seconds", "Gate to certificate", [], [0.1, 1]);
    for (const seconds of [0.05, 0.5, 2]) latency.observe({}, seconds);
    const text = await metrics.text();
    expect(text).toContain("# HELP orders_total Orders by verdict\n# TYPE orders_total counter\n");
    expect(await read('orders_total{verdict="accept"}')).toBe(5);
    expect(await read("balance_micro")).toBe(-12);
    expect(await read('certificate_seconds_bucket{le="0.1"}')).toBe(1);
    expect(await read('certificate_seconds_bucket{le="1"}')).toBe(2);
    expect(await read("certificate_seconds_count")).toBe(3);
    expect(metrics.contentType).toContain("text/plain");
  });

  test("homes of one process share a family, each under its name", async () => {
    start();
    for (const home of ["home-01", "home-02"]) {
      metrics.with({ home }).counter("orders_total", "Orders", ["verdict"]).add({ verdict: "reject" });
    }
    metrics.with({ home: "home-02" }).counter("orders_total", "Orders", ["verdict"]).add({ verdict: "reject" });
    expect(await read('orders_total{verdict="reject",home="home-01"}')).toBe(1);
    expect(await read('orders_total{verdict="reject",home="home-02"}')).toBe(2);
    expect((await metrics.text()).match(/# TYPE orders_total/g)?.length).toBe(1);
  });

  test("a name declared in two ways is our own bug", () => {
    start();
    metrics.counter("a_total", "A", ["code"]);
    expect(() => metrics.gauge("a_total", "A", ["code"])).toThrow("two ways");
    expect(() => metrics.counter("a_total", "A", ["kind"])).toThrow("two ways");
    expect(() => metrics.with({ home: "x" }).counter("a_total", "A", ["code"])).toThrow("two ways");
    metrics.histogram("b_seconds", "B", [], [1, 2]);
    expect(() => metrics.histogram("b_seconds", "B", [], [1, 3])).toThrow("two ways");
  });

  test("two processes' worth in one test don't meet: each has its own registry", async () => {
    start();
    const other = createMetrics();
    other.counter("only_there_total", "There", []).add({});
    expect(await metrics.text()).not.toContain("only_there_total");
    other.close();
  });
});

describe("the process", () => {
  test("memory and CPU are those of this process, and CPU only grows", async () => {
    start();
    const before = await read("process_cpu_seconds_total");
    // A machine with much to do gives little of its time: what counts is what was used.
    for (const from = process.cpuUsage(); process.cpuUsage(from).user < 60_000; );
    expect((await read("process_cpu_seconds_total")) - before).toBeGreaterThan(0.02);
    const rss = await read("process_resident_memory_bytes");
    expect(Math.abs(rss - process.memoryUsage.rss())).toBeLessThan(100e6);
  });

  test("a stall shows as lag, once", async () => {
    start();
    await new Promise((resolve) => setTimeout(resolve, 120));
    await metrics.text();
    await new Promise((resolve) => setTimeout(resolve, 120));
    for (const until = performance.now() + 400; performance.now() < until; );
    await new Promise((resolve) => setTimeout(resolve, 120));
    expect(await read('process_event_loop_lag_seconds{quantile="1"}')).toBeGreaterThan(0.25);
    expect(await read('process_event_loop_lag_seconds{quantile="1"}')).toBe(0);
  });
});
