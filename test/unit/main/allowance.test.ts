import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type HomeId, homeId } from "../../../engine/kernel/index.ts";
import { parseConfig } from "../../../src/main/config/index.ts";
import { Allowance, type ErrandKind } from "../../../src/main/street/allowance.ts";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 10, 27, 12);

/** What a street's file that says nothing of it sets. */
const LIMITS = { deposits: 4, withdrawals: 4, payments: 4, keyChanges: 3, departures: 3, motions: 2, votes: 10, gas: 1_500_000 };
const KEYS = {
  deposit: "deposits",
  withdraw: "withdrawals",
  redirect: "withdrawals",
  "withdraw-now": "withdrawals",
  pay: "payments",
  rotate: "keyChanges",
  leave: "departures",
  motion: "motions",
  vote: "votes",
} as const;

/** Time and disk of an operator; `again` is a restart. */
class Desk {
  now = NOON;
  private readonly meta = new Map<string, string>();
  private readonly store = {
    getMeta: (key: string) => this.meta.get(key) ?? null,
    setMeta: (key: string, value: string) => void this.meta.set(key, value),
  };
  allowance = this.again();

  /** A restart, maybe with another file. */
  again(limits = LIMITS): Allowance {
    this.allowance = new Allowance({ clock: { now: () => this.now }, store: this.store }, limits);
    return this.allowance;
  }

  book(kind: ErrandKind, gas = 1, home = 3): string {
    const booked = this.allowance.book(homeId(home), kind, gas);
    return booked.ok ? "ok" : booked.detail;
  }
}

test("so many errands of a kind a day for each home, also after a restart; the refusal says when it is carried again", () => {
  const desk = new Desk();
  expect([1, 2, 3].map(() => desk.book("rotate"))).toEqual(["ok", "ok", "ok"]);
  const refused = "home 3 has had its 3 changes of key of this day; it is carried again from 2026-11-28T00:00:00.000Z on";
  expect(desk.book("rotate")).toBe(refused);
  desk.again();
  expect(desk.book("rotate")).toBe(refused);
  expect(desk.book("leave")).toBe("ok");
  expect(desk.book("rotate", 1, 4)).toBe("ok");
  desk.now += DAY_MS / 2 - 1;
  expect(desk.book("rotate")).toBe(refused);
  desk.now += 1;
  expect(desk.book("rotate")).toBe("ok");
});

test("so much gas a day in all", () => {
  const desk = new Desk();
  expect(desk.book("rotate", LIMITS.gas - 100)).toBe("ok");
  expect(desk.book("leave", 101)).toBe(
    "home 3 has had its 1500000 gas of this day but 100; this takes 101; it is carried again from 2026-11-28T00:00:00.000Z on",
  );
  expect(desk.book("leave", 100)).toBe("ok");
  expect(desk.book("pay", 1)).toContain("but 0; this takes 1");
});

test.each<readonly [ErrandKind, string]>([
  ["deposit", "4 deposits"],
  ["withdraw", "4 withdrawals"],
  ["pay", "4 payments"],
  ["rotate", "3 changes of key"],
  ["leave", "3 departures"],
  ["motion", "2 motions"],
  ["vote", "10 votes"],
])("each kind has a key of its own: %s", (kind, words) => {
  const desk = new Desk();
  const few = {
    deposits: 9,
    withdrawals: 9,
    payments: 9,
    keyChanges: 9,
    departures: 9,
    motions: 9,
    votes: 9,
    gas: 1_500_000,
    [KEYS[kind]]: 1,
  };
  desk.again(few);
  expect([desk.book(kind), desk.book(kind)]).toEqual(["ok", expect.stringContaining(`its 1 ${words.replace(/^\d+ /, "")} of this day`)]);
  desk.again();
  const more = Array.from({ length: 10 }, () => desk.book(kind));
  expect(more.indexOf(more.find((answer) => answer !== "ok")!)).toBe(Number.parseInt(words, 10) - 1);
  expect(more.at(-1)).toContain(`home 3 has had its ${words} of this day`);
});

test("what an operator doesn't carry at all is told as that, and not as done with for today", () => {
  const desk = new Desk();
  desk.again({ ...LIMITS, departures: 0 });
  expect(desk.book("leave")).toBe("this street's operator carries no departures; the owner sends them to the chain itself");
  expect(desk.book("rotate")).toBe("ok");
});

test("less gas in the file than a home has had already is nothing left, and no more", () => {
  const desk = new Desk();
  desk.book("rotate", 1_000_000);
  desk.again({ ...LIMITS, gas: 600_000 });
  expect(desk.book("leave", 1)).toContain("its 600000 gas of this day but 0; this takes 1");
});

test("a street's file that says nothing sets what the tests here write out", () => {
  expect(parseConfig("rules: r.yaml\ndata: d\n", "street.yaml", "street")).toMatchObject({ ok: true, value: { allowance: LIMITS } });
});

test("what wasn't sent is given back, once and to its own day; a clock that is set back begins no day anew", () => {
  const desk = new Desk();
  for (let i = 0; i < 3; i++) desk.book("leave", LIMITS.gas / 3);
  desk.allowance.giveBack(homeId(3), "leave", LIMITS.gas / 3);
  expect(desk.book("leave", LIMITS.gas / 3)).toBe("ok");
  expect(desk.book("leave", 0)).toContain("its 3 departures");
  desk.now -= 3 * DAY_MS;
  expect(desk.book("leave", 0)).toContain("from 2026-11-28T00:00:00.000Z on");
  desk.now += 4 * DAY_MS;
  desk.allowance.giveBack(homeId(3), "leave", 1_000);
  expect([1, 2, 3, 4].map(() => desk.book("leave", 1))).toEqual(["ok", "ok", "ok", expect.stringContaining("3 departures")]);
});

test("whatever happens, no home is carried more in a day than it may be, and none less for what others do", () => {
  const step = fc.oneof(
    {
      weight: 8,
      arbitrary: fc.record({
        home: fc.nat(2),
        kind: fc.constantFrom<ErrandKind>("rotate", "leave", "pay", "deposit", "withdraw", "motion", "vote"),
        gas: fc.nat(600_000),
      }),
    },
    fc.constantFrom("restart" as const, "hour" as const, "back" as const),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
      const desk = new Desk();
      const carried = new Map<string, number>();
      const add = (key: string, much: number): number => carried.set(key, (carried.get(key) ?? 0) + much).get(key)!;
      let day = 0;
      for (const each of steps) {
        if (each === "restart") desk.again();
        else if (each === "hour") desk.now += 3_600_000;
        else if (each === "back") desk.now -= 7_200_000;
        else {
          day = Math.max(day, Math.floor(desk.now / DAY_MS));
          const { home, kind, gas } = each;
          const had = [carried.get(`${day} ${home} ${kind}`) ?? 0, carried.get(`${day} ${home}`) ?? 0] as const;
          const fits = had[0] < LIMITS[KEYS[kind]] && had[1] + gas <= LIMITS.gas;
          expect(desk.allowance.book(home as HomeId, kind, gas).ok).toBe(fits);
          if (fits) add(`${day} ${home} ${kind}`, 1) + add(`${day} ${home}`, gas);
        }
      }
    }),
    { numRuns: 500 },
  );
});
