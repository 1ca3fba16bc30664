import { createServer, type Socket } from "node:net";

/** A Modbus TCP peer for tests that answers whatever a test wants; requests come in as whole frames. */
export interface FakeModbus {
  readonly port: number;
  /** Frames that came in, all connections together. */
  readonly requests: Buffer[];
  readonly connections: () => number;
  close(): Promise<void>;
}

export type Answering = (request: Buffer, socket: Socket, count: number) => void;

export async function fakeModbus(answer: Answering): Promise<FakeModbus> {
  const sockets = new Set<Socket>();
  const requests: Buffer[] = [];
  let connections = 0;
  const server = createServer({ noDelay: true }, (socket) => {
    connections += 1;
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    let received = Buffer.alloc(0);
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes]);
      while (received.length >= 6 && received.length >= 6 + received.readUInt16BE(4)) {
        const frame = received.subarray(0, 6 + received.readUInt16BE(4));
        received = received.subarray(frame.length);
        requests.push(frame);
        answer(frame, socket, requests.length);
      }
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  return {
    port: typeof address === "object" && address !== null ? address.port : 0,
    requests,
    connections: () => connections,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const socket of sockets) socket.destroy();
      }),
  };
}

/** A frame that answers `request` with this body (function code first). */
export function frame(
  request: Buffer,
  body: readonly number[],
  changes: { readonly id?: number; readonly protocol?: number; readonly length?: number; readonly unit?: number } = {},
): Buffer {
  const header = Buffer.alloc(7);
  header.writeUInt16BE(changes.id ?? request.readUInt16BE(0), 0);
  header.writeUInt16BE(changes.protocol ?? 0, 2);
  header.writeUInt16BE(changes.length ?? body.length + 1, 4);
  header[6] = changes.unit ?? request[6] ?? 0;
  return Buffer.concat([header, Buffer.from(body)]);
}

export const words = (values: readonly number[]): number[] => values.flatMap((value) => [value >> 8, value & 0xff]);

/** Register n holds n: whoever gets another number got a wrong one. */
export function truth(request: Buffer): number[] {
  const address = request.readUInt16BE(8);
  const count = request.readUInt16BE(10);
  return [3, 2 * count, ...words(Array.from({ length: count }, (_, i) => (address + i) & 0xffff))];
}
