import { beforeEach, describe, expect, test } from "@jest/globals";
import { Driver } from "../../../adapters/modbus/control/driver.ts";
import { NOTHING } from "../../../adapters/modbus/control/memory.ts";
import type { Lease, Profile, ProfileCommand, Step } from "../../../adapters/modbus/profile/profile.ts";
import { CommandedDevice, Killed, MemoryKeeper, original, WaitedClock } from "../../support/commanded-device.ts";

const LEASE = 10;
const POWER = 20;
const MODE = 21;
const TIMER: Lease = { kind: "timer", write: LEASE, seconds: 120 };

const command = (mode: number, changes: Partial<ProfileCommand> = {}): ProfileCommand => ({
  lease: TIMER,
  steps: [
    { write: POWER, from: "power", clamp: [0, "battery.maxPower"] },
    { write: MODE, value: mode, function: 6 },
  ],
  verify: [
    { read: MODE, equals: mode },
    { observe: "battery.power", withinSeconds: 20, ...(mode === 1 ? { below: -200 } : { above: 200 }) },
  ],
  undo: [{ write: MODE, value: 0, function: 6 }],
  storage: "volatile",
  maxPerDay: 1000,
  ...changes,
});

const profileOf = (changes: Partial<ProfileCommand> = {}, order: Profile["order"] = "high-first"): Profile =>
  ({ id: "it", name: "It", order, commands: { charge: command(1, changes), discharge: command(2, changes) } }) as unknown as Profile;

const UNTOUCHED = JSON.stringify({ ...NOTHING, life: "one" });

let device: CommandedDevice;
let keeper: MemoryKeeper;
let clock: WaitedClock;
let isGuarded: boolean;

beforeEach(() => {
  device = new CommandedDevice();
  keeper = new MemoryKeeper();
  keeper.text = UNTOUCHED;
  clock = new WaitedClock();
  isGuarded = false;
});

const driverOf = (profile = profileOf(), life = "one"): Driver =>
  new Driver({ profile, registers: device, unit: 1, keeper, life, isGuarded: () => isGuarded, clock });

const told =
  (powerW: number | null = 0) =>
  (point: string): number | null =>
    point === "battery.maxPower" ? 3_000 : point === "battery.power" ? powerW : null;

const tell = (driver: Driver, watts: number, seconds = 60) => driver.command(watts, seconds, told());
const DONE = { ok: true, value: undefined };
const refused = (detail: unknown) => ({ ok: false, code: "DEVICE_REFUSED", detail });

