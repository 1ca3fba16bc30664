import { createRequire } from "node:module";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type * as Prometheus from "prom-client";
import { assert } from "../../engine/kernel/index.ts";
import type { Metrics } from "../../src/ports/index.ts";

/** The metrics of one process, in Prometheus' text form. */
export interface SystemMetrics extends Metrics {
  /** The same metrics with fixed labels: one view per home of a process. A name must carry the same fixed labels everywhere. */
  with(fixed: FixedLabels): Metrics;
  text(): Promise<string>;
  readonly contentType: string;
  close(): void;
}

export type FixedLabels = Readonly<Record<string, string>>;

type Client = Pick<typeof Prometheus, "Registry" | "Counter" | "Gauge" | "Histogram">;

/** The four parts that we use: prom-client's index also loads a push gateway with http, https and zlib, 21 MB instead of 4. */
function loadClient(): Client {
  const require = createRequire(import.meta.url);
  return {
    Registry: require("prom-client/lib/registry.js"),
    Counter: require("prom-client/lib/counter.js"),
    Gauge: require("prom-client/lib/gauge.js"),
    Histogram: require("prom-client/lib/histogram.js"),
  };
}

export function createMetrics(): SystemMetrics {
  const client = loadClient();
  const registry = new client.Registry();
  const families = familiesOf(client, registry);
  const stop = watchProcess(client, registry);
  return {
    ...viewOf(families, {}),
    with: (fixed) => viewOf(families, fixed),
    text: () => registry.metrics(),
    contentType: registry.contentType,
    close: () => {
      stop();
      registry.clear();
    },
  };
}

interface Families {
  counter(name: string, help: string, labels: readonly string[]): Prometheus.Counter;
  gauge(name: string, help: string, labels: readonly string[]): Prometheus.Gauge;
  histogram(name: string, help: string, labels: readonly string[], buckets: readonly number[]): Prometheus.Histogram;
}

/** Declaring is idempotent, for several homes of one process declare the same; declaring differently is a bug. */
function familiesOf(client: Client, registry: Prometheus.Registry): Families {
  const known = new Map<string, { readonly shape: string; readonly metric: unknown }>();

  function once<M>(name: string, shape: string, make: () => M): M {
    const found = known.get(name) ?? { shape, metric: make() };
    assert(found.shape === shape, `the metric ${name} is declared in two ways: ${found.shape} and ${shape}`);
    known.set(name, found);
    return found.metric as M;
  }

  const registers = [registry];
  return {
    counter: (name, help, labels) =>
      once(name, `counter ${labels}`, () => new client.Counter({ name, help, labelNames: [...labels], registers })),
    gauge: (name, help, labels) =>
      once(name, `gauge ${labels}`, () => new client.Gauge({ name, help, labelNames: [...labels], registers })),
    histogram: (name, help, labels, buckets) =>
      once(
        name,
        `histogram ${labels} ${buckets}`,
        () => new client.Histogram({ name, help, labelNames: [...labels], buckets: [...buckets], registers }),
      ),
  };
}

function viewOf(families: Families, fixed: FixedLabels): Metrics {
  const all = (labels: readonly string[]) => [...labels, ...Object.keys(fixed)];
  return {
    counter: (name, help, labels) => {
      const metric = families.counter(name, help, all(labels));
      return { add: (values, amount = 1) => metric.inc({ ...values, ...fixed }, amount) };
    },
    gauge: (name, help, labels) => {
      const metric = families.gauge(name, help, all(labels));
      return { set: (values, value) => metric.set({ ...values, ...fixed }, value) };
    },
    histogram: (name, help, labels, buckets) => {
      const metric = families.histogram(name, help, all(labels), buckets);
      return { observe: (values, value) => metric.observe({ ...values, ...fixed }, value) };
    },
  };
}

// A probe every 50 ms costs nothing that can be measured; a stall shorter than that hurts nobody.
const LAG_PROBE_MS = 50;

/** Three cheap facts about the process, read when somebody asks. Lag is since the last time somebody asked. */
function watchProcess(client: Client, registry: Prometheus.Registry): () => void {
  const registers = [registry];
  const lag = monitorEventLoopDelay({ resolution: LAG_PROBE_MS });
  lag.enable();
  new client.Gauge({
    name: "process_resident_memory_bytes",
    help: "Memory of this process",
    registers,
    collect() {
      this.set(process.memoryUsage.rss());
    },
  });
  new client.Counter({
    name: "process_cpu_seconds_total",
    help: "CPU time of this process, user and system",
    registers,
    collect() {
      const { user, system } = process.cpuUsage();
      this.reset();
      this.inc((user + system) / 1e6);
    },
  });
  new client.Gauge({
    name: "process_event_loop_lag_seconds",
    help: "How late timers ran since the last look",
    labelNames: ["quantile"],
    registers,
    collect() {
      // Node records the time between two probes, not how late the second one was.
      const seconds = (nanoseconds: number) => Math.max(0, nanoseconds / 1e9 - LAG_PROBE_MS / 1e3);
      for (const quantile of [50, 99]) this.set({ quantile: `0.${quantile}` }, seconds(lag.percentile(quantile)));
      this.set({ quantile: "1" }, seconds(lag.max));
      lag.reset();
    },
  });
  return () => lag.disable();
}
