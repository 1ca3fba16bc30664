import { createServer, type Server, type Socket } from "node:net";
import { createServer as createTlsServer, TLSSocket } from "node:tls";
import type { Fault } from "./fault.ts";
import { roleOf } from "./role.ts";
import type { TlsIdentity } from "./wire.ts";

/** The registers behind one unit id. All methods answer an exception code for what they won't do. */
export interface Registers {
  read(address: number, count: number): Reply<ArrayLike<number>>;
  /** Left out: the unit has no input registers. */
  readInput?(address: number, count: number): Reply<ArrayLike<number>>;
  /** `isSingle`: with function 6, which writes one register. */
  write(address: number, values: readonly number[], isSingle: boolean): Reply<null>;
}

export type ExceptionCode = { readonly exception: number };
type Reply<T> = T | ExceptionCode | Promise<T | ExceptionCode>;

/** Who is on the other side: the role in its certificate, where it showed one. */
export interface Caller {
  readonly role: string | null;
}

export interface ServerOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** undefined: nobody answers behind the gateway. */
  readonly unit: (id: number, caller: Caller) => Registers | undefined;
  readonly fault?: () => Fault | null;
  /** Left out: without encryption, and everybody may call. */
  readonly tls?: TlsIdentity | undefined;
  /** Default 8. */
  readonly maxConnections?: number;
  /** How long a connection may be silent. Default five minutes. */
  readonly idleMs?: number;
}

export interface ModbusServer {
  readonly port: number;
  close(): Promise<void>;
}

const MAX_CONNECTIONS = 8;
const IDLE_MS = 300_000;
const HANDSHAKE_MS = 10_000;
const MAX_UNSENT = 65_536;
/** More than sixteen of the longest requests: nobody waits for so many answers. */
const MAX_WAITING = 16 * 260;
const HEADER = 7;
const EMPTY = Buffer.alloc(0);

/**
 * The device's side of Modbus TCP, plain or over TLS: functions 3, 4, 6 and 16, strict, one after the other. Our own, because modbus-serial's server doesn't check
 * the protocol id, answers more registers than a frame may hold, and leaves some requests without an answer.
 */
export async function startModbusServer(options: ServerOptions): Promise<ModbusServer> {
  const sockets = new Set<Socket>();
  const onCaller = (socket: Socket): void => serve(socket, options);
  const server = options.tls === undefined ? createServer({ noDelay: true }, onCaller) : secureServer(options.tls, onCaller);
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
  });
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  await listening(server, options);
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** Only who shows a certificate of our authority gets in. Throws when ours can't be used. */
function secureServer({ key, cert, ca }: TlsIdentity, onCaller: (socket: Socket) => void): Server {
  const server = createTlsServer(
    { key, cert, ca, requestCert: true, rejectUnauthorized: true, minVersion: "TLSv1.2", handshakeTimeout: HANDSHAKE_MS, noDelay: true },
    onCaller,
  );
  server.on("tlsClientError", () => undefined);
  return server;
}

function listening(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      server.on("error", () => undefined);
      resolve();
    });
  });
}

function serve(socket: Socket, options: ServerOptions): void {
  const certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  const caller = { role: certificate === undefined ? null : roleOf(certificate.raw) };
  let received: Buffer = EMPTY;
  let working = false;
  const work = async (): Promise<void> => {
    working = true;
    for (let frame = next(); frame !== null; frame = next()) await answer(socket, frame, caller, options);
    working = false;
  };
  const next = (): Buffer | null => {
    const length = received.length < HEADER ? 0 : received.readUInt16BE(4);
    // Once out of step there is no way back into it.
    if (received.length >= HEADER && (received.readUInt16BE(2) !== 0 || length < 2 || length > 254)) socket.destroy();
    if (received.length > MAX_WAITING || socket.writableLength > MAX_UNSENT) socket.destroy();
    if (socket.destroyed || received.length < HEADER || received.length < 6 + length) return null;
    const frame = received.subarray(0, 6 + length);
    received = received.subarray(6 + length);
    return frame;
  };
  socket.setTimeout(options.idleMs ?? IDLE_MS, () => socket.destroy());
  socket.on("error", () => undefined);
  socket.on("data", (bytes: Buffer) => {
    received = received.length === 0 ? bytes : Buffer.concat([received, bytes]);
    if (received.length > 2 * MAX_WAITING) socket.destroy();
    else if (!working) void work();
  });
}