describe("a command", () => {
  const table: readonly [string, number, number, Record<number, number>][] = [
    ["discharges", 1_500, 60, { [LEASE]: 60, [POWER]: 1_500, [MODE]: 2 }],
    ["charges", -700, 60, { [LEASE]: 60, [POWER]: 700, [MODE]: 1 }],
    ["is clamped to what the device can", 9_000, 60, { [LEASE]: 60, [POWER]: 3_000, [MODE]: 2 }],
    ["holds the battery still", 0, 60, { [LEASE]: 60, [POWER]: 0, [MODE]: 2 }],
    ["has no longer lease than its profile allows", 100, 900, { [LEASE]: 120, [POWER]: 100, [MODE]: 2 }],
    ["has a lease at all", 100, 0, { [LEASE]: 1, [POWER]: 100, [MODE]: 2 }],
  ];
  test.each(table)("%s", async (_name, watts, seconds, registers) => {
    expect(await tell(driverOf(), watts, seconds)).toEqual(DONE);
    expect(Object.fromEntries(device.words)).toEqual(registers);
  });

  test("writes the lease first, each register by the function that its profile names", async () => {
    await tell(driverOf(), 500);
    expect(device.written).toEqual([
      [LEASE, [60], 16],
      [POWER, [500], 16],
      [MODE, [2], 6],
    ]);
  });

  test("is written again though it stands, since that renews the lease", async () => {
    const driver = driverOf();
    await tell(driver, 500);
    await tell(driver, 500);
    expect(device.written).toHaveLength(6);
  });

  test("keeps what the registers held before anything is written, and never what it wrote itself", async () => {
    const driver = driverOf();
    await tell(driver, 500);
    await tell(driver, 600);
    expect(keeper.saves).toBe(1);
    expect(JSON.parse(keeper.text ?? "")).toEqual({
      version: 1,
      life: "one",
      command: "discharge",
      originals: [
        { unit: 1, address: LEASE, words: [original(LEASE)], by: 16 },
        { unit: 1, address: POWER, words: [original(POWER)], by: 16 },
        { unit: 1, address: MODE, words: [original(MODE)], by: 6 },
      ],
      day: 20_833,
      changes: 0,
    });
  });

  test("the other way round comes after an undo", async () => {
    const driver = driverOf();
    await tell(driver, 500);
    device.written.length = 0;
    expect(await tell(driver, -500)).toEqual(DONE);
    expect(device.written.slice(0, 3)).toEqual([
      [MODE, [0], 6],
      [POWER, [original(POWER)], 16],
      [LEASE, [original(LEASE)], 16],
    ]);
    expect(JSON.parse(keeper.text ?? "").command).toBe("charge");
  });

  const forms: readonly [string, Profile["order"], Step, Record<number, number>][] = [
    [
      "a float, low word first",
      "low-first",
      { write: 30, type: "float32", from: "power", clamp: [0, 5_000], gain: -1 },
      { 30: 0x4000, 31: 0xc4fa },
    ],
    [
      "a float, high word first",
      "high-first",
      { write: 30, type: "float32", from: "power", clamp: [0, 5_000] },
      { 30: 0x44fa, 31: 0x4000 },
    ],
    [
      "a double word, low first by its own order",
      "high-first",
      { write: 30, type: "uint32", order: "low-first", value: 0x12345 },
      { 30: 0x2345, 31: 1 },
    ],
    ["a number below 0", "high-first", { write: 30, type: "int16", from: "power", clamp: [0, 5_000], gain: -1 }, { 30: 0x1_0000 - 2_002 }],
    ["percent of a point", "high-first", { write: 30, from: "power", clamp: [0, 5_000], percentOf: "battery.maxPower" }, { 30: 67 }],
    ["some bits", "high-first", { write: 30, value: 1, mask: 3 }, { 30: (original(30) & ~3) | 1 }],
  ];
  test.each(forms)("%s", async (_name, order, step, registers) => {
    const profile = profileOf({ steps: [step], verify: [], lease: { kind: "silence", seconds: 60 } }, order);
    expect(await tell(driverOf(profile), 2_002)).toEqual(DONE);
    expect(Object.fromEntries(device.words)).toEqual(registers);
  });

  test("two steps may write bits of one register", async () => {
    const steps: readonly Step[] = [
      { write: 30, value: 1, mask: 1 },
      { write: 30, value: 4, mask: 4 },
    ];
    const driver = driverOf(profileOf({ steps, verify: [] }));
    expect(await tell(driver, 500)).toEqual(DONE);
    expect(device.at(30)).toBe((original(30) & ~5) | 5);
    expect(await tell(driver, 500)).toEqual(DONE);
  });

  const refusals: readonly [string, Partial<ProfileCommand>, number, (point: string) => number | null, string][] = [
    [
      "no lease and no watchdog",
      { lease: { kind: "none" } },
      500,
      told(),
      "the device would keep a command for ever, and no watchdog stands by to undo it",
    ],
    ["a bound that the device doesn't tell", {}, 500, () => null, "register 20 of unit 1: the device doesn't tell 0 or battery.maxPower"],
    [
      "a number that doesn't fit",
      { steps: [{ write: POWER, from: "power", clamp: [0, 90_000] }] },
      70_000,
      told(),
      "70000 doesn't fit into register 20 of unit 1 (uint16)",
    ],
    [
      "an unknown reference",
      { steps: [{ write: POWER, from: "power", clamp: [0, 9], percentOf: "x" }] },
      5,
      told(),
      "register 20 of unit 1: the device doesn't tell x",
    ],
    [
      "a SunSpec point that is none",
      { steps: [{ write: "124:Nonsense", value: 1 }] },
      5,
      told(),
      "124:Nonsense is no point that can be written",
    ],
  ];
  test.each(refusals)("is refused before a register is touched: %s", async (_name, changes, watts, values, detail) => {
    expect(await driverOf(profileOf(changes)).command(watts, 60, values)).toEqual(refused(detail));
    expect([device.written, keeper.text]).toEqual([[], UNTOUCHED]);
  });

  test("without a lease is given where a watchdog stands by", async () => {
    isGuarded = true;
    expect(await tell(driverOf(profileOf({ lease: { kind: "none" } })), 500)).toEqual(DONE);
  });

  test("a profile without commands commands nothing", async () => {
    const profile = { ...profileOf(), commands: {} };
    expect(await tell(driverOf(profile), 500)).toEqual(refused("It has no command for 500 W"));
    expect(driverOf(profile).holds(500, 60)).toBe(0);
  });

  const leases: readonly [string, Lease, number, number][] = [
    ["as asked", TIMER, 60, 60],
    ["at most the profile's", TIMER, 900, 120],
    ["whole minutes", { ...TIMER, perUnit: 60 }, 61, 120],
    ["one at least", { ...TIMER, perUnit: 60 }, 1, 60],
    ["silence: the device's own", { kind: "silence", seconds: 60 }, 5, 60],
    ["none: for ever", { kind: "none" }, 5, Number.POSITIVE_INFINITY],
  ];
  test.each(leases)("is held as long as the device will: %s", (_name, lease, asked, held) => {
    expect(driverOf(profileOf({ lease })).holds(500, asked)).toBe(held);
  });
});

