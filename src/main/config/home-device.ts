import type { CrossCheck } from "./cross-check.ts";
import { type MeterConfig, type MeterFile, meterOf } from "./meter.ts";
import { profileIds } from "./shipped.ts";
import type { Path } from "./yaml.ts";

/** What the home has; at least one of the two. */
export interface HomeDevice {
  /** Inverter, battery and their meter over Modbus; null: it has none. */
  readonly modbus: DeviceConfig | null;
  /** null: the meter is the inverter's. */
  readonly meter: MeterConfig | null;
}

/** A home's device, as the file says it; paths are absolute. */
export interface DeviceConfig {
  readonly place: DevicePlace;
  readonly units: { readonly inverter: number; readonly meter: number; readonly storage: number };
  /** null: SunSpec. `units`: those that differ from the profile's, by role. */
  readonly profile: { readonly written: string; readonly units: Readonly<Record<string, number>> } | null;
  /** Whether the home commands the battery through its profile. */
  readonly control: boolean;
  readonly timeoutMs: number;
  readonly gapMs: number;
  /** Which direction the meter shows as positive power. */
  readonly meterSign: "import" | "export";
  /** Where the device is served to other programs; null: nowhere. */
  readonly proxy: DeviceProxyConfig | null;
}

/** The files of a certificate, its key, and the authority that the other side's certificate must be of. */
export interface CertificateFiles {
  readonly key: string;
  readonly cert: string;
  readonly ca: string;
}

export interface SerialConfig {
  readonly path: string;
  readonly baudRate: number;
  readonly parity: "none" | "even" | "odd";
  readonly stopBits: 1 | 2;
}

export type DevicePlace =
  | { readonly transport: "tcp"; readonly host: string; readonly port: number }
  | { readonly transport: "tls"; readonly host: string; readonly port: number; readonly tls: CertificateFiles & { readonly name?: string } }
  | { readonly transport: "rtu-over-tcp"; readonly host: string; readonly port: number; readonly echo: boolean }
  | { readonly transport: "rtu"; readonly serial: SerialConfig; readonly echo: boolean };

export interface DeviceProxyConfig {
  readonly listen: string;
  readonly port: number;
  readonly clients: number;
  /** Beside those of the home's own devices. */
  readonly units: readonly number[];
  readonly writable: readonly { readonly unit: number; readonly from: number; readonly to: number }[];
  readonly tls: (CertificateFiles & { readonly readers: readonly string[]; readonly writers: readonly string[] }) | null;
}

/** The file's values, defaults filled in. */
export interface DeviceFile extends Pick<DeviceConfig, "control" | "timeoutMs" | "gapMs" | "meterSign"> {
  readonly units: Partial<DeviceConfig["units"]>;
  readonly profile?: string;
  readonly transport: DevicePlace["transport"];
  readonly host?: string;
  readonly port?: number;
  readonly tls?: CertificateFiles & { readonly name?: string };
  readonly serial?: SerialConfig;
  readonly echo: boolean;
  readonly meter?: MeterFile;
  readonly proxy?: Omit<DeviceProxyConfig, "tls"> & { readonly tls?: NonNullable<DeviceProxyConfig["tls"]> };
}

const UNIT = 1;
const PORT = 502;
/** MODBUS/TCP Security. */
const TLS_PORT = 802;

/** A home may have a meter alone. */
export function deviceOf(file: DeviceFile, check: CrossCheck): HomeDevice {
  const hasInverter = file.host !== undefined || file.serial !== undefined || file.meter === undefined;
  return { modbus: hasInverter ? modbusOf(file, check) : null, meter: meterOf(file.meter, hasInverter, check) };
}

function modbusOf(file: DeviceFile, check: CrossCheck): DeviceConfig {
  const { control, timeoutMs, gapMs, meterSign } = file;
  const { inverter = UNIT, meter = UNIT, storage = UNIT } = file.units;
  return {
    place: placeOf(file, check),
    units: { inverter, meter, storage },
    profile: profileOf(file, check),
    control,
    timeoutMs,
    gapMs,
    meterSign,
    proxy: file.proxy === undefined ? null : proxyOf(file.proxy, check),
  };
}

