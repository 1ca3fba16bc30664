import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import type { HomeProfile } from "../../src/ports/index.ts";
import { consumersFor, HOUSEHOLD_KINDS, plannedStreet, syntheticHome, syntheticStreet } from "../../src/sim/synthetic/index.ts";

const DAY = 86_400;
const midnight = (year: number, month: number, day: number): number => Date.UTC(year, month - 1, day) / 1000;

/** Sums of a profile over seconds [from, until). */
function energy(profile: HomeProfile, from: number, until: number): { loadWh: number; pvWh: number } {
  const sums = { loadWh: 0, pvWh: 0 };
  for (let step = from / profile.stepSeconds; step < until / profile.stepSeconds; step++) {
    const { loadWh, pvWh } = profile.energyAt(step)!;
    sums.loadWh += loadWh;
    sums.pvWh += pvWh;
  }
  return sums;
}

const anySeed = fc.nat(4_294_967_295);
const anyDay = fc.integer({ min: midnight(2000, 1, 1) / DAY, max: midnight(2040, 1, 1) / DAY }).map((day) => day * DAY);
const anyKind = fc.constantFrom(...HOUSEHOLD_KINDS);

describe("one home", () => {
  test("the same step always has the same energy, whatever was asked before", () => {
    fc.assert(
      fc.property(anySeed, anyKind, fc.nat(63), anyDay, (seed, kind, index, day) => {
        const [a, b] = [syntheticHome({ seed, kind, index, kwp: 5 }), syntheticHome({ seed, kind, index, kwp: 5 })];
        const steps = [0, 100, 150, 287].map((step) => day / 300 + step);
        const backwards = [...steps].reverse().map((step) => b.energyAt(step));
        expect(steps.map((step) => a.energyAt(step))).toEqual(backwards.reverse());
      }),
      { numRuns: 50 },
    );
  });

  test("whole Wh >= 0; panels give at most their kWp, and nothing at night", () => {
    fc.assert(
      fc.property(anySeed, anyKind, fc.nat(63), anyDay, fc.double({ min: 0.5, max: 20, noNaN: true }), (seed, kind, index, day, kwp) => {
        const home = syntheticHome({ seed, kind, index, kwp });
        for (let step = day / 300; step < day / 300 + 288; step++) {
          const { loadWh, pvWh } = home.energyAt(step)!;
          if (!Number.isSafeInteger(loadWh) || !Number.isSafeInteger(pvWh) || loadWh < 0 || pvWh < 0 || pvWh > Math.ceil((kwp * 1000) / 12))
            return false;
        }
        // At 48 degrees north the sun is down from 21 to 2 UTC on any day of the year.
        return energy(home, day + 21 * 3600, day + 26 * 3600).pvWh === 0;
      }),
      { numRuns: 20 },
    );
  });

  test("a day has 6 to 16 kWh, whoever lives there", () => {
    fc.assert(
      fc.property(anySeed, anyKind, fc.nat(63), anyDay, (seed, kind, index, day) => {
        const { loadWh } = energy(syntheticHome({ seed, kind, index, kwp: null }), day, day + DAY);
        return loadWh >= 6_000 && loadWh <= 16_000;
      }),
      { numRuns: 100 },
    );
  });

  test("another resolution is the same home: sums are equal", () => {
    fc.assert(
      fc.property(anySeed, anyKind, anyDay, fc.constantFrom(900, 1800, 3600), (seed, kind, day, stepSeconds) => {
        const model = { seed, kind, index: 3, kwp: 4 };
        expect(energy(syntheticHome({ ...model, stepSeconds }), day, day + DAY)).toEqual(energy(syntheticHome(model), day, day + DAY));
      }),
      { numRuns: 20 },
    );
  });

  test("no panels, no harvest", () => {
    const home = syntheticHome({ seed: 1, kind: "family", index: 0, kwp: null });
    expect(energy(home, midnight(2026, 6, 21), midnight(2026, 6, 22)).pvWh).toBe(0);
  });

  test("the sun: more in June than in December, highest around noon of its longitude", () => {
    const at = (longitude: number) => syntheticHome({ seed: 5, kind: "family", index: 0, kwp: 10, place: { latitude: 48, longitude } });
    const month = (home: HomeProfile, m: number) => energy(home, midnight(2026, m, 1), midnight(2026, m, 13)).pvWh;
    expect(month(at(11.5), 6)).toBeGreaterThan(1.5 * month(at(11.5), 12));
    const middle = (home: HomeProfile): number => {
      let weighted = 0;
      let total = 0;
      for (let day = 0; day < 10; day++)
        for (let step = 0; step < 288; step++) {
          const { pvWh } = home.energyAt((midnight(2026, 6, 1) + day * DAY) / 300 + step)!;
          weighted += pvWh * ((step + 0.5) / 12);
          total += pvWh;
        }
      return weighted / total;
    };
    expect(Math.abs(middle(at(0)) - 12)).toBeLessThan(1.5);
    expect(middle(at(0)) - middle(at(30))).toBeCloseTo(2, 0);
  });

  test("south of the equator the summer is in January", () => {
    const home = syntheticHome({ seed: 5, kind: "family", index: 0, kwp: 10, place: { latitude: -33, longitude: 18 } });
    const january = energy(home, midnight(2026, 1, 1), midnight(2026, 1, 13)).pvWh;
    expect(january).toBeGreaterThan(energy(home, midnight(2026, 6, 1), midnight(2026, 6, 13)).pvWh);
  });

  test("a sunny day of 10 kWp comes near what a clear sky gives, and clouds pass smoothly", () => {
    const home = syntheticHome({ seed: 7, kind: "family", index: 0, kwp: 10 });
    const start = midnight(2026, 5, 25);
    const days = Array.from({ length: 40 }, (_, day) => energy(home, start + day * DAY, start + (day + 1) * DAY).pvWh);
    expect(Math.max(...days)).toBeGreaterThan(45_000);
    expect(Math.max(...days)).toBeLessThan(75_000);
    expect(Math.min(...days)).toBeLessThan(0.6 * Math.max(...days));
  });
});