describe("registers that wear", () => {
  const wearing = (maxPerDay: number) => driverOf(profileOf({ storage: "stored", maxPerDay }));

  test("are written only where they differ; the lease always", async () => {
    const driver = wearing(1_000);
    await tell(driver, 500);
    device.written.length = 0;
    await tell(driver, 500);
    expect(device.written).toEqual([[LEASE, [60], 16]]);
  });

  test("rise at the pace that lasts for the day, and fall at once", async () => {
    const driver = wearing(96);
    await tell(driver, 500);
    await tell(driver, 900);
    expect(device.at(POWER)).toBe(500);
    await tell(driver, 300);
    expect(device.at(POWER)).toBe(300);
    clock.pass(900_000);
    await tell(driver, 900);
    expect(device.at(POWER)).toBe(900);
  });

  test("are left alone when the day's changes are used up, until midnight (UTC)", async () => {
    const driver = wearing(2);
    await tell(driver, 500);
    await tell(driver, 400);
    expect(await tell(driver, 300)).toEqual(refused("its registers wear and were changed 2 times today: no more until tomorrow (UTC)"));
    expect(await driver.release()).toEqual(DONE);
    clock.pass(86_400_000 / 2);
    expect(await tell(driver, 300)).toEqual(refused(expect.stringContaining("wear")));
    clock.pass(86_400_000 / 2);
    expect(await tell(driver, 300)).toEqual(DONE);
  });
});

describe("bringing the device home", () => {
  const home = { [LEASE]: original(LEASE), [POWER]: original(POWER), [MODE]: 0 };

  test("undoes, restores what else was written, and forgets", async () => {
    const driver = driverOf();
    await tell(driver, 500);
    expect(await driver.release()).toEqual(DONE);
    expect(Object.fromEntries(device.words)).toEqual(home);
    expect(JSON.parse(keeper.text ?? "")).toMatchObject({ command: null, originals: [] });
    device.written.length = 0;
    expect(await driver.release()).toEqual(DONE);
    expect(device.written).toEqual([]);
  });

  test.each([0, 1, 2, 3])("a later life undoes what one that died after %d writes left", async (writes) => {
    device.behaviour = { killedAfter: writes };
    const driver = driverOf();
    if (writes < 3) await expect(tell(driver, 500)).rejects.toThrow(Killed);
    else await tell(driver, 500);
    device.behaviour = {};
    expect(await driverOf(profileOf(), "two").claim()).toEqual(DONE);
    expect(Object.fromEntries(device.words)).toEqual(
      writes === 0 ? { [MODE]: 0 } : Object.fromEntries(Object.entries(home).filter(([a]) => device.words.has(Number(a)))),
    );
    for (const address of [LEASE, POWER]) expect(device.at(address)).toBe(original(address));
  });

  test("an earlier life, or its watchdog, does nothing more once a later one has claimed the device", async () => {
    const earlier = driverOf();
    await tell(earlier, 500);
    const later = driverOf(profileOf(), "two");
    expect(await later.claim()).toEqual(DONE);
    expect(await tell(later, 700)).toEqual(DONE);
    device.written.length = 0;
    const why = refused("another program commands this device now");
    expect([await tell(earlier, 500), await earlier.release(), await driverOf().release()]).toEqual([why, why, why]);
    expect(device.written).toEqual([]);
  });

  test("is tried again where the device refuses it, and what it held isn't forgotten", async () => {
    const driver = driverOf();
    await tell(driver, 500);
    device.behaviour = { refuses: (address) => address === MODE };
    expect(await driver.release()).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION", detail: "register 21 of unit 1: exception 4" });
    expect(JSON.parse(keeper.text ?? "").command).toBe("discharge");
    device.behaviour = {};
    expect(await driver.release()).toEqual(DONE);
    expect(Object.fromEntries(device.words)).toEqual(home);
  });

  test("what can't be read any more is said, and nothing is commanded over it", async () => {
    keeper.text = "{";
    expect(await tell(driverOf(), 500)).toEqual(refused(expect.stringContaining("what was to be restored can't be read any more")));
    expect(await driverOf().release()).toEqual(refused(expect.stringContaining("can't be read")));
    expect(device.written).toEqual([]);
  });
});

