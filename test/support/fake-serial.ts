import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Duplex, Readable, Writable } from "node:stream";
import { withChecksum } from "../../adapters/modbus/framing.ts";
import type { Place } from "../../adapters/modbus/index.ts";

const PYTHON = "/usr/bin/python3";

/** Why there is no pair of pseudo-terminals here; null when there is. */
export const ptyMissing = process.platform === "linux" && existsSync(PYTHON) ? null : "no python3: no serial line is checked";

/** The far end of a pseudo-terminal on descriptors 0 (in) and 4 (out); the near end stays open, so that nothing is lost while nobody listens. */
const PTY = `
import os, select, tty
far, near = os.openpty()
tty.setraw(near)
print(os.ttyname(near), flush=True)
while True:
    ready, _, _ = select.select([0, far], [], [])
    for source in ready:
        data = os.read(source, 4096)
        if not data: raise SystemExit
        os.write(far if source == 0 else 4, data)
`;

export interface FarEnd {
  write(bytes: Uint8Array): unknown;
}

/** What a device does with a request, which comes whole, with its checksum. */
export type SerialAnswering = (request: Buffer, far: FarEnd, count: number) => void;

/** The far end of a serial line for tests, which answers whatever a test wants. */
export interface FakeSerial {
  readonly place: Place;
  readonly requests: { readonly bytes: Buffer; readonly at: number }[];
  /** Sends bytes that nobody asked for. */
  send(bytes: Uint8Array): void;
  close(): Promise<void>;
}

const SPEED = { baudRate: 115_200, parity: "none", stopBits: 1 } as const;

/** A pseudo-terminal that our side opens as a serial port. */
export async function fakePort(answer: SerialAnswering): Promise<FakeSerial> {
  const child = spawn(PYTHON, ["-c", PTY], { stdio: ["pipe", "pipe", "inherit", "ignore", "pipe"] });
  const lines = createInterface({ input: child.stdout as Readable });
  const path = await new Promise<string>((resolve) => lines.once("line", resolve));
  const far = child.stdin as Writable;
  far.on("error", () => undefined);
  const requests = listen(child.stdio[4] as Readable, far, answer);
  return {
    place: { transport: "rtu", serial: { path, ...SPEED } },
    requests,
    send: (bytes) => void far.write(bytes),
    close: () => stopped(child),
  };
}

/** A gateway that passes the bytes of a serial line over TCP; whoever connects hears what comes late, as on a real one. */
export async function fakeGateway(answer: SerialAnswering): Promise<FakeSerial> {
  const sockets = new Set<Duplex>();
  const far: FarEnd = {
    write: (bytes) => {
      for (const socket of sockets) socket.write(bytes);
    },
  };
  const requests: FakeSerial["requests"] = [];
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    listen(socket, far, answer, requests);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    place: { transport: "rtu-over-tcp", host: "127.0.0.1", port },
    requests,
    send: (bytes) => far.write(bytes),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

function listen(from: Readable, far: FarEnd, answer: SerialAnswering, requests: FakeSerial["requests"] = []): FakeSerial["requests"] {
  let received = Buffer.alloc(0);
  from.on("data", (bytes: Buffer) => {
    received = Buffer.concat([received, bytes]);
    for (let length = requestLength(received); received.length >= length; length = requestLength(received)) {
      const request = received.subarray(0, length);
      received = received.subarray(length);
      requests.push({ bytes: request, at: performance.now() });
      answer(request, far, requests.length);
    }
  });
  return requests;
}

const requestLength = (bytes: Buffer): number => (bytes[1] === 16 ? 9 + (bytes[6] ?? 255) : 8);

/** An answer of the unit that was asked, function code first, with its checksum. */
export const serialFrame = (request: Buffer, body: readonly number[], unit = request[0]!): Buffer =>
  withChecksum(Buffer.from([unit, ...body]));

/** Register n holds n. */
export function serialTruth(request: Buffer): number[] {
  const count = request.readUInt16BE(4);
  const values = Array.from({ length: count }, (_, i) => (request.readUInt16BE(2) + i) & 0xffff);
  return [request[1]!, 2 * count, ...values.flatMap((value) => [value >> 8, value & 0xff])];
}

function stopped(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once("close", () => resolve());
    child.kill("SIGKILL");
  });
}
