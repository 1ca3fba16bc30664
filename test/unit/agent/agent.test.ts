import { describe, expect, test } from "@jest/globals";
import type { Fill } from "../../../engine/auction/index.ts";
import { digest, homeId, microPerKwh, nano, wh } from "../../../engine/kernel/index.ts";
import {
  type BatteryState,
  cautious,
  contractW,
  forecast,
  type Hold,
  meanPowers,
  type Powers,
  type Preferences,
  setpoint,
  wishes,
} from "../../../src/agent/index.ts";
import type { Telemetry } from "../../../src/ports/index.ts";
import { RULES } from "../../support/rules.ts";

const powers = (loadW: number, pvW: number): Powers => ({ loadW, pvW });

describe("forecast", () => {
  // Yesterday at places 40, 41 and 95, 0 of a day with 96 intervals.
  const yesterday = (entries: readonly (readonly [number, Powers])[]) => new Map(entries);
  const table: readonly [string, Powers, readonly (readonly [number, Powers])[], number, Powers][] = [
    ["without a yesterday: as now", powers(500, 2000), [], 40, powers(500, 2000)],
    ["half a yesterday is none", powers(500, 2000), [[40, powers(1, 1)]], 40, powers(500, 2000)],
    ["the other half neither", powers(500, 2000), [[41, powers(1, 1)]], 40, powers(500, 2000)],
    // 0.6 x 500 + 0.4 x 1000; 2000 x 1200 / 1000
    [
      "the slope bends the sun, load is between",
      powers(500, 2000),
      [
        [40, powers(300, 1000)],
        [41, powers(1000, 1200)],
      ],
      40,
      powers(700, 2400),
    ],
    [
      "a cloud yesterday doubles at most",
      powers(500, 2000),
      [
        [40, powers(500, 10)],
        [41, powers(500, 900)],
      ],
      40,
      powers(500, 4000),
    ],
    [
      "a sun that went down goes down",
      powers(500, 2000),
      [
        [40, powers(500, 800)],
        [41, powers(500, 0)],
      ],
      40,
      powers(500, 0),
    ],
    [
      "no sun then: as now",
      powers(500, 2000),
      [
        [40, powers(500, 0)],
        [41, powers(500, 700)],
      ],
      40,
      powers(500, 2000),
    ],
    [
      "dark now, as yesterday next",
      powers(500, 0),
      [
        [40, powers(500, 0)],
        [41, powers(500, 700)],
      ],
      40,
      powers(500, 700),
    ],
    [
      "after the day's last interval comes the first",
      powers(500, 0),
      [
        [95, powers(1, 0)],
        [0, powers(1000, 0)],
      ],
      95,
      powers(700, 0),
    ],
  ];
  test.each(table)("%s", (_name, now, memory, at, expected) => {
    expect(forecast(now, yesterday(memory), at, 96)).toEqual(expected);
  });

  test("the mean of nothing is unknown, not 0", () => {
    expect(meanPowers([])).toBeNull();
    expect(meanPowers([powers(100, 0), powers(300, 50)])).toEqual(powers(200, 25));
  });
});

const PREFERENCES: Preferences = { sellAbove: microPerKwh(90_000), buyBelow: microPerKwh(280_000), backupPercent: 20 };
// 10 kWh, moves at most 750 Wh in a quarter of an hour, keeps 10 % whatever is asked.
const battery = (storedWh: number, change: Partial<BatteryState> = {}): BatteryState => ({
  storedWh,
  capacityWh: 10_000,
  reservePercent: 10,
  maxChargeW: 3_000,
  maxDischargeW: 3_000,
  ...change,
});
const buy = (energy: number, limit: number) => ({ side: "buy" as const, energy: wh(energy), limit: microPerKwh(limit) });
const sell = (energy: number, limit: number) => ({ side: "sell" as const, energy: wh(energy), limit: microPerKwh(limit) });