describe("a device that doesn't obey", () => {
  test("keeps something else than it accepted: undone and said", async () => {
    device.behaviour = { ignores: (address) => address === POWER };
    expect(await tell(driverOf(), 500)).toEqual(
      refused(`accepted and not kept: register 20 of unit 1 holds ${original(POWER)}, written was 500`),
    );
    expect([device.at(LEASE), device.at(POWER), device.at(MODE)]).toEqual([original(LEASE), original(POWER), 0]);
  });

  test("refuses a write halfway: undone", async () => {
    device.behaviour = { refuses: (address) => address === MODE };
    expect(await tell(driverOf(), 500)).toMatchObject({ ok: false, code: "DEVICE_EXCEPTION" });
    expect(device.at(POWER)).toBe(500);
    device.behaviour = {};
    expect(await driverOf().release()).toEqual(DONE);
    expect(device.at(POWER)).toBe(original(POWER));
  });

  test("and refuses the undo as well: undone at a later look, though nothing is commanded any more", async () => {
    const driver = driverOf();
    device.behaviour = { refuses: (address) => address === MODE };
    await tell(driver, 500);
    await driver.saw(told());
    expect(device.at(POWER)).toBe(500);
    device.behaviour = {};
    await driver.saw(told());
    expect([device.at(LEASE), device.at(POWER), device.at(MODE)]).toEqual([original(LEASE), original(POWER), 0]);
    device.written.length = 0;
    await driver.saw(told());
    expect(device.written).toEqual([]);
  });

  test("is contested and refuses the undo: what is another's stays theirs also when the undo is tried again", async () => {
    const driver = driverOf();
    await tell(driver, 500);
    device.words.set(MODE, 7);
    device.behaviour = { refuses: (address) => address === POWER };
    await tell(driver, 500);
    device.behaviour = {};
    await driver.saw(told());
    expect([device.at(LEASE), device.at(POWER), device.at(MODE)]).toEqual([original(LEASE), original(POWER), 7]);
  });

  test("is told and doesn't do it: taken back after its time, and let be for a quarter of an hour", async () => {
    const driver = driverOf();
    await tell(driver, 1_000);
    clock.pass(19_900);
    await driver.saw(told(0));
    expect(device.at(MODE)).toBe(2);
    clock.pass(200);
    await driver.saw(told(0));
    expect(device.at(MODE)).toBe(0);
    const why = refused("not executed: battery.power was not seen above 200 within 20 s");
    expect(await tell(driver, 1_000)).toEqual(why);
    clock.pass(899_000);
    expect(await tell(driver, 1_000)).toEqual(why);
    clock.pass(1_000);
    expect(await tell(driver, 1_000)).toEqual(DONE);
  });

  const effects: readonly [string, number, number | null, number][] = [
    ["seen discharging", 1_000, 201, 2],
    ["a small power counts from half of it", 100, 51, 2],
    ["less than that doesn't", 100, 50, 0],
    ["the wrong direction doesn't", 1_000, -900, 0],
    ["an unknown power doesn't", 1_000, null, 0],
    ["nothing is expected of nothing", 0, 0, 2],
  ];
  test.each(effects)("%s", async (_name, watts, seen, mode) => {
    const driver = driverOf();
    await tell(driver, watts);
    await driver.saw(told(seen));
    clock.pass(20_000);
    await driver.saw(told(0));
    expect(device.at(MODE)).toBe(mode);
  });

  test("a power that moves gets no new time to be seen", async () => {
    const driver = driverOf();
    await tell(driver, 1_000);
    clock.pass(15_000);
    await tell(driver, 900);
    clock.pass(5_000);
    await driver.saw(told(0));
    expect(device.at(MODE)).toBe(0);
  });

  test("is commanded by somebody else: left to them but for what is still ours, and let be for an hour", async () => {
    const driver = driverOf();
    await tell(driver, 500);
    device.words.set(MODE, 7);
    const why = refused("contested: somebody else wrote register 21 of unit 1");
    expect(await tell(driver, 500)).toEqual(why);
    expect([device.at(LEASE), device.at(POWER), device.at(MODE)]).toEqual([original(LEASE), original(POWER), 7]);
    clock.pass(3_599_000);
    expect(await tell(driver, 500)).toEqual(why);
    clock.pass(1_000);
    expect(await tell(driver, 500)).toEqual(DONE);
  });

  test("counts its lease down: that is nobody's doing", async () => {
    const driver = driverOf();
    await tell(driver, 500);
    device.words.set(LEASE, 41);
    expect(await tell(driver, 500)).toEqual(DONE);
    expect(device.at(LEASE)).toBe(60);
  });

  test("that fell back when its lease ran out is not contested", async () => {
    const driver = driverOf();
    await tell(driver, 500, 60);
    clock.pass(60_000);
    device.words.set(MODE, 0);
    expect(await tell(driver, 500)).toEqual(DONE);
  });
});
