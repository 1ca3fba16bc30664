import { type ChildProcess, spawn } from "node:child_process";
import { openSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** As the program's own first line has them, since it is started through Node here. */
const FLAGS = readFileSync(`${ROOT}src/main/commonwatt.js`, "utf8")
  .split("\n")[0]!
  .split(" ")
  .filter((word) => word.startsWith("--"));

/** What a process of the laboratory runs, and where. */
export interface Recipe {
  readonly name: string;
  /** In front of Node: `ip netns exec NAME`, or nothing. */
  readonly place: readonly string[];
  /** The file that Node runs, from the repository's root, and its arguments. */
  readonly script: string;
  readonly args: readonly string[];
  /** Its stderr goes here, behind what is there. */
  readonly log: string;
  /** It says this on stdout once it works. */
  readonly says: RegExp;
}

export const program = (args: readonly string[]): Pick<Recipe, "script" | "args"> => ({ script: "src/main/commonwatt.js", args });

/** None outlives the laboratory, however that ends. */
const alive = new Set<ChildProcess>();
process.once("exit", () => {
  for (const child of alive) child.kill("SIGKILL");
});

/** A process that is started, killed, frozen and started again; one that ends by itself is a fault and is kept in `faults`. */
export class LabProcess {
  readonly name: string;
  readonly faults: string[] = [];
  starts = 0;
  /** Real milliseconds from each start that came so far to the word that it works. */
  readonly upMs: number[] = [];
  readonly #recipe: Recipe;
  #child: ChildProcess | null = null;
  #exited: Promise<void> = Promise.resolve();
  #out = "";
  #isWanted = false;
  #startedAt = 0;
  #isUp = false;

  constructor(recipe: Recipe) {
    this.#recipe = recipe;
    this.name = recipe.name;
  }

  get pid(): number {
    return this.#child?.pid ?? 0;
  }

  /** It runs and has said that it works. */
  get isUp(): boolean {
    return this.#child !== null && this.#isUp;
  }

  get isRunning(): boolean {
    return this.#child !== null;
  }

  start(): void {
    const { place, script, args, log } = this.#recipe;
    const [command, ...rest] = [...place, process.execPath, ...FLAGS, script, ...args];
    const child = spawn(command!, rest, { cwd: ROOT, stdio: ["ignore", "pipe", openSync(log, "a", 0o600)] });
    alive.add(child);
    this.#child = child;
    this.#isWanted = true;
    this.#out = "";
    this.#isUp = false;
    this.#startedAt = performance.now();
    this.starts++;
    child.stdout!.on("data", (data) => {
      if (child === this.#child) this.#take(String(data));
    });
    this.#exited = new Promise((resolve) =>
      child.once("close", (code, signal) => {
        alive.delete(child);
        this.#child = null;
        if (this.#isWanted) this.faults.push(`${this.name} ended by itself (${code ?? signal}), start ${this.starts}; see ${log}`);
        resolve();
      }),
    );
  }

  /** What it said once it worked; null when it ended before. */
  async up(): Promise<string | null> {
    for (const child = this.#child; child !== null && child === this.#child; await sleep(20)) {
      if (this.#isUp) return this.#out;
    }
    return null;
  }

  #take(data: string): void {
    this.#out += data;
    if (this.#isUp || !this.#recipe.says.test(this.#out)) return;
    this.#isUp = true;
    this.upMs.push(performance.now() - this.#startedAt);
  }

  /** kill -9, and it is gone when this resolves. */
  kill(): Promise<void> {
    return this.#end("SIGKILL");
  }

  stop(): Promise<void> {
    return this.#end("SIGTERM");
  }

  freeze(): void {
    this.#child?.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child?.kill("SIGCONT");
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    this.#isWanted = false;
    this.#child?.kill(signal);
    await this.#exited;
  }
}