describe("what a home wishes", () => {
  // Import costs 300_000: stored energy is worth 85 % of that, 255_000.
  const table: readonly [string, number, BatteryState | null, ReturnType<typeof buy | typeof sell>[]][] = [
    ["deficit, no battery: buys all", 400, null, [buy(400, 280_000)]],
    ["surplus, no battery: sells all", -400, null, [sell(400, 90_000)]],
    ["nothing to do", 0, null, []],
    ["9 Wh are not worth a message", 9.4, null, []],
    ["10 Wh are", 10, null, [buy(10, 280_000)]],
    ["whole Wh, nearest", 399.5, null, [buy(400, 280_000)]],
    ["deficit within the battery: buys only below what stored energy is worth", 400, battery(4_000), [buy(400, 255_000)]],
    ["deficit beyond what it gives in the time", 1_000, battery(4_000), [buy(250, 280_000), buy(750, 255_000)]],
    ["down at the backup: buys all at its own limit", 400, battery(2_000), [buy(400, 280_000)]],
    ["below the backup: spare is never negative", 400, battery(500), [buy(400, 280_000)]],
    ["a little above the backup", 400, battery(2_100), [buy(300, 280_000), buy(100, 255_000)]],
    ["the device's own reserve counts when it is higher", 400, battery(4_000, { reservePercent: 50 }), [buy(400, 280_000)]],
    // Spare 750 - 0, a quarter of it.
    ["balanced and more than half full: offers a quarter of the spare", 0, battery(6_000), [sell(188, 255_000)]],
    ["balanced and half full: keeps the night", 0, battery(5_000), []],
    // Covers 100; (750 - 100) / 4 = 162.5 would be offered and is more than that.
    ["small deficit, full: sells rather than buys for the battery", 100, battery(9_000), [sell(163, 255_000)]],
    [
      "surplus with room: sells what it can't store cheaply, what it can dearly",
      -1_000,
      battery(4_000),
      [sell(250, 90_000), sell(750, 255_000)],
    ],
    ["surplus, full battery: sells all", -1_000, battery(10_000), [sell(1_000, 90_000)]],
    ["surplus, almost full", -1_000, battery(9_900), [sell(900, 90_000), sell(100, 255_000)]],
    ["an overfull battery has no room, not less", -1_000, battery(10_050), [sell(1_000, 90_000)]],
  ];
  test.each(table)("%s", (_name, netWh, state, expected) => {
    expect(wishes(RULES, PREFERENCES, netWh, state, 0.25)).toEqual(expected);
  });

  test("limits go to the tick on the home's own side: a buyer's down, a seller's up", () => {
    const odd = { ...PREFERENCES, buyBelow: microPerKwh(123_456), sellAbove: microPerKwh(123_401) };
    expect(wishes(RULES, odd, 400, null, 0.25)).toEqual([buy(400, 123_400)]);
    expect(wishes(RULES, odd, -400, null, 0.25)).toEqual([sell(400, 123_500)]);
  });

  test("what stored energy is worth stays between the home's own limits", () => {
    const low = { ...PREFERENCES, buyBelow: microPerKwh(200_000) };
    const high = { ...PREFERENCES, sellAbove: microPerKwh(270_000) };
    expect(wishes(RULES, low, 400, battery(4_000), 0.25)).toEqual([buy(400, 200_000)]);
    expect(wishes(RULES, high, 0, battery(6_000), 0.25)).toEqual([sell(188, 270_000)]);
  });

  test("the rules bound every order", () => {
    const rules = { ...RULES, maxOrderWh: wh(300), maxPrice: microPerKwh(250_050) };
    expect(wishes(rules, PREFERENCES, 400, null, 0.25)).toEqual([buy(300, 250_000)]);
    expect(wishes(rules, { ...PREFERENCES, sellAbove: microPerKwh(260_000) }, -400, null, 0.25)).toEqual([]);
    expect(wishes(rules, { ...PREFERENCES, sellAbove: microPerKwh(250_000) }, -400, null, 0.25)).toEqual([sell(300, 250_000)]);
    expect(wishes({ ...RULES, maxOrdersPerHome: 1 }, PREFERENCES, 1_000, battery(4_000), 0.25)).toEqual([buy(250, 280_000)]);
  });
});

