import { type ChildProcess, execFileSync, fork } from "node:child_process";
import { cpus, loadavg } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Kind } from "./flood/flooder.ts";

/**
 * What a flood from one peer costs a home and its honest neighbours: three processes over TCP on loopback, the home with the real
 * adapter and the real admission. Prints figures beside their goals; judges nothing.
 */
const KINDS: Readonly<Record<Kind, string>> = {
  unsigned: "orders with a signature that nobody made, each another",
  replay: "one signed order again and again",
  garbage: "200 bytes of nothing",
  orders: "orders signed by a registered home, beyond what it may",
  votes: "votes signed by a validator, each for another value",
};

const argument = (name: string, usual: string): string => {
  const place = process.argv.indexOf(`--${name}`);
  return place < 0 ? usual : process.argv[place + 1]!;
};
const SECONDS = Number(argument("seconds", "20"));
const RATE = argument("rate", "10000");
const only = argument("only", "");

interface Figures {
  readonly admitted: readonly (readonly [string, number])[];
  readonly checks: number;
  readonly judged: number;
  readonly cutAt: number | null;
  readonly stallMs: number;
  readonly rssMb: { readonly start: number; readonly most: number; readonly end: number };
  readonly cpuShare: number;
}
type Sent = Readonly<Record<"order" | "vote", readonly (readonly [string, number])[]>>;
interface Flooded {
  readonly sent: number;
  readonly dials: number;
  readonly firstAt: number | null;
}

const start = (file: string, ...args: readonly string[]): ChildProcess =>
  fork(fileURLToPath(new URL(`./flood/${file}.ts`, import.meta.url)), args, { stdio: "inherit" });

function hear<T>(child: ChildProcess, kind: string): Promise<T> {
  return new Promise((resolve, reject) => {
    child.on("message", (message: { readonly kind: string }) => message.kind === kind && resolve(message as T));
    child.once("exit", (code) => reject(new Error(`a process ended (${code})`)));
  });
}

async function ask<T>(child: ChildProcess, kind: string): Promise<T> {
  const answer = hear<T>(child, kind);
  child.send("end");
  return answer;
}

/** One run: quiet for two seconds, flooded, and the figures of the flooded time. */
async function run(kind: Kind | null, limits: "limited" | "unlimited"): Promise<void> {
  const children: ChildProcess[] = [];
  try {
    const home = start("home", limits);
    children.push(home);
    const { addresses } = await hear<{ addresses: string[] }>(home, "ready");
    const honest = start("honest", ...addresses);
    children.push(honest);
    await hear(honest, "ready");
    const flooder = kind === null ? null : start("flooder", kind, RATE, ...addresses);
    if (flooder !== null) {
      children.push(flooder);
      await hear(flooder, "ready");
    }
    honest.send("begin");
    await sleep(2_000);
    home.send("begin");
    flooder?.send("begin");
    await sleep(SECONDS * 1_000);
    const flooded = flooder === null ? null : await ask<Flooded>(flooder, "flooded");
    const sent = await ask<Sent>(honest, "sent");
    await sleep(5_000);
    print(kind, limits, { sent, flooded, figures: await ask<Figures>(home, "figures") });
  } finally {
    for (const child of children) child.disconnect();
  }
}

function print(
  kind: Kind | null,
  limits: string,
  { sent, flooded, figures }: { readonly sent: Sent; readonly flooded: Flooded | null; readonly figures: Figures },
): void {
  const admitted = new Map(figures.admitted);
  const delays = (what: "order" | "vote"): readonly number[] =>
    sent[what].map(([id, at]) => (admitted.get(id) ?? Number.POSITIVE_INFINITY) - at).sort((a, b) => a - b);
  const told = (values: readonly number[]): string => `${ms(quantile(values, 0.5))} / ${ms(quantile(values, 0.99))}`;
  const lost = (["order", "vote"] as const).map((what) => delays(what).filter((delay) => delay === Number.POSITIVE_INFINITY).length);
  const { start, most, end } = figures.rssMb;
  const cut = figures.cutAt === null || flooded?.firstAt == null ? "never" : `${ms(figures.cutAt - flooded.firstAt)} ms`;
  console.log(
    [
      (kind ?? "no flood").padEnd(9),
      limits.padEnd(9),
      String(flooded?.sent ?? 0).padStart(8),
      told(delays("order")).padStart(16),
      told(delays("vote")).padStart(16),
      lost.join(" + ").padStart(9),
      String(figures.checks).padStart(8),
      String(figures.judged).padStart(8),
      ms(figures.stallMs).padStart(8),
      `${Math.round(start)} ${Math.round(most)} ${Math.round(end)}`.padStart(13),
      `${Math.round(100 * figures.cpuShare)} %`.padStart(6),
      (flooded === null ? "" : cut).padStart(10),
    ].join(" "),
  );
}

const quantile = (sorted: readonly number[], q: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
const ms = (value: number): string => (Number.isFinite(value) ? (value < 100 ? value.toFixed(1) : Math.round(value).toString()) : "lost");

const commit = execFileSync("git", ["log", "-1", "--format=%h"], { encoding: "utf8" }).trim();
console.log(`${cpus().length} x ${cpus()[0]?.model}, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}, commit ${commit}`);
console.log(
  `One registered home sends ${RATE} messages a second for ${SECONDS} s at another, beside ten orders and ten votes a second of an honest one.`,
);
for (const [kind, what] of Object.entries(KINDS)) console.log(`  ${kind}: ${what}`);
console.log("Delay: from publish at the honest home to admission at the flooded one, p50 / p99 ms. Goal: orders' p99 <= 50 ms.");
console.log(
  "Left out: sealed orders, several flooders, relays between them; the rules allow 10,000 orders a home, where streets allow a few; unlimited is ours without budgets and scores, not another program.\n",
);
console.log(
  "flood     limits        sent     orders, ms       votes, ms      lost   checks   judged stall ms  RSS MB 0/max/1    CPU        cut",
);
if (only === "" || only === "none") await run(null, "limited");
for (const kind of Object.keys(KINDS) as Kind[])
  if (only === "" || only === kind) for (const limits of ["limited", "unlimited"] as const) await run(kind, limits);
