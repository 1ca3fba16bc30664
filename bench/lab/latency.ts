import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import { gateClosure } from "../../engine/messages/index.ts";
import type { StreetCard } from "../../src/api/index.ts";
import { rulesOf } from "../../src/main/card.ts";
import { atMost, quantile, type Row } from "../engine/frame.ts";
import { LabProcess, program, ROOT } from "./lab-process.ts";
import { cpuSeconds, family, mainThread } from "./meters.ts";
import type { LabFrame, LabPart } from "./part.ts";

interface Size {
  readonly homes: number;
  readonly orders: "open" | "sealed";
  readonly processes: number;
  /** Real seconds. */
  readonly intervalS: number;
  readonly goalMs: number;
  /** How many are measured. */
  readonly intervals: number;
}

const VALIDATORS = 7;
const TWELVE = { homes: 12, processes: 3, intervalS: 3, goalMs: 250, intervals: 30 } as const;
const THIRTY = { homes: 30, processes: 3, intervalS: 5, goalMs: 500, intervals: 20 } as const;
const HUNDRED = { homes: 100, processes: 2, intervalS: 60, goalMs: 1_500, intervals: 5 } as const;
/** Real seconds for homes to meet: until an interval is certified at all of them. */
const MEET_S = 360;
const SIZES: readonly Size[] = [
  { ...TWELVE, orders: "open" },
  { ...TWELVE, orders: "sealed" },
  { ...THIRTY, orders: "open" },
  { ...THIRTY, orders: "sealed" },
  { ...HUNDRED, orders: "open" },
];

export const part: LabPart = {
  method: [
    `the real program on loopback, \`commonwatt street\`, ${VALIDATORS} validators of 12, 30 and 100 homes in ${[TWELVE, THIRTY, HUNDRED].map(({ processes }) => processes).join(", ")} processes (fewer share one`,
    "thread, more share two cores); from gate closure to the certificate at a home, and at the last home of an interval; CPU and waiting",
    "for a core from /proc, both of the homes' processes alone (the operator, the chain and the devices run beside them); orders open, and",
    "sealed until the gates of all are known to be closed, as below 100 homes by default;",
    `${[TWELVE, THIRTY, HUNDRED].map(({ intervals, intervalS }) => `${intervals} intervals of ${intervalS} s`).join(", ")}, from the first that all homes had on`,
  ],
  leftOut: [
    "network delay, slower machines; intervals before homes have met; 100 homes with sealed orders, which such a street must ask for",
  ],
  run: async (frame) => {
    const rows: Row[] = [];
    for (const size of frame.quick ? SIZES.slice(0, 2) : SIZES)
      rows.push(...(await sizeRows(frame, size).catch((error) => unmeasured(size, error))));
    return rows;
  },
};

/** What the other sizes have shown stands. */
const unmeasured = ({ homes, orders, goalMs }: Size, error: unknown): readonly Row[] => [
  { what: `${homes} homes, ${orders} orders`, value: Number.NaN, unit: "ms", goal: atMost(goalMs), note: `(${String(error)})` },
];

async function sizeRows({ quick, folder, say }: LabFrame, size: Size): Promise<readonly Row[]> {
  const { homes, orders, processes, intervalS, goalMs } = size;
  const [data, intervals] = [join(folder, `street-${homes}-${orders}`), quick ? 5 : size.intervals];
  const street = new LabProcess(recipeOf(data, size));
  street.start();
  try {
    if ((await street.up()) === null) throw new Error(street.faults.join());
    const card = JSON.parse(readFileSync(join(data, "card.json"), "utf8")) as StreetCard;
    await met(data, card, homes);
    if (street.faults.length > 0) throw new Error(street.faults.join());
    const seen = await observe(card, hostsOf(street.pid, data), { intervals, intervalS, windowMs: goalMs });
    const everywhere = seen.intervals.map((interval) => certifiedMs(data, interval, card));
    say(
      `${homes} homes: ${everywhere.map((each) => `${Math.round(Math.max(...each))}${each.length < homes ? `(${each.length})` : ""}`).join(" ")}`,
    );
    // Whoever never had it waits for ever.
    const all = everywhere.flatMap((each) => [...each, ...Array<number>(homes - each.length).fill(Number.POSITIVE_INFINITY)]);
    const last = everywhere.map((each) => (each.length < homes ? Number.POSITIVE_INFINITY : Math.max(...each)));
    const row = (what: string, value: number, unit = "ms", note = ""): Row => ({ what, value, unit, goal: null, note });
    return [
      {
        ...row(`${homes} homes, ${orders} orders, ${processes} processes: at a home, p50`, quantile(all, 0.5)),
        note: `(${all.filter(Number.isFinite).length} of ${all.length})`,
      },
      { ...row("  at a home, p99", quantile(all, 0.99)), goal: atMost(goalMs) },
      row(
        "  at the last home of an interval, p50",
        quantile(last, 0.5),
        "ms",
        `(${last.filter(Number.isFinite).length} of ${intervals} intervals)`,
      ),
      { ...row("  at the last home of an interval, p99", quantile(last, 0.99)), goal: atMost(goalMs) },
      row("  CPU of a home for an interval", (1_000 * seen.cpuS) / homes / intervals, "ms"),
      row(`  CPU of all homes in the ${goalMs} ms after the gate`, quantile(seen.busyMs, 0.5), "ms", `(${cpus().length} cores)`),
      row(
        "  a home's thread waiting for a core in that time",
        quantile(seen.waitMs, 0.5),
        "ms",
        "(median of intervals, mean of processes)",
      ),
    ];
  } finally {
    await street.stop();
  }
}

