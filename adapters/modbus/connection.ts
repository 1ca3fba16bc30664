import { EventEmitter } from "node:events";
import modbus from "modbus-serial";
import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Cancel, Clock, DeviceCode } from "../../src/ports/index.ts";
import type { Ask } from "./frame.ts";
import { type Framing, withChecksum } from "./framing.ts";
import type { Wire } from "./wire.ts";

// The package is CommonJS; what Node hands over is its whole exports object.
const ModbusRTU = modbus.default;
type Bus = InstanceType<typeof ModbusRTU>;

/** `exception`: the device's own code when it refused. */
export type Answer = Result<readonly number[], DeviceCode> & { readonly exception?: number };

interface Pending {
  readonly ask: Ask;
  readonly settle: (answer: Answer) => void;
}

const NOTHING = Buffer.alloc(0);
const CRC = 2;

/**
 * One connection to a device, one request at a time. modbus-serial writes requests and reads answers as they are on a
 * serial line; between it and the wire each answer is checked. Whatever goes wrong but an exception of the device ends it.
 */
export class Connection {
  private readonly wire: Wire;
  private readonly framing: Framing;
  private readonly clock: Pick<Clock, "after">;
  private readonly onEnd: (code: DeviceCode, ended: Promise<void>) => void;
  private readonly port: Port;
  private readonly bus: Bus;
  private pending: Pending | null = null;
  private received: Buffer = NOTHING;
  private ended = false;

  /** `onEnd` hears once, with the reason, and when the wire can be opened again. */
  constructor(wire: Wire, framing: Framing, clock: Pick<Clock, "after">, onEnd: (code: DeviceCode, ended: Promise<void>) => void) {
    this.wire = wire;
    this.framing = framing;
    this.clock = clock;
    this.onEnd = onEnd;
    this.port = new Port((request) => void wire.stream.write(framing.wrap(request)));
    this.bus = new ModbusRTU(this.port);
    this.bus.open();
    wire.stream.on("data", (bytes: Buffer) => this.onData(bytes));
    wire.stream.on("close", () => this.end("DEVICE_OFFLINE", "the device closed the connection"));
    wire.stream.on("error", () => undefined);
  }

  get isOpen(): boolean {
    return !this.ended && this.wire.isOpen;
  }

  /** Sends one request and waits for its answer, at most `timeoutMs`, or until the signal. */
  exchange(ask: Ask, timeoutMs: number, signal: AbortSignal | undefined): Promise<Answer> {
    const stops: Cancel[] = [];
    return new Promise<Answer>((resolve) => {
      this.pending = { ask, settle: resolve };
      stops.push(this.clock.after(timeoutMs, () => this.end("DEVICE_TIMEOUT", `no answer within ${timeoutMs} ms`)));
      const abort = () => this.end("DEVICE_TIMEOUT", "the caller waits no longer");
      signal?.addEventListener("abort", abort, { once: true });
      stops.push(() => signal?.removeEventListener("abort", abort));
      this.send(ask, this.pending);
    }).finally(() => {
      for (const stop of stops) stop();
    });
  }

  /** Ends the connection; whoever waits for an answer gets the code. */
  end(code: DeviceCode, why: string): void {
    const { pending } = this;
    this.pending = null;
    if (!this.ended) {
      this.ended = true;
      this.onEnd(code, this.wire.end());
    }
    pending?.settle(fail(code, why));
  }

  private send(ask: Ask, pending: Pending): void {
    const onRead = (error: unknown, result?: { readonly data: readonly number[] }) => this.onAnswer(pending, error, result?.data ?? []);
    const onWritten = (error: unknown) => this.onAnswer(pending, error, []);
    const { bus } = this;
    if (ask.kind === "write") bus.writeFC16(ask.unit, ask.address, [...ask.values], onWritten);
    else if (ask.kind === "write-single") bus.writeFC6(ask.unit, ask.address, ask.value, onWritten);
    else if (ask.kind === "read-input") bus.writeFC4(ask.unit, ask.address, ask.count, onRead);
    else bus.writeFC3(ask.unit, ask.address, ask.count, onRead);
  }

  private onData(bytes: Buffer): void {
    if (this.ended) return;
    if (this.pending === null) {
      this.end("DEVICE_MALFORMED", "bytes that nobody asked for");
      return;
    }
    this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
    const check = this.framing.check(this.received, this.pending.ask);
    if (check.kind === "bad") this.end("DEVICE_MALFORMED", check.why);
    if (check.kind !== "whole") return;
    const answer = withChecksum(this.framing.unwrap(this.received));
    this.received = NOTHING;
    this.port.emit("data", answer);
  }

  private onAnswer(pending: Pending, error: unknown, words: readonly number[]): void {
    if (this.pending !== pending) return;
    const code = error === null || error === undefined ? null : exceptionOf(error);
    if (code === undefined) {
      this.end("DEVICE_MALFORMED", String((error as { readonly message?: unknown }).message));
    } else if (code === null && "count" in pending.ask && words.length !== pending.ask.count) {
      this.end("DEVICE_MALFORMED", `${words.length} registers, asked were ${pending.ask.count}`);
    } else {
      this.pending = null;
      pending.settle(code === null ? ok(words) : { ...fail("DEVICE_EXCEPTION", exceptionText(code)), exception: code });
    }
  }
}

/** What modbus-serial takes for a serial port: it writes whole requests and hears whole answers that were checked. */
class Port extends EventEmitter {
  readonly isOpen = true;
  private readonly send: (request: Buffer) => void;

  constructor(send: (request: Buffer) => void) {
    super();
    this.send = send;
  }

  open(done: () => void): void {
    done();
  }

  write(frame: Buffer): void {
    this.send(frame.subarray(0, -CRC));
  }
}

/** The device's own exception code; undefined for any other trouble. */
function exceptionOf(error: unknown): number | undefined {
  const code = (error as { readonly modbusCode?: unknown }).modbusCode;
  return typeof code === "number" ? code : undefined;
}

/** Modbus Application Protocol 1.1b3, section 7. */
const EXCEPTIONS: Readonly<Record<number, string>> = {
  1: "illegal function",
  2: "illegal address",
  3: "illegal value",
  4: "device failure",
  5: "acknowledge",
  6: "device busy",
  8: "memory parity error",
  10: "gateway path unavailable",
  11: "nobody answers behind the gateway",
};

const exceptionText = (code: number): string => `exception ${code}${EXCEPTIONS[code] === undefined ? "" : ` (${EXCEPTIONS[code]})`}`;
