import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type DeviceOptions,
  Links,
  type ModbusServer,
  openDevice,
  openProfileDevice,
  type Place,
  type Profile,
  type ProfileDeviceOptions,
  startModbusProxy,
  type TlsIdentity,
} from "../../adapters/modbus/index.ts";
import type { Clock, Device } from "../ports/index.ts";
import { Guard } from "./battery/guard.ts";
import { fileKeeper } from "./battery/keeper.ts";
import { type CertificateFiles, type DeviceConfig, type DevicePlace, type HomeConfig, loadProfile } from "./config/index.ts";
import { CannotStart, cannotStart } from "./exit.ts";
import { portRefusal } from "./port.ts";

/** One connection to each place, whichever of this process's homes asks. */
const links = new Links();

export interface HomeDevice {
  readonly device: Device;
  /** Ends what serves the device to others; the device itself is its user's to close. */
  closeProxy(): Promise<void>;
}

/** A home's name and data folder, and its device over Modbus. */
type DeviceAtHome = Pick<HomeConfig, "name" | "data"> & { readonly device: DeviceConfig };

/** Opens a home's device, by SunSpec or by a profile, and, where that is wanted, serves it to other programs. */
export async function openHomeDevice(config: DeviceAtHome, clock: Clock): Promise<HomeDevice> {
  const { units, meterSign, profile } = config.device;
  const loaded = profile === null ? null : await profileOf(profile.written);
  const link = linkOf(config.device, loaded, clock);
  const proxy = await proxyOf(config.device, link);
  const device =
    profile === null || loaded === null
      ? openDevice({ ...link, meterSign, units: { inverter: units.inverter, meter: units.meter, battery: units.storage } })
      : openByProfile(config, { profile: loaded, units: profile.units }, link);
  return { device, closeProxy: async () => proxy?.close() };
}

async function profileOf(written: string): Promise<Profile> {
  const loaded = await loadProfile(written);
  if (!loaded.ok) throw new CannotStart(loaded.problems, loaded.more);
  return loaded.value;
}

/** The slower of what the home and the profile say. */
function linkOf({ place, timeoutMs, gapMs }: DeviceConfig, profile: Profile | null, clock: Clock): DeviceLink {
  const { timeoutMs: leastMs = 0, gapMs: leastGapMs = 0, connectDelayMs = 0 } = profile?.link ?? {};
  const slow = { timeoutMs: Math.max(timeoutMs, leastMs), gapMs: Math.max(gapMs, leastGapMs), connectDelayMs };
  return { ...placeOf(place), ...slow, links, clock, random: Math.random };
}

function openByProfile(
  { name, data, device: { control } }: DeviceAtHome,
  by: Pick<ProfileDeviceOptions, "profile" | "units">,
  link: DeviceLink,
): Device {
  if (!control) return openProfileDevice({ ...link, ...by, control: null });
  const { profile, units } = by;
  requireCommands(profile);
  const watched = {
    home: name,
    memory: join(data, "battery.json"),
    log: join(data, "watchdog.log"),
    life: randomUUID(),
    profile,
    unit: units.inverter ?? profile.link.units.inverter ?? 1,
    // What of it can be written down; the watchdog has a clock and chance of its own.
    link: { ...link, links: undefined, clock: undefined, random: undefined },
  };
  const guard = new Guard(watched, link.clock);
  const keeper = fileKeeper(watched.memory);
  const device = openProfileDevice({ ...link, ...by, control: { keeper, life: watched.life, isGuarded: () => guard.isStandingBy } });
  return guarded(device, guard);
}

function requireCommands(profile: Profile): void {
  if (Object.keys(profile.commands).length > 0) return;
  throw cannotStart(
    "CONFIG_CONFLICT",
    `the profile ${profile.id} has no commands, so the home can't control its battery`,
    'set "control" to false under "device", or name another profile',
  );
}

/** The watchdog ends with the device, once the battery is home. */
const guarded = (device: Device, guard: Guard): Device => ({
  ...(device.patienceMs === undefined ? {} : { patienceMs: device.patienceMs }),
  nameplate: (signal) => device.nameplate(signal),
  read: (signal) => device.read(signal),
  dispatch: (batteryW, leaseSeconds, signal) => device.dispatch(batteryW, leaseSeconds, signal),
  release: (signal) => device.release(signal),
  close: async () => {
    await device.close();
    await guard.stop();
  },
});

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

type DeviceLink = Place &
  Pick<DeviceOptions, "links" | "random"> & {
    readonly timeoutMs: number;
    readonly gapMs: number;
    readonly connectDelayMs: number;
    readonly clock: Clock;
  };

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
