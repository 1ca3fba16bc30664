import { describe, expect, test } from "@jest/globals";
import { isTimeZone, localTime } from "../../../adapters/exports/index.ts";

const MINUTE = 60_000;
const read = (zone: string, utc: string, minutes = 15) => localTime(zone)(Date.parse(utc), minutes * MINUTE);

/** Every interval of a local day, walked in UTC. */
function walk(zone: string, fromUtc: string, hours: number, minutes: number) {
  const at = localTime(zone);
  return Array.from({ length: (hours * 60) / minutes }, (_, i) => at(Date.parse(fromUtc) + i * minutes * MINUTE, minutes * MINUTE));
}

describe("local days", () => {
  test.each([
    // zone, day's first instant, intervals of 15 min, date
    ["Europe/Vienna", "2026-01-14T23:00Z", 96, "2026-01-15"],
    ["Europe/Vienna", "2026-03-28T23:00Z", 92, "2026-03-29"],
    ["Europe/Vienna", "2026-10-24T22:00Z", 100, "2026-10-25"],
    ["America/New_York", "2026-03-08T05:00Z", 92, "2026-03-08"],
    ["America/New_York", "2026-11-01T04:00Z", 100, "2026-11-01"],
    ["Australia/Lord_Howe", "2026-04-04T13:00Z", 98, "2026-04-05"],
    ["Australia/Lord_Howe", "2026-10-03T13:30Z", 94, "2026-10-04"],
    ["Asia/Kathmandu", "2026-05-31T18:15Z", 96, "2026-06-01"],
    ["UTC", "2026-02-28T00:00Z", 96, "2026-02-28"],
    // Clocks go forward at midnight: the day begins at 01:00.
    ["America/Sao_Paulo", "2018-11-04T03:00Z", 92, "2018-11-04"],
    ["Africa/Cairo", "2024-04-25T22:00Z", 92, "2024-04-26"],
    // Clocks go back at midnight, and at one over it: 23:00 comes twice, 00:00 comes twice.
    ["Africa/Cairo", "2024-10-30T21:00Z", 100, "2024-10-31"],
    ["America/Havana", "2023-11-05T04:00Z", 100, "2023-11-05"],
  ])("%s from %s has %d quarter-hours, numbered without gap", (zone, from, count, date) => {
    const day = walk(zone, from, count / 4, 15);
    expect(day.map(({ index }) => index)).toEqual(Array.from({ length: count }, (_, i) => i + 1));
    expect(new Set(day.map((each) => `${each.date} ${each.count}`))).toEqual(new Set([`${date} ${count}`]));
    const before = read(zone, new Date(Date.parse(from) - 15 * MINUTE).toISOString());
    expect([before.date < date, before.index]).toEqual([true, before.count]);
    const after = read(zone, new Date(Date.parse(from) + count * 15 * MINUTE).toISOString());
    expect([after.date > date, after.index]).toEqual([true, 1]);
  });

  test.each([
    [5, 276, 300],
    [30, 46, 50],
    [60, 23, 25],
  ])("of %d minutes: %d in spring, %d in autumn", (minutes, spring, autumn) => {
    expect(read("Europe/Vienna", "2026-03-29T21:00Z", minutes).count).toBe(spring);
    expect(read("Europe/Vienna", "2026-10-25T21:00Z", minutes).count).toBe(autumn);
    expect(walk("Europe/Vienna", "2026-03-28T23:00Z", 23, minutes).at(-1)!.index).toBe(spring);
    expect(walk("Europe/Vienna", "2026-10-24T22:00Z", 25, minutes).at(-1)!.index).toBe(autumn);
  });

  test("the doubled hour of autumn has its own numbers", () => {
    expect(read("Europe/Vienna", "2026-10-25T00:00Z").index).toBe(9);
    expect(read("Europe/Vienna", "2026-10-25T01:00Z").index).toBe(13);
  });

  test("whole hours in a zone of odd minutes: each belongs to the day in which it starts", () => {
    const day = walk("Asia/Kathmandu", "2026-05-31T19:00Z", 24, 60);
    expect(day.map(({ index }) => index)).toEqual(Array.from({ length: 24 }, (_, i) => i + 1));
    expect(new Set(day.map(({ date, count }) => `${date} ${count}`))).toEqual(new Set(["2026-06-01 24"]));
    expect(read("Asia/Kathmandu", "2026-05-31T18:00Z", 60)).toEqual({ date: "2026-05-31", index: 24, count: 24 });
  });

  test("one reader goes over midnight", () => {
    const days = walk("Europe/Vienna", "2026-10-24T22:00Z", 49, 60);
    expect([days[24], days[25], days[48]]).toEqual([
      { date: "2026-10-25", index: 25, count: 25 },
      { date: "2026-10-26", index: 1, count: 24 },
      { date: "2026-10-26", index: 24, count: 24 },
    ]);
  });

  test("days may come in any order", () => {
    const at = localTime("Europe/Vienna");
    const first = at(Date.parse("2026-10-25T10:00Z"), 15 * MINUTE);
    at(Date.parse("2026-03-29T10:00Z"), 15 * MINUTE);
    expect(at(Date.parse("2026-10-25T10:00Z"), 15 * MINUTE)).toEqual(first);
  });

  test("a name that is no zone is our own bug by then", () => {
    expect(isTimeZone("Europe/Vienna")).toBe(true);
    expect(isTimeZone("Europe/Atlantis")).toBe(false);
    expect(isTimeZone("")).toBe(false);
    expect(() => localTime("Europe/Atlantis")).toThrow("not a time zone");
  });
});
