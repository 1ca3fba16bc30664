import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { cpus, tmpdir, totalmem } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { cpuSeconds, family, rssMb } from "./lab/meters.ts";

/**
 * What a street costs: start to first certificate, gate closure to certificate, memory, idle CPU. Runs the real program, reads
 * its logs and /proc (Linux). Prints figures beside their goals; judges nothing.
 */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
/** As the program's own first line has them, since it is started through Node here. */
const FLAGS = readFileSync(`${ROOT}src/main/commonwatt.js`, "utf8")
  .split("\n")[0]!
  .split(" ")
  .filter((word) => word.startsWith("--"));
const INTERVALS = Number(process.argv[2] ?? 40);
const IDLE_SECONDS = 30;

interface Running {
  readonly pid: number;
  readonly prints: (pattern: RegExp) => Promise<string>;
  readonly stop: () => Promise<void>;
}

function program(args: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
  const child = spawn(process.execPath, [...FLAGS, "src/main/commonwatt.js", ...args], {
    cwd: ROOT,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  child.stdout.on("data", (data) => {
    out += data;
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  return {
    pid: child.pid!,
    prints: async (pattern) => {
      for (;;) {
        const match = pattern.exec(out);
        if (match !== null) return match[1]!;
        if (child.exitCode !== null) throw new Error(`the program ended:\n${out}`);
        await sleep(20);
      }
    },
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
    },
  };
}

interface Certified {
  readonly at: number;
  readonly sinceGateMs: number | null;
  readonly home: string;
}

function certified(data: string): readonly Certified[] {
  const logs = readdirSync(join(data, "log")).filter((name) => /^homes-\d+\.log$/.test(name));
  const lines = logs.flatMap((name) =>
    readFileSync(join(data, "log", name), "utf8")
      .trimEnd()
      .split("\n"),
  );
  return lines
    .filter((line) => line.includes('"interval.certified"'))
    .map((line) => JSON.parse(line) as { time: string; sinceGateMs: number | null; home: string })
    .map(({ time, sinceGateMs, home }) => ({ at: Date.parse(time), sinceGateMs, home }));
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
const line = (what: string, value: string, goal: string): void => console.log(`${what.padEnd(58)} ${value.padStart(14)}   goal ${goal}`);

/** A home of its own beside a running street: its config, its simulated device, its process. */
async function loneHome(folder: string, street: string, url: string): Promise<{ readonly home: Running; readonly devices: Running }> {
  const devicesFile = {
    source: { kind: "synthetic", seed: 7, homes: 13, start: "2026-06-15T06:00:00Z" },
    homes: [{ name: "home-13", port: 0 }],
    intervalSeconds: 900,
    stateFile: join(folder, "devices-13.json"),
    street: { kind: "url", url: `${url}api/street` },
  };
  writeFileSync(join(folder, "devices.json"), JSON.stringify(devicesFile));
  const devices = program(["devices", "--config", join(folder, "devices.json")]);
  const port = JSON.parse(await devices.prints(/(\{.*\})/))["home-13"];
  const invitation = readFileSync(join(street, "invitation"), "utf8").trim();
  const config = [
    "name: home-13",
    "data: ./home-13",
    `street: ${url}api/street`,
    `invitation: ${invitation}`,
    "listen: [/ip4/127.0.0.1/tcp/0]",
    "password: { env: BENCH_PASSWORD }",
    `device: { host: 127.0.0.1, port: ${port}, units: { inverter: 1, meter: 200, storage: 1 }, timeoutMs: 1000 }`,
  ];
  writeFileSync(join(folder, "home-13.yaml"), config.join("\n"));
  const env = { BENCH_PASSWORD: "bench" };
  await program(["init", "--config", join(folder, "home-13.yaml")], env).prints(/(owner 0x)/);
  const home = program(["home", "--config", join(folder, "home-13.yaml"), "--log", "error"], env);
  await home.prints(/(home-13 trades)/);
  return { home, devices };
}

async function streetFigures(folder: string): Promise<void> {
  const data = join(folder, "street");
  const spawnedAt = Date.now();
  const street = program(["--data", data, "--port", "0"]);
  const url = await street.prints(/see (http:\S+)/);
  const { home, devices } = await loneHome(folder, data, url);
  while (certified(data).length < 12 * INTERVALS) await sleep(500);
  const all = certified(data);
  const first = Math.max(
    ...[...new Set(all.map(({ home: name }) => name))].map((name) =>
      Math.min(...all.filter((each) => each.home === name).map(({ at }) => at)),
    ),
  );
  const latencies = all.flatMap(({ sinceGateMs }) => (sinceGateMs === null ? [] : [sinceGateMs])).sort((a, b) => a - b);
  const processes = family(street.pid);
  line("start to the first certified interval at every home", `${((first - spawnedAt) / 1000).toFixed(1)} s`, "<= 20 s");
  line(`gate closure to certificate, p50 of ${latencies.length}`, `${quantile(latencies, 0.5)} ms`, "<= 200 ms");
  line("gate closure to certificate, p99", `${quantile(latencies, 0.99)} ms`, "<= 1000 ms");
  line("  fetched later or met late (not in the above)", `${all.length - latencies.length} of ${all.length}`, "-");
  line("one home alone, resident", `${rssMb(home.pid).toFixed(0)} MB`, "<= 150 MB");
  line(
    `the whole default street, ${processes.length} processes, resident`,
    `${processes.reduce((sum, pid) => sum + rssMb(pid), 0).toFixed(0)} MB`,
    "<= 1200 MB",
  );
  await home.stop();
  await devices.stop();
  await street.stop();
}

async function idleFigure(folder: string): Promise<void> {
  const data = join(folder, "slow");
  const street = program(["--data", data, "--port", "0", "--speed", "1"]);
  const url = await street.prints(/see (http:\S+)/);
  const { home, devices } = await loneHome(folder, data, url);
  await sleep(10_000);
  const before = cpuSeconds(home.pid);
  await sleep(IDLE_SECONDS * 1000);
  line(
    `idle home at real speed, over ${IDLE_SECONDS} s`,
    `${(((cpuSeconds(home.pid) - before) / IDLE_SECONDS) * 100).toFixed(1)} % of a core`,
    "<= 2 %",
  );
  await home.stop();
  await devices.stop();
  await street.stop();
}

const git = (...args: readonly string[]): string => execFileSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).trim();
console.log(`machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB, Node ${process.version}`);
console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
console.log(
  `method   the real program on loopback: 12 homes in 3 processes at speed 288 until ${INTERVALS} intervals, one more home alone;`,
);
console.log("         latencies from each home's log, memory as VmRSS (shared pages counted in each process), CPU from /proc");
console.log("left out network delay, slower machines, devices with real response times; new keys are made at the start\n");
const folder = mkdtempSync(join(tmpdir(), "commonwatt-bench-"));
try {
  await streetFigures(folder);
  rmSync(join(folder, "home-13"), { recursive: true, force: true });
  await idleFigure(folder);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
