import { beforeAll, describe, expect, test } from "@jest/globals";
import { Driver } from "../../../adapters/modbus/control/driver.ts";
import type { Profile } from "../../../adapters/modbus/profile/index.ts";
import { loadProfile, profileIds } from "../../../src/main/config/index.ts";
import { CommandedDevice, Killed, MemoryKeeper, WaitedClock } from "../../support/commanded-device.ts";

const BASE = 40_000;
const MODEL_124 = BASE + 2;
const LENGTH = 24;
const SCALE = -2 & 0xffff;
const LONGEST = 16;

/** A SunSpec map with the storage model alone, for profiles that command through it. */
function chainWords(): Record<number, number> {
  const words: Record<number, number> = { [BASE]: 0x5375, [BASE + 1]: 0x6e53, [MODEL_124]: 124, [MODEL_124 + 1]: LENGTH };
  for (let i = 2; i < LENGTH + 2; i += 1) words[MODEL_124 + i] = 0;
  for (let i = 18; i < LENGTH + 2; i += 1) words[MODEL_124 + i] = SCALE;
  return { ...words, [MODEL_124 + LENGTH + 2]: 0xffff, [MODEL_124 + LENGTH + 3]: 0 };
}

const profiles: (readonly [string, string, Profile])[] = [];

beforeAll(async () => {
  for (const id of profileIds()) {
    const profile = await loadProfile(id);
    if (!profile.ok) throw new Error(JSON.stringify(profile.problems));
    for (const name of Object.keys(profile.value.commands)) profiles.push([id, name, profile.value]);
  }
});

const told = (): number => 5_000;

function driverOf(profile: Profile, device: CommandedDevice, keeper: MemoryKeeper, life: string): Driver {
  return new Driver({ profile, registers: device, unit: 1, keeper, life, isGuarded: () => true, clock: new WaitedClock() });
}

describe("each profile's commands", () => {
  test("are those of at least eight makers", () => {
    expect(new Set(profiles.map(([id]) => id)).size).toBeGreaterThanOrEqual(8);
  });

  test("are written, kept and undone, also by a later life after a death at any write", async () => {
    for (const [id, name, profile] of profiles) {
      const watts = name === "charge" ? -1_000 : 1_000;
      const undone = new Set(profile.commands[name]?.undo.map(({ write }) => write));
      let killed = 0;
      for (let writes = 0; writes <= LONGEST; writes += 1) {
        const before = chainWords();
        const device = new CommandedDevice(before);
        const keeper = new MemoryKeeper();
        device.behaviour = { killedAfter: writes };
        const driver = driverOf(profile, device, keeper, "one");
        expect(await driver.claim()).toMatchObject({ ok: true });
        const done = await driver.command(watts, 60, told).catch((error: unknown) => {
          expect(error).toBeInstanceOf(Killed);
          killed += 1;
          return null;
        });
        if (done !== null) expect({ id, name, done }).toEqual({ id, name, done: { ok: true, value: undefined } });
        device.behaviour = {};
        const wrote = [...device.words.keys()].filter((address) => before[address] === undefined);
        expect({ id, name, home: await driverOf(profile, device, keeper, "two").claim() }).toMatchObject({ home: { ok: true } });
        const fresh = new CommandedDevice(before);
        const changed = [...device.words.keys()].filter((address) => device.at(address) !== fresh.at(address));
        // What the profile's undo sets may differ from what was there; nothing else does.
        expect({ id, name, writes, changed: changed.filter((address) => !covers(undone, address)) }).toEqual({
          id,
          name,
          writes,
          changed: [],
        });
        expect(writes === 0 ? wrote : []).toEqual([]);
      }
      expect({ id, name, killed }).toEqual({ id, name, killed: expect.any(Number) });
      expect(killed).toBeGreaterThan(0);
    }
  });
});

/** A register that an undo writes, or the second of its pair. */
const covers = (undone: ReadonlySet<string | number>, address: number): boolean => undone.has(address) || undone.has(address - 1);
