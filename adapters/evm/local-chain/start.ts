import { type ChildProcess, fork } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { fail, ok, type Result } from "../../../engine/kernel/index.ts";
import type { Anvil, AnvilOptions } from "../anvil.ts";
import { openStateFile, type StateCode, type StateFile } from "../anvil-state.ts";
import type { LocalChainFault, ProcessOptions, ProcessWord } from "./words.ts";

export type LocalChainCode = LocalChainFault | "LOCAL_CHAIN_STATE_BUSY";

export interface LocalChainOptions extends Omit<AnvilOptions, "binary"> {
  /** Methods with which a test moves time and state; not for a street. */
  readonly isLaboratory?: boolean;
}

const PROGRAM = fileURLToPath(new URL("serve.ts", import.meta.url));
const START_MS = 20_000;
const STOP_MS = 10_000;
/** More than the two blocks behind the last one that "finalized" means. */
const KEPT_STATES = 16;
const STATE_CODES: Readonly<Record<StateCode, LocalChainCode>> = {
  ANVIL_STATE_BUSY: "LOCAL_CHAIN_STATE_BUSY",
  ANVIL_STATE_BROKEN: "LOCAL_CHAIN_STATE_BROKEN",
};

/**
 * Starts a chain on @ethereumjs/vm, which needs no binary: one process of ours on loopback, ended by its pid, with what `startAnvil`
 * takes and gives. A process of its own: while it settles a large street it does nothing else, and homes must be heard meanwhile.
 */
export async function startLocalChain(options: LocalChainOptions): Promise<Result<Anvil, LocalChainCode>> {
  const state = options.stateFile === null ? null : await openStateFile(options.stateFile);
  if (state?.ok === false) return fail(STATE_CODES[state.code], state.detail);
  const chain = new RunningChain(processOf(options), state?.value ?? null);
  const port = await chain.listening();
  if (!port.ok) {
    await chain.stop();
    return port;
  }
  return ok({
    rpc: `http://127.0.0.1:${port.value}`,
    port: port.value,
    pid: chain.pid,
    isFromCopy: state?.value.isFromCopy ?? false,
    exited: chain.exited,
    stop: () => chain.stop(),
  });
}

function processOf({
  chainId,
  port = 0,
  keptStates = KEPT_STATES,
  funded = [],
  isLaboratory = false,
  stateFile,
}: LocalChainOptions): ChildProcess {
  const options: ProcessOptions = { chainId, port, keptStates, funded, isLaboratory };
  return fork(PROGRAM, [JSON.stringify(options), ...(stateFile === null ? [] : [stateFile])], {
    execArgv: [],
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    // Its own process group: Ctrl-C reaches us alone, and we end the chain after the homes.
    detached: true,
  });
}

class RunningChain {
  readonly exited: Promise<string>;
  private isOver = false;
  private readonly said: string[] = [];
  private readonly child: ChildProcess;

  constructor(child: ChildProcess, state: StateFile | null) {
    this.child = child;
    if (child.pid !== undefined) state?.claim(child.pid);
    createInterface({ input: child.stderr! }).on("line", (line) => {
      this.said.push(line);
      if (this.said.length > 20) this.said.shift();
    });
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => {
        this.isOver = true;
        state?.release();
        resolve(how);
      };
      child.once("error", (error) => end(error.message));
      child.once("close", (code, signal) => end(signal === null ? `exit code ${code}` : `ended by ${signal}`));
    });
  }

  get pid(): number {
    return this.child.pid!;
  }

  /** The port that it listens on, as soon as it says so. */
  async listening(): Promise<Result<number, LocalChainCode>> {
    const word = new Promise<ProcessWord>((resolve) => this.child.once("message", (message) => resolve(message as ProcessWord)));
    const late = new AbortController();
    const tooLate = sleep(START_MS, null, { signal: late.signal }).catch(() => null);
    const first = await Promise.race([word, this.exited, tooLate]);
    late.abort();
    if (first === null || typeof first === "string")
      return fail(
        "LOCAL_CHAIN_FAILED",
        `the chain ${first ?? `did not listen within ${START_MS / 1000} s`}: ${this.said.slice(-5).join(" ")}`,
      );
    return first.kind === "listening" ? ok(first.port) : fail(first.code, first.detail);
  }

  async stop(): Promise<void> {
    if (this.isOver) return;
    this.child.kill("SIGTERM");
    const force = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
    await this.exited;
    clearTimeout(force);
  }
}
