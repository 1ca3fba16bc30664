import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cpus, totalmem } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { VENUE_FLAGS } from "../src/main/venue/v8-flags.ts";
import { openFrame, type Part, rowLine } from "./engine/frame.ts";

/**
 * What the matching engine costs, part by part, each in a process of its own so that none warms or spoils another's code.
 * Prints figures beside their goals and by how much one is missed; judges nothing. `--only NAME`, `--quick`.
 */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const PARTS = join(ROOT, "bench/engine");
const ARGUMENTS = process.argv.slice(2);
const QUICK = ARGUMENTS.includes("--quick");

const ORDER = ["call", "tree", "continuous", "journal", "journaled", "money"];
/** What runs the book in the product runs it here: a venue's process. */
const PART_FLAGS: Readonly<Record<string, readonly string[]>> = { continuous: VENUE_FLAGS, journaled: VENUE_FLAGS };
const place = (name: string): number => (ORDER.includes(name) ? ORDER.indexOf(name) : ORDER.length);

/** A file is a part if it says so; one that isn't there yet isn't listed. */
const partNames = (): readonly string[] =>
  readdirSync(PARTS)
    .filter((file) => file.endsWith(".ts"))
    .filter((file) => /^export (const run\b|(async )?function run\()/m.test(readFileSync(join(PARTS, file), "utf8")))
    .map((file) => basename(file, ".ts"))
    .sort((a, b) => place(a) - place(b));

async function runPart(name: string): Promise<void> {
  const part = (await import(join(PARTS, `${name}.ts`))) as Part;
  const { frame, close } = openFrame(QUICK);
  try {
    console.log(`${part.name}${QUICK ? " (quick: fewer rounds, figures are rough)" : ""}`);
    for (const row of await part.run(frame)) console.log(`  ${rowLine(row)}`);
    console.log();
  } finally {
    close();
  }
}

/** Whether all parts ran; their goals don't count. */
function runEach(names: readonly string[]): boolean {
  const flags = [...process.execArgv.filter((flag) => flag !== "--expose-gc"), "--expose-gc"];
  return names
    .map((name) => {
      const args = [...flags, ...(PART_FLAGS[name] ?? []), fileURLToPath(import.meta.url), "--part", name, ...(QUICK ? ["--quick"] : [])];
      return spawnSync(process.execPath, args, { stdio: "inherit" }).status === 0;
    })
    .every((ran) => ran);
}

function printHeader(): void {
  const git = (...args: readonly string[]): string => execFileSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).trim();
  console.log(`machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB`);
  console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
  console.log(`runtime  Node ${process.version}, V8 ${process.versions.v8}, ${new Date().toISOString()}`);
  console.log("method   CPU time of the whole process (collector and compiler threads too), contestants in alternating rounds of one");
  console.log("         run, medians, warmed up; every timed run's result is checked by its hash");
  console.log(
    "left out network, signatures, messages in and out; cold start; a quiet machine (ratios of one run hold better than figures)\n",
  );
}

function main(): void {
  const only = ARGUMENTS.includes("--only") ? ARGUMENTS[ARGUMENTS.indexOf("--only") + 1] : undefined;
  const names = partNames();
  if (ARGUMENTS.includes("--only") && (only === undefined || !existsSync(join(PARTS, `${only}.ts`)) || !names.includes(only))) {
    console.error(`--only takes one of: ${names.join(", ")}`);
    process.exitCode = 2;
    return;
  }
  printHeader();
  if (!runEach(only === undefined ? names : [only])) process.exitCode = 1;
}

if (ARGUMENTS.includes("--part")) await runPart(ARGUMENTS[ARGUMENTS.indexOf("--part") + 1]!);
else main();
