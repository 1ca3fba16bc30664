import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { openDevice, openProfileDevice, type Profile } from "../../adapters/modbus/index.ts";
import type { Clock, Device } from "../ports/index.ts";
import { Guard } from "./battery/guard.ts";
import { fileKeeper } from "./battery/keeper.ts";
import { type HomeConfig, loadProfile } from "./config/index.ts";
import { CannotStart, cannotStart } from "./exit.ts";

/** A home's device as its configuration tells: by SunSpec, or by a profile. Connects when first asked. */
export async function openDeviceOf(
  { name, data, device: config }: Pick<HomeConfig, "name" | "data" | "device">,
  clock: Clock,
): Promise<Device> {
  const { profile, control, ...link } = config;
  if (profile === null) {
    const { inverter, meter, storage } = config.units;
    return openDevice({ ...link, units: { inverter, meter, battery: storage }, clock, random: Math.random });
  }
  const loaded = await loadProfile(profile.written);
  if (!loaded.ok) throw new CannotStart(loaded.problems, loaded.more);
  const { gapMs, timeoutMs } = loaded.value.link;
  const options = { ...link, timeoutMs: Math.max(config.timeoutMs, timeoutMs), gapMs, random: Math.random };
  const opened = { ...options, profile: loaded.value, units: profile.units, clock };
  if (!control) return openProfileDevice({ ...opened, control: null });
  requireCommands(loaded.value);
  const watched = {
    home: name,
    memory: join(data, "battery.json"),
    log: join(data, "watchdog.log"),
    life: randomUUID(),
    profile: loaded.value,
    unit: profile.units["inverter"] ?? loaded.value.link.units["inverter"] ?? 1,
    link: { host: options.host, port: options.port, timeoutMs: options.timeoutMs, gapMs },
  };
  const guard = new Guard(watched, clock);
  const keeper = fileKeeper(watched.memory);
  const device = openProfileDevice({ ...opened, control: { keeper, life: watched.life, isGuarded: () => guard.isStandingBy } });
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
