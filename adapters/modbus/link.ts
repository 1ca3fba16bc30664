import { assert, fail, type Result } from "../../engine/kernel/index.ts";
import type { Clock, DeviceCode } from "../../src/ports/index.ts";
import { type Answer, Connection } from "./connection.ts";
import type { Ask } from "./frame.ts";

export interface LinkOptions {
  readonly host: string;
  readonly port: number;
  /** For the connection and for each answer. */
  readonly timeoutMs: number;
  /** Silence between two requests; some devices want 50 ms. */
  readonly gapMs?: number;
  readonly maxBackOffMs?: number;
  readonly clock: Pick<Clock, "after" | "monotonicMs">;
  /** 0 to 1: keeps the homes of a street from knocking at the same moment. */
  readonly random: () => number;
}

export interface Link {
  /** Holding registers. */
  read(unit: number, address: number, count: number, signal?: AbortSignal): Promise<Answer>;
  readInput(unit: number, address: number, count: number, signal?: AbortSignal): Promise<Answer>;
  /** One register with function 6, for devices that know no other. */
  writeSingle(unit: number, address: number, value: number, signal?: AbortSignal): Promise<Result<void, DeviceCode>>;
  write(unit: number, address: number, values: readonly number[], signal?: AbortSignal): Promise<Result<void, DeviceCode>>;
  close(): void;
}

interface Job {
  readonly ask: Ask;
  readonly signal: AbortSignal | undefined;
  readonly settle: (answer: Answer) => void;
}

const MAX_WAITING = 32;
const MAX_READ = 125;
const MAX_WRITE = 123;
const FIRST_BACK_OFF_MS = 200;
const MAX_BACK_OFF_MS = 30_000;

/**
 * Our link to one Modbus TCP device: one connection, one request in flight, in order. The connection is dropped after each
 * time-out or wrong frame, so that a late answer can never be taken for the next one.
 */
export class ModbusLink implements Link {
  private readonly options: LinkOptions;
  private readonly waiting: Job[] = [];
  private connection: Connection | null = null;
  private working = false;
  private closed = false;
  private failures = 0;
  private retryAt = Number.NEGATIVE_INFINITY;

  constructor(options: LinkOptions) {
    this.options = options;
  }

  read(unit: number, address: number, count: number, signal?: AbortSignal): Promise<Answer> {
    assertRange(unit, address, count, MAX_READ);
    return this.ask({ kind: "read", unit, address, count }, signal);
  }

  readInput(unit: number, address: number, count: number, signal?: AbortSignal): Promise<Answer> {
    assertRange(unit, address, count, MAX_READ);
    return this.ask({ kind: "read-input", unit, address, count }, signal);
  }

  async writeSingle(unit: number, address: number, value: number, signal?: AbortSignal): Promise<Result<void, DeviceCode>> {
    assertRange(unit, address, 1, 1);
    assertWords([value]);
    const answer = await this.ask({ kind: "write-single", unit, address, value }, signal);
    return answer.ok ? { ok: true, value: undefined } : answer;
  }

  async write(unit: number, address: number, values: readonly number[], signal?: AbortSignal): Promise<Result<void, DeviceCode>> {
    assertRange(unit, address, values.length, MAX_WRITE);
    assertWords(values);
    const answer = await this.ask({ kind: "write", unit, address, values }, signal);
    return answer.ok ? { ok: true, value: undefined } : answer;
  }

  close(): void {
    this.closed = true;
    this.connection?.end("DEVICE_OFFLINE", "the link was closed");
    this.connection = null;
  }

  private ask(ask: Ask, signal: AbortSignal | undefined): Promise<Answer> {
    if (this.waiting.length >= MAX_WAITING) return Promise.resolve(fail("DEVICE_REFUSED", `busy: ${MAX_WAITING} requests wait`));
    return new Promise((settle) => {
      this.waiting.push({ ask, signal, settle });
      if (!this.working) void this.work();
    });
  }

  private async work(): Promise<void> {
    this.working = true;
    for (let job = this.waiting.shift(); job !== undefined; job = this.waiting.shift()) {
      job.settle(await this.serve(job));
      if (this.options.gapMs !== undefined && this.waiting.length > 0) await this.pause(this.options.gapMs);
    }
    this.working = false;
  }

  private async serve({ ask, signal }: Job): Promise<Answer> {
    if (signal?.aborted) return fail("DEVICE_TIMEOUT", "the caller waits no longer");
    const connection = await this.connected();
    if (!connection.ok) return connection;
    const answer = await connection.value.exchange(ask, this.options.timeoutMs, signal);
    if (answer.ok || answer.code === "DEVICE_EXCEPTION") this.failures = 0;
    else this.backOff();
    return answer;
  }

  private async connected(): Promise<Result<Connection, DeviceCode>> {
    if (this.closed) return fail("DEVICE_OFFLINE", "the link was closed");
    if (this.connection?.isOpen) return { ok: true, value: this.connection };
    const wait = Math.ceil(this.retryAt - this.options.clock.monotonicMs());
    if (wait > 0) return fail("DEVICE_OFFLINE", `next try in ${wait} ms`);
    const opened = await Connection.open(this.options.host, this.options.port, this.options.timeoutMs, this.options.clock);
    if (!opened.ok) {
      this.backOff();
      return opened;
    }
    this.connection = opened.value;
    if (this.closed) this.close();
    return this.closed ? fail("DEVICE_OFFLINE", "the link was closed") : opened;
  }

  /** 0.2 s, doubled with each failure in a row, half of it left to chance. */
  private backOff(): void {
    const most = Math.min(FIRST_BACK_OFF_MS * 2 ** this.failures, this.options.maxBackOffMs ?? MAX_BACK_OFF_MS);
    this.failures = Math.min(this.failures + 1, 16);
    this.retryAt = this.options.clock.monotonicMs() + most * (0.5 + 0.5 * this.options.random());
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      this.options.clock.after(ms, resolve);
    });
  }
}

const isWord = (value: number): boolean => Number.isInteger(value) && value >= 0 && value <= 0xffff;

function assertWords(values: readonly number[]): void {
  assert(values.every(isWord), "registers are written as whole numbers from 0 to 65535");
}

/** modbus-serial would read address 0 for NaN and 44 registers for 300. */
function assertRange(unit: number, address: number, count: number, most: number): void {
  assert(Number.isInteger(unit) && unit >= 0 && unit <= 255, `no unit id: ${unit}`);
  assert(isWord(address), `no register address: ${address}`);
  assert(
    Number.isInteger(count) && count >= 1 && count <= most && address + count <= 0x1_0000,
    `no register count: ${count} at ${address}`,
  );
}
