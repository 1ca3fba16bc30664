import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { type Interval, wh } from "../../../engine/kernel/index.ts";
import type { SurplusAccount } from "../../../engine/messages/index.ts";
import { changeInWide, lackingTicks, spareWideTicks, wideTicks } from "../../../engine/settlement/index.ts";
import { HOMES } from "../../support/market-life.ts";
import { RULES } from "../../support/rules.ts";
import { anyPlay, BooksOfStreet, type Move, NOTHING, type Play } from "../../support/spending-home.ts";

const VAULT_TICKS = 5_000_000;
const total = (all: readonly number[]): number => all.reduce((sum, each) => sum + each, 0);

/** What is left of an account wherever the street may close a period after all that could be spared was paid; the least of it. */
function leastLeft(play: Play, account: SurplusAccount): { readonly spare: number; readonly left: number } {
  const street = new BooksOfStreet(play);
  for (const move of play.before) street.play(move);
  const closed = street.closed.map(({ wide }) => changeInWide(wide, account));
  const settled = closed.slice(0, Math.max(0, closed.length - play.late));
  const ticks = VAULT_TICKS + total(settled);
  const until = (street.state.interval + play.after.length) as Interval;
  const unsettled = closed.slice(settled.length);
  const spare = spareWideTicks(play.rules, street.state, { account, ticks, unsettled }, { homes: HOMES, until });
  const falls = unsettled.map((_, at) => total(unsettled.slice(0, at + 1)));
  for (const move of [...play.after, NOTHING, NOTHING]) {
    street.play(move);
    falls.push(wideTicks(play.rules, street.state).settled[account] - total(settled));
  }
  return { spare, left: ticks - spare + Math.min(0, ...falls) };
}

test("whatever is traded and fed in until it is paid, no period takes more than is left of a wide account", () => {
  fc.assert(
    fc.property(anyPlay, fc.constantFrom<SurplusAccount>("supplier", "grid", "community"), (play, account) => {
      expect(leastLeft(play, account).left).toBeGreaterThanOrEqual(0);
    }),
    { numRuns: 150 },
  );
});

const FED: Move = { kind: "nothing", isGreedy: false, isRead: true, feedsIn: true };
test("and no more is kept of the supplier's than a street that feeds in all that it may takes of it, but for one home", () => {
  const rules = { ...RULES, periodIntervals: 3, maxOrderWh: wh(3_000), maxOrdersPerHome: 2, withheldCharge: 0 };
  const play: Play = { rules, seed: 1, late: 1, requested: 0, before: Array(7).fill(FED), after: [FED] };
  const { spare, left } = leastLeft(play, "supplier");
  expect(spare).toBeGreaterThan(0);
  expect(left).toBeGreaterThanOrEqual(0);
  // Nobody buys the 6 kWh that each of them might buy and not take in the interval ahead, and one home feeds nothing in.
  const { exportPrice } = rules.residual;
  const unlikely = (HOMES.length + 3) * 6_000 * exportPrice;
  expect(left).toBeLessThanOrEqual(unlikely / 100_000 + HOMES.length + 3);
});

test("what a closed period and the running one take is there, or lacking to the tick", () => {
  const street = new BooksOfStreet({ rules: { ...RULES, periodIntervals: 3, maxOrderWh: wh(3_000), maxOrdersPerHome: 2 }, seed: 1 });
  for (let i = 0; i < 9; i++) street.play(FED);
  const unsettled = street.closed.map(({ wide }) => changeInWide(wide, "supplier"));
  const { settled, carried } = wideTicks(RULES, street.state);
  expect(carried.supplier).toBe(total(unsettled));
  expect(total(unsettled)).toBeLessThan(0);
  expect(settled.supplier).toBeLessThan(total(unsettled));
  const lacking = (ticks: number) => lackingTicks(RULES, street.state, { account: "supplier", ticks, unsettled });
  expect([lacking(-settled.supplier), lacking(-settled.supplier - 7), lacking(0)]).toEqual([0, 7, -settled.supplier]);
});
