import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { type Address, fail, ok, type Result } from "../../engine/kernel/index.ts";
import { openStateFile, type StateCode, type StateFile } from "./anvil-state.ts";
import { connect, type Rpc } from "./rpc.ts";

export type AnvilCode = StateCode | "ANVIL_MISSING" | "ANVIL_PORT_TAKEN" | "ANVIL_FAILED";

export interface AnvilOptions {
  readonly chainId: number;
  /** Where the chain survives a stop; null: nowhere. Next to it stand FILE.previous (a copy) and FILE.pid. */
  readonly stateFile: string | null;
  /** The port of an earlier life, so that addresses stay valid; 0 or nothing: any free one. */
  readonly port?: number;
  /** So many last blocks can still be asked for their state, and reorganised; none by default. */
  readonly keptStates?: number;
  /** A binary to use instead of the one from npm (ANVIL_BIN). */
  readonly binary?: string | undefined;
  /** Accounts that need money for fees. The chain has no accounts of its own, so no well-known key can spend here. */
  readonly funded?: readonly Address[];
}

export interface Anvil {
  readonly rpc: string;
  readonly port: number;
  readonly pid: number;
  /** The state file was damaged: what happened since its copy was made is gone and must be sent again. */
  readonly isFromCopy: boolean;
  /** How it ended, whoever ended it. */
  readonly exited: Promise<string>;
  /** Ends the process and waits until its state is written. */
  stop(): Promise<void>;
}

const START_MS = 10_000;
const STOP_MS = 5_000;
/** Enough for a lifetime of transactions: 2^96 wei. */
const PLENTY = `0x1${"0".repeat(24)}`;

const PACKAGES: Readonly<Record<string, string>> = {
  "linux-x64": "@foundry-rs/anvil-linux-amd64",
  "linux-arm64": "@foundry-rs/anvil-linux-arm64",
  "darwin-x64": "@foundry-rs/anvil-darwin-amd64",
  "darwin-arm64": "@foundry-rs/anvil-darwin-arm64",
  "win32-x64": "@foundry-rs/anvil-win32-amd64",
};

/** Starts the embedded chain: one process of ours on loopback, ended by its pid. */
export async function startAnvil(options: AnvilOptions): Promise<Result<Anvil, AnvilCode>> {
  const binary = findBinary(options.binary);
  if (!binary.ok) return binary;
  const state = options.stateFile === null ? null : await openStateFile(options.stateFile);
  if (state?.ok === false) return state;

  const child = spawn(binary.value, flags(options), {
    stdio: ["ignore", "pipe", "pipe"],
    // Its own process group: Ctrl-C reaches us alone, and we end the chain after the homes.
    detached: true,
  });
  const running = new RunningAnvil(child, state?.value ?? null);
  const port = await running.listening();
  if (!port.ok) {
    await running.stop();
    return port;
  }
  const ready = await prepare(port.value, options);
  if (!ready.ok) {
    await running.stop();
    return ready;
  }
  return ok({
    rpc: rpcAt(port.value),
    port: port.value,
    pid: child.pid!,
    isFromCopy: state?.value.isFromCopy ?? false,
    exited: running.exited,
    stop: () => running.stop(),
  });
}

const rpcAt = (port: number): string => `http://127.0.0.1:${port}`;

function flags({ chainId, stateFile, port = 0, keptStates }: AnvilOptions): string[] {
  const always = ["--host", "127.0.0.1", "--port", `${port}`, "--chain-id", `${chainId}`, "--accounts", "0", "--color", "never"];
  // Without --prune-history anvil writes thousands of files into the user's home and leaves them there.
  const history = keptStates === undefined ? ["--prune-history"] : ["--prune-history", `${keptStates}`];
  const chain = [...history, "--hardfork", "osaka", "--enable-tx-gas-limit", "--slots-in-an-epoch", "1"];
  return [...always, ...chain, ...(stateFile === null ? [] : ["--state", stateFile, "--state-interval", "2"])];
}

