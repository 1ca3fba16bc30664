import { assert, type Result } from "../../engine/kernel/index.ts";
import type { DeviceCode } from "../../src/ports/index.ts";
import type { Answer } from "./connection.ts";
import type { Ask } from "./frame.ts";
import { Line, type LineOptions, type User } from "./line.ts";
import type { Links } from "./links.ts";

export type LinkOptions = LineOptions & {
  /** Connections that are shared with whoever asks for the same place; one of its own unless told. */
  readonly links?: Links | undefined;
  /** A guest is served when no other user of a shared connection waits. Default "own". */
  readonly rank?: User["rank"] | undefined;
};

/** What a write came to; `exception`: the device's own code when it refused. */
export type Written = Result<void, DeviceCode> & { readonly exception?: number };

export interface Link {
  /** Holding registers. */
  read(unit: number, address: number, count: number, signal?: AbortSignal): Promise<Answer>;
  readInput(unit: number, address: number, count: number, signal?: AbortSignal): Promise<Answer>;
  /** One register with function 6, for devices that know no other. */
  writeSingle(unit: number, address: number, value: number, signal?: AbortSignal): Promise<Written>;
  write(unit: number, address: number, values: readonly number[], signal?: AbortSignal): Promise<Written>;
  close(): void;
}

const MAX_READ = 125;
const MAX_WRITE = 123;

/** Our link to the units of one device or line, over Modbus TCP, TLS, a serial line or a gateway to one: see `Line`. */
export class ModbusLink implements Link {
  private readonly line: Line;
  private readonly user: User;
  private readonly leave: () => void;

  constructor(options: LinkOptions) {
    const { line, leave } = options.links?.take(options) ?? alone(options);
    this.line = line;
    this.leave = leave;
    this.user = { rank: options.rank ?? "own", timeoutMs: options.timeoutMs, gone: false };
  }

  read(unit: number, address: number, count: number, signal?: AbortSignal): Promise<Answer> {
    assertRange(unit, address, count, MAX_READ);
    return this.ask({ kind: "read", unit, address, count }, signal);
  }

  readInput(unit: number, address: number, count: number, signal?: AbortSignal): Promise<Answer> {
    assertRange(unit, address, count, MAX_READ);
    return this.ask({ kind: "read-input", unit, address, count }, signal);
  }

  async writeSingle(unit: number, address: number, value: number, signal?: AbortSignal): Promise<Written> {
    assertRange(unit, address, 1, 1);
    assertWords([value]);
    return written(await this.ask({ kind: "write-single", unit, address, value }, signal));
  }

  async write(unit: number, address: number, values: readonly number[], signal?: AbortSignal): Promise<Written> {
    assertRange(unit, address, values.length, MAX_WRITE);
    assertWords(values);
    return written(await this.ask({ kind: "write", unit, address, values }, signal));
  }

  close(): void {
    if (this.user.gone) return;
    this.user.gone = true;
    this.leave();
  }

  private ask(ask: Ask, signal: AbortSignal | undefined): Promise<Answer> {
    return this.line.ask(ask, this.user, signal);
  }
}

function alone(options: LineOptions): { readonly line: Line; readonly leave: () => void } {
  const line = new Line(options);
  return { line, leave: () => line.close() };
}

const written = (answer: Answer): Written => (answer.ok ? { ok: true, value: undefined } : answer);

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
