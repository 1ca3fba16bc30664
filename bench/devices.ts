import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runChaos } from "../test/support/device-chaos.ts";
import { tryFrame } from "../test/support/device-frames.ts";
import { dieInCommands, killHomes } from "./devices/kills.ts";
import { poll } from "./devices/polling.ts";
import { atMost, exactly, type Goal, rowLine } from "./engine/frame.ts";

/** The link to devices under faults, under load and under nonsense. Prints figures beside their goals; judges nothing. */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const { values } = parseArgs({
  options: {
    only: { type: "string" },
    seconds: { type: "string", default: "60" },
    homes: { type: "string", default: "1000" },
    frames: { type: "string", default: "50000" },
    kills: { type: "string", default: "200" },
    seed: { type: "string", default: "1" },
  },
});
const seconds = Number(values.seconds);
const seed = Number(values.seed);

const row = (what: string, value: number, unit: string, goal: Goal | null = null, note = ""): void =>
  console.log(`  ${rowLine({ what, value, unit, goal, note })}`);

async function chaos(): Promise<void> {
  const plan = { homes: 60, unitsEach: 2, faults: 0.035, runMs: 1_000 * seconds, returnMs: 60_000, timeoutMs: 200, seed };
  console.log(`chaos    ${plan.homes} homes x ${plan.unitsEach} units read without pause, 3.5 % of requests answered badly in ten ways`);
  const { right, wrong, trouble, hangs, faults, back, backMs } = await runChaos(plan);
  row("right values", right, "");
  row("wrong values", wrong, "", exactly(0));
  row("hangs", hangs, "", exactly(0));
  row("faults", faults, "");
  row("reads that brought a code", trouble, "", null, "those during back-off among them");
  row("units back after the last fault", back, "", exactly(plan.homes * plan.unitsEach));
  row("the last of them after", backMs / 1000, "s", atMost(35));
}

async function polling(): Promise<void> {
  const homes = Number(values.homes);
  console.log(`polling  ${homes} homes each second, 3 reads of 52, 107 and 40 registers, our own server in another process`);
  const { polls, errors, p50Ms, p99Ms, maxMs, cpuShare } = await poll(homes, seconds);
  row("polls", polls, "");
  row("errors", errors, "", exactly(0));
  row("a home's poll, median", p50Ms, "ms");
  row("a home's poll, 99th of 100", p99Ms, "ms", atMost(50));
  row("a home's poll, longest", maxMs, "ms");
  row("share of a core", 100 * cpuShare, "%", atMost(40));
}

async function frames(): Promise<void> {
  const count = Number(values.frames);
  console.log(
    `frames   ${count} answers on TCP and RTU: whole, cut, changed, doubled, another's, noise; beside a second reading of the standard`,
  );
  const wrong: string[] = [];
  const crashes: string[] = [];
  let accepted = 0;
  for (let each = seed; each < seed + count; each += 1) {
    try {
      const tried = await tryFrame(each);
      if (tried.wrong !== null) wrong.push(tried.wrong);
      if (tried.isAccepted) accepted += 1;
    } catch (error) {
      crashes.push(`seed ${each}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  row("accepted", accepted, "");
  row("crashes", crashes.length, "", exactly(0));
  row("wrong values", wrong.length, "", exactly(0));
  for (const each of [...crashes, ...wrong].slice(0, 20)) console.log(`\n${each}`);
}

async function kills(): Promise<void> {
  const count = Number(values.kills);
  console.log(
    `kills    ${count} homes killed while they force a battery without a lease (pymodbus), two at once; and each profile's commands`,
  );
  const { unreleased, took } = await killHomes(count, 2);
  row("batteries released", took.length, "", exactly(count));
  row(
    "the last of them after",
    (took.at(-1) ?? 0) / 1000,
    "s",
    atMost(5),
    `from the kill; 99 of 100 took ${Math.round(took[Math.floor(took.length * 0.99)] ?? 0)} ms`,
  );
  const died = await dieInCommands(count);
  row("deaths at a random write", died.deaths, "", null, `${died.profiles} profiles, over registers in memory`);
  row("not released in the next life", died.unreleased.length, "", exactly(0));
  for (const each of [...unreleased, ...died.unreleased].slice(0, 20)) console.log(`\n${each}`);
}

const git = (...args: readonly string[]): string => execFileSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).trim();
console.log(
  `machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
);
console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
console.log("left out real devices, which answer in 0.1 to 8 s; networks other than loopback; baud rates\n");
const parts = { chaos, polling, frames, kills };
for (const [name, run] of Object.entries(parts)) if (values.only === undefined || values.only === name) await run();
