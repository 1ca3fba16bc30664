import { Driver } from "../../adapters/modbus/index.ts";
import type { Profile } from "../../adapters/modbus/profile/index.ts";
import { CommandedDevice, Killed, MemoryKeeper, WaitedClock } from "./commanded-device.ts";

const BASE = 40_000;
const MODEL_124 = BASE + 2;
const LENGTH = 24;
const SCALE = -2 & 0xffff;

/** A SunSpec map with the storage model alone, for profiles that command through it. */
function chainWords(): Record<number, number> {
  const words: Record<number, number> = { [BASE]: 0x5375, [BASE + 1]: 0x6e53, [MODEL_124]: 124, [MODEL_124 + 1]: LENGTH };
  for (let i = 2; i < LENGTH + 2; i += 1) words[MODEL_124 + i] = 0;
  for (let i = 18; i < LENGTH + 2; i += 1) words[MODEL_124 + i] = SCALE;
  return { ...words, [MODEL_124 + LENGTH + 2]: 0xffff, [MODEL_124 + LENGTH + 3]: 0 };
}

const told = (): number => 5_000;

function driverOf(profile: Profile, device: CommandedDevice, keeper: MemoryKeeper, life: string): Driver {
  return new Driver({ profile, registers: device, unit: 1, keeper, life, isGuarded: () => true, clock: new WaitedClock() });
}

/** What became of a home that commands a device by its profile and dies after so many writes, and of the device in its next life. */
export interface DiedAndReleased {
  /** It got to die. */
  readonly isKilled: boolean;
  readonly isCommanded: boolean;
  readonly isReleased: boolean;
  /** Registers that hold something else than before, but for those that the profile's undo sets. */
  readonly changed: readonly number[];
}

export async function dieAndRelease(profile: Profile, name: string, writes: number): Promise<DiedAndReleased> {
  const before = chainWords();
  const device = new CommandedDevice(before);
  const keeper = new MemoryKeeper();
  const undone = new Set(profile.commands[name]?.undo.map(({ write }) => write));
  device.behaviour = { killedAfter: writes };
  const driver = driverOf(profile, device, keeper, "one");
  await driver.claim();
  let isKilled = false;
  const done = await driver.command(name === "charge" ? -1_000 : 1_000, 60, told).catch((error: unknown) => {
    if (!(error instanceof Killed)) throw error;
    isKilled = true;
    return null;
  });
  device.behaviour = {};
  const released = await driverOf(profile, device, keeper, "two").claim();
  const fresh = new CommandedDevice(before);
  const changed = [...device.words.keys()].filter((address) => device.at(address) !== fresh.at(address) && !covers(undone, address));
  return { isKilled, isCommanded: done?.ok === true, isReleased: released.ok, changed };
}

/** A register that an undo writes, or the second of its pair. */
const covers = (undone: ReadonlySet<string | number>, address: number): boolean => undone.has(address) || undone.has(address - 1);
