import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { ModbusLink } from "../../adapters/modbus/index.ts";
import { realTime } from "../../test/support/real-time.ts";

/** What an inverter, a battery and a meter take, in registers. */
const READS = [52, 107, 40];

export interface Polled {
  readonly polls: number;
  readonly errors: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Of one core, this process alone. */
  readonly cpuShare: number;
}

/** Reads these homes each second, at moments that are spread over it, one connection to each; the devices run in another process. */
export async function poll(homes: number, seconds: number): Promise<Polled> {
  const server = fork(fileURLToPath(new URL("poll-server.ts", import.meta.url)), [String(homes)], { execArgv: ["--no-warnings"] });
  const [ports] = (await once(server, "message")) as [number[]];
  const links = ports.map(
    (port) => new ModbusLink({ host: "127.0.0.1", port, timeoutMs: 2_000, clock: realTime(), random: () => Math.random() }),
  );
  const took: number[] = [];
  let errors = 0;
  const one = async (link: ModbusLink): Promise<void> => {
    const began = performance.now();
    for (const count of READS) if (!(await link.read(1, 0, count)).ok) errors += 1;
    took.push(performance.now() - began);
  };
  const round = (): Promise<unknown> =>
    Promise.all(links.map((link, i) => new Promise((resolve) => setTimeout(() => resolve(one(link)), (1_000 * i) / homes))));
  await round();
  took.length = 0;
  const cpu = process.cpuUsage();
  const began = performance.now();
  const rounds: Promise<unknown>[] = [];
  for (let second = 0; second < seconds; second += 1) {
    rounds.push(round());
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, began + 1_000 * (second + 1) - performance.now())));
  }
  await Promise.all(rounds);
  const { user, system } = process.cpuUsage(cpu);
  const wallMs = performance.now() - began;
  for (const link of links) link.close();
  server.disconnect();
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.min(took.length - 1, Math.floor(share * took.length))] ?? 0;
  return { polls: took.length, errors, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: at(1), cpuShare: (user + system) / 1000 / wallMs };
}
