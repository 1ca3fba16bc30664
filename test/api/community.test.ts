import { describe, expect, test } from "@jest/globals";
import { Ajv2020 } from "ajv/dist/2020.js";
import { address, type Digest, homeId, interval } from "../../engine/kernel/index.ts";
import { deliveryStart } from "../../engine/messages/index.ts";
import { type Decisions, StreetView, streetState } from "../../src/api/index.ts";
import type { DecidedRules } from "../../src/ports/index.ts";
import { VirtualClock } from "../../src/sim/index.ts";
import { changesOf, comingOf, isOtherTime, neededOf } from "../../src/web/lib/community.ts";
import { RULES } from "../support/rules.ts";

const LABEL = { name: "s", timeZone: "UTC", readings: "none", synthetic: true, equipment: new Map() };
const NUMBERS = { communityPercent: 10, kPermille: 500, withheldCharge: 50_000, maxPrice: 1_000_000 };
const isState = new Ajv2020({ strict: false, allErrors: true }).compile(JSON.parse(JSON.stringify(streetState)));

const rules = (name: number, since: number, change: Partial<typeof NUMBERS> = {}): DecidedRules => ({
  hash: `0x${String(name).padStart(64, "0")}` as Digest,
  since: interval(since),
  numbers: { ...NUMBERS, ...change },
});
type Motion = Decisions["motions"][number];
/** 4 of 6 homes are for it; times in seconds of the chain. */
const motion = (number: number, change: Partial<Motion> = {}): Motion => ({
  motion: number,
  home: homeId(2),
  wants: { rules: rules(9, 400, { communityPercent: 30 }) },
  interval: interval(90),
  homes: 6,
  members: 6,
  yes: 4,
  no: 1,
  broughtAt: 1_000,
  closesAt: 2_000,
  executableAt: 3_000,
  lapsesAt: 4_000,
  isExecuted: false,
  ...change,
});

function seen(decisions: Decisions | null, current = 100) {
  const view = new StreetView(RULES, LABEL, new VirtualClock({ startMs: 1_000_000, speed: 1 }));
  if (decisions !== null) view.decided(decisions);
  const told = JSON.parse(JSON.stringify(view.state(interval(current))));
  expect([isState(told), isState.errors]).toEqual([true, null]);
  return told.community;
}

const startOf = (at: number): string => new Date(deliveryStart(RULES, interval(at)) * 1_000).toISOString().replace(".000Z", "Z");

describe("what homes decide together", () => {
  test("unknown is null", () => {
    expect(seen(null)).toBeNull();
    expect(seen({ rules: [], motions: [], now: 1_500 })).toBeNull();
  });

  test.each<readonly [string, number, readonly DecidedRules[], string, readonly string[]]>([
    ["only the first", 100, [rules(0, 50)], "0", []],
    ["before the first begin", 10, [rules(0, 50), rules(1, 60)], "0", ["1"]],
    ["others to come", 100, [rules(0, 50), rules(1, 200), rules(2, 300)], "0", ["1", "2"]],
    ["on the very interval", 200, [rules(0, 50), rules(1, 200), rules(2, 300)], "1", ["2"]],
    ["decided twice for one interval", 100, [rules(0, 50), rules(1, 200), rules(2, 200)], "0", ["2"]],
    ["twice, and in force", 200, [rules(0, 50), rules(1, 200), rules(2, 200)], "2", []],
  ])("rules in force and to come: %s", (_, current, decided, inForce, coming) => {
    const told = seen({ rules: decided, motions: [], now: 1_500 }, current);
    const name = (each: { readonly hash: string }) => each.hash.replace(/^0x0*(?=\d)/, "");
    expect([name(told.inForce), told.coming.map(name)]).toEqual([inForce, coming]);
    expect(told.inForce.since).toBe(startOf(decided[Number(inForce)]!.since));
  });

  test.each<readonly [string, Partial<Motion>, number, string | undefined]>([
    ["voting", {}, 1_999, "voting"],
    ["voting, nobody for it", { yes: 0 }, 1_999, "voting"],
    ["over, and more than half", {}, 2_000, "carried"],
    ["over, and half", { yes: 3 }, 2_000, undefined],
    ["its time", {}, 3_000, "executable"],
    ["too late", {}, 4_000, undefined],
    ["done", { isExecuted: true }, 1_500, undefined],
  ])("a motion is told while it can still come into force: %s", (_, change, now, stage) => {
    expect(seen({ rules: [rules(0, 50)], motions: [motion(0, change)], now }).motions[0]?.stage).toBe(stage);
  });

  test("a motion says who wants what instead of what, and how it stands; the newest first", () => {
    const decided = [rules(0, 50), rules(1, 350, { maxPrice: 800_000 }), rules(2, 500, { kPermille: 400 })];
    const told = seen({ rules: decided, motions: [motion(0), motion(1, { home: homeId(5) })], now: 1_500 });
    expect(told.motions.map((each: { motion: number; name: string }) => [each.motion, each.name])).toEqual([
      [1, "home 5"],
      [0, "home 2"],
    ]);
    expect(told.motions[1]).toEqual({
      motion: 0,
      home: 2,
      name: "home 2",
      rules: { hash: rules(9, 0).hash, since: startOf(400), numbers: { ...NUMBERS, communityPercent: 30 } },
      instead: { ...NUMBERS, maxPrice: 800_000 },
      payment: null,
      yes: 4,
      no: 1,
      members: 6,
      stage: "voting",
      broughtAt: "1970-01-01T00:16:40Z",
      closesAt: "1970-01-01T00:33:20Z",
      executableAt: "1970-01-01T00:50:00Z",
      lapsesAt: "1970-01-01T01:06:40Z",
    });
    expect(told.now).toBe("1970-01-01T00:25:00Z");
  });

  test("one for a payment says how much and to whom, and changes no rules", () => {
    const payment = { to: address(`0x${"ab".repeat(20)}`), micro: 12_500_000 };
    const told = seen({ rules: [rules(0, 50)], motions: [motion(3, { wants: { payment } })], now: 1_500 });
    expect(told.motions).toMatchObject([{ motion: 3, rules: null, instead: null, payment, yes: 4, stage: "voting" }]);
  });
});

describe("as the page tells it", () => {
  test("which numbers change, each beside what counts before", () => {
    expect(changesOf(NUMBERS, NUMBERS)).toEqual([]);
    expect(changesOf(NUMBERS, { ...NUMBERS, maxPrice: 1, kPermille: 2 })).toEqual([
      { name: "kPermille", from: 500, to: 2 },
      { name: "maxPrice", from: 1_000_000, to: 1 },
    ]);
    const decided = [rules(0, 50), rules(1, 200, { kPermille: 400 }), rules(2, 300, { kPermille: 300 })];
    const coming = comingOf(seen({ rules: decided, motions: [], now: 1_500 }));
    expect(coming.map(({ changes }) => changes)).toEqual([
      [{ name: "kPermille", from: 500, to: 400 }],
      [{ name: "kPermille", from: 400, to: 300 }],
    ]);
  });

  test.each([
    [1, 1],
    [2, 2],
    [5, 3],
    [6, 4],
  ])("of %i homes it takes %i", (members, needed) => expect(neededOf(members)).toBe(needed));

  test("votes run by another clock where the street's is far from the chain's", () => {
    expect(isOtherTime("2026-06-18T07:00:00Z", "2026-06-18T07:59:00Z")).toBe(false);
    expect(isOtherTime("2026-06-18T07:00:00Z", "2026-06-18T05:59:00Z")).toBe(true);
  });
});
