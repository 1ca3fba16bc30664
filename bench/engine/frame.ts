import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, extname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

/**
 * What the parts of `npm run bench:engine` share: rows beside their goals, contestants in alternating rounds by CPU time of the
 * whole process (collector and compiler threads are charged too), twins in C where a compiler is there.
 */
export interface Frame {
  readonly quick: boolean;
  /** Thrown away at the end. */
  readonly folder: string;
  readonly alternate: typeof alternate;
  /** An executable, or null where there is no compiler: rows then say so. A path from the repository's root; .cpp means C++. */
  readonly compileC: (file: string, ...flags: readonly string[]) => string | null;
  /** Fewer of it in a quick run. */
  readonly rounds: (usual: number) => number;
}

export interface Row {
  readonly what: string;
  /** null: not measured, and the note says why. */
  readonly value: number | null;
  readonly unit: string;
  readonly goal: Goal | null;
  readonly note: string;
}

export interface Goal {
  readonly is: "<=" | ">=" | "=";
  readonly value: number;
}

/** A file of bench/engine that exports these is a part; its name is the file's. */
export interface Part {
  readonly name: string;
  readonly run: (frame: Frame) => Promise<readonly Row[]>;
}

export const atMost = (value: number): Goal => ({ is: "<=", value });
export const atLeast = (value: number): Goal => ({ is: ">=", value });
export const exactly = (value: number): Goal => ({ is: "=", value });

/**
 * What a timed run has to come back with: the hash of its result, or how to take it once the clock has stopped; a program of
 * its own also says its CPU time.
 */
export type Hash = number | string;
export type Ran = Hash | (() => Hash) | { readonly hash: Hash; readonly cpuNs: number };

/** `before` isn't timed. `times`: how often `run` does the work, so that a figure is for doing it once. */
export interface Contestant {
  readonly run: () => Ran | Promise<Ran>;
  readonly before?: () => void;
  readonly times?: number;
  /**
   * Leaves so much garbage that the heap is swept after it (with `--expose-gc`), lest others pay. Not for everybody: a full
   * sweep also takes away compiled code of loops that are entered rarely.
   */
  readonly litters?: boolean;
  /** Untimed runs before the first round; 3 if not said. */
  readonly warm?: number;
}

export interface Timing {
  /** Medians over the rounds. */
  readonly cpuNs: number;
  readonly wallNs: number;
  readonly bestCpuNs: number;
}

/** What a contestant's hash must be: everyone's the same, each one's own the same in all rounds, or the hash given. */
export type Expected = "same" | "own" | { readonly hash: Hash };

/** Every contestant once in each round, in turns; throws if a timed run comes to another result than it should. */
export async function alternate<Name extends string>(
  contestants: Readonly<Record<Name, Contestant>>,
  rounds: number,
  expected: Expected = "same",
): Promise<Readonly<Record<Name, Timing>>> {
  const names = Object.keys(contestants) as Name[];
  const runs = new Map(names.map((name) => [name, [] as { cpuNs: number; wallNs: number }[]]));
  const hashes = new Map<string, Hash>();
  const check = (name: Name, hash: Hash): void => {
    const key = expected === "own" ? name : "all";
    const known = typeof expected === "object" ? expected.hash : (hashes.get(key) ?? hash);
    hashes.set(key, known);
    if (hash !== known) throw new Error(`${name} came to ${hash}, not to ${known}`);
  };
  for (const name of names) {
    for (let i = 0; i < (contestants[name].warm ?? 3); i++) check(name, (await timed(contestants[name])).hash);
  }
  for (let round = 0; round < rounds; round++) {
    for (const name of names) {
      const { hash, ...took } = await timed(contestants[name]);
      check(name, hash);
      runs.get(name)!.push(took);
    }
  }
  return Object.fromEntries(names.map((name) => [name, timingOf(runs.get(name)!)])) as Record<Name, Timing>;
}

async function timed({ run, before, litters = false, times = 1 }: Contestant): Promise<{ hash: Hash; cpuNs: number; wallNs: number }> {
  before?.();
  const wall = process.hrtime.bigint();
  const cpu = process.cpuUsage();
  const pending = run();
  const ran = pending instanceof Promise ? await pending : pending;
  const { user, system } = process.cpuUsage(cpu);
  const wallNs = Number(process.hrtime.bigint() - wall) / times;
  if (litters) {
    collectGarbage();
    await sleep(SWEEPING_MS);
  }
  if (typeof ran === "object") return { hash: ran.hash, cpuNs: ran.cpuNs, wallNs };
  return { hash: typeof ran === "function" ? ran() : ran, cpuNs: ((user + system) * 1000) / times, wallNs };
}

/** The collector's threads go on for a moment. */
const SWEEPING_MS = 20;

export function collectGarbage(): void {
  (globalThis as { gc?: () => void }).gc?.();
}

const timingOf = (runs: readonly { cpuNs: number; wallNs: number }[]): Timing => {
  const cpu = runs.map(({ cpuNs }) => cpuNs);
  return { cpuNs: median(cpu), wallNs: median(runs.map(({ wallNs }) => wallNs)), bestCpuNs: Math.min(...cpu) };
};

/** The value below which the share q lies; sorts a copy. */
export function quantile(values: ArrayLike<number>, q: number): number {
  const sorted = Float64Array.from(values).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))] ?? Number.NaN;
}
export const median = (values: ArrayLike<number>): number => quantile(values, 0.5);
export const p50 = median;
export const p99 = (values: ArrayLike<number>): number => quantile(values, 0.99);

/** A part's frame, and how to end it. */
export function openFrame(quick: boolean): { readonly frame: Frame; readonly close: () => void } {
  const folder = mkdtempSync(join(tmpdir(), "commonwatt-bench-"));
  const frame: Frame = {
    quick,
    folder,
    alternate,
    compileC: (file, ...flags) => compile(folder, file, flags),
    rounds: (usual) => (quick ? Math.min(usual, 3) : usual),
  };
  return { frame, close: () => rmSync(folder, { recursive: true, force: true }) };
}

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

function compile(folder: string, file: string, flags: readonly string[]): string | null {
  const candidates = extname(file) === ".cpp" ? ["c++", "g++"] : ["cc", "gcc"];
  const compiler = candidates.find(isInstalled);
  if (compiler === undefined) return null;
  const executable = join(folder, basename(file, extname(file)));
  execFileSync(compiler, ["-O3", "-march=native", ...flags, "-o", executable, join(ROOT, file), "-lm"], { stdio: "inherit" });
  return executable;
}

const isInstalled = (command: string): boolean =>
  (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, command), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

/** A figure that can be read: three digits that count, thousands apart. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Beside its goal, and by how much that is missed. */
export function rowLine({ what, value, unit, goal, note }: Row): string {
  const shown = value === null ? "not measured" : `${figure(value)} ${unit}`;
  const aim = goal === null ? "-" : `${goal.is} ${figure(goal.value)} ${unit}`;
  return `${what.padEnd(58)} ${shown.padStart(18)}   goal ${aim.padEnd(16)} ${missed(value, goal)}${note}`.trimEnd();
}

function missed(value: number | null, goal: Goal | null): string {
  if (value === null || goal === null) return "";
  const { is, value: aim } = goal;
  if (is === "=") return value === aim ? "" : `MISSED by ${figure(Math.abs(value - aim))}  `;
  const factor = is === "<=" ? value / aim : aim / value;
  return factor <= 1 ? "" : `MISSED by a factor of ${figure(factor)}  `;
}
