import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Interval, wh } from "../../../engine/kernel/index.ts";
import { spareTicks } from "../../../engine/settlement/index.ts";
import { changeOf } from "../../support/batch-bytes.ts";
import { RULES } from "../../support/rules.ts";
import { anyPlay, BooksOfStreet, HOME, type Move, NOTHING, type Play } from "../../support/spending-home.ts";

const VAULT_TICKS = 5_000_000;
const total = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0);

/** What is left of the home's money wherever the street may close a period after all that could be spared was paid; the least of it. */
function leastLeft(play: Play): { readonly spare: number; readonly left: number } {
  const street = new BooksOfStreet(play);
  for (const move of play.before) street.play(move);
  const closed = street.closed.map(({ vector }) => changeOf(vector, HOME));
  const settled = closed.slice(0, Math.max(0, closed.length - play.late));
  const ticks = VAULT_TICKS + total(settled);
  const until = (street.state.interval + play.after.length) as Interval;
  const unsettled = closed.slice(settled.length);
  const spare = spareTicks(play.rules, street.state, HOME, { ticks, requested: play.requested, unsettled }, until);
  // The vault settles one late period after the other; what comes after them is settled wherever a period ends.
  const falls = unsettled.map((_, at) => total(unsettled.slice(0, at + 1)));
  for (const move of [...play.after, NOTHING, NOTHING]) {
    street.play(move);
    falls.push(street.balance - total(settled));
  }
  return { spare, left: ticks - play.requested - spare + Math.min(0, ...falls) };
}

test("whatever a home does until its deadline, no period takes more than it has left", () => {
  fc.assert(
    fc.property(anyPlay, (play) => {
      expect(leastLeft(play).left).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 150 },
  );
});

const SELLS: Move = { kind: "sell", isGreedy: true, isRead: true };
const BUYS: Move = { kind: "buy", isGreedy: true, isRead: true };
test.each<[string, Partial<Play>, mostLeft: number]>([
  // At 0.0001 for a kWh, which the rule doesn't count: three times 6 kWh of it.
  ["sells what it never feeds in and takes in all it can", { before: [SELLS, SELLS, SELLS, SELLS] }, 20],
  // The import beyond what it bought that the rule fears does not come: 3 x 6 kWh at 0.30.
  ["buys at the highest price", { before: [BUYS, BUYS, BUYS, BUYS], after: [BUYS] }, 54_000],
  ["has not been read for a while", { before: [SELLS, { ...SELLS, isRead: false }, { ...SELLS, isRead: false }, SELLS], after: [] }, 20],
])("and hardly less could be kept from a home that %s", (_, play, mostLeft) => {
  const rules = { ...RULES, periodIntervals: 3, maxOrderWh: wh(3_000), maxOrdersPerHome: 2, withheldCharge: 0 };
  const { spare, left } = leastLeft({ rules, seed: 1, late: 1, requested: 0, before: [], after: [], ...play });
  expect(spare).toBeGreaterThan(0);
  expect(left).toBeGreaterThanOrEqual(0);
  expect(left).toBeLessThanOrEqual(mostLeft);
});