describe("the street", () => {
  test("twelve homes: both sides at noon, some without panels, some with batteries", () => {
    fc.assert(
      fc.property(anySeed, (seed) => {
        const street = syntheticStreet(seed, 12);
        const solar = street.filter(({ kwp }) => kwp !== null);
        const names = new Set(street.map(({ name }) => name));
        return (
          solar.length >= 5 &&
          street.length - solar.length >= 4 &&
          street.filter(({ battery }) => battery !== null).length >= 4 &&
          names.size === 12
        );
      }),
      { numRuns: 20 },
    );
  });

  test.each([1, 2, 3, 7, 99])(
    "seed %i: in June at noon someone has too much and someone too little, in nine of ten quarter-hours",
    (seed) => {
      const street = syntheticStreet(seed, 12);
      let lively = 0;
      let looked = 0;
      for (let day = 0; day < 10; day++)
        for (let quarter = 40; quarter < 56; quarter++) {
          const at = midnight(2026, 6, 10) + day * DAY + quarter * 900;
          const nets = street.map(({ profile }) => energy(profile, at, at + 900)).map(({ loadWh, pvWh }) => pvWh - loadWh);
          looked++;
          if (nets.some((net) => net > 50) && nets.some((net) => net < -50)) lively++;
        }
      expect(lively / looked).toBeGreaterThan(0.9);
    },
  );

  test("neighbours have the same weather: their harvests rise and fall together", () => {
    const [a, b] = [0, 11].map((index) => syntheticHome({ seed: 3, kind: "family", index, kwp: 5 }));
    const noon = (home: HomeProfile) =>
      Array.from(
        { length: 60 },
        (_, day) => energy(home, midnight(2026, 6, 1) + day * DAY + 39_600, midnight(2026, 6, 1) + day * DAY + 46_800).pvWh,
      );
    const [x, y] = [noon(a!), noon(b!)];
    const mean = (all: readonly number[]) => all.reduce((sum, each) => sum + each, 0) / all.length;
    const spread = (p: readonly number[], q: readonly number[]) => mean(p.map((each, i) => (each - mean(p)) * (q[i]! - mean(q))));
    expect(spread(x, y) / Math.sqrt(spread(x, x) * spread(y, y))).toBeGreaterThan(0.9);
  });

  test("other seeds, other streets; a longer street begins like a shorter one", () => {
    const load = (seed: number, count: number) =>
      syntheticStreet(seed, count).map(({ kwp, profile }) => [kwp, profile.energyAt(5_900_000)]);
    expect(load(1, 12)).not.toEqual(load(2, 12));
    expect(load(1, 20).slice(0, 12)).toEqual(load(1, 12));
  });

  test("chosen homes are as chosen", () => {
    const [home] = plannedStreet(1, [{ name: "mill", kind: "workshop", kwp: 9.9, batteryKwh: 7.5 }]);
    expect(home).toMatchObject({
      name: "mill",
      kwp: 9.9,
      battery: { capacityWh: 7_500, maxChargeW: 3_750, maxDischargeW: 3_750, reservePercent: 20, efficiencyPermille: 959 },
    });
  });
});

