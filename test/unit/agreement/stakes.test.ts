import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { fallenStakes, faulty, lowerStakes, nextStakes, quorum } from "../../../engine/agreement/index.ts";
import { homeId, interval } from "../../../engine/kernel/index.ts";
import type { OrderList, Stakes } from "../../../engine/messages/index.ts";
import { idOf } from "../../support/book.ts";

const street = (n: number) => ({ ids: Array.from({ length: n }, (_, i) => homeId(3 * i + 1)) });
const reading = (validator: number, ...stakes: Stakes): OrderList => ({
  interval: interval(5),
  validator: homeId(validator),
  members: idOf(70),
  membersVersion: 1,
  stakes,
  commits: [],
  orders: [],
  readings: [],
});

describe("what homes have staked, with four validators: of three readings the second largest", () => {
  const OLD = [1, 1];
  test.each<[string, OrderList[], readonly number[] | null]>([
    ["all read the same", [reading(1, 5, -7), reading(4, 5, -7), reading(7, 5, -7)], [5, -7]],
    ["one read less: an older block, or it lies", [reading(1, 5), reading(4, 5), reading(7, 0)], [5]],
    ["one read more", [reading(1, 5), reading(4, 5), reading(7, 900)], [5]],
    ["each home by itself", [reading(1, 5, 8), reading(4, 6, 7), reading(7, 4, 9)], [5, 8]],
    ["debts too", [reading(1, -5), reading(4, -3), reading(7, -9)], [-5]],
    ["who has not read of a home counts as nothing", [reading(1, 5, 8), reading(4, 5, 8), reading(7, 5)], [5, 8]],
    ["as many homes as two have read of", [reading(1, 5), reading(4, 5, 8, 9), reading(7, 5, 8)], [5, 8]],
    ["all four", [reading(1, 5), reading(4, 6), reading(7, 4), reading(10, 3)], [5]],
    ["one that is silent stands for what was agreed, and holds nothing up", [reading(1, 5, 5), reading(4, 7, 0), reading(7)], [5, 1]],
    ["one reading alone is as before", [reading(1, 5, -5), reading(4), reading(7)], OLD],
    ["none", [reading(1), reading(4), reading(7)], OLD],
  ])("%s", (_, lists, expected) => expect(nextStakes(street(4), lists, OLD)).toEqual(expected));

  test("before there are any, too few readings leave none", () => {
    expect(nextStakes(street(4), [reading(1, 5), reading(4, 5), reading(7)], null)).toBeNull();
  });

  test("whatever f liars say, each stake lies between what two honest ones read, and so does how many homes there are", () => {
    const stakes = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 1, maxLength: 4 });
    const anyReadings = fc.integer({ min: 1, max: 13 }).chain((n) =>
      fc.record({
        n: fc.constant(n),
        liars: fc.array(stakes, { maxLength: faulty(street(n)) }),
        honest: fc.array(stakes, { minLength: quorum(street(n)), maxLength: n }),
      }),
    );
    fc.assert(
      fc.property(anyReadings, fc.nat(), ({ n, liars, honest }, turn) => {
        const all = [...honest.slice(0, n - liars.length), ...liars].map((each, at) => reading(at, ...each));
        const said = all.slice(turn % all.length).concat(all.slice(0, turn % all.length));
        const found = nextStakes(street(n), said, null)!;
        const true_ = honest.slice(0, n - liars.length);
        const lengths = true_.map((each) => each.length);
        expect(found.length).toBeGreaterThanOrEqual(Math.min(...lengths));
        expect(found.length).toBeLessThanOrEqual(Math.max(...lengths));
        for (const [home, stake] of found.entries()) {
          const values = true_.map((each) => each[home] ?? 0);
          expect(stake).toBeGreaterThanOrEqual(Math.min(...values));
          expect(stake).toBeLessThanOrEqual(Math.max(...values));
        }
        expect(nextStakes(street(n), all, null)).toEqual(found);
      }),
      { numRuns: 300 },
    );
  });
});