function recipeOf(data: string, { homes, orders, processes, intervalS }: Size) {
  mkdirSync(data, { recursive: true });
  const rules = join(data, "rules.yaml");
  writeFileSync(rules, `${readFileSync(join(ROOT, "config/market/street.yaml"), "utf8")}\norders: ${orders}\n`);
  const config = join(data, "street.yaml");
  const street = { rules, data, homes, validators: VALIDATORS, processes, speed: 900 / intervalS, start: START, dashboard: { port: 0 } };
  writeFileSync(config, stringify(street));
  const name = `${homes} homes`;
  return { name, place: [], ...program(["street", "--config", config]), log: join(data, "street.err"), says: /see http:/ };
}

const START = "2026-06-15T09:00:00Z";

/** Processes that run homes: children of the street that name its hosts. */
const hostsOf = (pid: number, data: string): readonly number[] =>
  family(pid).filter((each) => readFileSync(`/proc/${each}/cmdline`, "utf8").includes(join(data, "hosts")));

interface Seen {
  readonly intervals: readonly number[];
  /** Of all hosts over all intervals, seconds. */
  readonly cpuS: number;
  /** For each interval, ms: what the hosts' main threads ran in the window after the gate (together), and waited (each). */
  readonly busyMs: readonly number[];
  readonly waitMs: readonly number[];
}

async function observe(
  card: StreetCard,
  hosts: readonly number[],
  { intervals, intervalS, windowMs }: { readonly intervals: number; readonly intervalS: number; readonly windowMs: number },
): Promise<Seen> {
  const first = intervalSoon(card);
  const seen = { intervals: [] as number[], busyMs: [] as number[], waitMs: [] as number[] };
  await until(gateAt(card, first) - (intervalS * 1_000) / 2);
  const before = cpu(hosts);
  for (let interval = first; interval < first + intervals; interval++) {
    await until(gateAt(card, interval));
    const atGate = hosts.map(mainThread);
    await sleep(windowMs);
    const after = hosts.map(mainThread);
    seen.intervals.push(interval);
    seen.busyMs.push(after.reduce((sum, { ranMs }, at) => sum + ranMs - atGate[at]!.ranMs, 0));
    seen.waitMs.push(after.reduce((sum, { waitedMs }, at) => sum + waitedMs - atGate[at]!.waitedMs, 0) / hosts.length);
  }
  await until(gateAt(card, first + intervals) - (intervalS * 1_000) / 2);
  return { ...seen, cpuS: cpu(hosts) - before };
}

const cpu = (pids: readonly number[]): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0);
const until = (at: number): Promise<void> => sleep(Math.max(0, at - Date.now()));

/** An interval is certified at every home, and more will be. */
async function met(data: string, card: StreetCard, homes: number): Promise<void> {
  for (const end = Date.now() + 1_000 * MEET_S; Date.now() < end; await sleep(1_000)) {
    const last = intervalSoon(card);
    for (let interval = Math.max(card.firstInterval, last - 4); interval < last; interval++)
      if (certifiedMs(data, interval, card).length === homes) return;
  }
}

type Intervals = Parameters<typeof gateClosure>[1];

function gateAt(card: StreetCard, interval: number): number {
  const { streetMs, wallMs, speed } = card.clock!;
  return wallMs + (gateClosure(rulesOf(card), interval as Intervals) * 1000 - streetMs) / speed;
}

function intervalSoon(card: StreetCard): number {
  let interval = card.firstInterval;
  while (gateAt(card, interval) < Date.now() + 1_000) interval++;
  return interval + 1;
}

/** Real milliseconds after its gate at which homes had the interval, by their logs; later than the street's patience counts as never. */
function certifiedMs(data: string, interval: number, card: StreetCard): readonly number[] {
  const gate = gateAt(card, interval);
  return readdirSync(join(data, "log"))
    .filter((name) => /^homes-\d+\.log$/.test(name))
    .flatMap((name) => readFileSync(join(data, "log", name), "utf8").split("\n"))
    .filter((line) => line.includes('"interval.certified"') && line.includes(`"interval":${interval},`))
    .map((line) => Date.parse((JSON.parse(line) as { readonly time: string }).time) - gate);
}