async function answer(socket: Socket, frame: Buffer, caller: Caller, options: ServerOptions): Promise<void> {
  const fault = options.fault?.() ?? null;
  if (fault === "silent") return;
  if (fault === "hang-up") {
    socket.destroy();
    return;
  }
  if (fault === "noise") {
    socket.write(noise(frame.length + 11, frame.readUInt16BE(0)));
    return;
  }
  const request = frame.subarray(HEADER);
  const body = fault === "exception" ? exception(request[0] ?? 0, 4) : await execute(options.unit(frame[6] ?? 0, caller), request);
  if (!socket.destroyed) socket.write(framed(frame, fault === null ? body : spoiled(body, fault)));
}

function framed(request: Buffer, body: Buffer): Buffer {
  const reply = Buffer.alloc(HEADER + body.length);
  request.copy(reply, 0, 0, 4);
  reply.writeUInt16BE(body.length + 1, 4);
  reply[6] = request[6] ?? 0;
  body.copy(reply, HEADER);
  return reply;
}

const exception = (code: number, reason: number): Buffer => Buffer.from([code | 0x80, reason]);

async function execute(unit: Registers | undefined, request: Buffer): Promise<Buffer> {
  const code = request[0] ?? 0;
  if (unit === undefined) return exception(code, 11);
  if (code === 3) return readRegisters(code, request, (address, count) => unit.read(address, count));
  const { readInput } = unit;
  if (code === 4 && readInput !== undefined) return readRegisters(code, request, (address, count) => readInput.call(unit, address, count));
  if (code === 6) return writeOne(unit, request);
  if (code === 16) return writeMany(unit, request);
  return exception(code, 1);
}

async function readRegisters(code: number, request: Buffer, read: Registers["read"]): Promise<Buffer> {
  if (request.length !== 5) return exception(code, 3);
  const address = request.readUInt16BE(1);
  const count = request.readUInt16BE(3);
  if (count < 1 || count > 125) return exception(code, 3);
  if (address + count > 0x1_0000) return exception(code, 2);
  const words = await read(address, count);
  if ("exception" in words) return exception(code, words.exception);
  const body = Buffer.alloc(2 + 2 * count);
  body[0] = code;
  body[1] = 2 * count;
  for (let i = 0; i < count; i += 1) body.writeUInt16BE(words[i] ?? 0, 2 + 2 * i);
  return body;
}

async function writeOne(unit: Registers, request: Buffer): Promise<Buffer> {
  if (request.length !== 5) return exception(6, 3);
  const refused = await unit.write(request.readUInt16BE(1), [request.readUInt16BE(3)], true);
  return refused === null ? Buffer.from(request) : exception(6, refused.exception);
}

async function writeMany(unit: Registers, request: Buffer): Promise<Buffer> {
  if (request.length < 6) return exception(16, 3);
  const address = request.readUInt16BE(1);
  const count = request.readUInt16BE(3);
  if (count < 1 || count > 123 || request[5] !== 2 * count || request.length !== 6 + 2 * count) return exception(16, 3);
  if (address + count > 0x1_0000) return exception(16, 2);
  const values = Array.from({ length: count }, (_, i) => request.readUInt16BE(6 + 2 * i));
  const refused = await unit.write(address, values, false);
  return refused === null ? Buffer.from(request.subarray(0, 5)) : exception(16, refused.exception);
}

/** Still a frame, but not the truth. Answers to writes are left as they are. */
function spoiled(body: Buffer, fault: Fault): Buffer {
  const code = body[0] ?? 0;
  if ((code !== 3 && code !== 4) || body.length < 4) return body;
  if (fault === "garbage") return Buffer.concat([body.subarray(0, 2), noise(body.length - 2, body.length)]);
  if (fault === "wrong-length") return Buffer.concat([Buffer.from([code, body.length - 4]), body.subarray(2, -2)]);
  return body;
}

/** The same nonsense for the same seed: a failing test can be run again. */
function noise(length: number, seed: number): Buffer {
  const bytes = Buffer.alloc(length);
  let state = (seed + 1) * 0x9e37_79b1;
  for (let i = 0; i < length; i += 1) {
    state = Math.imul(state ^ (state >>> 15), 0x85eb_ca6b) + 0x1234_567;
    bytes[i] = state >>> 24;
  }
  return bytes;
}
