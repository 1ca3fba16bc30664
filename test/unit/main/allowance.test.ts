import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type HomeId, homeId } from "../../../engine/kernel/index.ts";
import { Allowance, type ErrandKind, LIMITS } from "../../../src/main/street/allowance.ts";

const DAY_MS = 86_400_000;
const NOON = Date.UTC(2026, 10, 27, 12);

/** Time and disk of an operator; `again` is a restart. */
class Desk {
  now = NOON;
  private readonly meta = new Map<string, string>();
  private readonly store = {
    getMeta: (key: string) => this.meta.get(key) ?? null,
    setMeta: (key: string, value: string) => void this.meta.set(key, value),
  };
  allowance = this.again();

  again(): Allowance {
    this.allowance = new Allowance({ clock: { now: () => this.now }, store: this.store });
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
        kind: fc.constantFrom<ErrandKind>("rotate", "leave", "pay", "deposit", "withdraw"),
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
          const fits = had[0] < LIMITS.errands[kind] && had[1] + gas <= LIMITS.gas;
          expect(desk.allowance.book(home as HomeId, kind, gas).ok).toBe(fits);
          if (fits) add(`${day} ${home} ${kind}`, 1) + add(`${day} ${home}`, gas);
        }
      }
    }),
    { numRuns: 500 },
  );
});
