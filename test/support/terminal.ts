import { type ChildProcess, spawn } from "node:child_process";
import { ROOT } from "./street-process.ts";

const open: ChildProcess[] = [];

/** The real program on a terminal of its own (`script` of util-linux makes one), with somebody who types. */
export class Terminal {
  readonly #process: ChildProcess;
  readonly ended: Promise<number | null>;
  /** All that the terminal showed, both outputs and what was echoed. */
  shown = "";
  #read = 0;
  readonly #waiting: (() => void)[] = [];

  constructor(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const command = [process.execPath, "src/main/commonwatt.js", ...args].map((word) => `'${word}'`).join(" ");
    this.#process = spawn("script", ["-qec", command, "/dev/null"], {
      cwd: ROOT,
      env: { ...process.env, NODE_OPTIONS: "", ...env },
      stdio: ["pipe", "pipe", "ignore"],
    });
    open.push(this.#process);
    this.#process.stdout!.on("data", (data) => {
      this.shown += data;
      for (const waiting of this.#waiting.splice(0)) waiting();
    });
    this.ended = new Promise((resolve) => this.#process.once("close", resolve));
  }

  /** The first match in what it shows after the last one; fails when it ends without it. */
  async shows(pattern: RegExp): Promise<RegExpExecArray> {
    for (;;) {
      const match = pattern.exec(this.shown.slice(this.#read));
      if (match !== null) {
        this.#read += match.index + match[0].length;
        return match;
      }
      const ended = await Promise.race([this.ended, new Promise<undefined>((resolve) => this.#waiting.push(() => resolve(undefined)))]);
      if (ended !== undefined && !pattern.test(this.shown.slice(this.#read)))
        throw new Error(`ended (${ended}) without ${pattern}:\n${this.shown}`);
    }
  }

  /** What a test that failed has left running. */
  static endAll(): void {
    for (const process of open.splice(0)) if (process.exitCode === null) process.kill("SIGKILL");
  }

  types(text: string): void {
    this.#process.stdin!.write(text);
  }
}