describe("consumers beside a measured street", () => {
  /** Homes that use 1 kW all day and harvest in the six hours around a noon in UTC. */
  const measured = (count: number, noonUtc: number, loadWh = 1000): Parameters<typeof consumersFor>[0] => ({
    stepSeconds: 3600,
    window: { from: midnight(2026, 6, 1), until: midnight(2026, 6, 15) },
    homes: Array.from({ length: count }, () => ({
      profile: {
        stepSeconds: 3600,
        kind: "gross" as const,
        energyAt: (step: number) => ({ loadWh, pvWh: Math.abs((((step % 24) + 0.5 - noonUtc + 36) % 24) - 12) < 3 ? 3000 : 0 }),
      },
    })),
  });

  test.each([
    [10, 2],
    [1, 3],
    [3, 2],
    [20, 4],
  ])("%i homes get %i consumers, in the file's step, without panels", (homes, wanted) => {
    const consumers = consumersFor(measured(homes, 20));
    expect(consumers.map(({ kwp, battery, profile }) => [kwp, battery, profile.stepSeconds])).toEqual(
      Array(wanted).fill([null, null, 3600]),
    );
    expect(consumers[0]!.name).toBe("consumer-01");
  });

  test("they use half as much again as the measured homes do", () => {
    for (const { profile } of consumersFor(measured(10, 20))) {
      const { loadWh } = energy(profile, midnight(2026, 6, 1), midnight(2026, 6, 8));
      expect(loadWh / (7 * 24 * 1500)).toBeCloseTo(1, 1);
    }
  });

  test.each([
    [20, -8],
    [12, 0],
    [2, 10],
    [11, 1],
  ])("noon at %i UTC: they live %i hours from UTC", (noonUtc, offset) => {
    const there = consumersFor(measured(10, noonUtc), { seed: 4 })[0]!.profile;
    const here = consumersFor(measured(10, 12), { seed: 4 })[0]!.profile;
    const shape = (profile: HomeProfile, shift: number) =>
      Array.from(
        { length: 24 },
        (_, hour) => energy(profile, midnight(2026, 6, 3) + (hour - shift) * 3600, midnight(2026, 6, 3) + (hour - shift + 1) * 3600).loadWh,
      );
    const [a, b] = [shape(there, offset), shape(here, 0)];
    const apart = a.reduce((sum, each, hour) => sum + Math.abs(each - b[hour]!), 0) / a.reduce((sum, each) => sum + each, 0);
    expect(apart).toBeLessThan(0.35);
  });

  test("a street that uses nothing, and one without homes, still get consumers", () => {
    expect(consumersFor(measured(4, 12, 0)).length).toBe(2);
    expect(consumersFor(measured(0, 12)).length).toBe(4);
  });
});
