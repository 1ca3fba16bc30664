import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Cancel, Clock } from "../../ports/index.ts";
import type { Watched } from "./watchdog.ts";

const PROGRAM = fileURLToPath(new URL("../commonwatt.js", import.meta.url));
const BEAT_MS = 1_000;
const PATIENCE_MS = 10_000;

/** A watchdog in a process of its own, which outlives this one. */
export class Guard {
  private readonly watched: Watched;
  private readonly clock: Pick<Clock, "after">;
  private child: ChildProcess | null = null;
  private isReady = false;
  private beat: Cancel = () => undefined;
  private isStopped = false;

  constructor(watched: Watched, clock: Pick<Clock, "after">) {
    this.watched = watched;
    this.clock = clock;
    this.start();
    this.live();
  }

  get isStandingBy(): boolean {
    return this.isReady;
  }

  /** Resolves when the watchdog has ended, or after some seconds: a battery that isn't released yet it goes on with. */
  async stop(): Promise<void> {
    this.isStopped = true;
    this.beat();
    const { child } = this;
    if (child === null) return;
    const ended = new Promise((resolve) => child.once("close", resolve));
    child.stdin?.end();
    await Promise.race([ended, new Promise((resolve) => this.clock.after(PATIENCE_MS, () => resolve(null)))]);
  }

  private start(): void {
    // A process group of its own: what kills the home's doesn't kill it.
    const child = spawn(process.execPath, [PROGRAM, "watchdog"], { detached: true, stdio: ["pipe", "pipe", "ignore"] });
    this.child = child;
    child.on("error", () => {
      this.child = null;
    });
    child.stdin?.on("error", () => undefined);
    child.stdout?.once("data", () => {
      this.isReady = true;
    });
    child.once("close", () => {
      this.isReady = false;
      this.child = null;
    });
    child.stdin?.write(`${JSON.stringify(this.watched)}\n`);
  }

  /** A sign of life each second; a watchdog that died is replaced. */
  private live(): void {
    if (this.isStopped) return;
    if (this.child === null) this.start();
    else this.child.stdin?.write("\n");
    this.beat = this.clock.after(BEAT_MS, () => this.live());
  }
}