function profileOf({ profile, units, control }: DeviceFile, check: CrossCheck): DeviceConfig["profile"] {
  if (profile !== undefined) return { written: profileIds().includes(profile) ? profile : check.path(profile), units };
  if (control)
    check.conflict(["device", "control"], "says nothing without a profile", "leave it out: SunSpec batteries are commanded by themselves");
  return null;
}

/** Which keys each transport needs; the others would say nothing. */
const KEYS: Readonly<Record<DevicePlace["transport"], { readonly needs: readonly Key[]; readonly may: readonly Key[] }>> = {
  tcp: { needs: ["host"], may: ["port"] },
  tls: { needs: ["host", "tls"], may: ["port"] },
  "rtu-over-tcp": { needs: ["host", "port"], may: ["echo"] },
  rtu: { needs: ["serial"], may: ["echo"] },
};
const PLACE_KEYS = ["host", "port", "tls", "serial", "echo"] as const;
type Key = (typeof PLACE_KEYS)[number];

const EXAMPLES: Readonly<Record<Key, string>> = {
  host: 'the name or address of the inverter or gateway, e.g. host: "192.168.1.20"; a home without one names a meter under "meter"',
  port: "the gateway's port, e.g. port: 4196",
  tls: "the files of our certificate: key, cert and ca",
  serial: "the line, e.g. serial: {path: /dev/ttyUSB0, baudRate: 9600}",
  echo: "true where the line gives back what is sent on it",
};

function placeOf(file: DeviceFile, check: CrossCheck): DevicePlace {
  const { transport, host = "", port, tls, serial, echo } = file;
  const { needs, may } = KEYS[transport];
  const isGiven = (key: Key): boolean => (key === "echo" ? echo : file[key] !== undefined);
  for (const key of needs)
    if (!isGiven(key)) check.refuse("CONFIG_KEY_MISSING", ["device", key], `is missing with transport ${transport}`, EXAMPLES[key]);
  for (const key of PLACE_KEYS)
    if (isGiven(key) && !needs.includes(key) && !may.includes(key))
      check.conflict(["device", key], `says nothing with transport ${transport}`, "leave it out, or choose another transport");
  if (transport === "rtu") return { transport, serial: serial ?? { path: "", baudRate: 0, parity: "none", stopBits: 1 }, echo };
  if (transport === "rtu-over-tcp") return { transport, host, port: port ?? 0, echo };
  if (transport === "tcp") return { transport, host, port: port ?? PORT };
  const files = tls === undefined ? { key: "", cert: "", ca: "" } : { ...tls, ...filesOf(tls, check) };
  return { transport, host, port: port ?? TLS_PORT, tls: files };
}

function proxyOf(file: NonNullable<DeviceFile["proxy"]>, check: CrossCheck): DeviceProxyConfig {
  const at: Path = ["device", "proxy"];
  for (const [i, { from, to }] of file.writable.entries())
    if (from > to) check.conflict([...at, "writable", i], `ends at ${to}, before it begins at ${from}`, "write the lower address first");
  if (file.writable.length > 0 && file.tls === undefined && !isLoopback(file.listen))
    check.conflict([...at, "writable"], "would be open to the whole network", 'listen on "127.0.0.1", or set "tls" with writers');
  return { ...file, tls: file.tls === undefined ? null : { ...file.tls, ...filesOf(file.tls, check) } };
}

const filesOf = ({ key, cert, ca }: CertificateFiles, check: CrossCheck): CertificateFiles => ({
  key: check.path(key),
  cert: check.path(cert),
  ca: check.path(ca),
});

const isLoopback = (host: string): boolean => /^(127\.|::1$|localhost$)/.test(host);
