import { beforeEach, expect, test } from "@jest/globals";
import { fail, type Interval, ok, type Result } from "../../../engine/kernel/index.ts";
import { deliveryStart } from "../../../engine/messages/index.ts";
import { Dispatcher } from "../../../src/node/dispatcher.ts";
import type { Clock, Device, DeviceCode, Telemetry } from "../../../src/ports/index.ts";
import { RULES } from "../../support/rules.ts";

const INTERVAL = 2_000_000 as Interval;
const NEXT = (INTERVAL + 1) as Interval;
const BATTERY = { capacityWh: 10_000, maxChargeW: 3_000, maxDischargeW: 3_000, reservePercent: 10 };
const SEEN: Telemetry = { gridW: 800, pvW: 0, batteryW: 0, socPercent: 80, importWh: null, exportWh: null, latched: null };
const SICK = fail("DEVICE_OFFLINE" as const, "away");

let said: unknown[];
let failures: unknown[];
let answers: Result<void, DeviceCode>;
let now: number;
let clock: Clock;

const device = (patienceMs?: number): Device => ({
  ...(patienceMs === undefined ? {} : { patienceMs }),
  nameplate: async () => SICK,
  read: async () => SICK,
  dispatch: async (watts, leaseSeconds) => {
    said.push([watts, leaseSeconds]);
    return answers;
  },
  release: async () => {
    said.push("release");
    return answers;
  },
  close: async () => undefined,
});

const dispatcher = (patienceMs?: number): Dispatcher =>
  new Dispatcher({
    rules: RULES,
    preferences: { backupPercent: 40 },
    clock,
    device: device(patienceMs),
    failed: (...trouble) => failures.push(trouble),
  });

beforeEach(() => {
  [said, failures, answers, now] = [[], [], ok(undefined), deliveryStart(RULES, INTERVAL) * 1000];
  clock = { now: () => now, speed: 1, at: () => () => undefined, after: () => () => undefined, monotonicMs: () => now };
});

test("nothing is commanded before what an earlier life left is undone, and that is tried again", async () => {
  const it = dispatcher();
  it.traded(INTERVAL, 300);
  answers = SICK;
  await it.takeOver();
  await it.dispatch(SEEN, BATTERY);
  expect([said, failures]).toEqual([["release"], [["release", "DEVICE_OFFLINE", "away"]]]);
  answers = ok(undefined);
  await it.takeOver();
  await it.takeOver();
  await it.dispatch(SEEN, BATTERY);
  expect(said).toEqual(["release", "release", [500, 60]]);
});

test("a battery does what was traded for the interval, and is handed back where nothing was", async () => {
  const it = dispatcher();
  await it.takeOver();
  it.traded(INTERVAL, 300);
  await it.dispatch(SEEN, BATTERY);
  now = deliveryStart(RULES, NEXT) * 1000;
  await it.dispatch(SEEN, BATTERY);
  await it.dispatch(SEEN, BATTERY);
  expect(said).toEqual(["release", [500, 60], "release"]);
});

test("what couldn't be handed back is tried again at each look", async () => {
  const it = dispatcher();
  await it.takeOver();
  it.traded(INTERVAL, 300);
  await it.dispatch(SEEN, BATTERY);
  answers = SICK;
  await it.dispatch({ ...SEEN, socPercent: null }, BATTERY);
  await it.dispatch({ ...SEEN, socPercent: null }, BATTERY);
  expect(said).toEqual(["release", [500, 60], "release", "release"]);
  expect(failures).toHaveLength(2);
});

test("a lease is no longer than the interval lasts, and no shorter than the device holds it", async () => {
  const it = dispatcher();
  await it.takeOver();
  it.traded(INTERVAL, 300);
  now = (deliveryStart(RULES, NEXT) - 20) * 1000;
  await it.dispatch(SEEN, BATTERY);
  await it.dispatch(SEEN, { ...BATTERY, leastLeaseSeconds: 300 });
  expect(said.slice(1)).toEqual([
    [500, 20],
    [500, 300],
  ]);
});

test("near the backup the power is what lasts for the lease and for what the device may take", async () => {
  const it = dispatcher(9_000);
  await it.takeOver();
  it.traded(INTERVAL, 300);
  // 10 Wh above 41 %, of which 8.5 reach the house: 510 W for 60 s.
  await it.dispatch({ ...SEEN, socPercent: 41.1 }, BATTERY);
  // 500 W go on for 18 s until the next one is written: 2.55 Wh less.
  await it.dispatch({ ...SEEN, socPercent: 41.1 }, BATTERY);
  expect(said.slice(1)).toEqual([
    [500, 60],
    [360, 60],
  ]);
});

test("at the end only what was brought home before is handed back", async () => {
  const never = dispatcher();
  await never.stop();
  expect(said).toEqual([]);
  const it = dispatcher();
  await it.takeOver();
  await it.stop();
  expect(said).toEqual(["release", "release"]);
});
