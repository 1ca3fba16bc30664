import { connect, type Socket } from "node:net";
import modbus from "modbus-serial";
import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Cancel, Clock, DeviceCode } from "../../src/ports/index.ts";
import { type Ask, checkFrame } from "./frame.ts";

// The package is CommonJS; what Node hands over is its whole exports object.
const ModbusRTU = modbus.default;
type Bus = InstanceType<typeof ModbusRTU>;

/** `exception`: the device's own code when it refused. */
export type Answer = Result<readonly number[], DeviceCode> & { readonly exception?: number };

interface Pending {
  readonly ask: Ask;
  readonly transaction: number;
  readonly settle: (answer: Answer) => void;
}

const NOTHING = Buffer.alloc(0);
/** modbus-serial numbers its requests 1, 2, ... 255, 0, 1 on each connection. */
const TRANSACTIONS = 256;

/** One TCP connection to a device, one request at a time. Whatever goes wrong but an exception of the device ends it. */
export class Connection {
  private readonly socket: Socket;
  private readonly bus: Bus;
  private readonly clock: Pick<Clock, "after">;
  private pending: Pending | null = null;
  private received: Buffer = NOTHING;
  private asked = 0;

  private constructor(socket: Socket, clock: Pick<Clock, "after">) {
    this.socket = socket;
    this.clock = clock;
    this.bus = new ModbusRTU();
    // Ours comes first: it sees each byte before the library may take it for an answer.
    socket.on("data", (bytes: Buffer) => this.onData(bytes));
    socket.on("close", () => this.end("DEVICE_OFFLINE", "the device closed the connection"));
    socket.on("error", () => undefined);
    (this.bus as unknown as NodeJS.EventEmitter).on("error", () => undefined);
  }

  static async open(host: string, port: number, timeoutMs: number, clock: Pick<Clock, "after">): Promise<Result<Connection, DeviceCode>> {
    const socket = connect({ host, port });
    const trouble = await connected(socket, timeoutMs, clock);
    if (trouble !== null) {
      socket.destroy();
      return fail("DEVICE_OFFLINE", trouble);
    }
    socket.setNoDelay(true);
    socket.setKeepAlive(true, 10_000);
    const connection = new Connection(socket, clock);
    try {
      await connection.bus.linkTCP(socket, { port });
    } catch (error) {
      connection.end("DEVICE_OFFLINE", String(error));
      return fail("DEVICE_OFFLINE", String(error));
    }
    return ok(connection);
  }

  get isOpen(): boolean {
    return !this.socket.destroyed && this.socket.readyState === "open";
  }

  /** Sends one request and waits for its answer, at most `timeoutMs`, or until the signal. */
  exchange(ask: Ask, timeoutMs: number, signal: AbortSignal | undefined): Promise<Answer> {
    const stops: Cancel[] = [];
    return new Promise<Answer>((resolve) => {
      this.asked += 1;
      this.pending = { ask, transaction: this.asked % TRANSACTIONS, settle: resolve };
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
    const pending = this.pending;
    this.pending = null;
    this.socket.destroy();
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
    if (this.pending === null) {
      this.end("DEVICE_MALFORMED", "bytes that nobody asked for");
      return;
    }
    this.received = this.received.length === 0 ? bytes : Buffer.concat([this.received, bytes]);
    const check = checkFrame(this.received, this.pending.ask, this.pending.transaction);
    if (check.kind === "bad") this.end("DEVICE_MALFORMED", check.why);
    if (check.kind === "whole") this.received = NOTHING;
  }

  private onAnswer(pending: Pending, error: unknown, words: readonly number[]): void {
    if (this.pending !== pending) return;
    const code = error === null || error === undefined ? null : exceptionOf(error);
    if (code === undefined) {
      this.end(this.isOpen ? "DEVICE_MALFORMED" : "DEVICE_OFFLINE", String((error as { readonly message?: unknown }).message));
    } else if (code === null && "count" in pending.ask && words.length !== pending.ask.count) {
      this.end("DEVICE_MALFORMED", `${words.length} registers, asked were ${pending.ask.count}`);
    } else {
      this.pending = null;
      pending.settle(code === null ? ok(words) : { ...fail("DEVICE_EXCEPTION", exceptionText(code)), exception: code });
    }
  }
}

/** null once connected, else what hindered it. */
function connected(socket: Socket, timeoutMs: number, clock: Pick<Clock, "after">): Promise<string | null> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => done(`no connection within ${timeoutMs} ms`));
    const done = (trouble: string | null) => {
      cancel();
      socket.off("connect", onConnect);
      resolve(trouble);
    };
    const onConnect = () => done(null);
    socket.once("connect", onConnect);
    socket.on("error", (error) => done(error.message));
  });
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