function findBinary(given: string | undefined): Result<string, "ANVIL_MISSING"> {
  if (given !== undefined)
    return existsSync(given) ? ok(given) : fail("ANVIL_MISSING", `there is no anvil at ${given}; correct or unset ANVIL_BIN`);
  const platform = `${process.platform}-${process.arch}`;
  const name = PACKAGES[platform];
  if (name === undefined) return fail("ANVIL_MISSING", `anvil is not made for ${platform}; point ANVIL_BIN at one of your own`);
  const file = process.platform === "win32" ? "anvil.exe" : "anvil";
  try {
    return ok(createRequire(import.meta.url).resolve(`${name}/bin/${file}`));
  } catch {
    return fail("ANVIL_MISSING", `${name} is not installed; run npm ci, or point ANVIL_BIN at an anvil`);
  }
}

/** A machine on which everything starts at once is slow to answer. */
const PATIENCE_MS = 15_000;

/** Silences the log, which would only cost time, and gives the accounts their fees. */
async function prepare(port: number, { funded = [] }: AnvilOptions): Promise<Result<void, "ANVIL_FAILED">> {
  const rpc: Rpc = connect({ rpc: rpcAt(port), timeoutMs: PATIENCE_MS });
  try {
    const calls = [rpc.ask("anvil_setLoggingEnabled", [false]), ...funded.map((who) => rpc.ask("anvil_setBalance", [who, PLENTY]))];
    const refused = (await Promise.all(calls)).find((answer) => !answer.ok);
    return refused?.ok === false ? fail("ANVIL_FAILED", refused.detail) : ok(undefined);
  } finally {
    rpc.close();
  }
}

class RunningAnvil {
  readonly exited: Promise<string>;
  private isOver = false;
  private readonly output: string[] = [];
  private readonly child: ChildProcess;
  private readonly state: StateFile | null;
  private readonly onOurExit = (): void => void this.child.kill("SIGTERM");

  constructor(child: ChildProcess, state: StateFile | null) {
    this.child = child;
    this.state = state;
    if (child.pid !== undefined) state?.claim(child.pid);
    process.once("exit", this.onOurExit);
    this.exited = new Promise((resolve) => {
      const end = (how: string): void => {
        this.isOver = true;
        process.off("exit", this.onOurExit);
        this.state?.release();
        resolve(how);
      };
      child.once("error", (error) => end(error.message));
      // "close" and not "exit": only then has everything that it wrote been read.
      child.once("close", (code, signal) => end(signal === null ? `exit code ${code}` : `ended by ${signal}`));
    });
  }

  /** The port that it listens on, as soon as it says so. */
  async listening(): Promise<Result<number, "ANVIL_PORT_TAKEN" | "ANVIL_FAILED">> {
    const port = new Promise<number>((resolve) => {
      for (const stream of [this.child.stdout, this.child.stderr]) this.read(stream!, resolve);
    });
    const late = new AbortController();
    const tooLate = sleep(START_MS, null, { signal: late.signal }).catch(() => null);
    const first = await Promise.race([port, this.exited, tooLate]);
    late.abort();
    if (typeof first === "number") return ok(first);
    const said = this.output.slice(-5).join(" ").trim();
    if (/address already in use/i.test(said)) return fail("ANVIL_PORT_TAKEN", `another program listens on the chain's port: ${said}`);
    return fail("ANVIL_FAILED", `anvil ${first ?? `did not listen within ${START_MS / 1000} s`}: ${said}`);
  }

  async stop(): Promise<void> {
    if (this.isOver) return;
    this.child.kill("SIGTERM");
    const force = setTimeout(() => this.child.kill("SIGKILL"), STOP_MS);
    await this.exited;
    clearTimeout(force);
  }

  /** Reads on for ever, or the pipe fills and the chain stands still; keeps a little for messages. */
  private read(stream: Readable, onPort: (port: number) => void): void {
    createInterface({ input: stream }).on("line", (line) => {
      this.output.push(line);
      if (this.output.length > 50) this.output.shift();
      const match = /Listening on .*:(\d+)$/.exec(line.trim());
      if (match) onPort(Number(match[1]));
    });
  }
}