describe("dispatch", () => {
  const fill = (home: number, side: "buy" | "sell", energy: number): Fill => ({
    order: digest(new Uint8Array(32)),
    home: homeId(home),
    side,
    energy: wh(energy),
    price: microPerKwh(150_000),
    amount: nano(energy * 150_000),
  });

  test("a contract is what was traded, in watts over the interval; null without a fill", () => {
    expect(contractW([], homeId(1), 900)).toBeNull();
    expect(contractW([fill(2, "buy", 500)], homeId(1), 900)).toBeNull();
    expect(contractW([fill(1, "buy", 500), fill(2, "sell", 500)], homeId(1), 900)).toBe(2_000);
    expect(contractW([fill(1, "sell", 500)], homeId(1), 300)).toBe(-6_000);
    expect(contractW([fill(1, "buy", 500), fill(1, "sell", 500)], homeId(1), 900)).toBe(0);
    expect(contractW([fill(1, "sell", 250), fill(1, "sell", 50)], homeId(1), 3_600)).toBe(-300);
  });

  const PLATE = { capacityWh: 10_000, maxChargeW: 2_000, maxDischargeW: 3_000, reservePercent: 10 };
  const telemetry = (gridW: number | null, batteryW: number | null, socPercent: number | null, pvW: number | null = 0): Telemetry => ({
    gridW,
    pvW,
    batteryW,
    socPercent,
    importWh: null,
    exportWh: null,
    latched: null,
  });

  const HOLD = { leaseSeconds: 60, writeSeconds: 0, commandedW: null };

  // grid + battery is what the house lacks without its battery; less the contract it is what the battery owes.
  const table: readonly [string, Telemetry, number, number, number | null][] = [
    ["imports 800, bought 800: rest", telemetry(800, 0, 50), 800, 20, 0],
    ["imports 800, bought 300: gives 500", telemetry(800, 0, 50), 300, 20, 500],
    ["imports 800, bought 1000: stores 200", telemetry(800, 0, 50), 1_000, 20, -200],
    ["what the battery does already counts", telemetry(300, 500, 50), 300, 20, 500],
    ["sold 1000 out of sun of 1500: stores 500", telemetry(-1_500, 0, 50, 2_000), -1_000, 20, -500],
    ["discharge is bounded by the device", telemetry(5_000, 0, 50), 0, 20, 3_000],
    ["charge too", telemetry(-5_000, 0, 50, 6_000), 0, 20, -2_000],
    ["down at the backup it gives nothing", telemetry(800, 0, 20), 0, 20, 0],
    ["and within one percent above", telemetry(800, 0, 21), 0, 20, 0],
    ["above that it gives", telemetry(500, 0, 21.1), 0, 20, 500],
    // 10 Wh above the margin, 8.5 of them reach the house, in 60 s.
    ["as much as lasts for the lease", telemetry(800, 0, 21.1), 0, 20, 510],
    ["the device's reserve counts when it is higher", telemetry(800, 0, 10.5), 0, 5, 0],
    ["an empty battery may be filled", telemetry(-800, 0, 5, 1_000), 0, 20, -800],
    ["whole watts", telemetry(800.6, 0, 50), 0, 20, 800],
    ["without a meter: unknown", telemetry(null, 0, 50), 0, 20, null],
    ["without the battery's power: unknown", telemetry(800, null, 50), 0, 20, null],
    ["without its charge: unknown", telemetry(800, 0, null), 0, 20, null],
    ["without the panels' power: unknown", telemetry(800, 0, 50, null), 0, 20, null],
  ];
  test.each(table)("%s", (_name, seen, contract, backup, expected) => {
    expect(setpoint(seen, PLATE, contract, backup, HOLD)).toBe(expected);
  });

  // Of 5.1 Wh that may go in 60 s at 21.06 %, 500 W for 18 s take 2.5.
  const holds: readonly [string, Telemetry, Partial<Hold>, number][] = [
    ["a wish that moves by 30 W is no other", telemetry(800, 0, 50), { commandedW: 770 }, 770],
    ["by more it is", telemetry(800, 0, 50), { commandedW: 769 }, 800],
    ["a longer lease takes less", telemetry(800, 0, 21.1), { leaseSeconds: 600 }, 51],
    ["what goes on until the command is written counts", telemetry(300, 500, 21.0601), { writeSeconds: 18 }, 156],
    ["as it was commanded, where the battery has yet to follow", telemetry(800, 0, 21.0601), { writeSeconds: 18, commandedW: 500 }, 156],
    ["the command before is no reason to go below", telemetry(800, 0, 20), { commandedW: 790 }, 0],
  ];
  test.each(holds)("%s", (_name, seen, hold, expected) => {
    expect(setpoint(seen, PLATE, 0, 20, { ...HOLD, ...hold })).toBe(expected);
  });
});

test("a promise is a tenth below the expected surplus, and a deficit is what it is", () => {
  expect([-1_000, 0, 500].map(cautious)).toEqual([-900, 0, 500]);
});
