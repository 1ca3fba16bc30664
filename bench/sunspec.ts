import { execFileSync } from "node:child_process";
import { cpus, loadavg, totalmem } from "node:os";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { capturesMissing } from "../test/support/captures.ts";
import { MAP_KINDS, tryMap } from "../test/support/sunspec-maps.ts";
import { exactly, type Goal, rowLine } from "./engine/frame.ts";

/** What the SunSpec reader makes of register maps that no device should have. Prints figures beside their goals; judges nothing. */
const ROOT = fileURLToPath(new URL("../", import.meta.url));
const { values } = parseArgs({ options: { maps: { type: "string", default: "50000" }, first: { type: "string", default: "1" } } });
const maps = Number(values.maps);
const first = Number(values.first);

const row = (what: string, value: number, unit: string, goal: Goal | null = null, note = ""): void =>
  console.log(`  ${rowLine({ what, value, unit, goal, note })}`);

interface Kind {
  maps: number;
  values: number;
  readonly crashes: string[];
  readonly wrong: string[];
}

async function run(): Promise<ReadonlyMap<string, Kind>> {
  const kinds = new Map<string, Kind>([...MAP_KINDS, "crashed"].map((kind) => [kind, { maps: 0, values: 0, crashes: [], wrong: [] }]));
  for (let seed = first; seed < first + maps; seed += 1) {
    try {
      const { kind, values: said, wrong } = await tryMap(seed);
      const found = kinds.get(kind)!;
      found.maps += 1;
      found.values += said;
      found.wrong.push(...wrong.map((each) => `seed ${seed}: ${each}`));
    } catch (error) {
      kinds.get("crashed")!.crashes.push(`seed ${seed}: ${error instanceof Error ? error.stack : error}`);
    }
  }
  return kinds;
}

const git = (...args: readonly string[]): string => execFileSync("git", [...args], { cwd: ROOT, encoding: "utf8" }).trim();
console.log(
  `machine  ${cpus().length} x ${cpus()[0]?.model}, ${(totalmem() / 1e9).toFixed(0)} GB, load ${loadavg()[0]?.toFixed(1)}, Node ${process.version}`,
);
console.log(`commit   ${git("rev-parse", "--short", "HEAD")}${git("status", "--porcelain") === "" ? "" : " with changes"}`);
console.log("method   each seed draws a map (noise behind the marker; models of right and wrong lengths; the same with registers changed,");
console.log("         lost, doubled, exchanged; real captures so mutated) and a device with limits, holes and exceptions; it is surveyed,");
console.log("         and read as a home's meter, inverter and battery; each value is held to its registers, its type and its sentinel");
console.log(
  `left out the wire: frames have fuzz tests of their own${capturesMissing === null ? "" : `; and real captures: ${capturesMissing}`}\n`,
);

const cpu = process.cpuUsage();
const kinds = await run();
const { user, system } = process.cpuUsage(cpu);
const all = [...kinds.values()];
for (const [kind, { maps: count, values: said }] of kinds) if (kind !== "crashed") row(`maps: ${kind}`, count, "", null, `${said} values`);
row(
  "maps in all",
  all.reduce((sum, each) => sum + each.maps + each.crashes.length, 0),
  "",
);
row(
  "crashes",
  all.reduce((sum, { crashes }) => sum + crashes.length, 0),
  "",
  exactly(0),
);
row(
  "values out of bounds",
  all.reduce((sum, { wrong }) => sum + wrong.length, 0),
  "",
  exactly(0),
);
row("CPU time for each map", (user + system) / 1000 / maps, "ms");
for (const each of all.flatMap(({ crashes, wrong }) => [...crashes, ...wrong]).slice(0, 20)) console.log(`\n${each}`);
