import { type ChildProcess, fork } from "node:child_process";
import { openSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { cannotStart } from "../exit.ts";
import { makeFolder } from "../files.ts";
import type { FromChild, ToChild } from "../process.ts";

const PROGRAM = fileURLToPath(new URL("../commonwatt.js", import.meta.url));
const START_MS = 30_000;
const STOP_MS = 3_500;

/** A process of many homes makes garbage for all of them; with more room for what is young, more of it is gone before it is moved. */
const FLAGS = ["--max-semi-space-size=32"];

/** A process that the street started: spoken to over its channel, ended by its pid. */
export class Child {
  readonly name: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<void>;
  #stopping = false;

  constructor(name: string, args: readonly string[], logFile: string) {
    this.name = name;
    makeFolder(dirname(logFile));
    const log = openSync(`${logFile}.err`, "a", 0o600);
    this.#process = fork(PROGRAM, args, { execArgv: FLAGS, stdio: ["ignore", log, log, "ipc"], detached: true });
    this.#exited = new Promise((resolve) => this.#process.once("exit", () => resolve()));
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** Resolves once the child says `kind`; fails with its own words, or when it ends or stays silent. */
  until<Kind extends "ready" | "running">(kind: Kind): Promise<Extract<FromChild, { kind: Kind }>> {
    return new Promise((resolve, reject) => {
      const fail = (what: string): void => reject(cannotStart("PROCESS_FAILED", what));
      const timer = setTimeout(() => fail(`${this.name} did not start within ${START_MS / 1000} s`), START_MS);
      const onExit = (code: number | null): void => fail(`${this.name} ended (${code ?? "by a signal"})`);
      const onMessage = (message: FromChild): void => {
        if (message.kind === "failed") fail(`${this.name}: ${message.message}`);
        else if (message.kind !== kind) return;
        clearTimeout(timer);
        this.#process.off("message", onMessage);
        this.#process.off("exit", onExit);
        resolve(message as Extract<FromChild, { kind: Kind }>);
      };
      this.#process.on("message", onMessage);
      this.#process.once("exit", onExit);
    });
  }

  tell(message: ToChild): void {
    if (this.#process.connected) this.#process.send(message);
  }

  /** Calls `listener` when the process ends without having been told to. */
  onLost(listener: () => void): void {
    void this.#exited.then(() => !this.#stopping && listener());
  }

  /** Asks, then waits, then ends it by its pid. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.tell({ kind: "stop" });
    const timer = setTimeout(() => this.#process.kill("SIGKILL"), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }
}
