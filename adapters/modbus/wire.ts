import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import { connect as connectTls } from "node:tls";
import type { SerialPort } from "serialport";
import { fail, ok, type Result } from "../../engine/kernel/index.ts";
import type { Clock, DeviceCode } from "../../src/ports/index.ts";

/** What shows who we are and whom we trust, as PEM texts. */
export interface TlsIdentity {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
  /** The name in the other side's certificate, where that isn't its host. */
  readonly name?: string | undefined;
}

/** A serial line: 8 data bits. */
export interface SerialLine {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

/** Where a device is, and how it is spoken to. `echo`: the line gives back what is sent on it. */
export type Place =
  | { readonly transport?: "tcp" | undefined; readonly host: string; readonly port: number }
  | { readonly transport: "tls"; readonly host: string; readonly port: number; readonly tls: TlsIdentity }
  | { readonly transport: "rtu-over-tcp"; readonly host: string; readonly port: number; readonly echo?: boolean | undefined }
  | { readonly transport: "rtu"; readonly serial: SerialLine; readonly echo?: boolean | undefined };

/** An open connection that carries bytes. */
export interface Wire {
  readonly stream: Duplex;
  readonly isOpen: boolean;
  /** Settles once it can be opened again. */
  end(): Promise<void>;
}

export const isSerial = (place: Place): boolean => place.transport === "rtu" || place.transport === "rtu-over-tcp";

export function openWire(place: Place, timeoutMs: number, clock: Pick<Clock, "after">): Promise<Result<Wire, DeviceCode>> {
  return place.transport === "rtu" ? openSerial(place.serial) : openSocket(place, timeoutMs, clock);
}

async function openSocket(
  place: Exclude<Place, { readonly transport: "rtu" }>,
  timeoutMs: number,
  clock: Pick<Clock, "after">,
): Promise<Result<Wire, DeviceCode>> {
  let socket: Socket;
  try {
    socket = dial(place);
  } catch (error) {
    return fail("DEVICE_OFFLINE", `the certificate or its key can't be used: ${messageOf(error)}`);
  }
  const trouble = await connected(socket, place.transport === "tls" ? "secureConnect" : "connect", timeoutMs, clock);
  if (trouble !== null) {
    socket.destroy();
    return fail("DEVICE_OFFLINE", trouble);
  }
  socket.setNoDelay(true);
  socket.setKeepAlive(true, 10_000);
  return ok({
    stream: socket,
    get isOpen() {
      return !socket.destroyed && socket.readyState === "open";
    },
    end: async () => void socket.destroy(),
  });
}

function dial(place: Exclude<Place, { readonly transport: "rtu" }>): Socket {
  const { host, port } = place;
  if (place.transport !== "tls") return connectTcp({ host, port });
  const { name, ...identity } = place.tls;
  const servername = name ?? (isIP(host) === 0 ? host : undefined);
  return connectTls({ host, port, ...identity, minVersion: "TLSv1.2", ...(servername === undefined ? {} : { servername }) });
}

/** null once connected, else what hindered it. */
function connected(socket: Socket, event: string, timeoutMs: number, clock: Pick<Clock, "after">): Promise<string | null> {
  return new Promise((resolve) => {
    const cancel = clock.after(timeoutMs, () => done(`no connection within ${timeoutMs} ms`));
    const done = (trouble: string | null) => {
      cancel();
      socket.off(event, onConnect);
      resolve(trouble);
    };
    const onConnect = () => done(null);
    socket.once(event, onConnect);
    socket.on("error", (error) => done(error.message));
    socket.once("close", () => done("the connection was closed before it stood"));
  });
}

/** Bytes that came while nobody listened are thrown away. The line stays as it is when we let go of it: some devices restart otherwise. */
async function openSerial(line: SerialLine): Promise<Result<Wire, DeviceCode>> {
  // Native code, which homes without a serial line need not load.
  const { SerialPort } = await import("serialport");
  const port = new SerialPort({ ...line, dataBits: 8, hupcl: false, autoOpen: false });
  try {
    await called((done) => port.open(done));
    await called((done) => port.flush(done));
  } catch (error) {
    await endSerial(port);
    return fail("DEVICE_OFFLINE", `${line.path}: ${messageOf(error)}`);
  }
  return ok({
    stream: port,
    get isOpen() {
      return port.isOpen;
    },
    end: () => endSerial(port),
  });
}

const endSerial = (port: SerialPort): Promise<void> => called((done) => port.close(done)).catch(() => undefined);

const called = (run: (done: (error: Error | null) => void) => void): Promise<void> =>
  new Promise((resolve, reject) => run((error) => (error === null ? resolve() : reject(error))));

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));
