import { type ChildProcess, spawn } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Ended {
  readonly exit: number | null;
  readonly out: string;
  readonly err: string;
}

/** One run of the real program in a process of its own. */
export class Program {
  readonly #process: ChildProcess;
  readonly ended: Promise<Ended>;
  #out = "";
  #err = "";
  readonly #waiting: (() => void)[] = [];

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    this.#process = spawn(process.execPath, ["src/main/commonwatt.js", ...args], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: "", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.#process.stdout!.on("data", (data) => this.#take(() => (this.#out += data)));
    this.#process.stderr!.on("data", (data) => this.#take(() => (this.#err += data)));
    this.ended = new Promise((resolve) => this.#process.once("close", (exit) => resolve({ exit, out: this.#out, err: this.#err })));
  }

  get pid(): number {
    return this.#process.pid!;
  }

  get out(): string {
    return this.#out;
  }

  /** The first match in what it prints; fails when it ends without it. */
  async prints(pattern: RegExp): Promise<string> {
    for (;;) {
      const match = pattern.exec(this.#out);
      if (match !== null) return match[1] ?? match[0];
      const ended = await Promise.race([this.ended, new Promise<null>((resolve) => this.#waiting.push(() => resolve(null)))]);
      if (ended !== null && !pattern.test(ended.out))
        throw new Error(`ended (${ended.exit}) without ${pattern}:\n${ended.out}\n${ended.err}`);
    }
  }

  signal(signal: NodeJS.Signals): void {
    this.#process.kill(signal);
  }

  /** Ctrl-C, then the way it ended. */
  async stop(signal: NodeJS.Signals = "SIGINT"): Promise<Ended> {
    this.signal(signal);
    return this.ended;
  }

  #take(append: () => void): void {
    append();
    for (const waiting of this.#waiting.splice(0)) waiting();
  }
}

export const run = (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> => new Program(args, env).ended;

/** Pids of processes whose command line names `text`, read from /proc; to see that a stop left none behind. */
export function processesWith(text: string): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, "utf8").includes(text) ? [Number(pid)] : [];
      } catch {
        return [];
      }
    });
}

/** Asks until the answer satisfies, with a pause after each; the test's own time-out is the limit. */
export async function until<T>(ask: () => Promise<T>, satisfies: (answer: T) => boolean, pauseMs = 150): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (satisfies(answer)) return answer;
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
}
