import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "@jest/globals";
import { loadReadings, type ReadingsFile } from "../../../adapters/imports/index.ts";
import { consumersFor } from "../../../src/sim/synthetic/index.ts";

const shared = (name: string): string => fileURLToPath(new URL(`../../../../shared/data/${name}`, import.meta.url));
const here = existsSync(shared(""));
const withShared = here ? test : test.skip;
const reason = here ? "" : " (skipped: no ../shared)";

async function good(name: string, options = {}): Promise<ReadingsFile> {
  const result = await loadReadings(shared(name), options);
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

const total = (file: ReadingsFile, home: number, pick: "loadWh" | "pvWh"): number => {
  let sum = 0;
  const { profile } = file.homes[home]!;
  for (let step = file.start / file.stepSeconds; step < file.end / file.stepSeconds; step++) sum += profile.energyAt(step)?.[pick] ?? 0;
  return sum;
};

const CITYLEARN = "citylearn2022/readings_homes01-10.csv.gz";

describe("the ten measured homes", () => {
  withShared(`load with default options, up to the hour that is missing${reason}`, async () => {
    const file = await good(CITYLEARN);
    expect(file).toMatchObject({ kind: "gross", rows: 87_590, stepSeconds: 3600 });
    expect(new Date(file.start * 1000).toISOString()).toBe("2016-08-01T07:00:00.000Z");
    expect(new Date(file.window.until * 1000).toISOString()).toBe("2016-11-06T09:00:00.000Z");
    expect(file.homes.map(({ id }) => id)).toEqual(["cl01", "cl02", "cl03", "cl04", "cl05", "cl06", "cl07", "cl08", "cl09", "cl10"]);
    expect(file.homes[0]!.profile.energyAt(file.start / 3600)).toEqual({ loadWh: 2276, pvWh: 0 });
    expect(file.notes).toHaveLength(1);
    // homes.json: 10583.4 and 7212.5 kWh in the year, before the hour that its table lost.
    expect(total(file, 0, "loadWh") / 1000).toBeCloseTo(10_583.4, -1);
    expect(total(file, 0, "pvWh") / 1000).toBeCloseTo(7_212.5, -1);
  });

  withShared(`the year after it, too${reason}`, async () => {
    const file = await good(CITYLEARN, { from: "2016-11-06T10:00:00Z" });
    expect(new Date(file.window.until * 1000).toISOString()).toBe("2017-08-01T07:00:00.000Z");
    expect(file.notes).toEqual([]);
  });

  withShared(`a window across it is refused with the line${reason}`, async () => {
    expect(await loadReadings(shared(CITYLEARN), { from: "2016-11-06T00:00:00Z", intervals: 24 })).toMatchObject({
      ok: false,
      code: "READINGS_WINDOW",
      problems: [{ line: 23_302, wayOut: "use --intervals 9 or fewer, or --from 2016-11-06T10:00:00Z or later" }],
    });
  });

  withShared(`a split keeps every Wh${reason}`, async () => {
    const [whole, parts] = [await good(CITYLEARN), await good(CITYLEARN, { split: 900 })];
    expect(total(parts, 3, "loadWh")).toBe(total(whole, 3, "loadWh"));
    expect(total(parts, 3, "pvWh")).toBe(total(whole, 3, "pvWh"));
  });

  withShared(`two consumers beside them live in California and use half as much again${reason}`, async () => {
    const file = await good(CITYLEARN);
    const consumers = consumersFor(file);
    expect(consumers).toHaveLength(2);
    const days = 28;
    const mean = (profiles: readonly { profile: ReadingsFile["homes"][number]["profile"] }[]): number => {
      let sum = 0;
      for (const { profile } of profiles)
        for (let hour = 0; hour < days * 24; hour++) sum += profile.energyAt(file.start / 3600 + hour)!.loadWh;
      return sum / profiles.length / days;
    };
    expect(mean(consumers) / mean(file.homes)).toBeGreaterThan(1.3);
    expect(mean(consumers) / mean(file.homes)).toBeLessThan(1.7);
  });
});

describe("the others", () => {
  withShared(`a net meter of five minutes${reason}`, async () => {
    const file = await good("nem12_wa_2023/readings.csv.gz");
    expect(file).toMatchObject({ kind: "net", rows: 8_928, stepSeconds: 300, notes: [] });
    expect(Math.round(total(file, 0, "loadWh") / 100)).toBe(2_707);
    expect(Math.round(total(file, 0, "pvWh") / 100)).toBe(5_892);
    const both = Array.from({ length: 8_928 }, (_, i) => file.homes[0]!.profile.energyAt(file.start / 300 + i)!).filter(
      ({ loadWh, pvWh }) => loadWh > 0 && pvWh > 0,
    );
    expect(both).toHaveLength(669);
  });

  const foreign: readonly [string, string][] = [
    ["quirks/q04_Example_NEM12_month_solar.csv", "this is a NEM12 file"],
    ["quirks/q04_Example_NEM12_multiple_meters.csv", "this is a NEM12 file"],
    ["quirks/q01_citylearn_dst_days_24_rows.csv", "this is a raw CityLearn table"],
    ["quirks/q09_prices_negative_and_spike.csv", "these are prices, not readings"],
    ["prices/smard_de_lu_dayahead_2025_60min.csv.gz", "these are prices, not readings"],
    ["citylearn2022/context.csv.gz", "these are prices, not readings"],
    ["citylearn2022/homes.json", "this is JSON"],
  ];
  (here ? test.each : test.skip.each)(foreign)(`%s is refused${reason}`, async (name, what) => {
    expect(await loadReadings(shared(name))).toMatchObject({ ok: false, code: "READINGS_FOREIGN_FORMAT", problems: [{ line: 1, what }] });
  });

  (here ? test.each : test.skip.each)(["tariffs/byron_duos.csv", "licences/CityLearn-MIT.txt", "README.md", "quirks", ""])(
    `%s is refused${reason}`,
    async (name) => {
      expect((await loadReadings(shared(name))).ok).toBe(false);
    },
  );
});