describe("what has fallen within an epoch, of 50 and 60, with four validators", () => {
  const AGREED = [50, 60];
  test.each<[string, OrderList[], Stakes]>([
    ["all read less", [reading(1, 5, 60), reading(4, 5), reading(7, 5)], [5, 60]],
    ["two of three read less, the third says nothing", [reading(1, 50, 7), reading(4, 50, 7), reading(7)], [50, 7]],
    ["the third couldn't see it yet", [reading(1, 5), reading(4, 5), reading(7, 50)], [5, 60]],
    ["the third says that it is much", [reading(1, 5), reading(4, 5), reading(7, 900)], [5, 60]],
    ["different blocks: the larger", [reading(1, 5), reading(4, 9), reading(7)], [9, 60]],
    ["each home by itself", [reading(1, 5, 60), reading(4, 50, 4), reading(7, 6, 3)], [6, 4]],
    ["what has risen waits, also beside what has fallen", [reading(1, 5, 90), reading(4, 5, 90), reading(7, 5, 90)], [5, 60]],
    ["a debt", [reading(1, -5), reading(4, -7), reading(7)], [-5, 60]],
    ["a home that nobody agreed on is none", [reading(1, 5, 60, 1), reading(4, 5, 60, 1), reading(7, 5, 60, 1)], [5, 60]],
  ])("%s", (_, lists, expected) => expect(fallenStakes(street(4), lists, AGREED)).toEqual(expected));

  test.each<[string, OrderList[]]>([
    ["nobody says anything", [reading(1), reading(4), reading(7)]],
    ["one alone reads less", [reading(1, 5, 0), reading(4), reading(7)]],
    ["one reads less, the others what is agreed", [reading(1, -900, -900), reading(4, 50), reading(7, 50)]],
    ["all read more", [reading(1, 70, 90), reading(4, 70, 90), reading(7, 70, 90)]],
  ])("%s: the very same", (_, lists) => expect(fallenStakes(street(4), lists, AGREED)).toBe(AGREED));

  test("a street of one to three believes who reads, and the highest of them", () => {
    expect(fallenStakes(street(1), [reading(1, 5)], AGREED)).toEqual([5, 60]);
    expect(fallenStakes(street(3), [reading(1, 5), reading(4), reading(7, 8)], AGREED)).toEqual([8, 60]);
    expect(fallenStakes(street(3), [reading(1, 5), reading(4, 50), reading(7)], AGREED)).toBe(AGREED);
  });

  test.each<[string, Stakes, Stakes]>([
    ["nothing has fallen: one, which says that it was read", [50, 60], [50]],
    ["what has risen is told at the edge", [90, 90], [50]],
    ["up to the last that has fallen", [50, 7], [50, 7]],
    ["the first alone", [5, 60], [5]],
    ["a home that an old block doesn't have yet hasn't fallen", [5], [5]],
    ["who joins is nobody's yet", [50, 60, 8], [50]],
  ])("a list: %s", (_, read, told) => expect(lowerStakes(AGREED, read)).toEqual(told));

  const stakes = fc.array(fc.integer({ min: -9, max: 9 }), { minLength: 3, maxLength: 3 });
  const anyStreet = fc.integer({ min: 1, max: 13 }).chain((n) =>
    fc.record({
      n: fc.constant(n),
      agreed: stakes,
      liars: fc.array(fc.array(fc.integer({ min: -99, max: 99 }), { maxLength: 4 }), { maxLength: faulty(street(n)) }),
      honest: fc.array(fc.option(stakes, { nil: null }), { minLength: n, maxLength: n }),
    }),
  );
  const told = (agreed: Stakes, read: Stakes | null): Stakes => (read === null ? [] : lowerStakes(agreed, read));

  test("whatever f liars say or don't: never above what was agreed, nor below both that and what every honest one read", () => {
    fc.assert(
      fc.property(anyStreet, fc.nat(), ({ n, agreed, liars, honest }, turn) => {
        const upright = honest.slice(0, quorum(street(n)) - liars.length);
        const all = [...upright.map((read) => told(agreed, read)), ...liars].map((each, at) => reading(at, ...each));
        const found = fallenStakes(street(n), all.slice(turn % all.length).concat(all.slice(0, turn % all.length)), agreed);
        for (const [home, stake] of found.entries()) {
          expect(stake).toBeLessThanOrEqual(agreed[home]!);
          expect(stake).toBeGreaterThanOrEqual(Math.min(agreed[home]!, ...upright.map((read) => read?.[home] ?? 99)));
        }
        expect(fallenStakes(street(n), all, agreed)).toEqual(found);
      }),
      { numRuns: 300 },
    );
  });

  test("what every honest one of a quorum reads to have fallen falls, to what one of them read at most", () => {
    fc.assert(
      fc.property(anyStreet, fc.array(fc.integer({ min: 1, max: 9 }), { minLength: 13, maxLength: 13 }), ({ n, agreed, liars }, less) => {
        const upright = less.slice(0, quorum(street(n)) - liars.length).map((by) => agreed.map((stake) => stake - by));
        const all = [...liars, ...upright.map((read) => told(agreed, read))].map((each, at) => reading(at, ...each));
        for (const [home, stake] of fallenStakes(street(n), all, agreed).entries()) {
          const values = upright.map((read) => read[home]!);
          expect(stake).toBeLessThanOrEqual(Math.max(...values));
          expect(stake).toBeGreaterThanOrEqual(Math.min(...values));
        }
      }),
      { numRuns: 300 },
    );
  });
});
