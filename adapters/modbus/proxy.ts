import type { DeviceCode } from "../../src/ports/index.ts";
import type { Answer } from "./connection.ts";
import { type LinkOptions, ModbusLink, type Written } from "./link.ts";
import { type Caller, type ExceptionCode, type ModbusServer, type Registers, startModbusServer } from "./server.ts";
import type { TlsIdentity } from "./wire.ts";

/** Registers that may be written: `from` and `to` included. */
export interface WritableRange {
  readonly unit: number;
  readonly from: number;
  readonly to: number;
}

export interface ProxyOptions {
  readonly host: string;
  /** 0: any free one. */
  readonly port: number;
  /** The device that is served again; with `links`, over the connection that we have ourselves. */
  readonly device: LinkOptions;
  /** Others would cost everyone a time-out. */
  readonly units: readonly number[];
  readonly writable: readonly WritableRange[];
  readonly maxClients: number;
  /** Default five minutes. */
  readonly idleMs?: number;
  /** Left out: no encryption, and everyone who reaches the port may read, and write what is writable. */
  readonly tls?: (TlsIdentity & { readonly readers: readonly string[]; readonly writers: readonly string[] }) | undefined;
}

const ILLEGAL_FUNCTION: ExceptionCode = { exception: 1 };
const ILLEGAL_ADDRESS: ExceptionCode = { exception: 2 };

/** What a guest is told where the device didn't answer itself: Modbus Application Protocol 1.1b3, section 7. */
const EXCEPTIONS: Readonly<Record<Exclude<DeviceCode, "DEVICE_EXCEPTION">, number>> = {
  DEVICE_TIMEOUT: 11,
  DEVICE_OFFLINE: 10,
  DEVICE_MALFORMED: 4,
  DEVICE_IMPLAUSIBLE: 4,
  DEVICE_REFUSED: 6,
};

/**
 * Serves a device to other programs, since many devices take one client only. What they ask for goes to the device itself,
 * behind our own requests: nothing is kept, so nothing is old. Rejects when the port or the certificate can't be used.
 */
export async function startModbusProxy(options: ProxyOptions): Promise<ModbusServer> {
  const link = new ModbusLink({ ...options.device, rank: "guest" });
  const unit = (id: number, caller: Caller): Registers | undefined =>
    options.units.includes(id) ? served(link, id, caller, options) : undefined;
  try {
    const { host, port, maxClients, tls, idleMs } = options;
    const server = await startModbusServer({
      host,
      port,
      unit,
      tls,
      maxConnections: maxClients,
      ...(idleMs === undefined ? {} : { idleMs }),
    });
    const close = async (): Promise<void> => {
      await server.close();
      link.close();
    };
    return { port: server.port, close };
  } catch (error) {
    link.close();
    throw error;
  }
}

function served(link: ModbusLink, unit: number, { role }: Caller, { tls, writable }: ProxyOptions): Registers {
  const mayWrite = tls === undefined || (role !== null && tls.writers.includes(role));
  const mayRead = mayWrite || (role !== null && tls.readers.includes(role));
  const isWritable = (from: number, count: number): boolean =>
    writable.some((range) => range.unit === unit && from >= range.from && from + count - 1 <= range.to);
  return {
    read: async (address, count) => (mayRead ? wordsOf(await link.read(unit, address, count)) : ILLEGAL_FUNCTION),
    readInput: async (address, count) => (mayRead ? wordsOf(await link.readInput(unit, address, count)) : ILLEGAL_FUNCTION),
    async write(address, values, isSingle) {
      if (!mayWrite || writable.length === 0) return ILLEGAL_FUNCTION;
      if (!isWritable(address, values.length)) return ILLEGAL_ADDRESS;
      const [value = 0] = values;
      const written = await (isSingle ? link.writeSingle(unit, address, value) : link.write(unit, address, values));
      return written.ok ? null : exceptionOf(written);
    },
  };
}

const wordsOf = (answer: Answer): readonly number[] | ExceptionCode => (answer.ok ? answer.value : exceptionOf(answer));

const exceptionOf = ({ code, exception }: Extract<Answer | Written, { readonly ok: false }>): ExceptionCode => ({
  exception: exception ?? (code === "DEVICE_EXCEPTION" ? 4 : EXCEPTIONS[code]),
});
