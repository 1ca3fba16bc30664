import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, loadavg, tmpdir, totalmem } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { rowLine } from "./engine/frame.ts";
import type { LabPart } from "./lab/part.ts";

/**
 * The laboratory: real processes of the real program under faults, part by part, each in a process of its own. Prints figures
 * beside their goals and by how much one is missed; judges nothing. `--only PART`, `--quick`, `--seed N`.
 */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PARTS = join(ROOT, "bench/lab");
const ARGUMENTS = process.argv.slice(2);
const QUICK = ARGUMENTS.includes("--quick");

const flagValue = (flag: string): string | undefined => (ARGUMENTS.includes(flag) ? ARGUMENTS[ARGUMENTS.indexOf(flag) + 1] : undefined);

const ORDER = ["latency", "leader", "loss", "kills", "away", "slow"];
const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

const partNames = (): readonly string[] =>
  readdirSync(PARTS)
    .filter((file) => file.endsWith(".ts") && /^export const part\b/m.test(readFileSync(join(PARTS, file), "utf8")))
    .map((file) => basename(file, ".ts"))
    .sort((a, b) => place(a) - place(b));

async function runPart(name: string): Promise<void> {
  const { part } = (await import(join(PARTS, `${name}.ts`))) as { readonly part: LabPart };
  const folder = mkdtempSync(join(tmpdir(), "commonwatt-lab-"));
  const seed = Number(flagValue("--seed") ?? 7);
  console.log(`${name}${QUICK ? " (quick: less of everything, figures are rough)" : ""}, seed ${seed}, load ${loadavg()[0]!.toFixed(1)}`);
  console.log(`  method   ${part.method.join("\n           ")}`);
  console.log(`  left out ${part.leftOut.join("\n           ")}`);
  try {
    const say = (line: string): void => console.log(`    ${line}`);
    for (const row of await part.run({ quick: QUICK, folder, seed, say })) console.log(`  ${rowLine(row)}`);
    console.log();
  } finally {
    if (process.env.LAB_KEEP === undefined) rmSync(folder, { recursive: true, force: true });
    else console.log(`kept ${folder}`);
  }
}

/** Whether all parts ran; their goals don't count. */
function runEach(names: readonly string[]): boolean {
  const flags = [...(QUICK ? ["--quick"] : []), ...(flagValue("--seed") === undefined ? [] : ["--seed", flagValue("--seed")!])];
  return names
    .map(
      (name) => spawnSync(process.execPath, [fileURLToPath(import.meta.url), "--part", name, ...flags], { stdio: "inherit" }).status === 0,
    )
    .every((ran) => ran);
}

function printHeader(): void {
  const git = (...args: readonly string[]): string => execFileSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).trim();
  console.log(`machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB`);
  console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
  console.log(`runtime  Node ${process.version}, ${new Date().toISOString()}\n`);
}

function main(): void {
  const only = flagValue("--only");
  const names = partNames();
  if (ARGUMENTS.includes("--only") && (only === undefined || !names.includes(only))) {
    console.error(`--only takes one of: ${names.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  printHeader();
  if (!runEach(only === undefined ? names : [only])) process.exitCode = 1;
}

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));
const part = flagValue("--part");
if (part === undefined) main();
else await runPart(part);
