import { execFile, spawnSync } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Bounds of one search. The memory is a ceiling that ends the search, not a reservation; the depth is in steps. */
const MEMORY_MB = 2000;
const DEPTH = 20_000;

const answers = (program: string, argument: string): boolean => spawnSync(program, [argument]).status === 0;

/** Why models can't be checked here; null when they can. */
export const spinMissing =
  answers("spin", "-V") && answers("cc", "--version") ? null : "spin or cc is absent (Debian: spin gcc libc6-dev): no model is checked";

/** What a search of all reachable states came to. */
export interface Search {
  readonly errors: number;
  /** What fails first, in the verifier's words: "assertion violated agreement". */
  readonly failed: string | null;
  /** Every reachable state was visited: neither depth nor memory cut the search off, nothing was hashed away. */
  readonly exhaustive: boolean;
  readonly states: number;
}

/**
 * Makes a verifier of `name`.pml under these macros, runs it to its end or to its first error, and reads what it says.
 * "-O1" is for a search of everything; where an error is near, compiling is what takes the time.
 */
export async function search(name: string, macros: readonly string[], optimization: "-O0" | "-O1"): Promise<Search> {
  const folder = await mkdtemp(join(tmpdir(), "model-"));
  const at = { cwd: folder, maxBuffer: 1 << 26 };
  try {
    await run("spin", [...macros.map((macro) => `-D${macro}`), "-a", fileURLToPath(new URL(`${name}.pml`, import.meta.url))], at);
    await run("cc", [optimization, "-DSAFETY", `-DMEMLIM=${MEMORY_MB}`, "-o", "pan", "pan.c"], at);
    return reading((await run("./pan", [`-m${DEPTH}`], at)).stdout);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function reading(report: string): Search {
  const number = (pattern: RegExp): number => Number(pattern.exec(report)?.[1] ?? Number.NaN);
  return {
    errors: number(/errors: (\d+)/),
    failed: /^pan:\d+: (.*?)(?: \(at depth \d+\))?$/m.exec(report)?.[1] ?? null,
    exhaustive: /^Full statespace search/m.test(report) && !/max search depth too small|Search not completed|out of memory/.test(report),
    states: number(/(\d+) states, stored/),
  };
}
