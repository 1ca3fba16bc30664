import { readFileSync } from "node:fs";
import {
  type DeviceOptions,
  Links,
  type ModbusServer,
  openDevice,
  openProfileDevice,
  type Place,
  startModbusProxy,
  type TlsIdentity,
} from "../../adapters/modbus/index.ts";
import type { Clock, Device } from "../ports/index.ts";
import { type CertificateFiles, type DeviceConfig, type DevicePlace, loadProfile } from "./config/index.ts";
import { CannotStart, cannotStart } from "./exit.ts";
import { portRefusal } from "./port.ts";

/** One connection to each place, whichever of this process's homes asks. */
const links = new Links();

export interface HomeDevice {
  readonly device: Device;
  /** Ends what serves the device to others; the device itself is its user's to close. */
  closeProxy(): Promise<void>;
}

/** Opens a home's device and, where that is wanted, serves it to other programs. */
export async function openHomeDevice(config: DeviceConfig, clock: Clock): Promise<HomeDevice> {
  const { units, timeoutMs, gapMs, meterSign } = config;
  const link = { ...placeOf(config.place), timeoutMs, gapMs, links, clock, random: Math.random };
  const proxy = await proxyOf(config, link);
  const device =
    config.profile === null
      ? openDevice({ ...link, meterSign, units: { inverter: units.inverter, meter: units.meter, battery: units.storage } })
      : await profiled(config.profile, link);
  return { device, closeProxy: async () => proxy?.close() };
}

/** A profile knows how long its device takes, and what silence it wants. */
async function profiled({ written, units }: NonNullable<DeviceConfig["profile"]>, link: DeviceLink): Promise<Device> {
  const loaded = await loadProfile(written);
  if (!loaded.ok) throw new CannotStart(loaded.problems, loaded.more);
  const { timeoutMs, gapMs } = loaded.value.link;
  const timing = { timeoutMs: Math.max(link.timeoutMs, timeoutMs), gapMs: Math.max(link.gapMs ?? 0, gapMs) };
  return openProfileDevice({ ...link, ...timing, profile: loaded.value, units });
}

async function proxyOf({ proxy, units }: DeviceConfig, device: DeviceLink): Promise<ModbusServer | null> {
  if (proxy === null) return null;
  const { listen, port, clients, writable, tls } = proxy;
  const identity = tls === null ? undefined : { ...identityOf(tls), readers: tls.readers, writers: tls.writers };
  const served = [...new Set([...Object.values(units), ...proxy.units])];
  try {
    return await startModbusProxy({ host: listen, port, device, units: served, writable, maxClients: clients, tls: identity });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).syscall === undefined)
      throw cannotStart(
        "CERTIFICATE_WRONG",
        `the proxy's certificate can't be used: ${(error as Error).message}`,
        'correct the files under "device.proxy.tls"',
      );
    const ways = { otherPort: 'choose another "device.proxy.port"', otherAddress: 'choose another "device.proxy.listen"' };
    throw portRefusal({ who: "the device's proxy", ...ways }, { host: listen, port }, error);
  }
}

type DeviceLink = Place & Pick<DeviceOptions, "timeoutMs" | "gapMs" | "links" | "random"> & { readonly clock: Clock };

function placeOf(place: DevicePlace): Place {
  if (place.transport !== "tls") return place;
  return { ...place, tls: { ...identityOf(place.tls), name: place.tls.name } };
}

function identityOf(files: CertificateFiles): TlsIdentity {
  const read = (path: string): string => {
    try {
      return readFileSync(path, "utf8");
    } catch (error) {
      throw cannotStart(
        "CERTIFICATE_WRONG",
        `${path} can't be read (${(error as NodeJS.ErrnoException).code})`,
        "name a PEM file that this program may read",
      );
    }
  };
  return { key: read(files.key), cert: read(files.cert), ca: read(files.ca) };
}
