import { describe, expect, test } from "@jest/globals";
import { ProfileReader } from "../../../adapters/modbus/profile/index.ts";
import { leavesOf, type Profile } from "../../../adapters/modbus/profile/profile.ts";
import { boundsOf } from "../../../adapters/modbus/profile/value.ts";
import { diceOf } from "../../../src/sim/index.ts";
import { allShipped, profileIds, tableSource } from "../../support/profiles.ts";

const profiles = await allShipped();
const each = profiles.map((profile) => [profile.id, profile] as const);

describe("the profiles that we ship", () => {
  test("are named as their files, and each is met by its own marks", () => {
    expect(profiles.map(({ id }) => id)).toEqual(profileIds());
    expect(profiles.length).toBeGreaterThanOrEqual(17);
    for (const { match } of profiles) expect(match.length).toBeGreaterThan(0);
  });

  test.each(each)("%s: where its facts are from, and the grid's power", (_id, { source, points }) => {
    expect(source).toMatch(/[0-9a-f]{8}/);
    expect(source).toMatch(/facts only|ids, names/);
    expect(points["grid.power"]).toBeDefined();
  });

  test.each(each)("%s: each number with a unit has bounds, with its sign where the unit is signed by us", (_id, profile) => {
    for (const [name, point] of Object.entries(profile.points)) {
      const unit = point.unit ?? [...leavesOf(point)].find((leaf) => leaf.unit !== undefined)?.unit;
      if (unit === undefined) continue;
      const bounds = boundsOf({ ...point, unit }, profile);
      expect([name, bounds !== null && bounds[0] < bounds[1]]).toEqual([name, true]);
      if (name === "battery.soc") expect(bounds![0] >= 0 && bounds![1] <= 102).toBe(true);
      if (/^(battery|grid)\.power$/.test(name)) expect(bounds![0]).toBeLessThan(0);
      if (/[eE]nergy/.test(name) && unit === "Wh") expect(bounds![0]).toBeGreaterThanOrEqual(0);
    }
  });

  test.each(each)("%s: each command has an undo or a lease, a budget, and something to see", (_id, { commands }) => {
    for (const [name, { lease, undo, verify, maxPerDay, storage }] of Object.entries(commands)) {
      expect([name, undo.length > 0 || lease.kind !== "none"]).toEqual([name, true]);
      expect(verify.some((step) => "observe" in step)).toBe(true);
      if (storage === "stored") expect(maxPerDay).toBeLessThanOrEqual(24);
      if (lease.kind !== "none") expect(lease.seconds).toBeLessThanOrEqual(300);
    }
  });
});

const SENTINELS = [0, 1, 0x7fff, 0x8000, 0xffff, 0xfffe, 0x7fc0, 0xff7f, 0x7f80, 2, 10, 100, 1000];

/** What is wrong with what this profile makes of such registers; the count of values said. */
async function tryRegisters(profile: Profile, seed: number): Promise<{ readonly values: number; readonly wrong: readonly string[] }> {
  const dice = diceOf(seed);
  const registers = new Map<string, number | null>();
  const holes = dice.pick([0, 0, 0.05, 0.5]);
  const word = () => (dice.happens(holes) ? null : dice.happens(0.4) ? dice.pick(SENTINELS) : dice.below(0x1_0000));
  const wrong: string[] = [];
  const { read: refuse } = tableSource({});
  const source = {
    read: async (table: "holding" | "input", unit: number, address: number, count: number) => {
      if (!(count >= 1 && count <= profile.link.maxRegisters && address >= 0 && address + count <= 0x1_0000))
        wrong.push(`asks for ${count} at ${address}`);
      const words = Array.from({ length: count }, (_, i) => {
        const key = `${table} ${unit} ${address + i}`;
        if (!registers.has(key)) registers.set(key, address + i === 40_000 ? 0x5375 : address + i === 40_001 ? 0x6e53 : word());
        return registers.get(key) ?? null;
      });
      return words.some((each) => each === null) ? refuse(table, unit, address, count) : { ok: true as const, value: words as number[] };
    },
  };
  const reader = new ProfileReader(profile, source);
  await reader.mismatch();
  const read = await reader.read();
  if (!read.ok) return { values: 0, wrong };
  for (const { name, value, silence } of read.value) {
    if ((value === null) !== (silence !== null)) wrong.push(`${name} is ${value} and says ${silence}`);
    if (typeof value !== "number") continue;
    const point = profile.points[name]!;
    const bounds = boundsOf({ ...point, ...(point.unit === undefined ? {} : { unit: point.unit }) }, profile);
    if (!Number.isFinite(value)) wrong.push(`${name} is ${value}`);
    if (bounds !== null && !(value >= bounds[0] && value <= bounds[1])) wrong.push(`${name} is ${value}, not within ${bounds}`);
  }
  return { values: read.value.filter(({ value }) => value !== null).length, wrong };
}

const SEEDS = Number(process.env.PROFILE_FUZZ ?? 12);

describe("registers that no device has", () => {
  test.each(each)(`%s: ${SEEDS} random maps, no crash and nothing out of bounds`, async (_id, profile) => {
    let values = 0;
    for (let seed = 0; seed < SEEDS; seed += 1) {
      const tried = await tryRegisters(profile, seed);
      expect([seed, tried.wrong]).toEqual([seed, []]);
      values += tried.values;
    }
    const isNative = Object.values(profile.points).some((point) => "at" in point);
    if (isNative) expect(values).toBeGreaterThan(0);
  });
});
