import { openDevice, openProfileDevice } from "../../adapters/modbus/index.ts";
import type { Clock, Device } from "../ports/index.ts";
import { type DeviceConfig, loadProfile } from "./config/index.ts";
import { CannotStart } from "./exit.ts";

/** A home's device as its configuration tells: by SunSpec, or by a profile. Connects when first asked. */
export async function openDeviceOf(config: DeviceConfig, clock: Clock): Promise<Device> {
  const { profile, ...link } = config;
  if (profile === null) {
    const { inverter, meter, storage } = config.units;
    return openDevice({ ...link, units: { inverter, meter, battery: storage }, clock, random: Math.random });
  }
  const loaded = await loadProfile(profile.written);
  if (!loaded.ok) throw new CannotStart(loaded.problems, loaded.more);
  const { gapMs, timeoutMs } = loaded.value.link;
  return openProfileDevice({
    ...link,
    timeoutMs: Math.max(config.timeoutMs, timeoutMs),
    gapMs,
    profile: loaded.value,
    units: profile.units,
    clock,
    random: Math.random,
  });
}
